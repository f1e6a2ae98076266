"""How work for a panel is given away to a desk, and what is said of a request that asks wrongly."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

import polars as pl

from foresell.answer.published import Published
from foresell.answer.requests import Problem
from foresell.errors import counted
from foresell.serving.exchange import Asked
from foresell.serving.problems import Refused
from foresell.serving.served import Served

if TYPE_CHECKING:
    from foresell.serving.desk import Desk

_TOLD = 100  # problems that one refusal tells; the others are counted


def panel_version(asked: Asked) -> tuple[Served, Published]:
    """Return the version that answers a panel, and what it has published.

    Raises:
        Refused: there is none yet.
    """
    if asked.served is None or asked.served.published is None:
        raise Refused("no version is loaded", "server", "try again shortly", status=503)
    return asked.served, asked.served.published


async def ask_desk(asked: Asked, name: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a desk says to ``question``, asked of the very version that the request took.

    Raises:
        Refused: the server has no desk of this ``name``; 503 and 504 of the desk itself.
    """
    desk: Desk | None = asked.slot.desks.get(name) if asked.slot is not None else None
    if desk is None or asked.served is None:
        raise Refused(
            "this server computes nothing on demand, it only has what is published",
            "server",
            "start one by: foresell serve PROJECT",
            status=503,
        )
    live = asked.served.live
    return await desk.ask({**question, "place": asdict(live.place), "digest": live.digest})


def refuse_request(problems: Sequence[Problem]) -> NoReturn:
    """Refuse a request that asks wrongly, and tell all that is wrong.

    Raises:
        Refused: always.
    """
    raise Refused(
        f"the request is refused: {counted(len(problems), 'problem')}",
        "body",
        "mend what is told; what may be asked for is in /openapi.json",
        fields=problems[:_TOLD],
    )


def plain(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of ``frame`` as JSON has them; a column of nothing is left out."""
    told = (one for one in frame.iter_columns() if one.null_count() < one.len())
    return {
        one.name: (one.dt.to_string("%Y-%m-%d") if one.dtype == pl.Date else one).to_list()
        for one in told
    }
