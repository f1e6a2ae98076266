"""What the report of a run of a tabular project is made of, beside what every report tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from foresell.report.context import Result, ResultFacts, Verdict


@dataclass(frozen=True, kw_only=True)
class TabularFacts(ResultFacts):
    """What was run of a tabular project.

    ``protocol``: how the delivered model was judged ("By groups", "Chronological", "By rows"), and
    ``answers``: the question that such scores answer. ``groups`` were judged, none of them known to
    the model, told apart by ``group_by``; 0 where no groups are declared. ``relative_to``: the
    columns per whose product the target is learnt. ``weighed_by``: the column that says how much a
    row counts, "" where all count alike. ``example``: one row as JSON, for the command
    that predicts it.
    """

    protocol: str
    answers: str
    group_by: tuple[str, ...] = ()
    groups: int = 0
    interval_method: str = ""
    relative_to: tuple[str, ...] = ()
    weighed_by: str = ""
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """The leaderboard of another protocol, columns as those of `Result.leaderboard`.

    ``title`` and ``answers`` as `TabularFacts.protocol` and ``answers``; ``rows`` were judged.
    """

    title: str
    answers: str
    leaderboard: pl.DataFrame
    rows: int
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Columns that tell the target, how, and what was done about it."""

    columns: tuple[str, ...]
    evidence: str
    note: str


@dataclass(frozen=True, kw_only=True)
class TabularReport(Result):
    """What the report of a tabular project tells besides.

    rows
        ``y``, ``prediction`` of the champion on the rows judged; quantile columns where known. In
        any order.
    other
        The leaderboard of the other protocol, None where there is one only.
    folds
        ``candidate``, ``fold``, ``rmse``: what chose the champion; ``mae`` and ``n`` where known.
    weights
        ``member``, ``weight``: what the champion is made of; empty where it is one model.
    settings
        By candidate, the settings that the search found, by name.
    split
        ``protocol``, ``side`` ("train", "calibration", "test"), ``rows``, ``groups`` (null where
        there are none).
    importance
        As in `Result`; ``mean_abs`` in the unit of the target.
    derived
        What was derived from the declared columns: a name, and how.
    """

    facts: TabularFacts
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    other: Board | None = None
    folds: pl.DataFrame = field(default_factory=pl.DataFrame)
    weights: pl.DataFrame = field(default_factory=pl.DataFrame)
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    split: pl.DataFrame = field(default_factory=pl.DataFrame)
    leaks: tuple[Leak, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
