"""Shares of rows in words: never rounded to nothing, to all, or to what they are compared with."""

from foresell.report.wording import percent

_MOST = 6  # digits


def share(found: float, digits: int = 2) -> str:
    r"""Return a share as percent; one that is neither none nor all does not read as if it were.

    >>> share(0.0042), share(3 / 421_570), share(0.0)
    ('0.42\xa0%', 'less than 0.01\xa0%', '0.00\xa0%')
    >>> share(421_569 / 421_570, 1), share(1.0, 1)
    ('more than 99.9\xa0%', '100.0\xa0%')
    """
    text, least = percent(found, digits), 10.0 ** -(digits + 2)
    if found > 0 and text == percent(0.0, digits):
        return f"less than {percent(least, digits)}"
    if found < 1 and text == percent(1.0, digits):
        return f"more than {percent(1 - least, digits)}"
    return text


def limit(allowed: float) -> str:
    r"""Return a share that somebody declared, with all its digits.

    >>> limit(0.01), limit(0.0005), limit(1 / 3)
    ('1.0\xa0%', '0.05\xa0%', '33.333333\xa0%')
    """
    whole = f"{100 * allowed:.{_MOST}f}".rstrip("0")
    return percent(allowed, max(1, len(whole.partition(".")[2])))


def above(found: float, allowed: float) -> str:
    r"""Return a share that is above ``allowed``, with as many digits as tell the two apart.

    >>> above(0.333333, 0.01), above(0.01004, 0.01)
    ('33.3\xa0%', '1.004\xa0%')
    """
    texts = (percent(found, digits) for digits in range(1, _MOST + 1))
    shown = float(limit(allowed).split("\N{NO-BREAK SPACE}")[0])
    return next(
        (text for text in texts if float(text.split("\N{NO-BREAK SPACE}")[0]) > shown),
        f"more than {limit(allowed)}",
    )
