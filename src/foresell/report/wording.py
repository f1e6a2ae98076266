"""Numbers and names as a reader says them."""

from datetime import date

NBSP = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {"lightgbm": "LightGBM", "xgboost": "XGBoost", "catboost": "CatBoost"}


def percent(share: float, digits: int = 1) -> str:
    r"""Return a share as percent, with a real minus.

    >>> percent(-0.0421)
    '−4.2\xa0%'
    """
    text = f"{100 * share:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return f"{text.replace('-', '−')}{NBSP}%"


def signed(share: float) -> str:
    r"""Return a share as percent, with its sign.

    >>> signed(0.0051), signed(-0.0001)
    ('+0.5\xa0%', '0.0\xa0%')
    """
    text = percent(share)
    return text if text[0] == "−" or not any(c in "123456789" for c in text) else f"+{text}"


def unbroken(text: str) -> str:
    """Return ``text`` with en dashes at which a line does not break."""
    return text.replace("–", "\u2060–\u2060")


def amount(value: float, unit: str = "") -> str:
    r"""Return a number with three or so digits, and its unit.

    >>> amount(47_210_553, "USD")
    '47.2\xa0M\xa0USD'
    >>> amount(-0.5)
    '−0.5'
    """
    size = abs(value)
    for limit, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = 1e3 if letter == "k" else limit
            digits = 0 if size / scale >= 100 else 1
            return _joined(f"{value / scale:.{digits}f}", letter, unit)
    if size >= 100:
        return _joined(f"{value:,.0f}", unit)
    return _joined(f"{value:.3g}", unit)


def _joined(number: str, *rest: str) -> str:
    """Join the number and the words after it with spaces that do not break."""
    return NBSP.join([number.replace("-", "−"), *(word for word in rest if word)])


def count(value: int, noun: str = "") -> str:
    r"""Return a whole number with its noun, in the plural unless it is 1.

    >>> count(3331, "row"), count(1, "row"), count(2, "series")
    ('3,331\xa0rows', '1\xa0row', '2\xa0series')
    """
    if not noun:
        return f"{value:,}"
    plural = noun if value == 1 or noun.endswith("s") else f"{noun}s"
    return f"{value:,}{NBSP}{plural}"


def day(value: date) -> str:
    r"""Return a date in words.

    >>> day(date(2012, 2, 3))
    '3\xa0Feb\xa02012'
    """
    return f"{value.day}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def seconds(value: float) -> str:
    r"""Return a duration.

    >>> seconds(0.42), seconds(75)
    ('0.42\xa0s', '1\xa0min\xa015\xa0s')
    """
    if value < 60:
        return f"{value:.2f}{NBSP}s" if value < 10 else f"{value:.0f}{NBSP}s"
    whole = round(value)
    return f"{whole // 60}{NBSP}min{NBSP}{whole % 60}{NBSP}s"


def name(candidate: str) -> str:
    """Return the name of a candidate as words.

    >>> name("seasonal_naive")
    'seasonal naive'
    """
    return _NAMES.get(candidate, candidate.replace("_", " "))


def listed(words: list[str], most: int = 4) -> str:
    """Join words as a sentence does.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
