from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.dates import date_format
from foresell.contracts.reading import read_table
from foresell.errors import DataError, SpecError
from foresell.spec.sources import Table
from tests.unit.contracts.conftest import contract_text

CONTRACT: Contract = parse_contract(
    contract_text(
        {"name": "day", "logicalType": "date"},
        {"name": "n", "logicalType": "integer"},
        {"name": "x", "logicalType": "number"},
        {"name": "open", "logicalType": "boolean"},
    ),
    "contract.yaml",
)
TABLE = Table(name="sales", file="sales.csv", na=("NA",))
SCHEMA = {"id": pl.String, "day": pl.Date, "n": pl.Int64, "x": pl.Float64, "open": pl.Boolean}
TEXT = "id,day,n,x,open\na,2012-01-06,1,1.5,TRUE\nb,2012-01-13,-2,1e3,false\nc,NA,,NA,NA\n"
ROWS = pl.DataFrame(
    [
        ("a", date(2012, 1, 6), 1, 1.5, True),
        ("b", date(2012, 1, 13), -2, 1000.0, False),
        ("c", None, None, None, None),
    ],
    schema=SCHEMA,
    orient="row",
)


def read(content: str | bytes, table: Table = TABLE) -> pl.DataFrame:
    return read_table(content.encode() if isinstance(content, str) else content, table, CONTRACT)


def refused(content: str | bytes, table: Table = TABLE) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        read(content, table)
    return caught.value.what, caught.value.where


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n\n"])
def test_line_ends_byte_order_marks_and_last_lines_change_nothing(
    end: str, mark: bytes, last: str
) -> None:
    text = (TEXT.rstrip("\n") + last).replace("\n", end)
    assert_frame_equal(read(mark + text.encode()), ROWS)


def test_a_token_is_null_only_where_the_table_declares_it() -> None:
    plain = Table(name="sales", file="sales.csv")
    assert read("id\nNA", TABLE)["id"].to_list() == [None]
    assert read("id\nNA", plain)["id"].to_list() == ["NA"]
    assert refused("id,x\na,NA", plain) == (
        "1 value of 'x' is not of type number: 'NA'",
        "sales.csv, line 2",
    )


def test_an_empty_field_is_null_and_a_quoted_one_is_empty_text() -> None:
    assert read('id,n\n,1\n"",2')["id"].to_list() == [None, ""]


def test_only_the_declared_words_are_booleans() -> None:
    table = Table(name="t", file="t.csv", true_words=("yes",), false_words=("no",))
    assert read("id,open\na,yes\nb,no\nc,", table)["open"].to_list() == [True, False, None]
    assert refused("id,open\na,TRUE", table)[0] == (
        "1 value of 'open' is not of type boolean: 'TRUE'"
    )


def test_another_separator_and_encoding_are_read_as_declared() -> None:
    table = Table(name="t", file="t.csv", separator=";", encoding=("utf-8", "cp850"))
    assert read("id;n\nBerguvsvägen;1".encode("cp850"), table)["id"].to_list() == ["Berguvsvägen"]


def test_the_first_encoding_that_fits_is_taken() -> None:
    table = Table(name="t", file="t.csv", encoding=("utf-8", "cp850"))
    assert read("id\nä".encode(), table)["id"].to_list() == ["ä"]


def test_a_quoted_field_may_hold_separators_and_line_ends() -> None:
    assert read('id,n\n"a,\n""b""",1')["id"].to_list() == ['a,\n"b"']


def test_lines_are_counted_in_the_file_and_not_in_rows() -> None:
    text = 'id,n\n"two\nlines",1\n"three\n\nlines",2\nc,x'
    assert refused(text) == ("1 value of 'n' is not of type integer: 'x'", "sales.csv, line 7")


def test_at_most_five_values_are_shown_and_all_are_counted() -> None:
    rows = "".join(f"a,{word}\n" for word in ["1", "u", "2", "v", "w", "x", "y", "z"])
    assert refused("id,n\n" + rows) == (
        "6 values of 'n' are not of type integer: 'u', 'v', 'w', 'x', 'y'",
        "sales.csv, line 3, line 5, line 6, line 7, line 8",
    )


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "inf", "-inf", "Infinity", "1,5", "1_0", " 1", "$1"]
)
def test_what_is_no_finite_number_is_refused(word: str) -> None:
    what, where = refused(f'id,x\na,1\nb,"{word}"')
    assert (what, where) == (
        f"1 value of 'x' is not of type number: {word!r}",
        "sales.csv, line 3",
    )


@pytest.mark.parametrize("word", ["1.0", "1e3", "one", "0x1"])
def test_what_is_no_integer_is_refused(word: str) -> None:
    assert refused(f"id,n\na,{word}")[0] == f"1 value of 'n' is not of type integer: {word!r}"


@pytest.mark.parametrize(
    ("column", "kind", "word"),
    [
        ("n", "integer", "-9223372036854775809"),
        ("x", "number", "1e999"),
        ("x", "number", "-2.e400"),
    ],
)
def test_a_number_that_does_not_fit_is_called_too_large(column: str, kind: str, word: str) -> None:
    assert refused(f"id,{column}\na,{word}")[0] == (
        f"1 value of {column!r} is too large for type {kind}: {word!r}"
    )


@pytest.mark.parametrize("word", ["06.01.2012", "2012-13-01", "2012-02-30", "2012-01-06 00:00"])
def test_what_is_no_day_in_the_declared_format_is_refused(word: str) -> None:
    assert refused(f"id,day\na,{word}")[0] == (
        f"1 value of 'day' is not of type date (yyyy-MM-dd): {word!r}"
    )


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("id,n\na,1\nb\nc,3", "1 field stands where the header has 2", 3),
        ("id,n\na,1\nb,2,\nc,3", "3 fields stand where the header has 2", 3),
        ("id,n\na,1\n\nc,3", "the line is empty", 3),
        ('id,n\n"a\nb",1\nc', "1 field stands where the header has 2", 4),
        ('id,n\na,1\n"b,2\nc,3', "not a table: a quote is never closed", 3),
        ('id,n\na,1\n"b"b,2', "not a table: something stands beside a quote", 3),
        ("id,n,id\na,1,b", "the column 'id' stands 2 times in the header", 1),
        ("id,m\na,1", "the column 'm' is not in the contract", 1),
        ("id,n,\na,1,", "the column '' is not in the contract", 1),
    ],
)
def test_what_is_no_table_of_the_contract_is_refused_with_its_line(
    text: str, what: str, line: int
) -> None:
    assert refused(text) == (what, f"sales.csv, line {line}")


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n "])
def test_a_file_with_nothing_in_it_is_empty(content: bytes) -> None:
    assert refused(content)[0] == "the file is empty"


def test_a_header_alone_has_no_rows() -> None:
    assert refused("id,n\n")[0] == "the file has a header and no rows"


FIELD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            FIELD,
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.dates(),
            st.none() | st.booleans(),
        ),
        min_size=1,
    )
)
def test_what_was_written_is_what_is_read(
    rows: list[tuple[str, float | None, date | None, bool | None]],
) -> None:
    schema = {name: SCHEMA[name] for name in ("id", "x", "day", "open")}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    table = Table(name="t", file="t.csv")
    assert_frame_equal(read(frame.write_csv(quote_style="non_numeric"), table), frame)


@settings(deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_a_table_or_a_data_error(content: bytes) -> None:
    for prefix in (b"", b"id,n\n"):
        with suppress(DataError):
            assert read(prefix + content).width >= 1


def parquet(**columns: list[object] | pl.Series) -> bytes:
    buffer = BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


PARQUET = Table(name="sales", file="sales.parquet", format="parquet", na=("NA",))


def test_parquet_of_the_declared_types_is_read_as_it_is() -> None:
    content = parquet(**{name: ROWS[name] for name in ROWS.columns})
    assert_frame_equal(read(content, PARQUET), ROWS)


def test_parquet_of_other_types_is_read_where_no_value_changes() -> None:
    content = parquet(
        id=pl.Series(["a", "b"], dtype=pl.Categorical),
        day=[datetime(2012, 1, 6), None],
        n=[3.0, None],
        x=pl.Series([1, 2], dtype=pl.Int8),
        open=["TRUE", "NA"],
    )
    wanted = [("a", date(2012, 1, 6), 3, 1.0, True), ("b", None, None, 2.0, None)]
    assert_frame_equal(read(content, PARQUET), pl.DataFrame(wanted, schema=SCHEMA, orient="row"))


@pytest.mark.parametrize(
    ("name", "values", "what", "where"),
    [
        ("n", [1.0, 1.5], "1 value of 'n' is not of type integer: 1.5", ", row 2"),
        ("x", [float("nan")], "1 value of 'x' is not of type number: nan", ", row 1"),
        ("x", [float("inf")], "1 value of 'x' is not of type number: inf", ", row 1"),
        ("x", ["1", "one"], "1 value of 'x' is not of type number: 'one'", ", row 2"),
        ("open", [1, 0], "'open' is stored as Int64, which is not boolean", ""),
        ("id", [1, 2], "'id' is stored as Int64, which is not string", ""),
        ("m", [1], "the column 'm' is not in the contract", ", line 1"),
    ],
)
def test_parquet_that_does_not_hold_what_the_contract_says_is_refused(
    name: str, values: list[object], what: str, where: str
) -> None:
    assert refused(parquet(**{name: values}), PARQUET) == (what, f"sales.parquet{where}")


def test_a_column_of_postgresql_is_cast_in_a_query_and_in_no_file() -> None:
    table = replace(PARQUET, name="sales", file="", table="shop.sales")
    with pytest.raises(DataError) as caught:
        read(parquet(id=pl.Series([1, 2], dtype=pl.Int32)), table)
    assert caught.value.args == (
        "'id' is stored as Int32, which is not string",
        "postgres:sales",
        "read it by a query in project.yaml that casts it (id::text), or change the type in "
        "contract.yaml",
    )


def test_a_moment_that_is_not_midnight_is_no_day() -> None:
    moment = datetime(2012, 1, 6, 12)
    assert refused(parquet(day=[moment]), PARQUET) == (
        "1 value of 'day' is not of type date: 2012-01-06 12:00:00",
        "sales.parquet, row 1",
    )


def test_bytes_that_are_no_parquet_are_refused() -> None:
    assert refused(TEXT, PARQUET) == ("not a Parquet file", "sales.parquet")


def test_parquet_without_rows_is_refused() -> None:
    assert refused(parquet(id=[]), PARQUET)[0] == "the file has columns and no rows"


@pytest.mark.parametrize(
    ("pattern", "polars"),
    [
        ("yyyy-MM-dd", "%Y-%m-%d"),
        ("M/d/yyyy", "%-m/%-d/%Y"),
        ("dd.MM.yyyy HH:mm", "%d.%m.%Y %H:%M"),
    ],
)
def test_a_date_pattern_is_translated(pattern: str, polars: str) -> None:
    assert date_format(pattern).polars == polars


def test_a_date_pattern_with_a_letter_that_means_nothing_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^'Y' in the date format 'YYYY-MM-dd' means nothing\n"):
        date_format("YYYY-MM-dd")
