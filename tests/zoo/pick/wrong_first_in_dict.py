"""The first key, whatever it is.

bug: depends-on-order
"""


def pick(heads):
    return next(iter(heads))
