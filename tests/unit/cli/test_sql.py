"""``foresell sql``: what it prints, writes and refuses, on a layer of a few rows."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.api.layer import queries, sql
from foresell.cli import main
from foresell.errors import DataError, GateError, UsageError
from foresell.pipeline.writing import json_bytes

ROWS = pl.DataFrame({
    "ORDERNUMBER": [1, 1, 2],
    "SALES": [1500.5, 1000.0, 0.125],
    "TERRITORY": ["NA", None, "EMEA"],
    "ORDERDATE": [date(2003, 2, 24), date(2003, 2, 24), date(2004, 5, 7)],
})


def publish(home: Path, rows: pl.DataFrame, *, passed: bool = True) -> DirectoryWorkspace:
    """A processed layer of ``sales_orders`` as the gate leaves it."""
    place = DirectoryWorkspace(home / "sales_orders")
    draft = place.draft("processed")
    for (year,), part in rows.group_by(pl.col("ORDERDATE").dt.year(), maintain_order=True):
        draft.write_frame(f"year={year}/part-00000.parquet", part)
    draft.write_bytes("passed.json", b"{}")
    outputs = {"processed": dict(DirectoryWorkspace(place.root / ".draft").digests("processed"))}
    record = json_bytes({"passed": passed, "outputs": outputs})
    place.publish("validate", ["processed"], record)
    return place


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FORESELL_PROJECTS", raising=False)
    return tmp_path / "home"


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def foresell(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["foresell", "sql", *words])
        code: object = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(str(code or 0)), out, err

    publish(home, ROWS)
    return command


ALL = "SELECT * FROM sales_orders ORDER BY SALES DESC"


def test_a_person_gets_a_table_in_which_a_missing_value_is_no_na(foresell: Command) -> None:
    code, out, err = foresell("sales_orders", ALL)

    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert lines[0] == ["ORDERNUMBER", "SALES", "TERRITORY", "ORDERDATE", "year"]
    assert lines[2:] == [
        ["1", "1,500.50", "NA", "2003-02-24", "2003"],
        ["1", "1,000.00", "–", "2003-02-24", "2003"],
        ["2", "0.12", "EMEA", "2004-05-07", "2004"],
    ]


def test_a_long_answer_is_cut_for_a_person_and_whole_for_a_program(foresell: Command) -> None:
    query = "SELECT a.range AS n FROM range(1234) AS a, sales_orders LIMIT 1234"

    _, shown, _ = foresell("sales_orders", query)
    _, whole, _ = foresell("sales_orders", query, "--format", "csv")

    assert "30 of 1,234 rows; --out FILE writes them all" in shown
    assert len(shown.splitlines()) < 40
    assert len(whole.splitlines()) == 1235


def test_json_has_one_object_a_row_and_numbers_are_numbers(foresell: Command) -> None:
    query = "SELECT sum(ORDERNUMBER) n, 1.25 d, max(ORDERDATE) AS day, NULL x FROM sales_orders"

    code, out, _ = foresell("sales_orders", query, "--format", "json")

    assert code == 0
    assert json.loads(out) == [{"n": 4, "d": 1.25, "day": "2004-05-07", "x": None}]


def test_csv_goes_to_the_screen_or_a_file(foresell: Command, tmp_path: Path) -> None:
    _, out, _ = foresell("sales_orders", ALL, "--format", "csv")
    code, silent, said = foresell("sales_orders", ALL, "--out", "answer.csv")

    assert (code, silent, said) == (0, "", "3 rows in answer.csv\n")
    assert (tmp_path / "answer.csv").read_text() == out
    assert [row["TERRITORY"] for row in csv.DictReader(io.StringIO(out))] == ["NA", "", "EMEA"]


def test_parquet_keeps_the_types(foresell: Command, tmp_path: Path) -> None:
    query = "SELECT *, 1.25 AS d FROM sales_orders ORDER BY SALES DESC"

    assert foresell("sales_orders", query, "--out", "a.parquet")[0] == 0

    written = pl.read_parquet(tmp_path / "a.parquet")
    decimals = pl.Series("d", [Decimal("1.25")] * 3, pl.Decimal(3, 2))
    assert written.equals(ROWS.with_columns(pl.Series("year", [2003, 2003, 2004]), decimals))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "home"]


def test_the_ready_made_queries_are_listed_with_what_they_ask(foresell: Command) -> None:
    code, out, _ = foresell("sales_orders", "--list")
    _, for_programs, _ = foresell("sales_orders", "--list", "--format", "json")

    assert code == 0
    assert "by_year" in out
    assert "Sales by year, with the months that are in the data" in out
    listed = json.loads(for_programs)
    assert [query["name"] for query in listed] == [query.name for query in queries("sales_orders")]
    assert listed[-1]["text"].startswith("-- The ten countries with the most sales\nSELECT")


def test_a_query_of_ones_own_beside_the_declaration_is_asked_by_name(
    home: Path, tmp_path: Path, foresell: Command
) -> None:
    shipped = Path(__file__).parents[3] / "src/foresell/projects/sales_orders"
    own = tmp_path / "projects" / "sales_orders"
    (own / "queries").mkdir(parents=True)
    for name in ("project.yaml", "contract.yaml"):
        (own / name).write_bytes((shipped / name).read_bytes())
    (own / "queries" / "lines.sql").write_text(
        "-- How many\nSELECT count(*) AS n FROM sales_orders"
    )

    _, out, _ = foresell("sales_orders", "--query", "lines", "--format", "json")

    assert json.loads(out) == [{"n": 3}]
    assert sql("sales_orders", ready="lines", home=home).item() == 3


@pytest.mark.parametrize(
    ("words", "what", "mend"),
    [
        ([], "give one of a query and the name of a ready-made one", "as in: foresell sql"),
        (["SELECT 1", "--query", "by_year"], "give one of a query", "as in: foresell sql"),
        (
            ["--query", "by_yeer"],
            "there is no ready-made query 'by_yeer'",
            "did you mean 'by_year'",
        ),
        (["SELECT 1", "--format", "parquet"], "Parquet is not for the screen", "add --out FILE"),
        (["SELECT 1", "--out", "a.xlsx"], "cannot write 'a.xlsx'", "use .csv, .json or .parquet"),
        (
            ["SELECT 1", "--out", "a.csv", "--format", "json"],
            "--format json and --out a.csv contradict each other",
            "leave --format out, or give a file that ends in .json",
        ),
        (
            ["SELECT 1", "--out", "a.parquet", "--format", "csv"],
            "--format csv and --out a.parquet contradict each other",
            "leave --format out, or give a file that ends in .csv",
        ),
        (
            ["SELECT 1", "--out", "a.csv", "--format", "table"],
            "--format table and --out a.csv contradict each other",
            "leave --format out: a table is for the screen",
        ),
        ([" "], "the query is empty", "write a SELECT, as in: foresell sql sales_orders"),
        (["SELECT 1", "--out", "no/a.csv"], "the folder does not exist", "make it first"),
        (["SELECT [1] AS a", "--format", "csv"], "the column 'a' holds lists", "use json"),
        (["SELECT SALE FROM sales_orders"], "there is no column 'SALE'", "did you mean 'SALES'"),
        (
            ["SELECT * FROM read_csv('/etc/passwd')"],
            "files outside the layer are closed",
            "ask the",
        ),
        (["COPY sales_orders TO 'a.csv'"], "COPY does more than read", "write a SELECT"),
        (["--list", "--format", "csv"], "the list is not written as csv", "use table or json"),
    ],
)
def test_a_wrong_question_ends_with_2_and_says_how_to_ask(
    words: list[str], what: str, mend: str, foresell: Command, tmp_path: Path
) -> None:
    code, out, err = foresell("sales_orders", *words)

    assert (code, out) == (2, "")
    first, _, last = err.splitlines()
    assert first.startswith(f"error {what}")
    assert last.startswith(f"  mend  {mend}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_before_any_run_it_says_what_to_run(home: Path) -> None:
    with pytest.raises(UsageError) as caught:
        sql("sales_orders", "SELECT 1", home=home)

    assert caught.value.args == (
        "the project 'sales_orders' has no processed layer yet",
        str(home / "sales_orders"),
        "run it first: foresell run sales_orders --until validate --data DIR",
    )


def test_a_project_that_nobody_declared_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="there is no project 'sales_order'"):
        sql("sales_order", "SELECT 1", home=home)


def test_rows_that_did_not_pass_the_gate_are_not_answered_about(home: Path) -> None:
    publish(home, ROWS, passed=False)

    with pytest.raises(GateError, match="did not pass the gate"):
        sql("sales_orders", "SELECT 1", home=home)


def test_bytes_that_are_not_those_that_passed_are_not_answered_about(home: Path) -> None:
    place = publish(home, ROWS)
    place.output("processed").write_frame("year=2004/part-00001.parquet", ROWS[:1])

    with pytest.raises(DataError, match="are not those that passed the gate"):
        sql("sales_orders", "SELECT 1", home=home)


def test_a_new_layer_is_answered_about_as_soon_as_it_is_published(home: Path) -> None:
    count = "SELECT count(*) AS n, count(DISTINCT year) AS years FROM sales_orders"
    publish(home, ROWS)
    before = sql("sales_orders", count, home=home).row(0)
    publish(home, ROWS[:1])

    assert before == (3, 2)
    assert sql("sales_orders", count, home=home).row(0) == (1, 1)


def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> Path:
    """The export under the name ``mine``, with these ready-made queries; return their folder."""
    place = tmp_path / "declared" / "mine"
    (place / "queries").mkdir(parents=True)
    for name in ("project.yaml", "contract.yaml"):
        text = (files("foresell") / "projects" / "sales_orders" / name).read_text("utf-8")
        (place / name).write_text(text.replace("name: sales_orders", "name: mine", 1), "utf-8")
    for name, text in texts.items():
        (place / "queries" / f"{name}.sql").write_text(text, "utf-8")
    monkeypatch.setenv("FORESELL_PROJECTS", str(place.parent))
    return place / "queries"


def test_a_broken_query_is_listed_as_such_and_stops_no_other(
    foresell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, monkeypatch, empty="", whole="-- Rows\nSELECT count(*) AS n FROM mine")
    (tmp_path / "home" / "sales_orders").rename(tmp_path / "home" / "mine")

    code, out, _ = foresell("mine", "--list")
    listed = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "empty broken: the file is empty; write a query in it, or remove it" in listed
    assert "whole Rows" in listed
    told = json.loads(foresell("mine", "--list", "--format", "json")[1])
    assert [query["problem"] for query in told] == ["the file is empty", None]
    assert foresell("mine", "--query", "whole", "--format", "csv")[:2] == (0, "n\n3\n")
    code, _, err = foresell("mine", "--query", "empty")
    assert (code, err.splitlines()[0]) == (2, "error the file is empty")


def test_a_project_without_queries_says_where_to_put_one(
    foresell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = declare(tmp_path, monkeypatch)

    code, out, _ = foresell("mine", "--list")

    assert code == 0
    assert out.startswith("this project has no ready-made queries yet\nto add one, write ")
    assert str(folder / "NAME.sql") in out


def test_an_answer_without_rows_shows_its_columns_and_says_so(foresell: Command) -> None:
    code, out, _ = foresell("sales_orders", "SELECT SALES, TERRITORY FROM sales_orders LIMIT 0")

    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert (code, lines[0], lines[-1]) == (0, ["SALES", "TERRITORY"], ["0", "rows"])
