"""The oldest, and between equals whichever comes first in the dict.

bug: depends-on-order
"""


def pick(heads):
    return max(heads, key=heads.get)
