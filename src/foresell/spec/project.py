"""The nouns of a declaration: what a project is, before any data is read."""

import codecs
import math
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal, cast

from pydantic import Field, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT, Event, Frequency, check_days
from foresell.spec.refusals import refuse_reserved, refuse_twice, template_names

Role = Literal[
    "key",
    "time",
    "target",
    "static",
    "known_future",
    "past_only",
    "excluded",
]
Aggregate = Literal["sum", "mean", "max", "min", "first"]
NegativeTarget = Literal["keep", "clip", "flag"]
Preset = Literal["fast", "default", "best"]
_SEEDS = 2**31 - 1  # what a 32-bit signed integer can hold, as the learners' libraries want it
_LONGEST_WINDOW = 366
Periods = Annotated[StrictInt, Field(le=36_600)]  # a century of days
FileName = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Table:
    """One file of a source and how its text is to be read.

    The first table of a project holds the observations; every other one is joined to it, left,
    by the columns ``join_on``, which must be unique in it.
    """

    name: str
    file: FileName
    format: Literal["csv", "parquet"] = "csv"
    join_on: tuple[str, ...] = ()
    separator: str = ","
    encoding: tuple[str, ...] = ("utf-8",)
    na: tuple[str, ...] = ()
    true_words: tuple[str, ...] = ("TRUE", "True", "true")
    false_words: tuple[str, ...] = ("FALSE", "False", "false")

    def __post_init__(self) -> None:
        """Refuse an encoding that does not exist and a separator that is no single character.

        Raises:
            SpecError: what the sentence above names.
        """
        where = f"tables, {self.name}"
        for encoding in self.encoding:
            try:
                codecs.lookup(encoding)
            except LookupError as error:
                raise SpecError(
                    f"there is no encoding {encoding!r}",
                    where,
                    nearest(encoding, ("utf-8", "utf-16", "latin-1", "cp1252", "cp850")),
                ) from error
        if not self.encoding or len(self.separator.encode()) != 1:
            raise SpecError(
                f"encoding is {list(self.encoding)}, separator is {self.separator!r}",
                where,
                "give at least one encoding, and one character as separator",
            )
        refuse_twice(self.join_on, f"{where}, join_on")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Asked:
    """The rows a user wants answered by default, and how a row is named in a submission file.

    ``id`` is a template over columns, as in ``"{Store}_{Dept}_{Date}"``; ``id_column`` and
    ``value_column`` are the two column names of that file.
    """

    file: FileName
    na: tuple[str, ...] = ()
    id: str | None = None
    id_column: str = "Id"
    value_column: str = "prediction"

    def __post_init__(self) -> None:
        """Refuse a template with a loose brace, and two columns of one name."""
        template_names(self.id or "", "asked.id")
        refuse_twice((self.id_column, self.value_column), "asked: id_column, value_column")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Synthetic:
    """Data made by foresell's own generator, never a stand-in for a missing file."""

    stores: StrictInt
    products: StrictInt
    start: str
    end: str
    seed: StrictInt


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Grouping:
    """Sum the gated rows up to the series that are forecast: columns ``by``, one verb a column."""

    by: tuple[str, ...]
    columns: Mapping[str, Aggregate]

    def __post_init__(self) -> None:
        """Refuse to group by a column twice."""
        refuse_twice(self.by, "grouping.by")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Cleaning:
    """What is done to rows that passed the gate. Scores always use the raw target."""

    negative_target: NegativeTarget = "keep"
    max_rejected_share: StrictFloat = 0.01

    def __post_init__(self) -> None:
        """Refuse a share that is no share.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 0 <= self.max_rejected_share <= 1:
            raise SpecError(
                f"max_rejected_share is {self.max_rejected_share}",
                "cleaning.max_rejected_share",
                "use a share between 0 and 1",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class HolidayWeight:
    """The weight a row has in WMAE when the boolean ``column`` is true; 1 otherwise."""

    column: str
    value: StrictFloat

    def __post_init__(self) -> None:
        """Refuse a weight that counts nothing, or that nothing is counted beside.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 0 < self.value < math.inf:
            raise SpecError(
                f"value is {self.value}", "holiday_weight.value", "use a number above 0, such as 5"
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeatureSpec:
    """Which features are derived. Every lag and window is counted back from the origin."""

    lags: tuple[Periods, ...] = ()
    windows: tuple[Periods, ...] = ()
    statistics: tuple[Literal["mean", "std", "min", "max", "median"], ...] = ("mean",)
    calendar: tuple[Literal["weekday", "day_of_month", "week", "month", "quarter"], ...] = ()
    cyclic: bool = True
    event_window_days: StrictInt = 28

    def __post_init__(self) -> None:
        """Refuse lags and windows that look at the present, and a feature derived twice.

        Raises:
            SpecError: what the sentence above names.
        """
        for name, values in (("lags", self.lags), ("windows", self.windows)):
            if bad := [value for value in values if value < 1]:
                raise SpecError(
                    f"{name} {bad} look at the present or the future",
                    f"features.{name}",
                    "use 1 or more; values known in advance have the role 'known_future'",
                )
        for name in ("lags", "windows", "statistics", "calendar"):
            refuse_twice(getattr(self, name), f"features.{name}")
        if not 1 <= self.event_window_days <= _LONGEST_WINDOW:
            raise SpecError(
                f"event_window_days is {self.event_window_days}",
                "features.event_window_days",
                f"use 1 to {_LONGEST_WINDOW} days",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SplitSpec:
    """Where time is cut. All counts are periods of the project's frequency.

    ``test`` periods at the end are judged once. ``validation`` names the cutoffs of the folds that
    choose and calibrate, as periods before the test cutoff.
    """

    test: Periods
    validation: tuple[Periods, ...]

    def __post_init__(self) -> None:
        """Refuse empty or negative cuts.

        Raises:
            SpecError: what the sentence above names.
        """
        if self.test < 1 or not self.validation or min(self.validation) < 1:
            raise SpecError(
                f"test={self.test}, validation={list(self.validation)}",
                "split",
                "give at least one test period and one validation cutoff, each 1 or more",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ProjectSpec:
    """One project, whole: its sources, roles, time, splits and features.

    Everything a rule can be written about (types, ranges, nulls, keys) is in the contract beside
    it, not here.
    """

    name: str
    title: str
    kind: Literal["panel"]
    tables: tuple[Table, ...]
    columns: Mapping[str, Role]
    frequency: Frequency
    horizon: Periods
    season: Periods
    split: SplitSpec
    unit: str = ""
    asked: Asked | None = None
    synthetic: Synthetic | None = None
    grouping: Grouping | None = None
    cleaning: Cleaning = field(default_factory=Cleaning)
    holiday_weight: HolidayWeight | None = None
    events: tuple[Event, ...] = ()
    features: FeatureSpec = field(default_factory=FeatureSpec)
    segments: tuple[str, ...] = ()
    nonnegative: bool = False
    seed: StrictInt = 20261121

    def __post_init__(self) -> None:
        """Refuse a project without exactly one time and one target, or without a key.

        Raises:
            SpecError: what the sentence above names.
        """
        for role in ("time", "target"):
            if len(found := self.with_role(role)) != 1:
                raise SpecError(
                    f"{len(found)} columns have the role {role!r}",
                    f"project {self.name!r}, columns",
                    f"give exactly one column the role {role!r}",
                )
        if not self.with_role("key"):
            raise SpecError(
                "no column has the role 'key'",
                f"project {self.name!r}, columns",
                "name the columns that tell one series from another",
            )
        for name, value in (("horizon", self.horizon), ("season", self.season)):
            if value < 1:
                raise SpecError(f"{name} is {value}", name, "use 1 or more periods")
        if not 0 <= self.seed < _SEEDS:
            raise SpecError(f"seed is {self.seed}", "seed", f"use 0 to {_SEEDS - 1}")
        self._check_tables()
        if self.split.test > self.horizon:
            raise SpecError(
                f"a test of {self.split.test} periods is longer than the horizon, {self.horizon}",
                f"project {self.name!r}: split.test, horizon",
                "shorten the test or lengthen the horizon: a row is judged within its horizon",
            )
        self._check_names()
        refuse_twice([event.name for event in self.events], "events")
        check_days(self.events)

    def _check_tables(self) -> None:
        """Refuse a project with no table, or with one that nothing ties to the others.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.tables:
            raise SpecError("no table is declared", "tables", "declare at least one file")
        refuse_twice([table.name for table in self.tables], "tables")
        for table in self.tables[1:]:
            if not table.join_on:
                raise SpecError(
                    f"the table {table.name!r} does not say how it is joined",
                    f"project {self.name!r}, tables",
                    "name the columns it shares with the tables before it: join_on: [...]",
                )

    def _check_names(self) -> None:
        """Refuse a name that foresell needs itself, or that has not the role it ought to have.

        Raises:
            SpecError: it names the nearest column with that role.
        """
        where = f"project {self.name!r}, columns"
        refuse_reserved((name for name, role in self.columns.items() if role != "excluded"), where)
        refuse_twice(self.segments, "segments")
        template = (self.asked.id if self.asked is not None else None) or ""
        for name in template_names(template, "asked.id"):
            if name not in (*self.keys, self.time):
                raise SpecError(
                    f"the id names {name!r}, which is no column with the role 'key' or 'time'",
                    f"project {self.name!r}, asked.id",
                    nearest(name, (*self.keys, self.time)),
                )
        weighted = self.holiday_weight
        for place, name, role in (
            *(("segments", name, "static") for name in self.segments),
            *((("holiday_weight", weighted.column, "known_future"),) if weighted else ()),
        ):
            if name not in (known := self.with_role(cast("Role", role))):
                raise SpecError(
                    f"{name!r} is no column with the role {role!r}",
                    f"project {self.name!r}, {place}",
                    nearest(name, known),
                )

    def with_role(self, *roles: Role) -> tuple[str, ...]:
        """Return the names of the columns with any of ``roles``, in declared order."""
        return tuple(name for name, role in self.columns.items() if role in roles)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a series."""
        return self.with_role("key")

    @property
    def time(self) -> str:
        """The date column."""
        return self.with_role("time")[0]

    @property
    def target(self) -> str:
        """The column that is forecast."""
        return self.with_role("target")[0]
