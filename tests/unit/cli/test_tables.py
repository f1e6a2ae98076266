"""No number is ever cut: on a screen of any width it stands whole, or its column is left out."""

import io

import polars as pl
import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from foresell.cli.numbers import column_cells
from foresell.cli.show import _leaderboard
from foresell.cli.sql import AnswerFormat, show_answer
from foresell.cli.tables import print_table
from foresell.cli.terminal import screen

NUMBERS = ["3,919,615.66", "-18.25", "222,402,808.85"]


def printed(width: int, heads: int = 5) -> str:
    """What a table of a text and several number columns looks like on so wide a screen."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    table = Table("product line", box=SIMPLE_HEAD, pad_edge=False)
    for i in range(heads):
        table.add_column(f"sales_of_{i}", justify="right")
    for number in NUMBERS:
        table.add_row(Text("Trucks and Buses of all the world"), *[number] * heads)
    print_table(console, table, more="--out FILE")
    out = console.file
    assert isinstance(out, io.StringIO)
    return out.getvalue()


@pytest.mark.parametrize("width", range(5, 140))
def test_a_number_is_whole_on_a_screen_of_any_width(width: int) -> None:
    text = printed(width)
    left_out = text.split("… ")[1].split()[0] if "… " in text else "0"

    words = text.split("… ", maxsplit=1)[0].split()
    numbers = [word for word in words if word[-1].isdigit() and not word.startswith("sales_of_")]
    assert numbers == [number for number in NUMBERS for _ in range(5 - int(left_out))]
    if width >= 12:
        tables = text.split("… ", maxsplit=1)[0].splitlines()
        assert max(map(len, tables)) <= width


def test_columns_that_do_not_fit_are_counted_and_asked_for_otherwise() -> None:
    assert "… 2 more columns: --out FILE" in printed(68)
    assert "… 1 more column: --out FILE" in printed(82)
    assert "more column" not in printed(120)


def test_the_result_at_the_right_stays_and_the_columns_left_out_before_it_are_named() -> None:
    console = Console(width=40, file=io.StringIO(), color_system=None)
    table = Table("day", box=SIMPLE_HEAD, pad_edge=False)
    for head in ("BASE", "+ GROWTH", "+ KNOWN", "= FORECAST"):
        table.add_column(head, justify="right")
    table.add_row("2025-01-06", "1,000.00", "200.00", "30.00", "1,230.00")
    print_table(console, table, more="--out FILE", keep=1)
    out = console.file
    assert isinstance(out, io.StringIO)
    assert out.getvalue().split()[:3] == ["day", "BASE", "="]
    assert "1,230.00" in out.getvalue()
    assert "… 2 more columns (+ GROWTH, + KNOWN): --out FILE" in out.getvalue()


def test_text_is_folded_before_a_column_is_left_out() -> None:
    assert "Trucks and Buses of all the world" in printed(140)
    folded = printed(100).replace("\n", " ").split()
    assert "more" not in folded
    assert folded.count("Trucks") == len(NUMBERS)


def test_every_metric_and_name_of_the_leaderboard_is_whole_at_80_characters() -> None:
    metrics = {
        "wmae": 12345.0, "rmse": 12345.0, "mae": 12345.0, "wape": 0.0906,
        "bias_share": -0.011, "mase": 0.88, "wql": 0.07, "coverage_80": 0.817,
    }  # fmt: skip
    board = pl.DataFrame([{"candidate": "lightgbm_direct_sqrt", "kind": "candidate"} | metrics])
    console = Console(width=80, file=io.StringIO(), color_system=None)

    print_table(console, _leaderboard(board, "lightgbm_direct_sqrt", "panel"))

    out = console.file
    assert isinstance(out, io.StringIO)
    row = [word for line in out.getvalue().splitlines() if "★" in line for word in line.split()]
    assert row[1] == "lightgbm_direct_sqrt"
    assert row[2:] == ["12,345"] * 3 + ["0.0906", "-1.1%", "0.880", "0.0700", "81.7%"]


def test_columns_of_the_environment_is_obeyed_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    answer = pl.DataFrame({f"sales_{i}": [1234567.0] for i in range(9)})

    show_answer(answer, AnswerFormat.table)

    assert screen().width == 60
    shown = capsys.readouterr().out
    assert shown.split().count("1,234,567.00") == 4
    assert "… 5 more columns: --format csv or --out FILE" in shown
    monkeypatch.delenv("COLUMNS")
    assert screen().width == 120


@pytest.mark.parametrize(
    ("name", "values", "cells"),
    [
        ("mean", [9.19544, 3553.89, None], ["9.20", "3,553.89", "–"]),
        ("orders", [2823, 7], ["2,823", "7"]),
        ("sales", [10_032_628.85, 2.0], ["10,032,628.85", "2.00"]),
        ("year", [2003, 2004], ["2003", "2004"]),
        ("y", [2003, 2004], ["2003", "2004"]),
        ("ORDERNUMBER", [10107, 1], ["10107", "1"]),
        ("store_id", [10107], ["10107"]),
        ("share", [0.390123, 0.5], ["0.3901", "0.5000"]),
        ("price", [62.5, 31.25], ["62.50", "31.25"]),
        ("price", [62.5, 31.0], ["62.5", "31.0"]),
        ("p", [1.5e-7, 0.0], ["1.5e-07", "0"]),
        ("tiny", [5000.0, 0.001], ["5,000.00", "0.001"]),
        ("odd", [float("nan"), float("inf"), 1.5], ["nan", "inf", "1.5"]),
        ("huge", [123456789012345680.0], ["1.23457e+17"]),
        ("region", ["NA", None], ["NA", "–"]),
        ("capped", [True, False], ["True", "False"]),
    ],
)
def test_the_numbers_of_a_column_are_in_one_style(
    name: str, values: list[object], cells: list[str]
) -> None:
    assert column_cells(name, values) == cells
