"""The stages validate and split over frames that a test writes: no raw file is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import polars as pl
import yaml

from foresell.adapters.sources import MemorySource
from foresell.adapters.store import MemoryStore
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import ROW
from foresell.errors import ForesellError
from foresell.pipeline.stages import split, validate
from foresell.pipeline.work import Request, Work
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

FRIDAY = date(2021, 1, 1)
SCHEMA = {
    "shop": pl.String,
    "day": pl.Date,
    "units": pl.Float64,
    "price": pl.Float64,
    "town": pl.String,
}
Row = tuple[Any, ...]


def contract(*columns: Mapping[str, Any], quality: Sequence[Mapping[str, Any]] = ()) -> Contract:
    """A contract of ``columns``, each as the standard writes it."""
    rows = {"name": "rows", "properties": list(columns), "quality": list(quality)}
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "c",
        "version": "1.2.0",
        "schema": [rows],
    }
    return parse_contract(yaml.safe_dump(document), "contract.yaml")


SHOPS = contract(
    {"name": "shop", "logicalType": "string", "required": True, "primaryKey": True},
    {
        "name": "day",
        "logicalType": "date",
        "required": True,
        "primaryKey": True,
        "primaryKeyPosition": 2,
    },
    {
        "name": "units",
        "logicalType": "number",
        "required": True,
        "logicalTypeOptions": {"minimum": -100, "maximum": 1000},
    },
    {"name": "price", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
    {
        "name": "town",
        "logicalType": "string",
        "quality": [
            {"metric": "invalidValues", "arguments": {"validValues": ["Ulm", "Kiel"]}, "mustBe": 0}
        ],
    },
    quality=[
        {
            "name": "ulm_is_cheap",
            "type": "sql",
            "query": "SELECT COUNT(*) FROM {object} WHERE town = 'Ulm' AND price > 50",
            "mustBe": 0,
        }
    ],
)
ROLES: Mapping[str, Any] = {
    "shop": "key",
    "day": "time",
    "units": "target",
    "price": "past_only",
    "town": "excluded",
}


def weekly(**changed: Any) -> ProjectSpec:
    """A weekly panel of shops; any part of it can be declared anew."""
    declared: dict[str, Any] = {
        "name": "shops",
        "title": "Units by shop",
        "kind": "panel",
        "tables": (Table(name="sales", file="sales.csv"),),
        "columns": ROLES,
        "frequency": "W-FRI",
        "horizon": 2,
        "season": 52,
        "split": SplitSpec(test=2, validation=(2,)),
    }
    return ProjectSpec(**(declared | changed))


def landing(frame: pl.DataFrame, part_rows: int = 1_000_000, **report: Any) -> MemoryStore:
    """``frame`` as ``ingest`` would have left it: numbered from 1, in parts."""
    store = MemoryStore()
    rows = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.UInt64))
    for number, part in enumerate(rows.iter_slices(part_rows)):
        store.write_frame(f"part-{number:05}.parquet", part)
    if not frame.height:
        store.write_frame("part-00000.parquet", rows)
    store.write_bytes("report.json", json.dumps({"rows": frame.height} | report).encode())
    return store


@dataclass
class Gatehouse:
    """What validate and split made, and what they said."""

    project: ProjectSpec = field(default_factory=weekly)
    contract: Contract = SHOPS
    repairs: MemoryStore = field(default_factory=MemoryStore)
    outputs: dict[str, MemoryStore] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: ForesellError | None = None

    def request(self) -> Request:
        """What a run of this project is asked for."""
        return Request(project=self.project, contract=self.contract, source=MemorySource({}))

    def validate(self, landed: MemoryStore) -> "Gatehouse":
        """Run validate."""
        self.outputs = {name: MemoryStore() for name in ("processed", "quarantine", "checks")}
        self.notes = []
        self.failure = validate.run(
            Work(
                request=self.request(),
                inputs={"landing": landed, "repairs": self.repairs},
                outputs=self.outputs,
                scratch=MemoryStore(),
                note=self.notes.append,
            )
        )
        return self

    def split(self) -> MemoryStore:
        """Run split over what validate left, and return what it wrote."""
        splits = MemoryStore()
        inputs = {"processed": self.outputs["processed"]}
        work = Work(
            request=self.request(),
            inputs=inputs,
            outputs={"splits": splits},
            scratch=MemoryStore(),
            note=self.notes.append,
        )
        split.run(work)
        return splits

    @property
    def checks(self) -> dict[str, Any]:
        """checks.json."""
        read: dict[str, Any] = json.loads(self.outputs["checks"].read_bytes("checks.json"))
        return read

    @property
    def audit(self) -> list[dict[str, Any]]:
        """cleaning.json."""
        read: list[dict[str, Any]] = json.loads(self.outputs["checks"].read_bytes("cleaning.json"))
        return read

    @property
    def counts(self) -> dict[str, int]:
        """How many rows broke each rule that was broken."""
        return {rule["rule"]: rule["broken"] for rule in self.checks["rules"] if rule["broken"]}

    @property
    def rejected(self) -> pl.DataFrame:
        """The quarantine, typed."""
        return self.outputs["quarantine"].read_frame("rejected.parquet")

    @property
    def why(self) -> dict[int, str]:
        """The rules that each row in quarantine broke, by its number."""
        return dict(self.rejected.select(ROW, "broken_rules").iter_rows())

    def rows(self) -> pl.DataFrame:
        """The processed layer, file by file."""
        store = self.outputs["processed"]
        names = [name for name in store.list() if name.endswith(".parquet")]
        return pl.concat([pl.read_parquet(BytesIO(store.read_bytes(name))) for name in names])


def tolerant(**changed: Any) -> ProjectSpec:
    """A project that accepts any share of broken rows."""
    project = weekly(**changed)
    return replace(project, cleaning=replace(project.cleaning, max_rejected_share=1.0))


def shops(*rows: Row) -> pl.DataFrame:
    """Rows in the columns of ``SHOPS``."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def week(place: int) -> date:
    """The Friday of a week, counted from 0."""
    return FRIDAY + timedelta(weeks=place)


def fine(shop: str = "a", weeks: int = 10) -> list[Row]:
    """Rows of one shop that break nothing."""
    return [(shop, week(place), float(place), 10.0, "Ulm") for place in range(weeks)]
