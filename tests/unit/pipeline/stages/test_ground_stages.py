import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.errors import GateError, SpecError
from foresell.pipeline.layer import learning_columns, read_layer
from foresell.spec.cleaning import Cleaning
from foresell.spec.project import Role
from tests.builders import weekly_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest, shipped

RAW = weekly_files(stores=2, depts=2, weeks=100)
SLOW = settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MADE_BY_THE_GATE = ("processed", "quarantine", "checks", "splits")
LAYERS = ("landing", "asked", *MADE_BY_THE_GATE)


def layers(house: House, outputs: tuple[str, ...] = LAYERS) -> Mapping[str, bytes]:
    files = house.files()
    return {name: files[name] for name in files if name.startswith(outputs)}


def edited(line: int, column: int, value: str) -> dict[str, bytes]:
    """The raw files with one field of train.csv (lines count from 1) replaced."""
    lines = RAW["train.csv"].decode().splitlines()
    fields = lines[line - 1].split(",")
    fields[column] = value
    lines[line - 1] = ",".join(fields)
    return RAW | {"train.csv": "\n".join(lines).encode()}


def shuffled(content: bytes, order: list[int]) -> bytes:
    """The lines below the header in another order."""
    header, *rows = content.splitlines()
    return b"\n".join([header, *(rows[i] for i in order)])


def test_processed_is_partitioned_by_year_and_gives_back_the_landed_rows(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    processed = house.workspace.output("processed")
    parts = [name for name in processed.list() if name.endswith(".parquet")]
    assert parts == [f"year={year}/part-00000.parquet" for year in (2010, 2011)]
    project, _ = shipped("walmart")
    for name in parts:
        part = processed.read_frame(name)
        assert part["Date"].dt.year().unique().to_list() == [int(name[5:9])]
    landed = house.workspace.output("landing").read_frame("part-00000.parquet")
    assert_frame_equal(
        read_layer(processed).sort("Store", "Dept", "Date"),
        landed.select(project.columns.keys()).sort("Store", "Dept", "Date"),
    )


def test_na_is_null_and_never_zero(house: House, ask: MakeRequest) -> None:
    house.run(ask(RAW))
    rows = read_layer(house.workspace.output("processed"), ["Date", "MarkDown1"])
    early = pl.col("Date") < date(2011, 11, 11)
    assert rows.filter(early)["MarkDown1"].null_count() == rows.filter(early).height
    assert rows.filter(~early)["MarkDown1"].null_count() == 0


@SLOW
@given(data=st.data())
def test_the_order_of_input_rows_changes_no_byte_of_any_layer(
    data: st.DataObject, ask: MakeRequest
) -> None:
    one, other = House(), House()
    one.run(ask(RAW))
    raw = {
        name: shuffled(RAW[name], data.draw(st.permutations(range(len(RAW[name].split()) - 1))))
        for name in ("train.csv", "features.csv", "stores.csv")
    }
    other.run(ask(RAW | raw))
    assert layers(one, MADE_BY_THE_GATE) == layers(other, MADE_BY_THE_GATE)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.rstrip(b"\n"),
        lambda text: text + b"\n\n",
    ],
    ids=["CRLF", "CR", "BOM", "no last line end", "blank lines at the end"],
)
def test_how_lines_are_ended_changes_no_byte_of_any_layer(
    written: object, ask: MakeRequest
) -> None:
    assert callable(written)
    plain, other = House(), House()
    plain.run(ask(RAW))
    other.run(ask({name: written(content) for name, content in RAW.items()}))
    assert layers(plain) == layers(other)


UNKNOWN_STORE = "; ".join(
    f"{name}: required" for name in ("Temperature", "Fuel_Price", "Type", "Size")
)
BROKEN = st.dictionaries(
    st.integers(2, 401),
    st.sampled_from([
        (1, "100", "Dept: maximum"),
        (3, "9e9", "Weekly_Sales: maximum"),
        (3, "", "Weekly_Sales: required"),
        (0, "77", UNKNOWN_STORE),
    ]),
    max_size=12,
)


@SLOW
@given(broken=BROKEN)
@example(broken={2: (1, "100", "Dept: maximum"), 102: (1, "100", "Dept: maximum")})
def test_kept_and_quarantined_are_the_rows_read_and_each_names_its_rule(
    broken: dict[int, tuple[int, str, str]], ask: MakeRequest
) -> None:
    raw = RAW
    for line, (column, value, _) in broken.items():
        lines = raw["train.csv"].decode().splitlines()
        fields = lines[line - 1].split(",")
        # Lines 200 apart differ by their store alone, and 100 apart by their department: what takes
        # its place must differ as well, or they are the same row twice.
        later = line > 201 if value == "77" else (line - 2) % 200 >= 100
        fields[column] = {"77": "78", "100": "101"}.get(value, value) if later else value
        lines[line - 1] = ",".join(fields)
        raw = raw | {"train.csv": "\n".join(lines).encode()}
    request, house = ask(raw), House()
    tolerant = replace(request.project, cleaning=Cleaning(max_rejected_share=1))
    house.run(replace(request, project=tolerant), GROUND[:3])

    checks = json.loads(house.files()["checks/checks.json"])
    assert (checks["read"], checks["quarantined"]) == (400, len(broken))
    assert checks["kept"] == checks["read"] - checks["quarantined"] == checks["processed"]
    rejected = pl.read_csv(BytesIO(house.files()["quarantine/rejected.csv"]), infer_schema=False)
    assert sorted(rejected["broken_rules"]) == sorted(rule for *_, rule in broken.values())
    processed = read_layer(house.workspace.output("processed"))
    assert processed.height + rejected.height == 400


def test_a_date_off_the_anchor_of_its_week_is_quarantined(house: House, ask: MakeRequest) -> None:
    request = ask(edited(2, 2, "2010-02-06"))
    house.run(replace(request, project=replace(request.project, cleaning=Cleaning())), GROUND[:3])
    rejected = house.files()["quarantine/rejected.csv"].decode().splitlines()
    assert [line.split(",")[4] for line in rejected] == ["Date", "2010-02-06"]


@pytest.mark.parametrize(("rows", "passes"), [(4, True), (5, False)])
def test_the_gate_fails_above_the_allowed_share_and_not_at_it(
    rows: int, passes: bool, house: House, ask: MakeRequest
) -> None:
    train = RAW["train.csv"].replace(b"\n1,1,", b"\n1,100,", rows)
    request = ask(RAW | {"train.csv": train})
    if passes:
        assert house.run(request)[-1] == "split"
        return
    with pytest.raises(GateError) as caught:
        house.run(request)
    assert caught.value.what == (
        "5 of 400 rows (1.2%) broke the contract, more than the 1.0% allowed: Dept: maximum (5)"
    )
    assert house.files()["quarantine/rejected.csv"].count(b"Dept: maximum") == 5
    assert house.workspace.record("split") is None


def test_data_of_which_no_row_passes_is_refused(house: House, ask: MakeRequest) -> None:
    train = RAW["train.csv"].replace(b"\n1,", b"\n-1,").replace(b"\n2,", b"\n-2,")
    with pytest.raises(GateError) as caught:
        house.run(ask(RAW | {"train.csv": train}))
    assert caught.value.what.startswith(
        "no row passed the gate; rules broken: Store: minimum (400)"
    )


def test_a_column_without_a_role_is_refused(house: House, ask: MakeRequest) -> None:
    request = ask(RAW)
    columns = {name: role for name, role in request.project.columns.items() if name != "CPI"}
    with pytest.raises(SpecError) as caught:
        house.run(replace(request, project=replace(request.project, columns=columns)))
    assert caught.value.args == (
        "the column 'CPI' has no role",
        "project 'walmart', columns",
        "add 'CPI: past_only', or another role ('excluded' leaves it out)",
    )


def test_an_excluded_column_is_checked_stays_in_the_layer_and_is_not_learnt_from(
    house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)
    columns: dict[str, Role] = {**request.project.columns, "CPI": "excluded"}
    project = replace(request.project, columns=columns)
    house.run(replace(request, project=project))
    assert "CPI" in read_layer(house.workspace.output("processed")).columns
    assert "CPI" not in learning_columns(project)


def test_the_split_is_written_as_dates(house: House, ask: MakeRequest) -> None:
    house.run(ask(RAW))
    assert json.loads(house.files()["splits/split.json"]) == {
        "first": "2010-02-05",
        "test_cutoff": "2011-04-01",
        "last_observed": "2011-12-30",
    }


def test_rows_with_a_null_in_their_key_are_quarantined_and_not_called_duplicates(
    house: House, ask: MakeRequest
) -> None:
    train = edited(2, 2, "")["train.csv"] + b"\n1,1,,1.0,FALSE"
    house.run(ask(RAW | {"train.csv": train}), GROUND[:3])
    rejected = pl.read_csv(BytesIO(house.files()["quarantine/rejected.csv"]), infer_schema=False)
    unknown = "Date: required; Temperature: required; Fuel_Price: required"
    assert rejected["broken_rules"].to_list() == [unknown] * 2


@pytest.mark.realdata
def test_the_real_files_pass_the_gate_whole(
    house: House, ask: MakeRequest, walmart_data: Path
) -> None:
    house.run(ask({path.name: path.read_bytes() for path in walmart_data.glob("*.csv")}))
    rows = read_layer(house.workspace.output("processed"))
    checks = json.loads(house.files()["checks/checks.json"])
    assert (checks["read"], checks["kept"], checks["quarantined"]) == (421_570, 421_570, 0)
    assert rows.select("Store", "Dept").n_unique() == 3_331
    assert rows["Weekly_Sales"].sum() == pytest.approx(6_737_218_987.11, abs=0.01)
    assert (rows["Weekly_Sales"] < 0).sum() == 1_285
    assert house.workspace.output("asked").read_frame("asked.parquet").height == 115_064
    assert json.loads(house.files()["splits/split.json"])["test_cutoff"] == "2012-01-27"
