"""Numbers and names as a reader says them."""

import re
from collections.abc import Iterable
from datetime import date

NBSP = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {
    "catboost": "CatBoost",
    "ensemble_greedy": "greedy ensemble",
    "ensemble_mean": "mean ensemble",
    "lad": "least absolute deviation",
    "level_shape": "level × shape",
    "lightgbm": "LightGBM",
    "seasonal_base": "last year × growth",
    "seasonal_pooled": "pooled year × growth",
    "xgboost": "XGBoost",
}
_QUARTERS = {"q1": "1 (smallest)", "q2": "2", "q3": "3", "q4": "4 (largest)"}


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


def measured(value: float) -> str:
    """Return a number as `amount` does, with zeros at its end, so that a column lines up.

    >>> measured(67.0), measured(1470.6)
    ('67.0', '1,471')
    """
    return amount(value) if abs(value) >= 100 else f"{value:#.3g}".replace("-", "−").rstrip(".")


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

    >>> name("seasonal_naive"), name("lad")
    ('seasonal naive', 'least absolute deviation')
    """
    return _NAMES.get(candidate, candidate.replace("_", " "))


def column(raw: str) -> str:
    """Return the name of a key or an attribute as words.

    >>> column("store_id"), column("Dept")
    ('store', 'Dept')
    """
    return name(raw).removesuffix(" id")


def renamed(text: str, candidates: Iterable[str]) -> str:
    """Return a sentence of another stage with each candidate's raw name as words.

    >>> renamed("lad beats seasonal_naive, not ladder", ["lad", "seasonal_naive"])
    'least absolute deviation beats seasonal naive, not ladder'
    """
    for raw in sorted(candidates, key=len, reverse=True):
        words = name(raw).replace("\\", r"\\")
        text = re.sub(rf"(?<!\w){re.escape(raw)}(?!\w)", words, text)
    return text


def segment_value(segment: str, value: str) -> str:
    """Return a value of a segment as the label of a row under the segment's name.

    A number or a single letter says nothing alone, so the segment's name goes before it.

    >>> segment_value("volume_quartile", "q1"), segment_value("Dept", "92")
    ('1 (smallest)', 'Dept 92')
    >>> segment_value("horizon", "5-13"), segment_value("city", "new_york")
    ('5–13', 'new york')
    """
    if segment.endswith("quartile") and value in _QUARTERS:
        return _QUARTERS[value]
    if re.fullmatch(r"\d+-\d+", value):
        return value.replace("-", "–")
    words = name(value)
    return f"{column(segment)} {words}" if words.isdigit() or len(words) == 1 else words


def segment_phrase(segment: str, value: str) -> str:
    """Return a segment and its value as a sentence says them.

    >>> segment_phrase("volume_quartile", "q1"), segment_phrase("volume_quartile", "no_history")
    ('volume quartile 1 (smallest)', 'series with no history')
    >>> segment_phrase("holiday", "no"), segment_phrase("size", "large")
    ('no holiday', 'size large')
    """
    title, label = column(segment), segment_value(segment, value)
    if value == "no_history":
        return f"series with {label}"
    if value in {"yes", "no"}:
        return title if value == "yes" else f"no {title}"
    return label if label.startswith(f"{title} ") else f"{title} {label}"


def capitalized(text: str) -> str:
    """Return ``text`` with its first letter large and the others as they are.

    >>> capitalized("series of Dept 92")
    'Series of Dept 92'
    """
    return text[:1].upper() + text[1:]


def listed(words: list[str], most: int = 4) -> str:
    """Join words as a sentence does.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
