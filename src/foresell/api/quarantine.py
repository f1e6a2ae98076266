"""Look at the rows that the gate set aside, and bring mended ones back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from foresell.contracts.gate import BETWEEN, ROW, RULES
from foresell.errors import UsageError, nearest
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.wiring import quarantine as wiring


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """What the gate decided in the last run.

    ``checks``: what was read, kept and set aside, with every rule: its count and up to three
    examples. ``rows``: the rows set aside, in reading order: ``__row``, ``broken_rules`` (joined by
    "; ") and the columns as they landed.
    """

    project: str
    checks: dict[str, Any]
    rows: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class RetryResult:
    """What became of mended rows.

    ``given``: rows of the file. ``repaired``: mended rows, of this and earlier retries, that the
    gate keeps now. ``broken``: those that still break a rule. ``stale``: row numbers of earlier
    repairs whose source has changed, so that they do not apply. ``kept`` and ``quarantined``: rows
    of the whole project.
    """

    project: str
    given: int
    repaired: int
    broken: int
    stale: tuple[int, ...]
    kept: int
    quarantined: int


def quarantined(
    project: str,
    *,
    rule: str | None = None,
    limit: int | None = None,
    home: str | Path | None = None,
) -> Quarantine:
    """Return the rows of ``project`` that the gate set aside in the last run, and why.

    ``rule``: only rows that broke the rule of that name. ``limit``: at most so many rows.

    Raises:
        UsageError: there is no such rule, or the limit is below 0.
    """
    settings = read_settings(Path(home) if home is not None else None)
    checks, rows = wiring.quarantined(project, settings)
    if rule is not None:
        known = [item["rule"] for item in checks["rules"]]
        if rule not in known:
            raise UsageError(f"there is no rule {rule!r}", "--rule", nearest(rule, known))
        rows = rows.filter(pl.col(RULES).str.split(BETWEEN).list.contains(rule))
    if limit is not None and limit < 0:
        raise UsageError(f"the limit is {limit}", "--limit", "use 0 or more rows")
    return Quarantine(
        project=project, checks=dict(checks), rows=rows if limit is None else rows.head(limit)
    )


def retry(
    project: str,
    *,
    file: str | Path | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> RetryResult:
    """Bring mended rows back through the gate of ``project``.

    ``file``: a copy of ``quarantine/rejected.csv`` (or a part of its rows, or the same as Parquet)
    in which rows were mended; by default that file itself, edited in place. A row is known by its
    ``__row``. To settle a duplicate, leave out the copy that is wrong. Repairs hold for later runs,
    until the row changes at its source.

    Every failure is a ``ForesellError``; a ``GateError`` where too many rows are still broken: the
    repairs are kept even then.
    """
    settings = read_settings(Path(home) if home is not None else None)
    repairs, given = wiring.retry(
        project, Path(file) if file is not None else None, settings, listen
    )
    checks, rejected = wiring.quarantined(project, settings)
    mended = set(repairs.fixed[ROW])
    stale = tuple(checks["repairs"]["stale"])
    return RetryResult(
        project=project,
        given=given,
        repaired=checks["repaired"],
        broken=len((mended - set(stale)) & set(rejected[ROW])),
        stale=stale,
        kept=checks["kept"],
        quarantined=checks["quarantined"],
    )
