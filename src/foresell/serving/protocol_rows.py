"""Rows that came in by another protocol, answered as those of /predict/batch are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from foresell.answer.row_columns import named
from foresell.errors import counted
from foresell.serving import panels
from foresell.serving.beside import aside, short
from foresell.serving.exchange import Asked
from foresell.serving.problems import Refused
from foresell.serving.rows import answered_rows
from foresell.serving.served import Served

_MOST_WRONG = 1000
INLINE = 256  # rows up to which handing them to a thread costs more than it gives


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What was answered: one of each a row, in the order of the rows.

    Numbers in the unit of the target. ``unseen`` and ``outside``: which fields of a row held what
    no training row did. ``level_used``: of a panel, on which level of its history an answer rests;
    empty of a table.
    """

    prediction: Sequence[float]
    p10: Sequence[float]
    p90: Sequence[float]
    interval_method: Sequence[str]
    unseen: Sequence[Sequence[str]]
    outside: Sequence[Sequence[str]]
    level_used: Sequence[str] = ()


async def answers(asked: Asked, served: Served, rows: Sequence[Any], most: int) -> Answers:
    """Answer rows, each an object by field, as JSON has them; ``asked.note`` is written.

    Raises:
        Refused: 400 for no row at all, 413 beyond ``most``, 422 with every field that is wrong; as
            `panels.answer_rows` where the project is a panel.
    """
    if not rows:
        raise Refused("there is no row", "body", "give at least one", status=400)
    refuse_many(len(rows), most)
    if served.rows is None:
        told = await panels.answer_rows(asked, rows, most)
        return Answers(
            prediction=told.prediction,
            p10=told.p10,
            p90=told.p90,
            interval_method=told.interval_method,
            unseen=told.unseen,
            outside=told.outside,
            level_used=told.level_used,
        )
    return await aside(partial(_table, asked, rows), at_once=len(rows) <= INLINE and short(asked))


def first_wrong(error: ValidationError) -> tuple[str, str]:
    """Return the first thing that is wrong with a request, and where it stands.

    Of very many, which take long to tell apart, only how many they are.
    """
    if error.error_count() > _MOST_WRONG:
        return f"{error.error_count():,} things are wrong", "body"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return first["msg"], ".".join(map(str, first["loc"]))[:80] or "body"


def refuse_many(rows: int, most: int) -> None:
    """Refuse more than ``most`` rows at once.

    Raises:
        Refused: 413.
    """
    if rows > most:
        raise Refused(
            f"{counted(rows, 'row')} at once", "body", f"give {most:,} at most", status=413
        )


def _table(asked: Asked, rows: Sequence[Any]) -> Answers:
    """Answer rows of a table."""
    _, read, told = answered_rows(asked, rows, None)
    return Answers(
        prediction=told.prediction.tolist(),
        p10=told.p10.tolist(),
        p90=told.p90.tolist(),
        interval_method=[told.interval_method] * read.rows,
        unseen=named(told.unseen, read.rows),
        outside=named(told.outside, read.rows),
    )
