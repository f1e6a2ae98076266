"""Why rows of a table are answered as they are: the command, the verb, what a run leaves of it."""

import json
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api.explaining_rows import importance
from foresell.errors import UsageError
from tests.builders import write_files
from tests.e2e.command import Foresell
from tests.e2e.order_rows import LINE
from tests.tabular_files import order_files, order_lines


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which ``sales_orders`` ran on few orders."""
    folder = tmp_path_factory.mktemp("explained")
    write_files(folder / "data", order_files(order_lines(150)))
    home = folder / "home"
    foresell.run(
        "sales_orders",
        data=folder / "data",
        preset="fast",
        until="report",
        home=home,
        override="a test",
    )
    return home


@pytest.fixture
def home(ran: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORESELL_HOME", str(ran))
    return ran


def test_every_candidate_of_the_leaderboard_has_its_importance(home: Path) -> None:
    evaluation = home / "sales_orders" / "evaluation"
    board = pl.read_csv(evaluation / "leaderboard.csv")

    told = importance("sales_orders")

    assert set(told["candidate"]) == set(board["candidate"])
    assert told.equals(pl.read_csv(evaluation / "importance.csv"))


def test_the_parts_of_test_rows_sum_to_what_the_bundle_answers(home: Path) -> None:
    found = foresell.explain("sales_orders", {"COUNTRY": "USA"})

    total = found.group_by("row", maintain_order=True).agg(pl.col("value").sum())
    told = found.filter(pl.col("column").is_not_null())
    rows = told.pivot("column", index="row", values="text").select(*LINE)
    numbers = [name for name in LINE if name not in {"PRODUCTLINE", "COUNTRY"}]
    answered = foresell.predict("sales_orders", rows.with_columns(pl.col(numbers).cast(pl.Float64)))
    assert total.height > 3
    assert total["value"].to_list() == pytest.approx(answered["prediction"].to_list(), rel=1e-6)


@pytest.mark.parametrize("candidate", ["linear", "xgboost", "simple_ensemble", "mean"])
def test_any_candidate_can_be_asked_why(home: Path, candidate: str) -> None:
    found = foresell.explain("sales_orders", rows=LINE, candidate=candidate)

    assert set(found["candidate"]) == {candidate}
    assert 1000 < found["value"].sum() < 8000


def test_a_row_that_is_given_sums_to_its_answer(home: Path) -> None:
    found = foresell.explain("sales_orders", rows=LINE)

    answer = foresell.predict("sales_orders", LINE)["prediction"][0]
    assert found["value"].sum() == pytest.approx(answer, rel=1e-6)
    assert found["part"].to_list() == ["base", *["column"] * 9]


def test_the_command_prints_writes_and_draws_the_summary_and_rows(
    foresell: Foresell, home: Path, tmp_path: Path
) -> None:
    told = json.loads(foresell("explain", "sales_orders", "--format", "json").out)
    row = json.loads(
        foresell("explain", "sales_orders", "--where", "COUNTRY=USA", "--format", "json").out
    )[0]
    one = ("--where", f"row={row['row']}")

    table, rows = foresell("explain", "sales_orders"), foresell("explain", "sales_orders", *one)
    files = [
        foresell("explain", "sales_orders", *words, "--out", tmp_path / name)
        for words, name in (
            ((), "all.csv"),
            ((), "all.json"),
            ((), "all.svg"),
            (("--candidate", "ridge"), "ridge.png"),
            (one, "row.csv"),
            (one, "row.json"),
            (one, "row.svg"),
            (one, "row.png"),
        )
    ]

    assert [ran.code for ran in (table, rows, *files)] == [0] * 10
    assert table.out.startswith(told["chosen"])
    assert f"{row['prediction']:,.0f}" in rows.out
    assert json.loads((tmp_path / "all.json").read_bytes()) == told
    assert set(pl.read_csv(tmp_path / "all.csv")["candidate"]) == set(told["candidates"])
    assert json.loads((tmp_path / "row.json").read_bytes()) == [row]
    assert f"What matters to {told['chosen']}" in (tmp_path / "all.svg").read_text("utf-8")
    assert f"ORDERNUMBER {row['ORDERNUMBER']}" in (tmp_path / "row.svg").read_text("utf-8")
    for name in ("ridge.png", "row.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_the_way_to_an_answer_is_drawn_where_one_row_is_asked(
    foresell: Foresell, home: Path, tmp_path: Path
) -> None:
    words = ("predict", "sales_orders", "--explain", "--out", tmp_path / "way.svg", "--json")

    one, two = foresell(*words, json.dumps(LINE)), foresell(*words, json.dumps([LINE, LINE]))

    assert one.code == 0
    assert "PRODUCTLINE = Classic Cars" in (tmp_path / "way.svg").read_text("utf-8")
    assert (two.code, two.err.splitlines()[0]) == (
        2,
        "error a picture is of one row, and here are 2 rows",
    )


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"where": {"CTRY": "USA"}}, "there is no column 'CTRY'"),
        ({"where": {"ORDERNUMBER": 1}}, "no row of the test has ORDERNUMBER=1"),
        ({"where": {"COUNTRY": "USA"}, "steps": 3}, "a tabular project has no dates ahead"),
        ({"where": {"COUNTRY": "USA"}, "candidate": "rigde"}, "there is no candidate 'rigde'"),
        ({"where": {"COUNTRY": "USA"}, "rows": LINE}, "these rows are given"),
    ],
)
def test_what_is_not_there_is_refused(home: Path, asked: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        foresell.explain("sales_orders", **asked)  # type: ignore[arg-type]


def test_a_panel_has_no_rows_and_a_project_that_never_ran_has_no_summary(home: Path) -> None:
    with pytest.raises(UsageError, match="a panel explains its own series"):
        foresell.explain("walmart", rows=LINE)
    with pytest.raises(UsageError, match="'walmart' is a panel"):
        importance("walmart")
    with pytest.raises(UsageError, match="has learnt nothing yet"):
        importance("california_housing")
