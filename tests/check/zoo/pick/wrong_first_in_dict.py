"""Returns the first key of the dict.

bug: depends-on-order
"""


def pick(heads):
    return next(iter(heads))
