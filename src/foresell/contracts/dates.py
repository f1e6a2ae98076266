"""Days as a contract says they are written: nothing is guessed, nothing is cut off in silence."""

import re
from typing import NamedTuple

import polars as pl

from foresell.errors import SpecError

ISO = "yyyy-MM-dd"


class _Token(NamedTuple):
    """What a token of a pattern is to Polars and to a regular expression."""

    polars: str
    digits: str
    timed: bool = False


# Longer tokens first, so that "MM" is not read as "M" twice.
_TOKENS = {
    "yyyy": _Token("%Y", "[0-9]{4}"),
    "MM": _Token("%m", "[0-9]{2}"),
    "M": _Token("%-m", "[0-9]{1,2}"),
    "dd": _Token("%d", "[0-9]{2}"),
    "d": _Token("%-d", "[0-9]{1,2}"),
    "HH": _Token("%H", "[0-9]{2}", timed=True),
    "H": _Token("%-H", "[0-9]{1,2}", timed=True),
    "mm": _Token("%M", "[0-9]{2}", timed=True),
    "ss": _Token("%S", "[0-9]{2}", timed=True),
}


class DateFormat(NamedTuple):
    """A pattern as Polars parses by it (``polars``), and as a text must look (``shape``)."""

    polars: str
    shape: str
    timed: bool


def date_format(pattern: str) -> DateFormat:
    """Translate the standard's date pattern.

    Raises:
        SpecError: a letter of the pattern means nothing, or it does not name a whole day.

    >>> date_format("M/d/yyyy H:mm").polars
    '%-m/%-d/%Y %-H:%M'
    """
    found, shape, rest, names = "", "", pattern, set()
    while rest:
        name = next((name for name in _TOKENS if rest.startswith(name)), "")
        if not name and rest[0].isalpha():
            raise SpecError(
                f"{rest[0]!r} in the date format {pattern!r} means nothing",
                "contract.yaml, logicalTypeOptions.format",
                f"build it from {', '.join(_TOKENS)}",
            )
        token = _TOKENS[name] if name else _Token(rest[0].replace("%", "%%"), re.escape(rest[0]))
        found, shape = found + token.polars, shape + token.digits
        names.add(name)
        rest = rest[len(name) or 1 :]
    if not all(names & either for either in ({"yyyy"}, {"MM", "M"}, {"dd", "d"})):
        raise SpecError(
            f"the date format {pattern!r} names no whole day",
            "contract.yaml, logicalTypeOptions.format",
            "it needs a year (yyyy), a month (MM or M) and a day (dd or d)",
        )
    return DateFormat(found, f"^{shape}$", any(_TOKENS[name].timed for name in names - {""}))


def parse_days(text: pl.Series, pattern: str) -> tuple[pl.Series, pl.Series]:
    """Return the days of ``text`` and, as booleans, which of them have a time that is not midnight.

    A text that is not exactly of the pattern, or no day of the calendar, is null.
    """
    form = date_format(pattern)
    alike = pl.when(pl.col("t").str.contains(form.shape)).then(pl.col("t"))
    texts = text.to_frame("t").select(alike)["t"]
    if not form.timed:
        days = _of_our_era(texts.str.to_date(form.polars, strict=False))
        return days, pl.repeat(False, len(days), eager=True)  # noqa: FBT003 - a value, no switch
    moments = texts.str.to_datetime(form.polars, strict=False, time_unit="us")
    late = moments.dt.truncate("1d") != moments
    return _of_our_era(moments.dt.date()), late.fill_null(value=False)


def _of_our_era(days: pl.Series) -> pl.Series:
    """Return ``days``, null where the year is 0: the calendars of Python and SQL begin with 1."""
    return days.to_frame("d").select(pl.when(pl.col("d").dt.year() >= 1).then(pl.col("d")))["d"]
