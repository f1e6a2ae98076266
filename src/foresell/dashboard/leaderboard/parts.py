"""The parts of the page that are made of files of the run, each of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import polars as pl

from foresell.dashboard.leaderboard import boards, choosing, steps, value, weak_spots
from foresell.dashboard.leaderboard.choosing import Chosen, MadeOf
from foresell.dashboard.leaderboard.reading import OUTPUT, TEST, Judged
from foresell.dashboard.leaderboard.value import Value
from foresell.dashboard.leaderboard.weak_spots import Spots
from foresell.dashboard.page import Figure, Table, Trouble
from foresell.dashboard.reading.shown import Shown, tried

Made = TypeVar("Made")
_ADDED, _IMPORTANCE, _LEVELS = "value_added.csv", "importance.csv", "hierarchy.csv"
_FILES = (
    *(_ADDED, _IMPORTANCE, _LEVELS),
    *(value.BY_PART, weak_spots.SEGMENTS, choosing.BACKTEST),
)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the page shows of one protocol; None and () where it could not be read, or is not made.

    ``troubles``: why a part could not be read, by its name here.
    """

    added: Table | None = None
    every_gain: Table | None = None
    value: Value | None = None
    spots: Spots | None = None
    coverage: tuple[Figure, ...] = ()
    folds: Chosen | None = None
    made_of: MadeOf | None = None
    importance: Figure | None = None
    shares: Table | None = None
    levels: Table | None = None
    troubles: Mapping[str, Trouble] = field(default_factory=dict)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All charts, in the order of the page."""
        return (
            *(self.value.figures if self.value else ()),
            *(self.spots.figures if self.spots else ()),
            *self.coverage,
            *((self.folds.figure,) if self.folds else ()),
            *((self.importance,) if self.importance else ()),
        )


class _Reading:
    """Reads the files of one protocol, and remembers what could not be read."""

    def __init__(self, shown: Shown, judged: Judged) -> None:
        self.shown, self.judged = shown, judged
        self.troubles: dict[str, Trouble] = {}

    def of(self, part: str, name: str, make: Callable[[pl.DataFrame], Made]) -> Made | None:
        """Return what ``make`` makes of a table of the evaluation."""
        read = self.shown.frame if name.endswith(".parquet") else self.shown.csv
        return tried(
            self.troubles,
            part,
            lambda: make(read(OUTPUT, self.judged.file(name))),
            self.judged.place(self.shown.name, name),
        )

    def maybe(self, part: str, name: str, make: Callable[[pl.DataFrame], Made]) -> Made | None:
        """Do so with a table that not every protocol has."""
        there = self.shown.stamp(OUTPUT, self.judged.file(name)) is not None
        return self.of(part, name, make) if there else None

    def made_of(self) -> MadeOf | None:
        """Return what the champion is an average of."""
        file, judged = _learner(self.judged), self.judged
        if self.shown.stamp("judged", file) is None:
            return None
        return tried(
            self.troubles,
            "made_of",
            lambda: choosing.made_of(self.shown.json("judged", file), judged),
            f"{self.shown.name}/judged/{file}",
        )


def read_parts(shown: Shown, judged: Judged, rival: str) -> Parts:
    """Return the parts of a protocol's page, the champion compared with ``rival``.

    They are made anew when one of their files is another one.
    """
    files = [(OUTPUT, judged.file(name)) for name in _FILES]
    files += [(OUTPUT, TEST), ("judged", _learner(judged)), ("bundle", "project.yaml")]
    stamps = tuple(shown.stamp(*place) for place in files)
    what = ("leaderboard", judged.name, rival)
    return shown.kept(what, stamps, lambda: _read(_Reading(shown, judged), judged, rival))


def _read(reading: _Reading, judged: Judged, rival: str) -> Parts:
    """Return the parts, made of their files."""
    champion, metric = judged.held.champion, boards.ranked_by(judged)
    segments = reading.of("spots", weak_spots.SEGMENTS, _named_as_reports)
    spots, coverage = None, None
    if segments is not None:
        frame = segments
        spots = reading.of(
            "spots", weak_spots.SEGMENTS, lambda _: weak_spots.segment_spots(frame, judged, rival)
        )
        coverage = reading.of(
            "coverage", weak_spots.SEGMENTS, lambda _: weak_spots.coverage(frame, judged)
        )
    members = reading.made_of()
    return Parts(
        added=reading.of("added", _ADDED, lambda rows: boards.value_added(rows, champion)),
        every_gain=reading.of(
            "added", _ADDED, lambda rows: boards.every_gain(rows, metric, champion)
        ),
        value=reading.of("value", value.BY_PART, lambda rows: value.value(rows, judged)),
        spots=spots,
        coverage=coverage or (),
        folds=reading.maybe(
            "folds", choosing.BACKTEST, lambda rows: choosing.folds(rows, judged, members)
        ),
        made_of=members,
        importance=reading.maybe(
            "importance", _IMPORTANCE, lambda rows: choosing.importance(rows, judged)
        ),
        shares=reading.maybe("importance", _IMPORTANCE, lambda rows: choosing.parts(rows, judged)),
        levels=reading.maybe("levels", _LEVELS, lambda rows: choosing.levels(rows, judged)),
        troubles=reading.troubles,
    )


def read_steps(
    shown: Shown,
    judged: Judged,
    rival: str,
    names: Sequence[str],
    troubles: dict[str, Trouble],
) -> Figure | None:
    """Return the error by step, or None, and why in ``troubles``. ``names``: best first."""
    return tried(
        troubles,
        "steps",
        lambda: steps.by_step(shown, judged, rival, names),
        judged.place(shown.name, weak_spots.TRUTH),
    )


def _named_as_reports(frame: pl.DataFrame) -> pl.DataFrame:
    """Return scores with the bias as a share, as reports have it."""
    return frame.drop("bias").rename({"bias_share": "bias"})


def _learner(judged: Judged) -> str:
    """Return where what was learnt is written; one step ahead nothing is learnt anew."""
    own = judged.folder if judged.spec.kind == "tabular" else ""
    return f"{own}{choosing.LEARNER}"
