"""Tables of one file and of many, in folders that say something of their rows."""

from hashlib import sha256
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.sources import MemorySource
from foresell.contracts.contract import parse_contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import Reader, ReadFile
from foresell.errors import DataError
from foresell.spec.cleaning import Cleaning
from foresell.spec.sources import Table
from tests.unit.contracts.conftest import contract_text

CONTRACT = parse_contract(
    contract_text(
        {"name": "n", "logicalType": "integer"},
        {"name": "day", "logicalType": "date"},
        {"name": "phone", "logicalType": "integer", "classification": "personal"},
        {"name": "street", "logicalType": "string", "classification": "personal"},
    ),
    "contract.yaml",
)
DROPPED = dropped_columns(CONTRACT, Cleaning())
MANY = Table(name="sales", file="sales/")


def reader(files: dict[str, bytes], **declared: Any) -> Reader:
    return Reader(source=MemorySource(files), contract=CONTRACT, **declared)


def refusal(files: dict[str, bytes], table: Table = MANY, **declared: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        reader(files, **declared).whole(table)
    return caught.value


def test_files_are_read_in_the_order_of_their_names_and_reported() -> None:
    files = {"sales/b.csv": b"n,id\n2,b\n3,c", "sales/a.csv": b"id,n\na,1"}
    heard: list[ReadFile] = []
    rows = reader(files).whole(MANY, heard.append)
    assert_frame_equal(rows, pl.DataFrame({"id": ["a", "b", "c"], "n": [1, 2, 3]}))
    assert heard == [
        ReadFile(name="sales/a.csv", rows=1, encoding="utf-8"),
        ReadFile(name="sales/b.csv", rows=2, encoding="utf-8"),
    ]


def test_each_file_is_read_in_the_first_encoding_that_fits_it() -> None:
    table = Table(name="sales", file="sales/", encoding=("utf-8", "cp850"))
    files = {"sales/a.csv": "id\nä".encode(), "sales/b.csv": "id\nä".encode("cp850")}
    heard: list[ReadFile] = []
    assert reader(files).whole(table, heard.append)["id"].to_list() == ["ä", "ä"]
    assert [file.encoding for file in heard] == ["utf-8", "cp850"]


def test_files_with_other_columns_are_refused() -> None:
    error = refusal({"sales/a.csv": b"id,n\na,1", "sales/b.csv": b"id,day\na,2012-01-06"})
    assert error.args == (
        "the columns are not those of sales/a.csv: without n and with day beside",
        "sales/b.csv",
        "the files of one table have the same columns; declare another table for others",
    )


def test_an_error_names_the_file_and_its_own_line() -> None:
    error = refusal({"sales/a.csv": b"id,n\na,1\nb,2", "sales/b.csv": b"id,n\na,1\nb,x"})
    assert error.where == "sales/b.csv, line 3"


def test_the_path_of_a_file_holds_columns_that_the_contract_knows() -> None:
    files = {
        "sales/day=2012-01-06/id=a%2Fb/year=2012/p.csv": b"n\n1\n2",
        "sales/day=__HIVE_DEFAULT_PARTITION__/id=/p.csv": b"n\n3",
    }
    wanted = pl.DataFrame({
        "n": [1, 2, 3],
        "day": ["2012-01-06"] * 2 + [None],
        "id": ["a/b", "a/b", ""],
    }).with_columns(pl.col("day").str.to_date())
    assert_frame_equal(reader(files).whole(MANY), wanted)


def test_a_column_of_the_file_stands_before_one_of_its_path() -> None:
    assert reader({"sales/id=b/p.csv": b"id,n\na,1"}).whole(MANY)["id"].to_list() == ["a"]


def test_the_path_of_a_parquet_file_holds_columns_too() -> None:
    content = BytesIO()
    pl.DataFrame({"n": [1]}).write_parquet(content)
    table = Table(name="sales", file="sales/**/*.parquet", format="parquet")
    rows = reader({"sales/id=x/p.parquet": content.getvalue()}).whole(table)
    assert_frame_equal(rows, pl.DataFrame({"n": [1], "id": ["x"]}))


def test_a_value_of_a_path_that_is_not_of_its_type_is_refused() -> None:
    error = refusal({"sales/day=2012-02-30/p.csv": b"n\n1"})
    assert error.what == "1 value of 'day' is not of type date (yyyy-MM-dd): '9999-99-99'"
    assert error.where == "sales/day=2012-02-30/p.csv, the name of its folder"


def test_a_table_without_files_says_what_is_there() -> None:
    error = refusal({"stores.csv": b"id\na"})
    assert error.what == "the folder sales/ holds no file"
    assert error.mend.endswith("known: stores.csv")


def test_the_bytes_must_be_those_of_the_manifest() -> None:
    csv, stored = b"id\na", BytesIO()
    pl.DataFrame({"id": ["a"]}).write_parquet(stored)
    for name, content, form in (("a.csv", csv, "csv"), ("a.parquet", stored.getvalue(), "parquet")):
        table = Table(name="t", file=name, format=form)  # type: ignore[arg-type]
        right = {name: sha256(content).hexdigest()}
        assert reader({name: content}, sums=right).whole(table)["id"].to_list() == ["a"]
        for wrong in ({name: "0"}, {}):
            error = refusal({name: content}, table, sums=wrong)
            assert error.what == "the file changed while the run was reading it"


def test_personal_columns_are_dropped_unless_they_are_kept_and_others_where_declared() -> None:
    assert DROPPED == ("phone", "street")
    cleaning = Cleaning(drop=("n",), keep_personal=("phone",))
    assert dropped_columns(CONTRACT, cleaning) == ("n", "street")


PERSON = "O'Hara-Secret 12"


@pytest.mark.parametrize(
    "line",
    [
        f'a,1,"{PERSON}",{PERSON},more',
        f'a,1,"{PERSON}"x,{PERSON}',
        f'a,1,"{PERSON},{PERSON}',
        f"a,x,{PERSON},{PERSON}",
        f"a,1,{PERSON}\0,{PERSON}",
        f"a,1,{PERSON}\udce9{PERSON},x",
    ],
    ids=["ragged", "behind a quote", "never closed", "no number", "NUL", "undecodable"],
)
def test_what_stands_in_a_dropped_column_is_in_no_error(line: str) -> None:
    content = f"id,n,phone,street\n{line}\n".encode(errors="surrogateescape")
    table = Table(name="t", file="t.csv")
    error = refusal({"t.csv": content}, table, dropped=DROPPED)
    assert not [word for word in ("Hara", "Secret", "12") if word in str(error)]


def test_values_of_dropped_columns_are_never_typed() -> None:
    files = {"t.csv": f"street,id,phone,n\nx,a,{PERSON},1".encode()}
    rows = reader(files, dropped=DROPPED).whole(Table(name="t", file="t.csv"))
    assert_frame_equal(rows, pl.DataFrame({"id": ["a"], "n": [1]}))


def test_a_file_of_which_every_column_is_dropped_is_refused() -> None:
    error = refusal({"t.csv": b"phone\n1"}, Table(name="t", file="t.csv"), dropped=DROPPED)
    assert error.what == "every column of the file is dropped"
