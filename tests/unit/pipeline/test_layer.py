import hashlib
import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.store import MemoryStore
from foresell.adapters.workspace import MemoryWorkspace
from foresell.errors import GateError
from foresell.pipeline import layering
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.layer import learning_columns, read_layer, read_raw_panel
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Event
from tests.unit.pipeline.gatehouse import FRIDAY, SHOPS, Gatehouse, landing, weekly

VALIDATE, SPLIT = (stage for stage in PANEL_STAGES if stage.name in {"validate", "split"})


def panel(weeks: int = 60, shops: str = "ba") -> pl.DataFrame:
    return pl.DataFrame(
        [
            (shop, FRIDAY + timedelta(weeks=place), float(place), 10.0, "Kiel")
            for shop in shops
            for place in range(weeks)
        ],
        schema=["shop", "day", "units", "price", "town"],
        orient="row",
    )


def layer(frame: pl.DataFrame) -> MemoryStore:
    return Gatehouse().validate(landing(frame)).outputs["processed"]


def test_the_layer_has_a_folder_a_year_rows_by_series_and_time_and_excluded_columns() -> None:
    store = layer(panel())
    assert store.list() == [
        "passed.json",
        "year=2021/part-00000.parquet",
        "year=2022/part-00000.parquet",
    ]
    rows = read_layer(store)
    for name in store.list()[1:]:
        part = store.read_frame(name)
        assert part["day"].dt.year().unique().to_list() == [int(name[5:9])]
        assert part.equals(part.sort("shop", "day"))
    assert_frame_equal(rows.sort("shop", "day"), panel().sort("shop", "day"))
    assert rows.columns[-1] == "town"
    assert "town" not in learning_columns(weekly())


def test_passed_names_the_contract_and_the_hash_of_every_file() -> None:
    store = layer(panel())
    assert json.loads(store.read_bytes("passed.json")) == {
        "contract": {"version": "1.2.0", "sha256": SHOPS.digest},
        "files": {name: hashlib.sha256(store.files[name]).hexdigest() for name in store.list()[1:]},
        "rows": 120,
    }


def flip(store: MemoryStore) -> None:
    content = bytearray(store.files["year=2022/part-00000.parquet"])
    content[len(content) // 2] ^= 1
    store.files["year=2022/part-00000.parquet"] = bytes(content)


def add(store: MemoryStore) -> None:
    store.files["year=2022/part-00001.parquet"] = store.files["year=2022/part-00000.parquet"]


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (flip, "the file year=2022/part-00000.parquet is not the one that passed the gate"),
        (add, "the file year=2022/part-00001.parquet never passed the gate"),
        (
            lambda store: store.files.pop("year=2021/part-00000.parquet"),
            "the file year=2021/part-00000.parquet is gone",
        ),
        (lambda store: store.files.pop("passed.json"), "no row has passed the gate"),
    ],
    ids=["one flipped bit", "a file more", "a file less", "no list"],
)
def test_bytes_that_did_not_pass_the_gate_are_refused(harm: Any, what: str) -> None:
    store = layer(panel())
    harm(store)
    for read in (lambda: read_layer(store, ["day"]), lambda: read_raw_panel(store, weekly())):
        with pytest.raises(GateError) as refused:
            read()
        assert refused.value.what == what
        assert refused.value.mend.startswith("let the gate make the layer again")


def test_a_layer_whose_rows_failed_the_gate_is_not_read() -> None:
    house = Gatehouse().validate(landing(pl.concat([panel(), panel()])))
    assert house.failure is not None
    with pytest.raises(GateError, match=r"^no row has passed the gate"):
        read_layer(house.outputs["processed"])


class Runs:
    """The two stages over a landing, through the runner."""

    def __init__(self) -> None:
        self.workspace = MemoryWorkspace()
        self.done: list[str] = []

    def run(self, *stages: Any, frame: pl.DataFrame | None = None) -> list[str]:
        if frame is not None:
            self.workspace.published["landing"] = landing(frame)
        self.done.clear()
        runner = Runner(workspace=self.workspace, clock=lambda: 0.0, listen=self._hear)
        runner.run(stages, Gatehouse().request())
        return self.done

    def _hear(self, event: Event) -> None:
        if event.kind == "done":
            self.done.append(event.stage)


def test_a_later_stage_refuses_a_flipped_byte_and_a_whole_run_makes_the_layer_again() -> None:
    runs = Runs()
    runs.run(VALIDATE, SPLIT, frame=panel())
    before = dict(runs.workspace.published["processed"].files)
    flip(runs.workspace.published["processed"])

    with pytest.raises(GateError, match="is not the one that passed the gate"):
        runs.run(SPLIT)

    assert runs.run(VALIDATE, SPLIT) == ["validate"]
    assert runs.workspace.published["processed"].files == before


def test_no_partition_of_an_earlier_run_is_left() -> None:
    runs = Runs()
    runs.run(VALIDATE, frame=panel(weeks=60))
    runs.run(VALIDATE, frame=panel(weeks=20))
    assert [name for name in runs.workspace.output("processed").list() if "year" in name] == [
        "year=2021/part-00000.parquet"
    ]


def test_a_year_of_many_rows_is_several_files_each_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layering, "BATCH_ROWS", 10)
    house = Gatehouse().validate(landing(panel(weeks=30), part_rows=15))
    store = house.outputs["processed"]
    assert store.list()[1:] == [f"year=2021/part-0000{number}.parquet" for number in range(2)]
    parts = [store.read_frame(name) for name in store.list()[1:]]
    assert [part.height for part in parts] == [30, 30]
    assert all(part.equals(part.sort("shop", "day")) for part in parts)


def test_the_order_of_rows_that_land_changes_no_byte_of_the_layer() -> None:
    one, other = layer(panel()), layer(panel().sample(fraction=1, shuffle=True, seed=3))
    assert one.files == other.files
