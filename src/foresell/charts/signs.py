"""Signs of numbers as they are printed: in charts, and in the words beside them."""


def minus(number: str) -> str:
    """Return a number with a real minus, which is as wide as a plus; a hyphen is not.

    >>> minus("-0.25"), minus("+0.25")
    ('−0.25', '+0.25')
    """
    return number.replace("-", "−")
