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
    examples. ``rows``: the rows set aside, in reading order: ``__row``, ``__file`` and
    ``__file_row`` (where it came from, the header not counted), ``broken_rules`` (joined by "; ")
    and the columns as they landed.
    """

    project: str
    checks: dict[str, Any]
    rows: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class RetryResult:
    """What became of mended rows.

    ``given``: rows of the file, which are of four kinds. ``mended``: they differ from the
    quarantine. ``chosen``: copies of a key given as they are, the other copies left out.
    ``unchanged`` and ``already`` (mended by an earlier retry): passed over. ``passed`` and
    ``broken``: those of ``mended`` and ``chosen`` that the gate keeps now, and the others.

    ``repaired``: rows of all retries that the gate keeps. ``stale``: numbers of rows mended earlier
    that are no more in the data as they were. ``kept`` and ``quarantined``: rows of the project.
    """

    project: str
    given: int
    mended: int
    chosen: int
    unchanged: int
    already: int
    passed: int
    broken: int
    repaired: int
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
    ``__row``; rows that are as they were are passed over. To settle a duplicate, leave out the copy
    that is wrong: one that broke nothing but a key is brought in as it is, where no other row given
    or kept has its key. No row is driven out by another. Repairs hold for later runs, as long as a
    row of the data holds what the original held.

    Every failure is a ``ForesellError``; a ``GateError`` where too many rows are still broken: the
    repairs are kept even then.
    """
    settings = read_settings(Path(home) if home is not None else None)
    merged, given = wiring.retry(
        project, Path(file) if file is not None else None, settings, listen
    )
    checks, rejected = wiring.quarantined(project, settings)
    brought = {*merged.mended, *merged.chosen}
    broken = len(brought & {*rejected[ROW]})
    return RetryResult(
        project=project,
        given=given,
        mended=len(merged.mended),
        chosen=len(merged.chosen),
        unchanged=len(merged.unchanged),
        already=len(merged.already),
        passed=len(brought) - broken,
        broken=broken,
        repaired=checks["repaired"],
        stale=tuple(checks["repairs"]["stale"]),
        kept=checks["kept"],
        quarantined=checks["quarantined"],
    )


def undo_repairs(
    project: str,
    *,
    file: str | Path | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> int:
    """Take back what ``retry`` brought in, and judge the rows of ``project`` as they landed.

    ``file``: a mended copy as ``retry`` was given; only the repairs of its rows are taken back. By
    default all are. Returns how many. Every failure is a ``ForesellError``; a ``GateError`` where
    too many rows are broken now: the repairs are gone even then.
    """
    settings = read_settings(Path(home) if home is not None else None)
    return wiring.undo(project, Path(file) if file is not None else None, settings, listen)
