"""What is said of a file that cannot be read: how to mend it, and no word too much of its rows."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.contracts.contract import parse_contract
from foresell.contracts.reading import read_table
from foresell.contracts.showing import shown
from foresell.errors import DataError
from foresell.spec.sources import Table
from tests.unit.contracts.conftest import contract_text

COLUMNS = ({"name": "n", "logicalType": "integer"}, {"name": "x", "logicalType": "number"})
PHONE = {"name": "phone", "logicalType": "string", "classification": "personal"}
PLAIN = parse_contract(contract_text(*COLUMNS), "contract.yaml")
GUARDED = parse_contract(contract_text(*COLUMNS, PHONE), "contract.yaml")
TABLE = Table(name="t", file="t.csv", na=("NA",))
NOTE = " (a letter is shown as a, a digit as 9: values beside personal data are not shown)"


def refusal(text: str | bytes, *, guarded: bool = False, table: Table = TABLE) -> DataError:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(DataError) as caught:
        read_table(content, table, GUARDED if guarded else PLAIN, ("phone",))
    return caught.value


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["N/A"], "declare them as missing, na: ['NA', 'N/A'] of the table, or mend them"),
        (["-", "?", "-"], "declare them as missing, na: ['NA', '-', '?'] of the table"),
        (["-", "one"], "mend the values at their source, or change the type in contract.yaml"),
        (['"10,07"'], "10,07 looks like a decimal comma; write 10.07"),
        (['"1.234,5"'], "1.234,5 looks like a decimal comma; write 1234.5"),
        (['"1,234,567.5"'], "1,234,567.5 looks like thousands that are set apart; write 1234567.5"),
        (['"1,234"'], "1,234 looks like a decimal comma or thousands; write 1.234 or 1234"),
        (["1.2.3"], "mend the values at their source, or change the type in contract.yaml"),
        (["1e999"], "mend the values at their source, or declare the column as string"),
    ],
)
def test_the_advice_follows_what_the_values_look_like(words: list[str], mend: str) -> None:
    assert refusal("\n".join(["id,x", *(f"a,{word}" for word in words)])).mend.startswith(mend)


def test_beside_personal_data_a_value_is_told_by_its_shape() -> None:
    error = refusal("id,n\na,José-Ω 0\nb,12½\nc,N/A\nd," + "x" * 30, guarded=True)
    assert error.args == (
        f"4 values of 'n' are not of type integer: 'aaaa-a 9', '999', 'N/A', '{'a' * 24}'...",
        "t.csv, line 2, line 3, line 4, line 5",
        f"mend the values at their source, or change the type in contract.yaml{NOTE}",
    )
    comma = refusal('id,x\na,"10,07"', guarded=True)
    assert comma.mend == f"the first one looks like a decimal comma; write it without{NOTE}"


@given(value=st.text(st.characters(categories=["L", "N"]), min_size=3))
def test_a_shape_holds_no_letter_and_no_digit_of_the_value(value: str) -> None:
    if value.lower() not in ("nan", "nil", "null", "none", "missing", "unknown"):
        assert set(shown(value, guarded=True)) <= set("a9?'.")


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("id,José", "the column at place 2, its name 4 characters long, is not in the contract"),
        ("José,José", "the column at place 1, its name 4 characters long, stands 2 times in the"),
        ("id,phones", "the column 'phones' is not in the contract"),
        ("id,", "the column '' is not in the contract"),
    ],
)
def test_beside_personal_data_a_name_of_a_header_is_shown_where_it_is_like_a_known_one(
    header: str, what: str
) -> None:
    assert refusal(f"{header}\na,b", guarded=True).what.startswith(what)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("id;n;x\na;1;2", "it looks like ';' separates its fields: declare separator: \";\""),
        ("id|n\na|1", "it looks like '|' separates its fields"),
        ("id\tn\tx\na\t1\t2", 'it looks like a tab separates its fields: declare separator: "\\t"'),
        ("id;n;x\na;1;2,5", "it looks like ';' separates its fields"),
        ("Id,n\na,1", "write it 'id': blanks, capitals and hidden characters count"),
        ("id, n\na,1", "write it 'n': blanks"),
        ("7,8\na,1", "does line 1 hold the column names? Known: id, n, x"),
        ("7,7\na,1", "does line 1 hold the column names? Known: id, n, x"),
        (
            "Sales of a week\nid,n\na,1",
            "mend or remove that line; fields are told apart by ','; does",
        ),
        (
            "id,amount,x\na,1,2",
            "remove it or add it to contract.yaml and project.yaml; known: id, n, x",
        ),
        ("id,n,m\na,1,2", "remove it or add it to contract.yaml and project.yaml; known: id, n, x"),
    ],
)
def test_a_header_that_does_not_fit_is_told_why_it_may_not(text: str, mend: str) -> None:
    assert refusal(text).mend.startswith(mend)


def test_an_empty_line_is_called_empty_and_its_neighbours_are_not() -> None:
    assert refusal("id,n\na,1\n  \nb,2").args[:2] == ("the line is empty", "t.csv, line 3")
    semicolons = Table(name="t", file="t.csv", separator=";")
    error = refusal("id;n\na;1\n;;\nb;2", table=semicolons)
    assert error.what == "3 fields stand where the header has 2"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(b"id\na", mtime=0), "a gzip file"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "an Excel workbook (xlsx)"),
        (b"PK\x03\x04" + b"\0" * 26 + b"t.csv", "a zip archive"),
        (b"PAR1\x15\x04", "a Parquet file"),
    ],
)
def test_a_file_that_is_no_text_is_told_what_it_is_whatever_its_encoding(
    content: bytes, kind: str
) -> None:
    for encoding in (("utf-8",), ("utf-8", "cp850")):
        table = Table(name="t", file="t.csv", encoding=encoding)
        error = refusal(content, table=table)
        assert error.what == f"the file is {kind}, and its table is declared as csv"
