"""The nouns of a declaration: what a project is, before any data is read."""

import codecs
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, cast

from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT, Event, Frequency

Role = Literal[
    "key",
    "time",
    "target",
    "static",
    "known_future",
    "past_only",
    "feature",
    "group",
    "weight",
    "excluded",
]
Aggregate = Literal["sum", "mean", "max", "min", "first"]
NegativeTarget = Literal["keep", "clip", "flag"]
Preset = Literal["fast", "default", "best"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Table:
    """One file of a source and how its text is to be read.

    The first table of a project holds the observations; every other one is joined to it, left,
    by the columns ``join_on``, which must be unique in it.
    """

    name: str
    file: str
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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Asked:
    """The rows a user wants answered by default, and how a row is named in a submission file.

    ``id`` is a template over columns, as in ``"{Store}_{Dept}_{Date}"``; ``id_column`` and
    ``value_column`` are the two column names of that file.
    """

    file: str
    na: tuple[str, ...] = ()
    id: str | None = None
    id_column: str = "Id"
    value_column: str = "prediction"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Synthetic:
    """Data made by foresell's own generator, never a stand-in for a missing file."""

    stores: int
    products: int
    start: str
    end: str
    seed: int


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Grouping:
    """Sum the gated rows up to the series that are forecast: columns ``by``, one verb a column."""

    by: tuple[str, ...]
    columns: Mapping[str, Aggregate]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Cleaning:
    """What is done to rows that passed the gate. Scores always use the raw target."""

    negative_target: NegativeTarget = "keep"
    max_rejected_share: float = 0.01

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
    value: float


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeatureSpec:
    """Which features are derived. Every lag and window is counted back from the origin."""

    lags: tuple[int, ...] = ()
    windows: tuple[int, ...] = ()
    statistics: tuple[Literal["mean", "std", "min", "max", "median"], ...] = ("mean",)
    calendar: tuple[Literal["weekday", "day_of_month", "week", "month", "quarter"], ...] = ()
    cyclic: bool = True
    event_window_days: int = 28

    def __post_init__(self) -> None:
        """Refuse lags and windows that look at the present.

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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SplitSpec:
    """Where time is cut. All counts are periods of the project's frequency.

    ``test`` periods at the end are judged once. ``validation`` names the cutoffs of the folds that
    choose and calibrate, as periods before the test cutoff.
    """

    test: int
    validation: tuple[int, ...]

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
    horizon: int
    season: int
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
    seed: int = 20261121

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
        self._check_tables()
        self._check_names()

    def _check_tables(self) -> None:
        """Refuse a project with no table, or with one that nothing ties to the others.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.tables:
            raise SpecError("no table is declared", "tables", "declare at least one file")
        for table in self.tables[1:]:
            if not table.join_on:
                raise SpecError(
                    f"the table {table.name!r} does not say how it is joined",
                    f"project {self.name!r}, tables",
                    "name the columns it shares with the tables before it: join_on: [...]",
                )

    def _check_names(self) -> None:
        """Refuse a name that ought to be a column with a certain role and is not.

        Raises:
            SpecError: it names the nearest column with that role.
        """
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
