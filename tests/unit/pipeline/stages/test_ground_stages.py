import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.adapters.sources import MemorySource
from foresell.errors import DataError, GateError, SpecError
from foresell.pipeline.layer import read_layer
from foresell.spec.cleaning import Cleaning
from foresell.spec.project import Role
from foresell.spec.sources import Asked
from tests.builders import weekly_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest, shipped

RAW = weekly_files(stores=2, depts=2, weeks=100)
SLOW = settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LAYERS = ("landing", "asked", "processed", "quarantine", "checks", "splits")


def layers(house: House) -> Mapping[str, bytes]:
    files = house.files()
    return {name: files[name] for name in files if name.startswith(LAYERS)}


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


def test_the_manifest_lists_every_declared_file_byte_for_byte(
    house: House, ask: MakeRequest
) -> None:
    house.run(
        ask({"train.csv": b"a", "features.csv": b"bc", "stores.csv": b"d", "x": b""}), GROUND[:1]
    )
    manifest = json.loads(house.files()["manifest/manifest.json"])
    assert manifest["synthetic"] is False
    assert [(file["name"], file["bytes"]) for file in manifest["files"]] == [
        ("train.csv", 1),
        ("features.csv", 2),
        ("stores.csv", 1),
    ]
    assert manifest["files"][0]["sha256"] == (
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    )


def test_landing_holds_the_joined_rows_in_key_order_and_counts_them(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW), GROUND[:2])
    rows = house.workspace.output("landing").read_frame("rows.parquet")
    assert rows.height == 400
    assert rows.columns == list(shipped("walmart")[1].columns)
    assert rows.select("Store", "Dept", "Date").is_sorted("Store", "Dept", "Date")
    assert rows.row(0, named=True)["Type"] == "A"
    assert json.loads(house.files()["landing/report.json"]) == {
        "rows": 400,
        "rows_by_table": {"sales": 400, "features": 278, "stores": 2},
        "unmatched": {"features": 0, "stores": 0},
        "disagreeing": {"features.IsHoliday": 0},
    }


def test_the_rows_asked_for_land_in_their_own_order(house: House, ask: MakeRequest) -> None:
    content = RAW["test.csv"]
    order = list(reversed(range(content.count(b"\n") - 1)))
    house.run(ask(RAW | {"test.csv": shuffled(content, order)}), GROUND[:2])
    asked = house.workspace.output("asked").read_frame("asked.parquet")
    assert asked.row(0) == (2, 2, date(2012, 9, 28), False)
    assert asked.height == 4 * 39


def test_without_a_file_of_rows_asked_for_none_land(house: House, ask: MakeRequest) -> None:
    house.run(ask({name: RAW[name] for name in RAW if name != "test.csv"}), GROUND[:2])
    assert house.workspace.output("asked").list() == []


def test_a_file_that_changes_while_the_run_reads_it_is_refused(
    house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)
    house.run(request, GROUND[:1])
    changed = replace(request, source=MemorySource(edited(2, 3, "1.0")))
    with pytest.raises(DataError) as caught:
        house.run(changed, GROUND[1:2])
    assert caught.value.args == (
        "the file changed while the run was reading it",
        "train.csv",
        "run again when it is whole",
    )


def test_processed_is_partitioned_by_year_and_gives_back_the_landed_rows(
    house: House, ask: MakeRequest
) -> None:
    house.run(ask(RAW))
    processed = house.workspace.output("processed")
    assert processed.list() == [f"year={year}/part-0.parquet" for year in (2010, 2011)]
    project, _ = shipped("walmart")
    for name in processed.list():
        part = processed.read_frame(name)
        assert part["Date"].dt.year().unique().to_list() == [int(name[5:9])]
    landed = house.workspace.output("landing").read_frame("rows.parquet")
    assert_frame_equal(
        read_layer(processed).sort("Store", "Dept", "Date"), landed.select(project.columns.keys())
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
    assert layers(one) == layers(other)


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


BROKEN = st.dictionaries(
    st.integers(2, 401),
    st.sampled_from([
        (1, "100", "Dept: maximum"),
        (3, "9e9", "Weekly_Sales: maximum"),
        (3, "", "Weekly_Sales: required"),
        (0, "77", "Temperature: required"),
    ]),
    max_size=12,
)


@SLOW
@given(broken=BROKEN)
def test_kept_and_quarantined_are_the_rows_read_and_each_names_its_rule(
    broken: dict[int, tuple[int, str, str]], ask: MakeRequest
) -> None:
    raw = RAW
    for line, (column, value, _) in broken.items():
        lines = raw["train.csv"].decode().splitlines()
        fields = lines[line - 1].split(",")
        fields[column] = value
        lines[line - 1] = ",".join(fields)
        raw = raw | {"train.csv": "\n".join(lines).encode()}
    request, house = ask(raw), House()
    tolerant = replace(request.project, cleaning=Cleaning(max_rejected_share=1))
    house.run(replace(request, project=tolerant), GROUND[:3])

    checks = json.loads(house.files()["checks/checks.json"])
    assert (checks["read"], checks["quarantined"]) == (400, len(broken))
    assert checks["kept"] == checks["read"] - checks["quarantined"] == checks["processed"]
    rejected = pl.read_csv(BytesIO(house.files()["quarantine/rejected.csv"]), infer_schema=False)
    assert sorted(rejected["broken_rule"]) == sorted(rule for *_, rule in broken.values())
    processed = read_layer(house.workspace.output("processed"))
    assert processed.height + rejected.height == 400


def test_a_date_off_the_anchor_of_its_week_is_quarantined(house: House, ask: MakeRequest) -> None:
    request = ask(edited(2, 2, "2010-02-06"))
    house.run(replace(request, project=replace(request.project, cleaning=Cleaning())), GROUND[:3])
    rejected = house.files()["quarantine/rejected.csv"].decode().splitlines()
    assert [line.split(",")[2] for line in rejected] == ["Date", "2010-02-06"]


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
    with pytest.raises(DataError) as caught:
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


def test_an_excluded_column_is_checked_and_left_out(house: House, ask: MakeRequest) -> None:
    request = ask(RAW)
    columns: dict[str, Role] = {**request.project.columns, "CPI": "excluded"}
    house.run(replace(request, project=replace(request.project, columns=columns)))
    assert "CPI" not in read_layer(house.workspace.output("processed")).columns


def test_the_split_is_written_as_dates(house: House, ask: MakeRequest) -> None:
    house.run(ask(RAW))
    assert json.loads(house.files()["splits/split.json"]) == {
        "first": "2010-02-05",
        "test_cutoff": "2011-04-01",
        "last_observed": "2011-12-30",
    }


def test_rows_without_a_partner_and_rows_that_disagree_are_told_of(
    house: House, ask: MakeRequest
) -> None:
    features = RAW["features.csv"].replace(b"\n1,2010-02-05", b"\n9,2010-02-05")
    train = edited(3, 4, "FALSE")["train.csv"]
    request = ask(RAW | {"features.csv": features, "train.csv": train})
    house.run(request, GROUND[:2])
    assert [event.text for event in house.events if event.kind == "note"][1:] == [
        "400 rows, 16 columns from 3 files",
        "2 rows have no partner in features",
        "1 rows disagree with features.IsHoliday; the first table's value is kept",
    ]


def test_rows_asked_for_may_be_parquet(house: House, ask: MakeRequest) -> None:
    buffer = BytesIO()
    pl.read_csv(RAW["test.csv"], try_parse_dates=True).head(3).write_parquet(buffer)
    request = ask(RAW | {"asked.parquet": buffer.getvalue()})
    project = replace(request.project, asked=Asked(file="asked.parquet"))
    house.run(replace(request, project=project), GROUND[:2])
    assert house.workspace.output("asked").read_frame("asked.parquet").height == 3


def test_rows_with_a_null_in_their_key_are_quarantined_and_not_called_duplicates(
    house: House, ask: MakeRequest
) -> None:
    train = edited(2, 2, "")["train.csv"] + b"\n1,1,,1.0,FALSE"
    house.run(ask(RAW | {"train.csv": train}), GROUND[:3])
    rejected = pl.read_csv(BytesIO(house.files()["quarantine/rejected.csv"]), infer_schema=False)
    assert rejected["broken_rule"].to_list() == ["Date: required"] * 2


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
