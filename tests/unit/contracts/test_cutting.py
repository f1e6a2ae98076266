"""Rows of a raw file that are kept: their text, and the days they are chosen by."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO, StringIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from foresell.adapters.sources import MemorySource
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.cutting import cut, days_of
from foresell.contracts.decoding import choose_encoding
from foresell.errors import DataError
from foresell.spec.sources import Table

COLUMNS = {"shop": "string", "day": "date", "units": "integer"}
SALES = Table(name="sales", file="sales.csv")


def contract(written: str = "d.M.yyyy") -> Contract:
    """A contract of three columns, whose days are written like ``31.1.2024``."""
    lines = ["apiVersion: v3.1.0", "kind: DataContract", "id: toy", "version: 1.0.0"]
    lines += ["status: active", "schema:", "  - name: sales", "    properties:"]
    for name, kind in COLUMNS.items():
        lines += [f"      - name: {name}", f"        logicalType: {kind}"]
        if kind == "date" and written:
            lines += ["        logicalTypeOptions:", f'          format: "{written}"']
    return parse_contract("\n".join(lines) + "\n", "contract.yaml")


def test_a_row_that_is_kept_keeps_its_text() -> None:
    text = 'shop,day,units\n"a, ""the first""",1.2.2024,03\nb,2.2.2024, 4\n"c\nd",3.2.2024,5\n'
    kept = cut(BytesIO(text.encode()), "sales.csv", SALES, pl.Series([True, False, True]))
    assert kept.decode() == ('shop,day,units\n"a, ""the first""",1.2.2024,03\n"c\nd",3.2.2024,5\n')


@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_encoding_stays_and_lines_end_with_lf(encoding: str, end: str) -> None:
    table = Table(name="sales", file="sales.csv", encoding=(encoding,))
    text = end.join(["shop,day", "Berguvsvägen,1.2.2024", "Martín,2.2.2024", ""])
    content = BytesIO(text.encode(encoding))
    kept = cut(content, "sales.csv", table, pl.Series([False, True]))
    assert kept == "shop,day\nMartín,2.2.2024\n".encode(encoding)


def read(content: bytes, table: Table) -> str:
    return content.decode(choose_encoding(BytesIO(content), table, "sales.csv"))


def test_rows_keep_their_text_where_those_are_cut_off_that_told_the_encoding() -> None:
    table = Table(name="sales", file="sales.csv", encoding=("utf-8", "cp850"))
    text = "day,shop\n1.2.2003,Salé\n1.2.2004,├®\n1.2.2005,plain\n"
    content = text.encode("cp850")
    assert read(content, table) == text
    lines = text.splitlines(keepends=True)
    for kept in ([False, True, False], [True, True, True], [True, False, False], [False] * 3):
        rows = [line for line, keep in zip(lines, [True, *kept], strict=True) if keep]
        cut_off = cut(BytesIO(content), "sales.csv", table, pl.Series(kept))
        assert read(cut_off, table) == "".join(rows)
    assert cut(BytesIO(content), "sales.csv", table, pl.Series([True, False, False])) == (
        b"day,shop\n1.2.2003,Sal\x82\n"
    )


def test_rows_whose_encoding_cannot_be_told_any_more_are_refused() -> None:
    table = Table(name="sales", file="sales.csv", encoding=("cp1252", "cp850"))
    content = "shop\nü\n╚\n".encode("cp850")
    assert read(content, table) == "shop\nü\n╚\n"
    with pytest.raises(DataError) as refused:
        cut(BytesIO(content), "sales.csv", table, pl.Series([False, True]))
    assert refused.value.args == (
        "without the rows that are left out it cannot be told that it is cp850",
        "sales.csv",
        "declare one encoding for it: tables, sales, encoding: [cp850]",
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_a_file_with_other_rows_than_those_whose_days_were_read_is_refused(rows: int) -> None:
    kept = pl.Series([True] * rows)
    with pytest.raises(DataError, match="the file changed while it was read"):
        cut(BytesIO(b"shop,day\na,1.2.2024\nb,2.2.2024\n"), "sales.csv", SALES, kept)
    frame = BytesIO()
    pl.DataFrame({"shop": ["a", "b"]}).write_parquet(frame)
    frame.seek(0)
    table = Table(name="sales", file="x.parquet", format="parquet")
    with pytest.raises(DataError, match="the file changed while it was read"):
        cut(frame, "x.parquet", table, kept)


def test_a_parquet_file_keeps_its_types_and_what_it_says_of_itself() -> None:
    rows = pl.DataFrame({"shop": ["a", "b"], "units": [1, 2]}, schema_overrides={"units": pl.Int16})
    stored = BytesIO()
    rows.write_parquet(stored, metadata={"synthetic": "true", "by": "us"})
    stored.seek(0)
    table = Table(name="sales", file="x.parquet", format="parquet")
    kept = BytesIO(cut(stored, "x.parquet", table, pl.Series([False, True])))
    told = pl.read_parquet_metadata(kept)
    assert (told["synthetic"], told["by"]) == ("true", "us")
    assert pl.read_parquet(kept).equals(rows.tail(1))
    assert pl.read_parquet(kept).schema == rows.schema


def test_days_are_read_as_the_contract_says_and_a_row_without_one_has_none() -> None:
    source = MemorySource({"sales.csv": b"units,day,shop\n1,31.1.2024,a\n2,,b\n3,1.2.2024,c\n"})
    days = days_of(source, "sales.csv", SALES, contract(), "day")
    assert days is not None
    assert days.to_list() == [date(2024, 1, 31), None, date(2024, 2, 1)]


def test_a_day_in_the_path_is_that_of_every_row_of_the_file() -> None:
    name = "sales/day=2024-02-01/part.csv"
    source = MemorySource({name: b"shop,units\na,1\nb,2\n"})
    table = Table(name="sales", file="sales/")
    days = days_of(source, name, table, contract(""), "day")
    assert days is not None
    assert days.to_list() == [date(2024, 2, 1)] * 2


def test_a_file_without_the_column_has_no_days() -> None:
    source = MemorySource({"shops.csv": b"shop,units\na,1\n"})
    assert (
        days_of(source, "shops.csv", Table(name="s", file="shops.csv"), contract(), "day") is None
    )


def test_a_day_that_is_none_is_told_with_its_line() -> None:
    source = MemorySource({"sales.csv": b"shop,day\na,1.2.2024\nb,31.2.2024\n"})
    with pytest.raises(DataError) as refused:
        days_of(source, "sales.csv", SALES, contract(), "day")
    assert "line 3" in refused.value.where


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@checked(max_examples=60)
@given(
    rows=st.lists(st.tuples(texts, st.integers(0, 400), st.booleans()), min_size=1, max_size=30),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_what_is_cut_reads_as_the_rows_that_were_kept(
    rows: Sequence[tuple[str, int, bool]], quoting: int
) -> None:
    first = date(2024, 1, 1)
    written = [(shop, f"{first + timedelta(days=days)}", days) for shop, days, _ in rows]

    def text(chosen: Sequence[tuple[str, str, int]]) -> bytes:
        buffer = StringIO()
        out = csv.writer(buffer, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]
        out.writerow(["shop", "day", "units"])
        out.writerows(chosen)
        return buffer.getvalue().encode()

    kept = [keep for _, _, keep in rows]
    expected = text([row for row, keep in zip(written, kept, strict=True) if keep])
    assert cut(BytesIO(text(written)), "sales.csv", SALES, pl.Series(kept)) == expected
