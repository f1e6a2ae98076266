"""What ``foresell predict`` refuses to be asked, and what it says before there is a model."""

import json
from pathlib import Path

import pytest

import foresell as platform
from tests.e2e.command import Foresell, Ran, three_lines
from tests.e2e.order_rows import FEATURES, LINE, Predict
from tests.row_bundles import make_bundle
from tests.tabular_files import order_files, order_lines


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        ([], "there is no row to answer", "foresell predict"),
        (
            ["--json", "{}", "--file", "a.csv"],
            "--json and --file are asked at once",
            "--json, --file",
        ),
        (
            ["--show-schema", "--json", "{}"],
            "--json and --show-schema are asked at once",
            "--json, --show-schema",
        ),
        (["--show-schema", "--out", "a.csv"], "no row is answered", "--show-schema, --out"),
        (["--json", "{}", "--skip-bad", "a.csv"], "no file is read", "--skip-bad"),
        (["--json", "{}", "--out", "a.txt"], "cannot write 'a.txt'", "--out a.txt"),
        (["--file", "a.csv", "--skip-bad", "b"], "cannot write 'b'", "--skip-bad b"),
        (["--json-file", "none.json"], "there is no file 'none.json'", "--json-file"),
        (["--file", "none.csv"], "there is no file 'none.csv'", "--file"),
        (["--file", "."], ". is a folder", "--file"),
        (["--file", "a.csv", "--out", "a.csv"], "a.csv is both", "--file, --out"),
        (
            ["--file", "a.csv", "--out", "b.csv", "--skip-bad", "./b.csv"],
            "b.csv is both",
            "--out, --skip-bad",
        ),
        (
            ["--file", "a.csv", "--explain"],
            "a file is answered without explanations",
            "--explain, --file",
        ),
        (
            ["--json", "{}", "--explain", "--out", "a.csv"],
            "explanations are printed, not written",
            "--explain, --out",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    predict: Predict, words: list[str], what: str, where: str
) -> None:
    ran = predict(*words)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error {what}\n  where {where}\n")


def test_the_schema_is_there_before_any_training_for_tables_and_panels(foresell: Foresell) -> None:
    orders_, walmart = (
        json.loads(foresell("predict", name, "--show-schema").out)
        for name in ("sales_orders", "walmart")
    )

    assert orders_ == platform.request_schema("sales_orders")
    assert orders_["required"] == FEATURES
    assert orders_["additionalProperties"] is False
    assert orders_["properties"]["MSRP"]["maximum"] == 10000
    assert orders_["properties"]["DEALSIZE"]["description"].startswith("Accepted and ignored")
    assert walmart["required"] == ["Store", "Dept", "Date"]
    assert "IsHoliday" in walmart["properties"]


def test_a_panel_is_forecast_and_a_table_is_predicted(foresell: Foresell) -> None:
    rows, dates = (
        foresell("predict", "walmart", "--json", "{}"),
        foresell("forecast", "sales_orders"),
    )

    assert (rows.code, dates.code) == (2, 2)
    assert rows.err.startswith(
        "error the project 'walmart' is a panel: it answers series and dates\n"
    )
    assert "foresell forecast walmart" in rows.err
    assert dates.err.startswith("error the project 'sales_orders' is tabular: it answers rows")
    assert "foresell predict sales_orders" in dates.err


def test_a_project_that_was_never_run_says_so(foresell: Foresell, tmp_path: Path) -> None:
    ran = foresell("predict", "sales_orders", "--json", json.dumps(LINE))

    assert ran == Ran(
        code=2,
        err=three_lines(
            "the project 'sales_orders' has no bundle yet",
            str(tmp_path / "home" / "sales_orders"),
            "run it first: foresell run sales_orders --data DIR",
        ),
    )


def test_a_model_that_failed_the_gate_answers_nothing(foresell: Foresell, tmp_path: Path) -> None:
    content = order_files(order_lines(60))["sales_data_sample.csv"]
    make_bundle("sales_orders", content, tmp_path / "home", candidates=["ridge"], passed=False)

    ran = foresell("predict", "sales_orders", "--json", json.dumps(LINE))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error the model of the last run failed the gate\n")
