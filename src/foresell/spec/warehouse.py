"""The nouns of the warehouse: its tables, what a project says of them, what a load tells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from dataclasses import dataclass as plain
from typing import Any, Literal

from pydantic import StrictFloat
from pydantic.dataclasses import dataclass

from foresell.errors import GateError, SpecError, counted, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice

SCHEMA = "retailds"
KEY = ("store_id", "dept_id", "week_date")
MEASURES = (
    "weekly_sales",
    "isholiday",
    "temperature",
    "fuel_price",
    "markdown1",
    "markdown2",
    "markdown3",
    "markdown4",
    "markdown5",
    "cpi",
    "unemployment",
)
STORE = ("store_type", "store_size")  # of dim_store, beside its key
VIEW_COLUMNS = (*KEY, *MEASURES, *STORE)
OTHER_FLAG = "isholiday_features"  # in staging only: the flag that the covariates' file has
STAGED_COLUMNS = (*VIEW_COLUMNS, OTHER_FLAG)  # of stg_sales_weekly, beside batch and staged_at
PLAN_COLUMNS = (*KEY, "isholiday")
NEEDED = (*KEY, "weekly_sales", "isholiday", *STORE)  # NOT NULL in the star schema
MAY_LACK = tuple(name for name in MEASURES if name not in NEEDED)

Phase = Literal["read", "stage", "check", "upsert", "validate", "commit"]
PHASES: tuple[Phase, ...] = ("read", "stage", "check", "upsert", "validate", "commit")
Verdict = Literal["passed", "failed", "noted"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Volume:
    """How much a delivery may differ from the one loaded before: shares of its rows."""

    least: StrictFloat = 0.9
    most: StrictFloat = 2.0

    def __post_init__(self) -> None:
        """Refuse shares between which no delivery lies.

        Raises:
            SpecError: what the sentence above names.
        """
        if not 0 <= self.least <= 1 <= self.most < math.inf:
            raise SpecError(
                f"least is {self.least}, most is {self.most}",
                "warehouse.volume",
                "use shares of the last delivery around 1, such as {least: 0.9, most: 2.0}",
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WarehouseSpec:
    """How a project's rows stand in the star schema ``retailds``.

    ``columns``: by column of the contract, its name there. A column that stands in a joined table
    and in one before it is named ``table.column`` for the former's value, as in
    ``features.IsHoliday: isholiday_features``: the two are compared, never merged. ``negatives``:
    the largest share of rows whose sales may be below zero.
    """

    columns: Mapping[str, str]
    volume: Volume = field(default_factory=Volume)
    negatives: StrictFloat = 1.0

    def __post_init__(self) -> None:
        """Refuse a name that the star schema does not have, has twice, or needs and is not given.

        Raises:
            SpecError: what the sentence above names.
        """
        where = "warehouse.columns"
        for name in self.columns.values():
            if name not in STAGED_COLUMNS:
                raise SpecError(
                    f"the warehouse has no column {name!r}", where, nearest(name, STAGED_COLUMNS)
                )
        refuse_twice(tuple(self.columns.values()), where)
        lacks = [name for name in NEEDED if name not in self.columns.values()]
        if lacks:
            raise SpecError(
                f"nothing is said to be {', '.join(lacks)}",
                where,
                "name the column of the contract that it is",
            )
        if not 0 <= self.negatives <= 1:
            raise SpecError(
                f"negatives is {self.negatives}", "warehouse.negatives", "use a share from 0 to 1"
            )

    @property
    def contract_names(self) -> Mapping[str, str]:
        """By column of the view, the contract's name of it."""
        return {theirs: ours for ours, theirs in self.columns.items() if theirs != OTHER_FLAG}


@plain(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at before or after rows went in.

    ``name``: one word with underscores, stable for programs, or the name of a rule of the contract,
    as ``"Weekly_Sales: maximum"``. ``verdict``: a ``noted`` finding stops
    nothing. ``says``: one sentence with numbers. ``count``: rows, keys or weeks concerned.
    ``examples``: the first few of them, JSON types only.
    """

    name: str
    verdict: Verdict
    says: str
    count: int = 0
    examples: tuple[Mapping[str, Any], ...] = ()


@plain(frozen=True, kw_only=True)
class Changes:
    """What became of the warehouse: rows by the name of their table, as ``fact_sales_weekly``.

    ``unchanged``: those of the delivery that stood there already, bit for bit. ``removed``: planned
    rows that a whole delivery does not hold any more.
    """

    inserted: Mapping[str, int]
    updated: Mapping[str, int]
    unchanged: Mapping[str, int]
    removed: Mapping[str, int] = field(default_factory=dict)


@plain(frozen=True, kw_only=True)
class Volumes:
    """How much a delivery held, after rows that stand twice were taken as one.

    ``nulls``: by column that may lack a value, and that the project has, how many rows do.
    """

    rows: int
    stores: int
    depts: int
    series: int
    weeks: int
    first_week: str
    last_week: str
    nulls: Mapping[str, int] = field(default_factory=dict)


def _refuse_failed(checks: Sequence[Check], where: str, mend: str) -> None:
    """Refuse to go on where a check failed.

    Raises:
        GateError: it names the failed checks and what each found.
    """
    failed = [check for check in checks if check.verdict == "failed"]
    if failed:
        raise GateError(
            f"{counted(len(failed), 'check')} failed: "
            + "; ".join(f"{check.name}: {check.says}" for check in failed),
            where,
            mend,
        )


@plain(frozen=True, kw_only=True)
class LoadReport:
    """What a load did. ``passed`` false: nothing in the warehouse changed.

    ``load``: its number in ``retailds.load_history``, None where it left nothing. ``before``: the
    volumes of the last whole delivery before, None for the first. ``seconds``: by phase.
    ``partial``: the delivery is a part, whose volumes say nothing of the next one's. ``again``: the
    batch had gone in before, and this is the report of then. ``synthetic``: our generator made some
    of the rows. ``file``: where this report was written, None where it was not.
    """

    project: str
    batch: str
    source: str
    target: str
    contract: Mapping[str, str]
    passed: bool
    load: int | None
    staged: int
    duplicates: int
    planned: int
    volumes: Volumes | None
    before: Volumes | None
    changes: Changes | None
    checks: tuple[Check, ...]
    seconds: Mapping[str, float]
    partial: bool = False
    again: bool = False
    synthetic: bool = False
    file: str | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.verdict == "failed")

    @property
    def part_mend(self) -> str:
        """How a part is loaded, where the last whole delivery held more and that failed it."""
        alike = {"volume", "range"}.isdisjoint(check.name for check in self.failed)
        if alike or self.volumes is None or self.before is None:
            return ""
        if self.volumes.rows >= self.before.rows:
            return ""
        return "if it is only a part, such as one week, load it with --partial (partial=True)"

    def require_passed(self) -> None:
        """Refuse to go on where a check failed: a GateError that names each."""
        mends = ["mend what the delivery holds and load it again", self.part_mend]
        mend = "; ".join([*filter(None, mends), "nothing in the warehouse changed"])
        _refuse_failed(self.checks, f"batch {self.batch} of {self.project}, {self.target}", mend)

    def to_json(self) -> dict[str, Any]:
        """Return the report in JSON's types."""
        return asdict(self)


@plain(frozen=True, kw_only=True)
class Validation:
    """What a look at the warehouse after a load found.

    ``load``, ``batch``: the load that was looked for, by default the last one; ``load`` None: it is
    not there, and a check says so.
    """

    project: str
    target: str
    load: int | None
    batch: str | None
    passed: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.verdict == "failed")

    def require_passed(self) -> None:
        """Refuse to go on where a check failed: a GateError that names each."""
        mend = "the load stands, and nothing was taken back: find who else wrote there, then load "
        _refuse_failed(
            self.checks,
            f"the warehouse of {self.project}, {self.target}",
            f"{mend}the last whole delivery again",
        )

    def to_json(self) -> dict[str, Any]:
        """Return the findings in JSON's types."""
        return asdict(self)


@plain(frozen=True, kw_only=True)
class Cleared:
    """What was taken out of staging: rows of the batch, and rows that others left too long ago."""

    project: str
    batch: str
    target: str
    own: int
    stale: int

    def to_json(self) -> dict[str, Any]:
        """Return the counts in JSON's types."""
        return asdict(self)
