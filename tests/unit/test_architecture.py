"""Rules of the house that no linter knows."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.loose_sums import loose_sums

ROOT = Path(__file__).parents[2]
ROOMS = ("src", "tests", "benchmarks")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
FORESELL = [path for path in SOURCES if path.is_relative_to(ROOT / "src")]
BANNED = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc", "core", "main"}
LONGEST = 350
HEAVY = ("polars", "numpy", "lightgbm", "altair", "pydantic", "rich", "yaml", "scipy", "holidays")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def test_there_is_something_to_look_at() -> None:
    assert len(FORESELL) > 30
    assert ROOT / "src/foresell/errors.py" in FORESELL


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lines = {name(path): path.read_text("utf-8").count("\n") for path in SOURCES}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    words = {name(path): {*path.relative_to(ROOT).with_suffix("").parts} for path in SOURCES}
    parts = {
        path: {p for word in found if word != "__main__" for p in word.split("_")}
        for path, found in words.items()
    }
    assert {path: found & BANNED for path, found in parts.items() if found & BANNED} == {}


def test_no_import_is_relative() -> None:
    relative = [
        name(path)
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_no_room_does_work_when_it_is_imported() -> None:
    """A package's __init__ holds a docstring; those of cli and foresell may define functions."""
    allowed = (ast.Expr, ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    for path in FORESELL:
        if path.name == "__init__.py":
            body = tree(path).body
            assert [type(n).__name__ for n in body if not isinstance(n, (*allowed, ast.If))] == []


def test_every_sql_query_stands_in_a_file_of_its_own() -> None:
    queries = [
        f"{name(path)}:{node.lineno}"
        for path in FORESELL
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.lstrip().startswith(("SELECT ", "INSERT INTO ", "CREATE TABLE ", "DELETE "))
    ]
    assert queries == []


def test_every_unit_test_stands_where_its_room_does() -> None:
    rooms = {path.name for path in (ROOT / "src/foresell").iterdir() if path.is_dir()}
    tested = {path.parent.name for path in (ROOT / "tests/unit").glob("*/test_*.py")}
    assert tested <= rooms


def loaded_by(code: str) -> set[str]:
    """The top-level modules a new Python holds after running ``code``."""
    show = f"{code}\nimport sys\nprint(*{{n.split('.')[0] for n in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code", ["import foresell", "import foresell.cli", "import foresell.models, foresell.data"]
)
def test_importing_a_room_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) & set(HEAVY) == set()


def test_help_loads_no_library_that_works_on_data() -> None:
    help_ = "import sys\nfrom foresell.cli.app import app\nsys.argv = ['foresell', '--help']\n"
    guard = "try:\n    app()\nexcept SystemExit:\n    pass\n"
    heavy = {"polars", "numpy", "lightgbm", "altair", "pydantic", "yaml", "scipy", "holidays"}
    assert loaded_by(help_ + guard) & heavy == set()


def test_no_sum_of_floats_is_taken_in_an_order_that_threads_choose() -> None:
    """`foresell.spec.ordered_sums` says which are; it is where they are taken in one order."""
    found = {name(path): loose_sums(path.read_text("utf-8")) for path in FORESELL}
    del found["src/foresell/spec/ordered_sums.py"]
    assert {path: sums for path, sums in found.items() if sums} == {}


@pytest.mark.parametrize(
    ("body", "sums"),
    [
        ('frame.group_by("a").agg(pl.col("b").abs().sum())', ["pl.col('b').abs().sum()"]),
        ('size = pl.col("b").filter(c)\n    frame.group_by("a").agg(size.mean())', ["size.mean()"]),
        ("total = values.var()", ["values.var()"]),
        ('total = frame["a"].sum()', ["frame['a'].sum()"]),
        ('verbs = {"mean": pl.Expr.mean}', ["pl.Expr.mean"]),
        (
            'frame.pivot("a", aggregate_function="sum")',
            ["frame.pivot('a', aggregate_function='sum')"],
        ),
        ('total = one_piece(frame["a"]).sum()', []),
        ('total = ordered_sum(pl.col("a"))', []),
        ('total = frame["a"].to_numpy().sum()', []),
        ('count = int((frame["a"] + frame["b"]).sum())', []),
        ('count = (pl.col("a") > 0).sum()', []),
        ("total = array.sum(axis=1)", []),
    ],
)
def test_sums_whose_order_is_left_to_threads_are_told_from_others(
    body: str, sums: list[str]
) -> None:
    source = f"import polars as pl\ndef told(frame: pl.DataFrame, values: pl.Series):\n    {body}\n"
    assert loose_sums(source) == sums
