"""The nouns of a declaration: what a project is, before any data is read."""

import math
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal, cast

from pydantic import StrictBool, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT, Event, Frequency, PublicHolidays, check_days
from foresell.spec.cleaning import Cleaning, Gate, Grouping, Leakage
from foresell.spec.features import FeatureSpec, Periods, check_features
from foresell.spec.hierarchy import Hierarchy, check_hierarchy
from foresell.spec.modelling import Modelling, check_relative
from foresell.spec.monitoring import MonitoringSpec, RiskSpec
from foresell.spec.refusals import IN_LAYER, refuse_reserved, refuse_twice, template_names
from foresell.spec.sources import Asked, Synthetic, Table
from foresell.spec.split import SplitSpec
from foresell.spec.warehouse import WarehouseSpec

Kind = Literal["panel", "tabular"]
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
Preset = Literal["fast", "default", "best"]
Origin = Literal["files", "postgres"]  # where the rows of a project are read
_SEEDS = 2**31 - 1  # what a 32-bit signed integer can hold, as the learners' libraries want it


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
class RegistrySpec:
    """What the registry asks of a project's versions.

    ``approval``: a version waits until somebody approves it; until then it cannot go to prod.
    """

    approval: StrictBool = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ProjectSpec:
    """One project, whole: its sources, roles, time, splits and features.

    Everything a rule can be written about (types, ranges, nulls, keys) is in the contract beside
    it, not here. A ``panel`` has keys, a time, a frequency, a horizon and a season; a ``tabular``
    project has features and may have keys, groups and a time. ``segments`` are columns by whose
    values errors are told apart, ``bands`` numbers of a table that are cut at these values for it.
    ``source: postgres`` reads the rows of the ``warehouse`` instead of the tables' files. ``risk``
    names the segments whose risk every run gauges, ``monitoring`` how the model is watched.
    """

    name: str
    title: str
    kind: Kind
    tables: tuple[Table, ...]
    columns: Mapping[str, Role]
    split: SplitSpec
    frequency: Frequency = "D"
    horizon: Periods = 0
    season: Periods = 0
    unit: str = ""
    asked: Asked | None = None
    synthetic: Synthetic | None = None
    grouping: Grouping | None = None
    gate: Gate = field(default_factory=Gate)
    cleaning: Cleaning = field(default_factory=Cleaning)
    leakage: Leakage = field(default_factory=Leakage)
    holiday_weight: HolidayWeight | None = None
    hierarchy: Hierarchy | None = None
    events: tuple[Event, ...] = ()
    holidays: PublicHolidays | None = None
    features: FeatureSpec = field(default_factory=FeatureSpec)
    models: Modelling = field(default_factory=Modelling)
    segments: tuple[str, ...] = ()
    bands: Mapping[str, tuple[StrictFloat | StrictInt, ...]] = field(default_factory=dict)
    nonnegative: bool = False
    registry: RegistrySpec = field(default_factory=RegistrySpec)
    source: Origin = "files"
    warehouse: WarehouseSpec | None = None
    monitoring: MonitoringSpec = field(default_factory=MonitoringSpec)
    risk: RiskSpec | None = None
    seed: StrictInt = 20261121

    def __post_init__(self) -> None:
        """Refuse a project that contradicts itself.

        Raises:
            SpecError: what is wrong, under which key.
        """
        if self.name.startswith("_"):
            raise SpecError(
                f"the name {self.name!r} begins with _",
                "name",
                "begin it with a letter: folders that begin with _ are foresell's own",
            )
        if not 0 <= self.seed < _SEEDS:
            raise SpecError(f"seed is {self.seed}", "seed", f"use 0 to {_SEEDS - 1}")
        if self.source == "postgres" and self.warehouse is None:
            raise SpecError(
                "the rows are to be read from a warehouse that is not described",
                "source",
                "add the section warehouse: {columns: ...}, or write source: files",
            )
        self._check_tables()
        (check_panel if self.kind == "panel" else check_tabular)(self)
        self._check_names()
        check_features(self.features, self.columns, self.kind)
        check_relative(self.models, self.columns)
        object.__setattr__(self, "models", self.models.of(self.kind))
        refuse_twice([event.name for event in self.events], "events")
        self._add_holidays()
        check_days(self.events)

    def _add_holidays(self) -> None:
        """Add the public holidays to the events; one whose name is taken bears its country's."""
        if self.holidays is not None:
            from foresell.spec.holiday_names import public_events  # noqa: PLC0415 - 0.1 s, if needed

            own = {event.name: event for event in self.events}
            for event in public_events(self.holidays):
                if own.get(event.name) != event:
                    name = event.name if event.name not in own else f"{event.name}_{event.country}"
                    own.setdefault(name, replace(event, name=name))
            object.__setattr__(self, "events", tuple(own.values()))

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
        refuse_reserved(self.with_role("excluded"), where, IN_LAYER)
        refuse_twice(self.segments, "segments")
        template = (self.asked.id if self.asked is not None else None) or ""
        for name in template_names(template, "asked.id"):
            if name not in (named := self.with_role("key", "time")):
                raise SpecError(
                    f"the id names {name!r}, which is no column with the role 'key' or 'time'",
                    f"project {self.name!r}, asked.id",
                    nearest(name, named),
                )
        weighted = self.holiday_weight
        told = "static" if self.kind == "panel" else "feature"
        for place, name, role in (
            *(("segments", name, told) for name in self.segments),
            *(("bands", name, told) for name in self.bands),
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
    def timed(self) -> bool:
        """Whether there is a date column; a panel always has one."""
        return bool(self.with_role("time"))

    @property
    def time(self) -> str:
        """The date column; only where the project is ``timed``."""
        return self.with_role("time")[0]

    @property
    def target(self) -> str:
        """The column that is forecast."""
        return self.with_role("target")[0]


def check_panel(project: ProjectSpec) -> None:
    """Refuse a panel without its keys, its time, its target, its periods and a cut in time.

    Raises:
        SpecError: what the sentence above names, or a role that only rows of a table have.
    """
    where = f"project {project.name!r}, columns"
    _check_one(project, "time", "target")
    check_hierarchy(project.hierarchy, project.keys, project.with_role("static"), project.time)
    if not project.keys:
        raise SpecError(
            "no column has the role 'key'", where, "name the columns that tell series apart"
        )
    if odd := project.with_role("feature", "group", "weight"):
        raise SpecError(
            f"columns {list(odd)} have a role of tabular projects",
            where,
            "in a panel, use known_future, past_only, static or excluded",
        )
    for name, value in (("horizon", project.horizon), ("season", project.season)):
        if value < 1:
            raise SpecError(f"{name} is {value}", name, "use 1 or more periods")
    if project.bands:
        raise SpecError(
            "bands tell rows of a table apart", "bands", "take them out, or declare kind: tabular"
        )
    if project.split.test < 1:
        raise SpecError(
            "a panel is cut in time", "split", "give split: {test: ..., validation: [...]}"
        )
    if project.split.test > project.horizon:
        raise SpecError(
            f"a test of {project.split.test} periods is longer than the horizon, {project.horizon}",
            f"project {project.name!r}: split.test, horizon",
            "shorten the test or lengthen the horizon: a row is judged within its horizon",
        )


def check_tabular(project: ProjectSpec) -> None:
    """Refuse a tabular project without a target and features, or with what only a panel has.

    Raises:
        SpecError: what the sentence above names.
    """
    where = f"project {project.name!r}, columns"
    _check_one(project, "target")
    if len(times := project.with_role("time")) > 1:
        raise SpecError(f"columns {list(times)} have the role 'time'", where, "keep one")
    if not project.with_role("feature"):
        raise SpecError(
            "no column has the role 'feature'", where, "name the columns to learn from: feature"
        )
    if odd := project.with_role("static", "known_future", "past_only"):
        raise SpecError(
            f"columns {list(odd)} have a role of panels",
            where,
            "in a tabular project a column is feature, group, weight, key, time or excluded",
        )
    if any((project.horizon, project.season, project.grouping, project.asked, project.hierarchy)):
        raise SpecError(
            "a tabular project has no horizon, season, grouping, hierarchy or rows asked for",
            f"project {project.name!r}",
            "take these keys out, or declare kind: panel",
        )
    if project.split.test:
        raise SpecError(
            "a tabular project is cut by rows", "split", "give split: {test_share: 0.2}"
        )
    if project.split.test_from is not None and not times:
        raise SpecError(
            "the test begins on a day, and no column has the role 'time'",
            f"project {project.name!r}, split.test_from",
            "give the column with the dates the role time, or leave test_from out",
        )
    _check_bands(project)


def _check_bands(project: ProjectSpec) -> None:
    """Refuse a band without edges, or with edges that do not rise.

    Raises:
        SpecError: what the sentence above names.
    """
    for name, edges in project.bands.items():
        if not edges or list(edges) != sorted(set(edges)):
            raise SpecError(
                f"{name} is cut at {list(edges)}",
                "bands",
                "give rising numbers: {price: [50, 100]}",
            )


def _check_one(project: ProjectSpec, *roles: Role) -> None:
    """Refuse a role that not exactly one column has.

    Raises:
        SpecError: what the sentence above names.
    """
    for role in roles:
        if len(found := project.with_role(role)) != 1:
            raise SpecError(
                f"{len(found)} columns have the role {role!r}",
                f"project {project.name!r}, columns",
                f"give exactly one column the role {role!r}",
            )
