"""Rows of a table answered from the command line: every option, and every kind of bad row."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from tests.e2e.command import Foresell, Ran, three_lines
from tests.row_bundles import make_bundle
from tests.tabular_files import PERSONAL, order_files, order_lines

LINE: dict[str, object] = {
    "QUANTITYORDERED": 30,
    "PRICEEACH": 95.7,
    "ORDERLINENUMBER": 3,
    "MSRP": 120,
    "QTR_ID": 3,
    "MONTH_ID": 7,
    "YEAR_ID": 2004,
    "PRODUCTLINE": "Classic Cars",
    "COUNTRY": "USA",
}
FEATURES = [
    *("ORDERLINENUMBER", "QUANTITYORDERED", "PRICEEACH", "MSRP", "QTR_ID", "MONTH_ID", "YEAR_ID"),
    *("PRODUCTLINE", "COUNTRY"),
]
MEND = "mend it; every field and its limits: foresell predict sales_orders --show-schema"
LINES = "Classic Cars, Motorcycles, Planes, Ships, Trains, Trucks and Buses, Vintage Cars"
Predict = Callable[..., Ran]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders")
    make_bundle("sales_orders", order_files(order_lines(120))["sales_data_sample.csv"], folder)
    return folder


@pytest.fixture
def predict(foresell: Foresell, home: Path, monkeypatch: pytest.MonkeyPatch) -> Predict:
    monkeypatch.setenv("FORESELL_HOME", str(home))

    def command(*words: str | Path) -> Ran:
        return foresell("predict", "sales_orders", *words)

    return command


def typed(stdin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))


def orders(lines: int = 200) -> pl.DataFrame:
    """Order lines as a typed frame of text, as the export has them."""
    return order_lines().head(lines)


def answers(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file).select("row", "prediction", "p10", "p90")


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
    assert written.columns[-2:] == ["interval_method", "unseen"]
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
            "COUNTRY: must have at least this many characters: 2 (allowed: text, 2 to 60 characters)",
        ),
        (
            {"productline": "Ships"},
            "'productline': is no column of the contract; did you mean 'PRODUCTLINE'?",
        ),
        (
            {"zzz": 1},
            f"'zzz': is no column of the contract; the model takes {', '.join(FEATURES)}",
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
        "  'PHON': is no column of the contract; did you mean 'PHONE'?",
        "  MSRP: must be at least 1 (allowed: whole number, 1 to 10000)",
        "  YEAR_ID: must have a value (allowed: whole number, 1990 to 2100)",
        "  QTR_ID, MONTH_ID: contradict each other: QTR_ID is the quarter of MONTH_ID",
        "  and 1 more of the rows are refused",
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


def test_a_file_is_answered_the_same_as_csv_in_either_encoding_and_as_parquet(
    predict: Predict, tmp_path: Path
) -> None:
    (tmp_path / "export.csv").write_bytes(order_files()["sales_data_sample.csv"])  # cp850, CRLF
    orders().write_csv(tmp_path / "plain.csv")
    numbers = [name for name in FEATURES if name not in {"PRODUCTLINE", "COUNTRY"}]
    orders().with_columns(pl.col(numbers).cast(pl.Float64)).write_parquet(tmp_path / "rows.parquet")

    ran = [
        predict("--file", name, "--out", f"{name}.parquet")
        for name in ("export.csv", "plain.csv", "rows.parquet")
    ]

    found = [
        answers(tmp_path / f"{name}.parquet")
        for name in ("export.csv", "plain.csv", "rows.parquet")
    ]
    assert [one.code for one in ran] == [0, 0, 0]
    assert ran[0].out.splitlines()[0] == "200 rows answered in export.csv.parquet"
    assert found[0]["row"].to_list() == list(range(1, 201))
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_what_is_written_has_the_keys_and_every_quantile_and_no_personal_column(
    predict: Predict, tmp_path: Path
) -> None:
    orders(3).write_csv(tmp_path / "rows.csv")

    ran = predict("--file", "rows.csv", "--out", "answers.csv", "--format", "json")

    written = pl.read_csv(tmp_path / "answers.csv")
    quantiles = [f"q{q}" for q in (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)]
    assert written.columns == [
        *("row", "ORDERNUMBER", "ORDERLINENUMBER", "prediction", "p10", "p90"),
        *quantiles,
        *("interval_method", "unseen"),
    ]
    told = json.loads(ran.out)
    assert (told["rows"], told["refused"], told["out"]) == (3, 0, "answers.csv")
    assert set(PERSONAL) | {"DEALSIZE", "SALES"} <= set(told["ignored"])


def bad_orders() -> pl.DataFrame:
    """Twelve rows of which the third, fifth and ninth break the contract."""
    at = pl.int_range(1, 13)
    return orders(12).with_columns(
        pl.when(at == 5).then(pl.lit("abc")).otherwise("PRICEEACH").alias("PRICEEACH"),
        pl.when(at == 9).then(pl.lit("9")).otherwise("QTR_ID").alias("QTR_ID"),
        pl.when(at != 3).then("MSRP").alias("MSRP"),
    )


REASONS = [
    (3, "MSRP must have a value"),
    (5, "PRICEEACH is no number"),
    (9, "QTR_ID must be at most 4; QTR_ID is the quarter of MONTH_ID"),
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_refused_row_refuses_the_file_and_nothing_is_written(
    predict: Predict, tmp_path: Path, kind: str
) -> None:
    rows = bad_orders()
    rows.write_csv(tmp_path / "rows.csv") if kind == "csv" else rows.write_parquet(
        tmp_path / "rows.parquet"
    )
    (tmp_path / "answers.csv").write_text("as it was")

    ran = predict("--file", f"rows.{kind}", "--out", "answers.csv")

    told = "".join(f"\n  row {row}: {why}" for row, why in REASONS)
    assert ran == Ran(
        code=2,
        err=three_lines(
            f"3 of 12 rows are refused, so none is answered{told}",
            f"rows.{kind}; rows are counted from 1, without the header",
            "mend them, or answer the others: --skip-bad FILE puts these there, with the reasons",
        ),
    )
    assert (tmp_path / "answers.csv").read_text() == "as it was"
    assert {path.name for path in tmp_path.iterdir()} == {f"rows.{kind}", "answers.csv"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_refused_rows_can_be_set_aside_with_their_reasons(
    predict: Predict, tmp_path: Path, kind: str
) -> None:
    bad_orders().write_csv(tmp_path / "rows.csv")

    ran = predict("--file", "rows.csv", "--out", f"answers.{kind}", "--skip-bad", f"bad.{kind}")

    read = pl.read_csv if kind == "csv" else pl.read_parquet
    aside, answered = read(tmp_path / f"bad.{kind}"), read(tmp_path / f"answers.{kind}")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [
        f"9 rows answered in answers.{kind}",
        f"3 rows refused, with the reasons in bad.{kind}",
    ]
    assert list(aside.select("row", "reason").iter_rows()) == REASONS
    assert aside["PRICEEACH"][1] == "abc"
    assert set(aside.columns) == {"row", "reason", "ORDERNUMBER", *FEATURES}
    assert answered["row"].to_list() == [1, 2, 4, 6, 7, 8, 10, 11, 12]


def test_rows_set_aside_can_be_mended_and_answered(predict: Predict, tmp_path: Path) -> None:
    bad_orders().write_csv(tmp_path / "rows.csv")
    predict("--file", "rows.csv", "--out", "answers.csv", "--skip-bad", "bad.csv")
    mended = (tmp_path / "bad.csv").read_text().replace("abc", "55.5").replace(",9,", ",1,")
    (tmp_path / "bad.csv").write_text("\n".join(mended.splitlines()[i] for i in (0, 2)) + "\n")

    ran = predict("--file", "bad.csv", "--out", "late.csv")

    assert (ran.code, ran.err) == (0, "")
    assert pl.read_csv(tmp_path / "late.csv").height == 1


def test_a_file_of_good_rows_leaves_an_empty_list_of_refused_ones(
    predict: Predict, tmp_path: Path
) -> None:
    orders(3).write_csv(tmp_path / "rows.csv")
    (tmp_path / "bad.csv").write_text("of an earlier run")

    ran = predict("--file", "rows.csv", "--out", "answers.csv", "--skip-bad", "bad.csv")

    assert ran.code == 0
    assert (tmp_path / "bad.csv").read_text().startswith("row,reason,")
    assert len((tmp_path / "bad.csv").read_text().splitlines()) == 1


def test_a_file_of_which_every_row_is_refused_is_an_error_with_the_reasons_kept(
    predict: Predict, tmp_path: Path
) -> None:
    orders(3).with_columns(MSRP=pl.lit("x")).write_csv(tmp_path / "rows.csv")

    ran = predict("--file", "rows.csv", "--out", "answers.csv", "--skip-bad", "bad.csv")

    assert ran == Ran(
        code=2, err=three_lines("all 3 rows are refused", "rows.csv", "the reasons are in bad.csv")
    )
    assert pl.read_csv(tmp_path / "bad.csv")["reason"].to_list() == ["MSRP is no whole number"] * 3
    assert not (tmp_path / "answers.csv").exists()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"MSRP\n", "the file has a header and no rows"),
        (
            b"MSRP,COUNTRY\n1,USA\n",
            "the file lacks 7 columns that the model needs: ORDERLINENUMBER,",
        ),
        (b"MSRP,Cuntry\n1,USA\n", "the column 'Cuntry' is not in the contract"),
        (b"MSRP,MSRP\n1,1\n", "the column 'MSRP' stands 2 times in the header"),
        (b"PK\x03\x04 and so on", "the file is "),
    ],
)
def test_a_file_that_is_no_table_of_rows_is_refused(
    predict: Predict, tmp_path: Path, content: bytes, what: str
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)

    ran = predict("--file", "rows.csv", "--out", "answers.csv")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error {what}")
    assert not (tmp_path / "answers.csv").exists()


def test_a_parquet_file_that_is_none_or_holds_lists_is_refused(
    predict: Predict, tmp_path: Path
) -> None:
    (tmp_path / "none.parquet").write_bytes(b"nothing of the kind")
    orders(3).with_columns(MSRP=pl.concat_list("MSRP")).write_parquet(tmp_path / "lists.parquet")

    none, lists = predict("--file", "none.parquet"), predict("--file", "lists.parquet")

    assert none.err.startswith("error not a Parquet file\n  where none.parquet\n")
    assert lists.err.startswith("error 'MSRP' is stored as List(String), which is not integer\n")
    assert (none.code, lists.code) == (2, 2)


def test_a_file_without_an_out_is_shown_and_printed_whole_for_programs(
    predict: Predict, tmp_path: Path
) -> None:
    orders(20).write_csv(tmp_path / "rows.csv")

    shown, printed = (
        predict("--file", "rows.csv"),
        predict("--file", "rows.csv", "--format", "json"),
    )

    assert "14 of 20 rows; --out FILE writes them all, with every quantile" in shown.out
    assert len(json.loads(printed.out)["answers"]) == 20


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
            "run it first: foresell run sales_orders",
        ),
    )


def test_a_model_that_failed_the_gate_answers_nothing(foresell: Foresell, tmp_path: Path) -> None:
    content = order_files(order_lines(60))["sales_data_sample.csv"]
    make_bundle("sales_orders", content, tmp_path / "home", candidates=["ridge"], passed=False)

    ran = foresell("predict", "sales_orders", "--json", json.dumps(LINE))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error the model of the last run failed the gate\n")
