"""Files of rows answered: in any form, whole or not at all, refused rows named or set aside."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import read_bundle, write_bundle
from tests.e2e.command import Foresell, Ran, three_lines
from tests.e2e.order_rows import FEATURES, Predict, answers, orders
from tests.tabular_files import PERSONAL, order_files


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
        *("interval_method", "unseen", "outside"),
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
        (b"MSRP,Cuntry\n1,USA\n", "'Cuntry' is no column of the contract"),
        (b"MSRP,MSRP\n1,1\n", "the column 'MSRP' stands 2 times in the header"),
        (b"PK\x03\x04 and so on", "the file is "),
        (b"MSRP;COUNTRY\n1;USA\n", "';' separates the columns of line 1"),
        ("MSRP,COUNTRY\n1,USA\n".encode("utf-16"), "the file is no UTF-8 text"),
        (b"PAR1", "the file is a Parquet file, and its name is that of text"),
    ],
)
def test_a_file_that_is_no_table_of_rows_is_refused(
    predict: Predict, tmp_path: Path, content: bytes, what: str
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)

    ran = predict("--file", "rows.csv", "--out", "answers.csv")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error {what}")
    assert "project.yaml" not in ran.err
    assert not (tmp_path / "answers.csv").exists()


def test_the_name_of_a_file_is_no_pattern_of_names(predict: Predict, tmp_path: Path) -> None:
    folder = tmp_path / "year [2] *"
    folder.mkdir()
    orders(3).write_parquet(tmp_path / "rows1.parquet")
    for name in ("rows[1].parquet", "year [2] */rows.parquet"):
        with (tmp_path / name).open("wb") as file:
            orders(5).write_parquet(file)

    beside = predict("--file", "rows[1].parquet", "--out", "out[1].parquet")
    within = predict("--file", "year [2] */rows.parquet", "--out", "year [2] */out.parquet")

    assert [(ran.code, ran.out.splitlines()[0]) for ran in (beside, within)] == [
        (0, "5 rows answered in out[1].parquet"),
        (0, "5 rows answered in year [2] */out.parquet"),
    ]
    assert (folder / "out.parquet").read_bytes() == (tmp_path / "out[1].parquet").read_bytes()


def test_rows_without_an_answer_are_set_aside_by_their_number_in_the_file(
    foresell: Foresell, orders_home: Path, tmp_path: Path
) -> None:
    bundle = read_bundle(DirectoryStore(orders_home / "sales_orders" / "bundle"))
    loose = bundle.contract_text
    for limits in ("{minimum: 1, maximum: 1000}", "{exclusiveMinimum: 0, maximum: 100}"):
        loose = loose.replace(limits, "{}")
    shutil.copytree(orders_home, tmp_path / "home")
    store = DirectoryStore(tmp_path / "home" / "sales_orders" / "bundle")
    write_bundle(replace(bundle, contract_text=loose), store)
    rows = pl.concat([orders()] * 200)  # more than are answered at once
    at, last = pl.int_range(1, rows.height + 1), rows.height - 1
    rows.with_columns(
        pl.when(at == last).then(pl.lit("1e300")).otherwise("PRICEEACH").alias("PRICEEACH"),
        pl.when(at == 2).then(pl.lit("-30")).otherwise("QUANTITYORDERED").alias("QUANTITYORDERED"),
    ).write_csv(tmp_path / "rows.csv")
    asked = ("predict", "sales_orders", "--file", "rows.csv", "--out", "out.csv")

    whole, ran = foresell(*asked), foresell(*asked, "--skip-bad", "bad.csv")

    reasons = [
        (
            2,
            "QUANTITYORDERED, PRICEEACH: their product must be above 0 and finite: "
            "the target is learnt relative to it",
        ),
        (last, "PRICEEACH must lie within 3.4e38 of 0, as all that the model computes with"),
    ]
    told = "".join(f"\n  row {row}: {why}" for row, why in reasons)
    assert whole.code == 2
    assert f"2 of {rows.height:,} rows are refused, so none is answered{told}" in whole.err
    assert (ran.code, ran.err) == (0, "")
    bad = pl.read_csv(tmp_path / "bad.csv")
    assert list(bad.select("row", "reason").iter_rows()) == reasons
    assert pl.read_csv(tmp_path / "out.csv").height == rows.height - 2


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
