import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from foresell.api.synthetic import synth
from foresell.cli.synth import register
from foresell.errors import UsageError

SMALL = ("--stores", "2", "--products", "8", "--start", "2024-01-30", "--end", "2024-02-10")


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


def test_what_was_made_is_shown_table_by_table(app: typer.Typer, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["synth", *SMALL, "--out", str(tmp_path / "out")])
    assert said.exit_code == 0
    rows = {line.split()[0]: line.split()[1:3] for line in said.stdout.splitlines() if line.split()}
    assert rows["sales"] == ["2", "192"]
    assert rows["truth/demand"] == ["2", "192"]
    assert rows["store_events"] == ["4", str(2 * (12 + 56))]
    assert str(tmp_path / "out") in said.stdout
    assert "metadata/generator" not in said.stdout
    assert "run on to 6 April 2024: what is planned is known." in said.stdout
    assert "2024-01" in said.stderr
    assert "2024-02" in said.stderr


def test_programs_get_json(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = CliRunner().invoke(app, ["synth", *SMALL, "--out", str(out), "--format", "json"])
    told = json.loads(said.stdout)
    tables = {table.pop("table"): table for table in told.pop("tables")}
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "checksums.json"]
    assert told == {
        "synthetic": True,
        "out": str(out),
        "rows": 192,
        "files": len(files),
        "planned_until": "2024-04-06",
        "bytes": sum(path.stat().st_size for path in files),
    }
    assert tables["sales"]["rows"] == 192
    assert list(tables) == sorted(tables)


def test_the_verb_answers_what_the_command_shows(tmp_path: Path) -> None:
    made = synth(
        tmp_path / "out", stores=2, products=8, start="2024-01-30", end="2024-02-10", seed=1
    )
    assert made.out == tmp_path / "out"
    assert made.rows == 192
    assert made.tables.columns == ["table", "files", "rows", "bytes"]
    assert made.tables.filter(table="sales")["rows"].to_list() == [192]
    sales = pl.read_parquet(made.out / "sales" / "**" / "*.parquet", hive_partitioning=False)
    assert sales.height == 192


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="there is something already"):
        synth(tmp_path, stores=1, products=1, start="2024-01-01", end="2024-01-02")
    with pytest.raises(UsageError, match="it is a file"):
        synth(tmp_path / "mine.txt", stores=1, products=1, start="2024-01-01", end="2024-01-02")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    synth(tmp_path / "out", stores=1, products=1, start="2024-01-01", end="2024-01-02")
    assert (tmp_path / "out" / "sales" / "year=2024" / "month=01" / "part-0.parquet").is_file()


@pytest.mark.parametrize(
    ("wrong", "what", "where"),
    [
        ({"stores": 0}, "stores is 0", "synth, stores"),
        ({"products": 100_000}, "products is 100000", "synth, products"),
        ({"start": "2024-02-30"}, "start is '2024-02-30'", "synth, start"),
        ({"end": "soon"}, "end is 'soon'", "synth, end"),
        ({"end": "2023-12-31"}, "end 2023-12-31 is before start 2024-01-01", "synth, end"),
        ({"seed": -1}, "seed is -1, horizon 28", "synth, seed"),
        ({"processes": 0}, "processes is 0", "synth, processes"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(
    tmp_path: Path, wrong: dict[str, object], what: str, where: str
) -> None:
    asked: dict[str, object] = {
        "stores": 1, "products": 1, "start": "2024-01-01", "end": "2024-01-02"
    }  # fmt: skip
    with pytest.raises(UsageError) as caught:
        synth(tmp_path / "out", **(asked | wrong))  # type: ignore[arg-type]
    assert (caught.value.what, caught.value.where, caught.value.exit_code) == (what, where, 2)
    assert list(tmp_path.iterdir()) == []
