"""Numbers and names as a reader says them."""

import re
from datetime import date

from foresell.charts.signs import minus

NBSP = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MEANS = {
    "catboost": "CatBoost",
    "catboost_tuned": "CatBoost, its settings searched on the folds",
    "ensemble_greedy": "greedy ensemble: an average whose weights the folds chose",
    "ensemble_inverse_error": "the mean of all candidates, weighed by one over their error",
    "ensemble_mean": "the plain mean of all candidates",
    "gradient_boosting": "gradient boosting of scikit-learn",
    "gradient_boosting_tuned": "gradient boosting, its settings searched on the folds",
    "greedy_ensemble": "greedy ensemble: an average whose weights the folds chose",
    "hist_gradient_boosting": "histogram gradient boosting",
    "hist_gradient_boosting_tuned": "histogram gradient boosting, its settings searched on the "
    "folds",
    "hybrid": "the best baseline each series is long enough for",
    "lad": "regression by least absolute deviation",
    "level_shape": "the recent level times the season of its group",
    "inverse_error_ensemble": "the mean of all candidates, weighed by one over their squared error",
    "lightgbm": "LightGBM",
    "lightgbm_tuned": "LightGBM, its settings searched on the folds",
    "linear": "linear regression",
    "mean": "the mean of the training rows",
    "median": "the median of the training rows",
    "moving_average": "the mean of the last 28 days",
    "naive": "the last value",
    "random_forest": "random forest",
    "random_forest_tuned": "random forest, its settings searched on the folds",
    "ridge": "ridge regression",
    "ridge_tuned": "ridge regression, its settings searched on the folds",
    "reconciled": "the levels of the hierarchy brought to agree",
    "seasonal_average": "the mean of the same period of all seasons",
    "seasonal_base": "last year times growth",
    "seasonal_naive": "the same period of the last season",
    "seasonal_pooled": "last year as its group remembers it, times growth",
    "simple_ensemble": "the plain mean of all candidates",
    "theta": "the Theta method on what the season leaves over",
    "xgboost": "XGBoost",
    "xgboost_tuned": "XGBoost, its settings searched on the folds",
}
_QUARTERS = {"q1": "1 (smallest)", "q2": "2", "q3": "3", "q4": "4 (largest)"}
_THIRDS = {"low": "lowest third", "middle": "middle third", "high": "highest third"}
_MANY = re.compile(r"(\d[\d,]*) (\D.*)")  # a unit that counts another one: "100,000 USD"
# Parts of the rows that foresell makes; every other one is a column, called as the data calls it.
_MADE = ("holiday", "horizon", "month", "predicted_tercile", "volume_quartile", "year")
_PERCENT = re.compile(r"(?<=\d) ?%")
_MINUS = re.compile(r"(?:(?<=[\s(])|^)-(?=\d)")
_BAND = re.compile(r"below \S+|\S+ and above|\S+ to below \S+")


def percent(share: float, digits: int = 1) -> str:
    r"""Return a share as percent, with a real minus.

    >>> percent(-0.0421)
    '−4.2\xa0%'
    """
    text = f"{100 * share:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return f"{minus(text)}{NBSP}%"


def signed(share: float) -> str:
    r"""Return a share as percent, with its sign.

    >>> signed(0.0051), signed(-0.0001)
    ('+0.5\xa0%', '0.0\xa0%')
    """
    text = percent(share)
    return text if text[0] == "−" or not any(c in "123456789" for c in text) else f"+{text}"


def typeset(text: str) -> str:
    r"""Return a sentence of the terminal as pages print it: "8 %" in one piece, a real minus.

    >>> typeset("ridge: MAE 3 does not beat 2 of mean (-50.0% value added)")
    'ridge: MAE 3 does not beat 2 of mean (−50.0\xa0% value added)'
    >>> typeset("-80 to 140"), typeset("from 2010-02-05 to 2012-10-26"), typeset("the 80 % band")
    ('−80 to 140', 'from 2010-02-05 to 2012-10-26', 'the 80\xa0% band')
    """
    return _PERCENT.sub(f"{NBSP}%", _MINUS.sub("−", text))


def unbroken(text: str) -> str:
    """Return ``text`` with en dashes at which a line does not break."""
    return text.replace("–", "\u2060–\u2060")


def amount(value: float, unit: str = "") -> str:
    r"""Return a number with three or so digits, and its unit; "100,000 USD" are counted in USD.

    >>> amount(47_210_553, "USD")
    '47.2\xa0M\xa0USD'
    >>> amount(-0.5), amount(0.41, "100,000 USD")
    ('−0.5', '41.0\xa0k\xa0USD')
    """
    many, unit = plain_unit(unit)
    value *= many
    size = abs(value)
    for limit, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = 1e3 if letter == "k" else limit
            digits = 0 if size / scale >= 100 else 1
            return _joined(f"{value / scale:.{digits}f}", letter, unit)
    if size >= 100:
        return _joined(f"{value:,.0f}", unit)
    return _joined(f"{value:.3g}", unit)


def plain_unit(unit: str) -> tuple[float, str]:
    """Return how many of which unit a unit is that counts another one.

    >>> plain_unit("100,000 USD"), plain_unit("USD"), plain_unit("")
    ((100000.0, 'USD'), (1.0, 'USD'), (1.0, ''))
    """
    many = _MANY.fullmatch(unit)
    return (float(many[1].replace(",", "")), many[2]) if many else (1.0, unit)


def measured(value: float) -> str:
    """Return a number as `amount` does, with zeros at its end, so that a column lines up.

    >>> measured(67.0), measured(1470.6)
    ('67.0', '1,471')
    """
    return amount(value) if abs(value) >= 100 else minus(f"{value:#.3g}").rstrip(".")


def _joined(number: str, *rest: str) -> str:
    """Join the number and the words after it with spaces that do not break."""
    return NBSP.join([minus(number), *(word for word in rest if word)])


def count(value: int, noun: str = "") -> str:
    r"""Return a whole number with its noun, in the plural unless it is 1.

    >>> count(3331, "row"), count(1, "row"), count(2, "series")
    ('3,331\xa0rows', '1\xa0row', '2\xa0series')
    """
    if not noun:
        return f"{value:,}"
    plural = noun if value == 1 or noun.endswith("s") else f"{noun}s"
    return f"{value:,}{NBSP}{plural}"


def size(held: int) -> str:
    r"""Return a number of bytes in words.

    >>> size(532), size(592_289), size(8_955_243)
    ('532\xa0B', '592\xa0kB', '9.0\xa0MB')
    """
    for least, unit, digits in ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0)):
        if held >= least:
            return f"{held / least:,.{digits}f}{NBSP}{unit}"
    return f"{held}{NBSP}B"


def day(value: date) -> str:
    r"""Return a date in words.

    >>> day(date(2012, 2, 3))
    '3\xa0Feb\xa02012'
    """
    return f"{value.day}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def name(raw: str) -> str:
    """Return a name of a declaration as words.

    >>> name("labor_day")
    'labor day'
    """
    return raw.replace("_", " ")


def meaning(candidate: str) -> str:
    """Return what a candidate is, in words; nothing where its name says it all.

    A candidate is called everywhere as files, commands and the terminal call it.

    >>> meaning("lad"), meaning("mine")
    ('regression by least absolute deviation', '')
    """
    return _MEANS.get(candidate, "")


def column(raw: str) -> str:
    """Return the name of a key or an attribute as words.

    >>> column("store_id"), column("Dept")
    ('store', 'Dept')
    """
    return name(raw).removesuffix(" id")


def segment_value(segment: str, value: str) -> str:
    r"""Return a value of a segment as the label of a row under the segment's name.

    A number or a single letter says nothing alone, so the segment's name goes before it.

    >>> segment_value("volume_quartile", "q1"), segment_value("Dept", "92")
    ('1 (smallest)', 'Dept 92')
    >>> segment_value("horizon", "5-13"), segment_value("city", "new_york")
    ('5–13', 'new york')
    >>> segment_value("price", "below 100"), segment_value("month", "2004-11")
    ('below 100', 'Nov\xa02004')
    """
    if segment.endswith("quartile") and value in _QUARTERS:
        return _QUARTERS[value]
    if segment.endswith("tercile") and value in _THIRDS:
        return _THIRDS[value]
    if segment == "month" and re.fullmatch(r"\d{4}-\d{2}", value):
        return f"{_MONTHS[int(value[5:]) - 1]}{NBSP}{value[:4]}"
    if re.fullmatch(r"\d+-\d+", value):
        return value.replace("-", "–")
    words = name(value)
    return f"{column(segment)} {words}" if words.isdigit() or len(words) == 1 else words


def segment_label(segment: str, value: str) -> str:
    """Return a value of a segment as the label of a row among those of other segments.

    >>> segment_label("price", "100 and above"), segment_label("city", "new_york")
    ('price 100 and above', 'new york')
    """
    label = segment_value(segment, value)
    return f"{column(segment)} {label}" if _BAND.fullmatch(label) else label


def segment_phrase(segment: str, value: str) -> str:
    r"""Return a segment and its value as a sentence says them.

    >>> segment_phrase("volume_quartile", "q1"), segment_phrase("volume_quartile", "no_history")
    ('volume quartile 1 (smallest)', 'series with no history')
    >>> segment_phrase("holiday", "no"), segment_phrase("size", "large")
    ('no holiday', 'size large')
    >>> segment_phrase("predicted_tercile", "low"), segment_phrase("month", "2004-11")
    ('the lowest third of the predictions', 'Nov\xa02004')
    """
    title, label = column(segment), segment_value(segment, value)
    if segment == "month":
        return label
    if segment.endswith("tercile"):
        return f"the {label} of the {'predictions' if 'predict' in segment else title}"
    if value == "no_history":
        return f"series with {label}"
    if value in {"yes", "no"}:
        return title if value == "yes" else f"no {title}"
    return label if label.startswith(f"{title} ") else f"{title} {label}"


def segment_title(segment: str) -> str:
    """Return a segment as a heading: a column as it is called, what foresell makes as words.

    >>> segment_title("rate"), segment_title("store_id"), segment_title("predicted_tercile")
    ('rate', 'store_id', 'Predicted tercile')
    """
    return capitalized(name(segment)) if segment in _MADE else segment


def segment_heading(segment: str, value: str) -> str:
    """Return a segment and its value as the heading of a row; a column keeps its own letters.

    >>> segment_heading("kind", "large"), segment_heading("volume_quartile", "q2")
    ('kind large', 'Volume quartile 2')
    """
    phrase = segment_phrase(segment, value)
    return capitalized(phrase) if segment in _MADE else phrase


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
