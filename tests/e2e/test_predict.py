"""Rows given as JSON on the command line: every answer, and every kind of bad row."""

import io
import json
import re
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.command import Ran, three_lines
from tests.e2e.order_rows import FEATURES, LINE, Predict

MEND = "mend it; every field and its limits: foresell predict sales_orders --show-schema"
LINES = "Classic Cars, Motorcycles, Planes, Ships, Trains, Trucks and Buses, Vintage Cars"


def typed(stdin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))


def test_an_order_line_is_answered_with_its_band_its_method_and_its_model(predict: Predict) -> None:
    ran = predict("--json", json.dumps(LINE), "--format", "json")

    told = json.loads(ran.out)
    model, version = told.pop("model_name"), told.pop("model_version")
    point = told.pop("prediction")
    low, high = told.pop("p10"), told.pop("p90")
    assert (ran.code, ran.err) == (0, "")
    assert told == {
        "y_hat": point,
        "interval_method": "conformal_intervals",
        "target_name": "SALES",
        "input_features": FEATURES,
        "unit": "USD",
        "currency": "USD",
        "ignored": [],
        "unseen": [],
        "outside": [],
    }
    assert 2000 < low < point < high < 6000
    assert model in {
        "ridge",
        "lightgbm",
        "simple_ensemble",
        "inverse_error_ensemble",
        "greedy_ensemble",
    }
    assert len(version) == 12


def test_a_person_reads_the_same_answer_as_a_short_list(predict: Predict) -> None:
    given = json.dumps(LINE | {"DEALSIZE": "Small"})
    told = json.loads(predict("--json", given, "--format", "json").out)

    ran = predict("--json", given)

    numbers = {name: f"{told[name]:,.2f}" for name in ("prediction", "p10", "p90")}
    assert ran.out.splitlines() == [
        "SALES, in USD",
        "",
        f"  prediction  {numbers['prediction']}",
        f"  p10         {numbers['p10']}",
        f"  p90         {numbers['p90']}",
        "  method      conformal_intervals",
        f"  model       {told['model_name']}, version {told['model_version']}",
        "  ignored     DEALSIZE",
    ]


def test_columns_the_model_does_not_use_are_named_and_change_nothing(predict: Predict) -> None:
    beside = {"DEALSIZE": "Huge", "ORDERDATE": 17, "CITY": None, "PHONE": "0621-555 secret"}
    alone = json.loads(predict("--json", json.dumps(LINE), "--format", "json").out)

    ran = predict("--json", json.dumps(LINE | beside), "--format", "json")

    told = json.loads(ran.out)
    assert told.pop("ignored") == ["ORDERDATE", "PHONE", "CITY", "DEALSIZE"]
    assert told == {name: value for name, value in alone.items() if name != "ignored"}
    assert "secret" not in ran.out + ran.err


def test_a_country_no_training_row_has_is_answered_and_flagged(predict: Predict) -> None:
    given = json.dumps(LINE | {"COUNTRY": "Atlantis"})

    ran, shown = predict("--json", given, "--format", "json"), predict("--json", given)

    assert json.loads(ran.out)["unseen"] == ["COUNTRY"]
    assert shown.out.splitlines()[-1] == "  unseen      COUNTRY (a value that no training row has)"


def test_a_number_beyond_what_was_learnt_is_answered_and_flagged_with_the_range(
    predict: Predict,
) -> None:
    given = json.dumps(LINE | {"MSRP": 900})

    ran, shown = predict("--json", given, "--format", "json"), predict("--json", given)

    assert json.loads(ran.out)["outside"] == ["MSRP"]
    said = r"  outside     MSRP 900 is outside \d+ to \d+, what the model learnt from"
    assert re.fullmatch(said, shown.out.splitlines()[-1])


def test_a_long_value_gives_way_before_the_numbers_and_is_told_without_control_characters(
    predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    given = json.dumps(LINE | {"COUNTRY": "\x1b[31m" + "x" * 50})

    lines = predict("--json", given, "--explain").out.splitlines()

    assert any("ADDS" in line and "SUM" in line for line in lines)
    assert any(line.startswith(" COUNTRY           \\x1b[31mxxx") for line in lines)
    assert max(map(len, lines)) <= 80


def test_nothing_on_standard_input_is_said_to_be_nothing(
    predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("", monkeypatch)

    assert predict("--json", "-").err.startswith("error nothing came in\n")


def test_a_picture_of_several_answers_names_the_option_that_gave_them(
    predict: Predict, tmp_path: Path
) -> None:
    (tmp_path / "both.json").write_text(json.dumps([LINE, LINE]))

    ran = predict("--json-file", "both.json", "--explain", "--out", "x.png")

    assert (ran.code, ran.err.splitlines()[:2]) == (
        2,
        ["error a picture is of one row, and here are 2 rows", "  where --json-file both.json"],
    )


def test_a_list_of_rows_is_answered_row_by_row(predict: Predict) -> None:
    rows = [LINE, LINE | {"QUANTITYORDERED": 60}, LINE | {"COUNTRY": "Atlantis", "CITY": "x"}]
    each = [json.loads(predict("--json", json.dumps(r), "--format", "json").out) for r in rows]

    ran, shown = (
        predict("--json", json.dumps(rows), "--format", "json"),
        predict("--json", json.dumps(rows)),
    )

    assert json.loads(ran.out) == each
    assert "PREDICTION" in shown.out
    assert f"{each[1]['prediction']:,.2f}" in shown.out


@pytest.mark.parametrize("option", ["--json", "--json-file"])
def test_a_minus_reads_the_rows_from_standard_input(
    predict: Predict, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = predict("--json", json.dumps(LINE)).out
    typed("\ufeff" + json.dumps(LINE), monkeypatch)

    assert predict(option, "-") == Ran(code=0, err="", out=said)


def test_rows_in_a_json_file_are_answered_and_written(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([LINE, LINE]))

    ran = predict("--json-file", "rows.json", "--out", "answers.csv")

    written = pl.read_csv(tmp_path / "answers.csv")
    assert (ran.code, ran.out) == (0, "2 rows in answers.csv\n")
    assert written.columns[:4] == ["prediction", "p10", "p90", "q0.025"]
    assert written.columns[-2:] == ["unseen", "outside"]
    assert written.height == 2


def test_what_every_column_adds_sums_to_the_answer(predict: Predict) -> None:
    ran = predict("--json", json.dumps(LINE), "--explain", "--format", "json")
    shown = predict("--json", json.dumps(LINE), "--explain").out

    told = json.loads(ran.out)
    why = told["explanation"]
    assert why["available"] is True
    assert set(why["contributions"]) == set(FEATURES)
    total = why["base_value"] + sum(why["contributions"].values())
    assert total == pytest.approx(told["prediction"], rel=1e-6)
    assert f"{told['prediction']:,.2f}" in shown.splitlines()[-2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"QTR_ID": 2},
            "QTR_ID, MONTH_ID: contradict each other: QTR_ID is the quarter of MONTH_ID",
        ),
        ({"QTR_ID": 9}, "QTR_ID: must be at most 4 (allowed: whole number, 1 to 4)"),
        ({"MSRP": 0}, "MSRP: must be at least 1 (allowed: whole number, 1 to 10000)"),
        ({"MSRP": 99.5}, "MSRP: is no whole number (allowed: whole number, 1 to 10000)"),
        ({"MSRP": "99"}, "MSRP: is no whole number (allowed: whole number, 1 to 10000)"),
        ({"MSRP": True}, "MSRP: is no whole number (allowed: whole number, 1 to 10000)"),
        ({"MSRP": None}, "MSRP: must have a value (allowed: whole number, 1 to 10000)"),
        ({"MSRP": 10**30}, "MSRP: must be at most 10000 (allowed: whole number, 1 to 10000)"),
        ({"PRICEEACH": 0}, "PRICEEACH: must be above 0 (allowed: number, above 0, up to 100)"),
        (
            {"PRICEEACH": float("nan")},
            "PRICEEACH: is no finite number (allowed: number, above 0, up to 100)",
        ),
        (
            {"PRICEEACH": float("inf")},
            "PRICEEACH: is no finite number (allowed: number, above 0, up to 100)",
        ),
        ({"PRODUCTLINE": "Cars"}, f"PRODUCTLINE: must be one of {LINES}"),
        (
            {"COUNTRY": "X"},
            "COUNTRY: must have at least this many characters: 2 "
            "(allowed: text, 2 to 60 characters)",
        ),
        (
            {"productline": "Ships"},
            "productline: is no column of the contract; did you mean 'PRODUCTLINE'?",
        ),
        (
            {"zzz": 1},
            f"zzz: is no column of the contract; the model takes {', '.join(FEATURES)}",
        ),
    ],
)
def test_a_bad_row_is_refused_with_field_rule_and_what_is_allowed(
    predict: Predict, change: dict[str, object], says: str
) -> None:
    ran = predict("--json", json.dumps(LINE | change))

    assert ran == Ran(code=2, err=three_lines(f"the row is refused\n  {says}", "--json", MEND))


def test_every_problem_of_a_row_is_told_at_once(predict: Predict) -> None:
    wrong = LINE | {"MSRP": 0, "QTR_ID": 1, "PHON": "0621-555 secret"}
    del wrong["YEAR_ID"]

    ran = predict("--json", json.dumps([LINE, wrong, {}]))

    assert ran.err.splitlines() == [
        "error row 2 of 3 is refused",
        "  PHON: is no column of the contract; did you mean 'PHONE'?",
        "  MSRP: must be at least 1 (allowed: whole number, 1 to 10000)",
        "  YEAR_ID: must have a value (allowed: whole number, 1990 to 2100)",
        "  QTR_ID, MONTH_ID: contradict each other: QTR_ID is the quarter of MONTH_ID",
        "  and 1 more row is refused",
        "  where --json",
        f"  mend  {MEND.replace('it;', 'them;')}",
    ]
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not JSON: "),
        ("{'MSRP': 1}", "not JSON: "),
        ("", "not JSON: "),
        ("[" * 100_000, "not a row: "),
        ("7", "neither a row nor a list of rows"),
        ("[]", "the list is empty"),
        ('{"MSRP": 1, "MSRP": 2}', "not a row: the field 'MSRP' stands in it twice"),
        ("[[]]", "the row is refused\n  it is no object of fields"),
    ],
)
def test_what_is_no_row_is_refused(predict: Predict, text: str, what: str) -> None:
    ran = predict("--json", text)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error {what}")


def test_text_that_is_not_utf_8_is_refused(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_bytes('{"COUNTRY": "España"}'.encode("latin-1"))

    ran = predict("--json-file", "rows.json")

    assert ran == Ran(
        code=2, err=three_lines("the text is not UTF-8", "rows.json", "save it as UTF-8")
    )
