"""``foresell eda``: the files of a report, which rows it tells of, what it never replaces."""

import hashlib
import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.errors import UsageError
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, three_lines
from tests.tabular_files import order_files, order_lines

REPORT = {"eda_report.html", "eda_report.json", "eda_report.md", "manifest.json"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small panel and a small table whose rows have passed the gate."""
    folder = tmp_path_factory.mktemp("eda")
    for project, files in (
        ("walmart", weekly_files(ragged=True)),
        ("sales_orders", order_files(order_lines(120))),
    ):
        data = write_files(folder / project, files)
        platform.explore(project, data=data, home=folder / "home")
    return folder / "home"


@pytest.mark.parametrize("project", ["walmart", "sales_orders"])
def test_a_report_is_whole_and_its_manifest_vouches_for_every_file(
    homes: Path, project: str
) -> None:
    found = platform.explore(project, home=homes)

    files = snapshot(found.folder)
    files.pop("provenance.json")
    listed = json.loads(files["manifest.json"])
    assert {name for name in files if "/" not in name} == REPORT
    assert set(files) == set(found.files)
    assert {name: one["sha256"] for name, one in listed["files"].items()} == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "manifest.json"
    }
    drawn = {Path(name).stem for name in files if name.endswith(".svg")}
    assert drawn == {Path(name).stem for name in files if name.endswith(".png")}
    assert {f"tables/{name}.csv" for name in found.told["tables"]} == {
        name for name in files if name.startswith("tables/")
    }
    assert found.told["report"]["fingerprint"] == listed["fingerprint"] == found.fingerprint


def test_a_second_time_nothing_changes_and_that_is_said(
    homes: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(homes))
    before = snapshot(homes / "walmart" / "eda")

    ran = foresell("eda", "walmart")

    assert (ran.code, snapshot(homes / "walmart" / "eda")) == (0, before)
    assert "files, as they were; to look at:" in ran.out


def test_rows_of_the_test_are_not_looked_at(tmp_path: Path) -> None:
    files = weekly_files(stores=2, depts=1)
    header, *lines = files["train.csv"].decode().splitlines()
    poisoned = [
        line.replace(line.split(",")[3], "29999") if line.split(",")[2] > "2012-03-30" else line
        for line in lines
    ]
    told = {}
    for name, text in (("as it is", lines), ("poisoned", poisoned)):
        own = {**files, "train.csv": "\n".join([header, *text, ""]).encode()}
        data, home = write_files(tmp_path / name, own), tmp_path / f"{name} home"
        found = platform.explore("walmart", data=data, home=home)
        assert found.told["rows"]["cutoff"] == "2012-03-16"
        told[name] = snapshot(found.folder / "tables")

    assert lines != poisoned
    assert told["as it is"] == told["poisoned"]


def test_a_row_of_either_test_of_a_table_is_left_out(homes: Path) -> None:
    found = platform.explore("sales_orders", home=homes)

    cut = pl.read_parquet(homes / "sales_orders" / "splits" / "assignment.parquet")
    learnt = cut.filter((pl.col("split") != "test") & (pl.col("late_split") != "test"))
    held = pl.read_csv(found.folder / "tables" / "groups.csv")
    assert found.told["rows"]["n"] == learnt.height < cut.height
    assert held["groups"].sum() == learnt["ORDERNUMBER"].n_unique()


def test_a_report_that_differs_is_replaced_only_by_force(tmp_path: Path) -> None:
    home, name = tmp_path / "home", "v1"
    first = write_files(tmp_path / "first", order_files(order_lines(100)))
    later = write_files(tmp_path / "later", order_files(order_lines(101)))
    kept = platform.explore("sales_orders", data=first, home=home, report_version=name)
    before = snapshot(kept.folder)

    with pytest.raises(UsageError) as refused:
        platform.explore("sales_orders", data=later, home=home, report_version=name)
    after_refusal = snapshot(kept.folder)
    forced = platform.explore(
        "sales_orders", rows="all", home=home, force=True, report_version=name
    )

    assert refused.value.what == "a report that differs is there (other data)"
    assert after_refusal == before
    assert forced.made
    assert forced.told["rows"]["n"] == forced.told["rows"]["of"] == order_lines(101).height
    assert [path.name for path in forced.folder.parent.iterdir()] == ["v1"]


def test_a_folder_with_other_files_is_left_alone_even_by_force(homes: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", "utf-8")

    with pytest.raises(UsageError, match="files that are no such report"):
        platform.explore("walmart", out=tmp_path / "mine", force=True, home=homes)

    assert snapshot(tmp_path / "mine") == {"letter.txt": b"mine"}


@pytest.mark.parametrize(
    ("out", "what"),
    [
        (".", "the folder is the one you stand in, or holds it"),
        ("/", "the folder is the one you stand in, or holds it"),
        ("{home}/walmart/eda", "the folder belongs to the project's workspace"),
        ("{home}", "the folder holds the project's workspace"),
    ],
)
def test_a_place_that_something_else_holds_is_refused(homes: Path, out: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        platform.explore("walmart", out=out.format(home=homes), force=True, home=homes)

    assert refused.value.what == what


def test_a_file_beside_a_report_is_not_lost(homes: Path, tmp_path: Path) -> None:
    kept = platform.explore("walmart", out=tmp_path / "one", home=homes)
    (kept.folder / "notes.txt").write_text("mine", "utf-8")

    with pytest.raises(UsageError, match=r"'notes\.txt' beside a report"):
        platform.explore("walmart", rows="all", out=tmp_path / "one", force=True, home=homes)

    assert (kept.folder / "notes.txt").read_text("utf-8") == "mine"


def test_the_report_of_another_project_is_left_alone(homes: Path, tmp_path: Path) -> None:
    shutil.copytree(homes / "sales_orders" / "eda", tmp_path / "one")

    with pytest.raises(UsageError, match="a report of 'sales_orders'"):
        platform.explore("walmart", out=tmp_path / "one", force=True, home=homes)


def test_all_tells_of_what_was_run_and_says_why_others_were_passed_over(
    homes: Path, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(homes))
    retail = tmp_path / "declared" / "retail"  # in place of the shipped one, which is larger
    write_files(retail, {"project.yaml": b"name: retail\n", "contract.yaml": b"x"})

    ran = foresell("eda", "all", "--out", "reports", "--format", "json")

    told = json.loads(ran.out)
    assert ran.code == 1
    assert [one["project"] for one in told["reports"]] == ["sales_orders", "walmart"]
    assert told["passed_over"] == {
        "california_housing": "the project 'california_housing' needs data"
    }
    assert [*told["failed"]] == ["retail"]
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"sales_orders", "walmart"}


def test_personal_data_is_in_no_file_of_the_report(homes: Path) -> None:
    lines = order_lines(120)
    personal = [
        value
        for name in ("CUSTOMERNAME", "PHONE", "CONTACTLASTNAME", "ADDRESSLINE1")
        for value in lines[name].drop_nulls().unique().to_list()
        if len(value) > 4
    ]

    files = snapshot(homes / "sales_orders" / "eda")

    assert len(personal) > 10
    texts = b"".join(content for name, content in files.items() if not name.endswith(".png"))
    assert [value for value in personal if value.encode() in texts] == []


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["nobody"], "there is no project 'nobody'"),
        (["walmart"], "the project 'walmart' needs data"),
        (["all", "--data", "."], "files are given, and every project is meant"),
        (["walmart", "--report-version", "../x"], "'../x' names no version of a report"),
    ],
)
def test_what_cannot_be_done_is_refused(foresell: Foresell, words: list[str], what: str) -> None:
    ran = foresell("eda", *words)

    assert ran.code == 2
    assert ran.err.startswith(f"error {what}")
    assert len(ran.err.splitlines()) == len(three_lines("", "", "").splitlines())


def test_the_numbers_of_a_table_are_those_that_sql_finds(homes: Path) -> None:
    found = platform.explore("walmart", home=homes)

    table = pl.read_csv(found.folder / "tables" / "top_Store.csv").sort("value")
    asked = platform.sql(
        "walmart",
        'select "Store", sum("Weekly_Sales") y, count(*) n from walmart where "Date" <= '
        "date '2012-03-16' group by 1 order by 1",
        home=homes,
    )
    assert table["rows"].to_list() == asked["n"].to_list()
    assert table["y"].to_list() == pytest.approx(asked["y"].to_list(), rel=1e-9)


@pytest.mark.realdata
def test_the_page_of_walmart_is_small_and_names_its_facts(
    walmart_data: Path, tmp_path: Path
) -> None:
    found = platform.explore("walmart", data=walmart_data, rows="all", home=tmp_path)

    page = (found.folder / "eda_report.html").read_text("utf-8").replace("\u00a0", " ")
    assert len(page) < 1_500_000
    for said in (
        "3,331 weekly series of Weekly Sales, 2010 to 2012",
        "421,570",
        "2,660 of 3,331 series are complete",
        "stores.csv",
    ):
        assert said in page
