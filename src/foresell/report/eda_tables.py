"""Tables of a report of data: a frame, some of its columns, each in the words of a reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.charts.signs import minus
from foresell.report.tables import Cell, Row, Table
from foresell.report.wording import NBSP, amount, capitalized, count, day, percent

Words = Callable[[Any], str]
NONE = "–"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A column of a table: where it comes from, its heading, how a value is said.

    ``bar``: draw the value, a share, as a bar as well.
    """

    column: str
    head: str
    words: Words
    means: str = ""
    bar: bool = False


def shown_table(
    frame: pl.DataFrame,
    head: Sequence[str],
    columns: Sequence[Shown],
    caption: str,
    *,
    most: int = 20,
    wide: bool = False,
) -> Table | None:
    """Return the first ``most`` rows of ``frame``; None where it has none.

    ``head``: the columns that say what a row is, joined; the caption says how many are left out.
    """
    if frame.is_empty():
        return None
    told = caption if frame.height <= most else f"{caption.rstrip('.')}; {most} of {frame.height:,}"
    rows = []
    for row in frame.head(most).iter_rows(named=True):
        cells = tuple(
            Cell(
                text=NONE if row[one.column] is None else one.words(row[one.column]),
                bar=_length(row[one.column]) if one.bar else None,
            )
            for one in columns
        )
        rows.append(Row(head=", ".join(label(row[name]) for name in head), cells=cells))
    titles = (capitalized(", ".join(head)), "")
    return Table(
        caption=told,
        head=(titles, *((one.head, one.means) for one in columns)),
        rows=tuple(rows),
        wide=wide,
    )


def _length(value: float | None) -> float:
    """Return the length of a bar."""
    return min(max(value or 0.0, 0.0), 1.0)


def label(value: object) -> str:
    """Return a value that names a row.

    >>> label(None), label(True), label(7), label(0.5)
    ('(missing)', 'yes', '7', '0.5')
    """
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return day(value) if isinstance(value, date) else str(value)


def whole(value: float) -> str:
    """Return a whole number."""
    return count(round(value))


def number(value: float) -> str:
    r"""Return a number of any kind, short; a whole one below ten thousand as it is.

    >>> number(2003), number(0.123456), number(1234567.0)
    ('2,003', '0.123', '1.2\xa0M')
    """
    if isinstance(value, int) or float(value).is_integer():
        short = abs(value) < 1e5
        return minus(count(int(value))) if short else amount(float(value))
    return amount(float(value))


def plain(value: object) -> str:
    """Return text or a date as it is."""
    return label(value)


def share(value: float) -> str:
    r"""Return a share; one that is not zero never reads as zero.

    >>> share(0.0), share(0.0001)
    ('0\xa0%', '<\xa00.1\xa0%')
    """
    if value == 0:
        return f"0{NBSP}%"
    return percent(value) if abs(value) >= 0.0005 else f"<{NBSP}0.1{NBSP}%"


def change(ratio: float) -> str:
    r"""Return a ratio as a change.

    >>> change(1.2), change(0.95), change(3.5)
    ('+20\xa0%', '−5.0\xa0%', '×\xa03.5')
    """
    if ratio >= 3:
        return f"×{NBSP}{ratio:.1f}"
    by = 100 * (ratio - 1)
    digits = 0 if abs(by) >= 10 else 1
    text = f"{abs(by):.{digits}f}"
    sign = "" if float(text) == 0 else "+" if by > 0 else "−"
    return f"{sign}{text}{NBSP}%"


def beside(ratio: float) -> str:
    r"""Return how far something stands from what it is compared with.

    >>> beside(1.2), beside(0.95), beside(4.0)
    ('20\xa0% above', '5.0\xa0% below', '4.0\xa0times as high as')
    """
    if ratio >= 3:
        return f"{ratio:.1f}{NBSP}times as high as"
    said = change(ratio)
    return (
        f"{said[1:]} {'above' if said[0] == '+' else 'below'}" if said[0] in "+−" else "level with"
    )


def hundredths(value: float) -> str:
    """Return a correlation with its sign, two digits.

    >>> hundredths(0.254), hundredths(-0.001)
    ('+0.25', '0.00')
    """
    text = f"{value:+.2f}"
    return "0.00" if text in {"+0.00", "-0.00"} else minus(text)
