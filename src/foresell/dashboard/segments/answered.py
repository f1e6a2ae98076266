"""How the chosen rows were answered: the numbers that matter, the charts, the worst of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from foresell.dashboard.page import Fact, Figure, Table
from foresell.dashboard.segments.groups import groups_table
from foresell.dashboard.segments.judged import BASELINE
from foresell.dashboard.segments.pictures import pictures
from foresell.dashboard.segments.question import Question, finding
from foresell.dashboard.segments.worst import worst
from foresell.evaluate.leaderboard import rows_of
from foresell.evaluate.metrics import Rows, score
from foresell.report.wording import NBSP, amount, percent, signed


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The part of the page about single rows.

    ``of``: how many rows were judged in all; ``shown``: how many of them this is about. ``kept``:
    what the files give away.
    """

    finding: str
    of: int
    shown: int
    facts: Sequence[Fact]
    figures: Mapping[str, Figure]
    groups: Table | None
    worst: Table
    kept: pl.DataFrame = field(repr=False)


def answered_of(asked: Question) -> Answered:
    """Return what is told of rows, of which there is at least one."""
    return Answered(
        finding=finding(asked),
        of=asked.judged.rows.height,
        shown=asked.kept.height,
        facts=facts_of(asked),
        figures=pictures(asked),
        groups=groups_table(asked),
        worst=worst(asked),
        kept=given(asked),
    )


def given(asked: Question) -> pl.DataFrame:
    """Return the rows as files hold them: with ``error``, prediction less truth, and the baseline.

    A column of the data that is called so keeps its name; ours then begins with ``__``.
    """
    error, baseline = (
        f"__{name}" if name in asked.kept.columns else name for name in ("error", "baseline")
    )
    told = asked.kept.with_columns((pl.col("prediction") - pl.col("y")).alias(error))
    return told.rename({BASELINE: baseline}, strict=False)


def facts_of(asked: Question) -> list[Fact]:
    """Return the numbers that matter of the rows; a number that cannot be said is left out."""
    own = score(rows_of(asked.kept))
    other = score(_baseline(asked)) if asked.against else None
    case, unit = asked.judged.case, asked.spec.unit
    source, name = case.sources, case.baseline
    facts: list[Fact] = []
    if own.wape is not None:
        note = "sum of errors over sum of truth"
        if other and other.wape is not None:
            note = f"{name}: {percent(other.wape)}"
        facts.append(Fact(value=percent(own.wape), label="WAPE", note=note, source=source))
    if own.mae is not None:
        note = f"RMSE {amount(own.rmse, unit)}" if own.rmse is not None else ""
        facts.append(
            Fact(value=amount(own.mae, unit), label="mean absolute error", note=note, source=source)
        )
    if other and other.mae and own.mae is not None:
        gain = 1 - own.mae / other.mae
        facts.append(
            Fact(
                value=percent(abs(gain), 0),
                label=f"{'less' if gain >= 0 else 'more'} error than {name}",
                note=f"the best baseline: {amount(other.mae, unit)} of mean absolute error",
                source=source,
                tone="good" if gain > 0 else "bad",
            )
        )
    if own.coverage_80 is not None:
        wide = f"95{NBSP}% band: {percent(own.coverage_95)}" if own.coverage_95 is not None else ""
        label = f"of the truth inside the 80{NBSP}% band"
        facts.append(Fact(value=percent(own.coverage_80), label=label, note=wide, source=source))
    if own.bias_share is not None:
        facts.append(
            Fact(
                value=signed(own.bias_share),
                label="bias",
                note="above zero: answers too high",
                source=source,
            )
        )
    return facts


def _baseline(asked: Question) -> Rows:
    """Return the baseline's answers to the same rows."""
    frame = asked.kept.select("y", prediction=BASELINE)
    return rows_of(frame)
