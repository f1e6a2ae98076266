"""A file is the same table, or the same refusal, wherever the pieces it is read in are cut."""

from datetime import date
from io import BytesIO

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts import decoding, parquet, records, text
from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.reading import count_rows, read_table
from foresell.errors import DataError
from foresell.spec.sources import Table
from tests.unit.contracts.conftest import contract_text

CONTRACT: Contract = parse_contract(
    contract_text(
        {"name": "n", "logicalType": "integer"},
        {"name": "day", "logicalType": "date", "logicalTypeOptions": {"format": "M/d/yyyy H:mm"}},
    ),
    "contract.yaml",
)
WHOLE = (
    'id,n,day\r\n"Berguvsvägen, 3",1,2/24/2003 0:00\r\n'
    '"two\r\nlines ""quoted""",,05/07/2003 00:00\r\nñ,-3,\r\n\r\n'
)
ROWS = pl.DataFrame({
    "id": ["Berguvsvägen, 3", 'two\nlines "quoted"', "ñ"],
    "n": [1, None, -3],
    "day": [date(2003, 2, 24), date(2003, 5, 7), None],
})
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.integers(1, 200)


def outcome(content: bytes, table: Table) -> pl.DataFrame | tuple[str, str]:
    try:
        return read_table(content, table, CONTRACT)
    except DataError as error:
        return error.what.replace("at least ", ""), error.where


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp850", "utf-16", "utf-16-be", "utf-32"]
)
@SLOW
@given(size=SIZES)
def test_where_pieces_are_cut_changes_no_row(
    size: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "CHUNK", size)
    declared = encoding.removesuffix("-sig")
    table = Table(name="t", file="t.csv", encoding=(declared,))
    content = WHOLE.encode(encoding)
    assert_frame_equal(read_table(content, table, CONTRACT), ROWS)
    assert count_rows(BytesIO(content), table, len) == ROWS.height


@SLOW
@given(size=SIZES)
def test_the_first_encoding_that_decodes_every_byte_is_found_in_pieces_too(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "CHUNK", size)
    table = Table(name="t", file="t.csv", encoding=("utf-8", "ascii", "cp850"))
    for encoding in ("utf-8", "cp850"):
        assert_frame_equal(read_table(WHOLE.encode(encoding), table, CONTRACT), ROWS)


BAD = {
    "ragged": 'id,n\na,1\n"b\nb",2\nc\n',
    "too wide": "id,n\na,1\nb,2,3\n",
    "blank line within": "id,n\na,1\n\n\nb,2\n",
    "never closed": 'id,n\na,1\n\n"b,2\nc,3\n',
    "closed by the next": 'id,n\na,1\n"b,2\nc,3\n"d",4\n',
    "within a field": 'id,n\na,1\nb"b,2\n',
    "behind a quote": 'id,n\na,1\n"b" ,2\n',
    "no number": 'id,n\n"a\n\na",1\nb,x\n',
    "no UTF-8": "id,n\r\na,1\r\r\n",
    "NUL": "id,n\na,1\nb\0,2\n",
}
LINES = {
    "ragged": 5,
    "too wide": 3,
    "blank line within": 3,
    "never closed": 4,
    "closed by the next": 3,
    "within a field": 3,
    "behind a quote": 3,
    "no number": 5,
    "no UTF-8": 3,
    "NUL": 3,
}


@pytest.mark.parametrize("name", BAD)
@SLOW
@given(size=SIZES)
def test_where_pieces_are_cut_changes_no_refusal_and_no_line(
    size: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "CHUNK", 10**6)
    content, table = BAD[name].encode(), Table(name="t", file="t.csv")
    if name == "no UTF-8":
        content = content.replace(b"\r\r\n", b"\r\n\xe9,2\r\n")
    whole = outcome(content, table)
    assert not isinstance(whole, pl.DataFrame)
    assert whole[1] == f"t.csv, line {LINES[name]}"
    monkeypatch.setattr(decoding, "CHUNK", size)
    assert outcome(content, table) == whole


TEXT = st.text(st.sampled_from('ab,"\n\r é'), max_size=40)


@SLOW
@given(content=TEXT, size=st.integers(1, 9))
def test_any_text_is_read_alike_in_one_piece_and_in_many_and_its_rows_are_counted(
    content: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, raw = Table(name="t", file="t.csv"), ("id\n" + content).encode()
    monkeypatch.setattr(decoding, "CHUNK", 10**6)
    whole = outcome(raw, table)
    monkeypatch.setattr(decoding, "CHUNK", size)
    pieces = outcome(raw, table)
    if isinstance(whole, pl.DataFrame):
        assert isinstance(pieces, pl.DataFrame)
        assert_frame_equal(pieces, whole)
        assert count_rows(BytesIO(raw), table, len) == whole.height
    else:
        assert pieces == whole


def test_what_was_seen_of_a_large_file_is_counted_as_the_least_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "CHUNK", 8)
    with pytest.raises(
        DataError, match=r"^at least 2 values of 'n' are not of type integer: 'x', 'y'"
    ):
        read_table(b"id,n\na,x\nb,y\nc,z\n", Table(name="t", file="t.csv"), CONTRACT)


def test_a_quote_that_is_never_closed_is_found_without_holding_the_whole_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "CHUNK", 16)
    monkeypatch.setattr(records, "_LONGEST", 64)
    content = BytesIO(b'id,n\na,1\n"b,2\n' + b"c,3\n" * 1000)
    table = Table(name="t", file="t.csv")
    with pytest.raises(
        DataError, match=r"^not a table: a quote is never closed\n  where: t.csv, line 3"
    ):
        list(text.csv_rows(content, "t.csv", table, CONTRACT).batches)
    assert content.tell() < 200


def test_batches_are_no_larger_than_agreed_and_lose_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (text, parquet):
        monkeypatch.setattr(room, "BATCH", 3)
    rows = pl.DataFrame({"id": [f"r{i}" for i in range(10)], "n": range(10)})
    table, stored = Table(name="t", file="t.csv"), BytesIO()
    rows.write_parquet(stored)
    for opened in (
        text.csv_rows(BytesIO(rows.write_csv().encode()), "t.csv", table, CONTRACT),
        parquet.parquet_rows(stored, "t.parquet", table, CONTRACT),
    ):
        batches = list(opened.batches)
        assert max(batch.height for batch in batches) == 3
        assert_frame_equal(pl.concat(batches), rows)


def test_rows_of_a_file_that_is_not_what_its_table_says_are_not_counted() -> None:
    table = Table(name="t", file="t.parquet", format="parquet")
    assert count_rows(BytesIO(b"id\na"), table, len) is None
    odd = Table(name="t", file="t.csv", encoding=("utf-16", "utf-8"))
    assert count_rows(BytesIO(b"id\n\xe9a"), odd, len) is None
    assert count_rows(BytesIO(b"id\na\n"), odd, len) == 1
