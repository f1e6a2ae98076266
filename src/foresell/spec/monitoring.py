"""The nouns of watching a model: what a project says of it, what is found, what is told to whom."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass as plain
from dataclasses import field
from datetime import datetime
from typing import Literal

from pydantic import StrictBool, StrictFloat, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, UsageError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice

Promotion = Literal["never", "when_better"]


class NothingToCompareError(UsageError):
    """No version is served, or nothing was asked of it: there is nothing to look at yet."""


# What an alert is about; one stands for each.
Subject = Literal["drift", "schema", "performance", "pipeline"]
State = Literal["firing", "resolved"]
Severity = Literal["warning", "critical"]
Weight = Literal["alarm", "note"]  # a note is told and never raises an alert
Seen = Literal[
    "shift",  # numbers or shares are distributed otherwise
    "unseen",  # values that training never held
    "missing",  # more, or fewer, values are missing
    "frozen",  # a column that used to vary stands still
    "segment",  # one store, department, country moved away from the others
    "prediction",
    "target",
    "column_missing",
    "column_unexpected",
    "column_renamed",
    "column_type",
    "column_order",
    "error",  # errors are larger than the backtest's
    "bias",
    "coverage",
    "value_added",
    "task_failed",  # a task of a scheduler did not end well
]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MonitoringSpec:
    """What a project says of the watch over its model.

    ``trending``: columns whose level is expected to move, such as prices or a year: their drift is
    told and is no alarm. ``ignored``: columns that are not compared. ``psi`` and ``ks``: how large
    an effect must be beside being significant, the population stability index and the largest
    distance of two cumulative shares. ``false_alarms``: the chance that a quiet period raises an
    alarm, all columns together. ``least_rows``: fewer current rows are not compared. ``promote``:
    ``when_better`` lets `foresell retrain` promote a challenger that passed its gate and beat the
    served version; by default it never does.
    """

    trending: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    psi: StrictFloat = 0.1
    ks: StrictFloat = 0.1
    false_alarms: StrictFloat = 0.005
    least_rows: StrictInt = 30
    promote: Promotion = "never"

    def __post_init__(self) -> None:
        """Refuse thresholds that nothing or everything reaches, and columns named twice.

        Raises:
            SpecError: what the sentence above names.
        """
        refuse_twice([*self.trending, *self.ignored], "monitoring: trending, ignored")
        if not (0 < self.psi < math.inf and 0 < self.ks < 1):
            raise SpecError(
                f"psi is {self.psi}, ks is {self.ks}",
                "monitoring",
                "use a psi above 0, such as 0.1, and a ks between 0 and 1, such as 0.1",
            )
        if not 0 < self.false_alarms <= 0.5:
            raise SpecError(
                f"false_alarms is {self.false_alarms}",
                "monitoring.false_alarms",
                "use a chance above 0 and at most 0.5, such as 0.005",
            )
        if self.least_rows < 2:
            raise SpecError(
                f"least_rows is {self.least_rows}", "monitoring.least_rows", "use 2 or more"
            )


Chosen = StrictStr | StrictInt | StrictBool | tuple[StrictStr | StrictInt | StrictBool, ...]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RiskSpec:
    """The segments whose risk every run gauges: column -> a value or several; {} is all rows."""

    segments: tuple[Mapping[str, Chosen], ...]

    def __post_init__(self) -> None:
        """Refuse a section that names no segment, or one twice.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.segments:
            raise SpecError(
                "no segment is named", "risk.segments", "name one: [{COUNTRY: USA}], or {} for all"
            )
        refuse_twice([str(sorted(one.items())) for one in self.segments], "risk.segments")


_UNWATCHED = frozenset({"key", "time", "group", "weight", "excluded"})  # roles that are no feature
_NO_SEGMENT = frozenset({"target", "time", "weight"})


def check_watched(
    monitoring: MonitoringSpec, risk: RiskSpec | None, columns: Mapping[str, str]
) -> None:
    """Refuse to watch a column that is not compared, and a segment of columns that make none.

    ``columns``: the role of each column of the project.

    Raises:
        SpecError: segments of a project without dates, whose rows have no months; else the first
            such column, with the nearest that would do.
    """
    compared = [name for name, role in columns.items() if role not in _UNWATCHED]
    for key in ("trending", "ignored"):
        _refuse_other(getattr(monitoring, key), compared, "is not compared", f"monitoring.{key}")
    if risk is None:
        return
    if "time" not in columns.values():
        raise SpecError(
            "segments have no months without a column with the role time",
            "risk",
            "give the column with the dates the role time, or take the section out",
        )
    parting = [name for name, role in columns.items() if role not in _NO_SEGMENT]
    for segment in risk.segments:
        _refuse_other([*segment], parting, "makes no segment", "risk.segments")


def _refuse_other(names: Sequence[str], known: Sequence[str], why: str, where: str) -> None:
    """Refuse a name that is not ``known``.

    Raises:
        SpecError: the first such name.
    """
    for name in names:
        if name not in known:
            raise SpecError(f"the column {name!r} {why}", where, nearest(name, known))


@plain(frozen=True, kw_only=True)
class Finding:
    """One thing that was seen, in a form that a page, a file and a message can show.

    ``about``: a column, or a segment as ``Store=14``. ``says``: one sentence for a person, with its
    numbers and no value that is personal. ``numbers``: the same for a program, by name.
    """

    seen: Seen
    weight: Weight
    about: str
    says: str
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)


@plain(frozen=True, kw_only=True)
class Alert:
    """What is told to people: it fires once, stands while its findings do, and is resolved once.

    ``key`` names it through its life; ``since`` and ``at`` (in UTC) when it first fired and when
    this was said. ``findings``: their sentences, alarms first. Nothing in it is secret.
    """

    key: str
    project: str
    subject: Subject
    state: State
    severity: Severity
    version: int | None
    says: str
    findings: tuple[str, ...]
    since: datetime
    at: datetime
