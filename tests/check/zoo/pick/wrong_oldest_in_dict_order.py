"""The oldest, and between equals the first in the dict.

bug: depends-on-order
"""


def pick(heads):
    return max(heads, key=heads.get)
