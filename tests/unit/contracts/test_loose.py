from io import BytesIO

import polars as pl
import pytest

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.loose import LooseFile, read_loosely
from foresell.errors import DataError
from foresell.spec.cleaning import Cleaning
from foresell.spec.sources import Table

TABLE = Table(name="flats", file="flats.csv", na=("NA",))


def contract(*, personal: bool = False) -> Contract:
    owner = "{name: owner, logicalType: string, classification: personal}"
    text = f"""
apiVersion: v3.1.0
kind: DataContract
id: flats
version: 1.0.0
schema:
  - name: flats
    logicalType: object
    properties:
      - {{name: town, logicalType: string}}
      - {{name: built, logicalType: integer}}
      - {{name: sold, logicalType: date, logicalTypeOptions: {{format: yyyy-MM-dd}}}}
      - {{name: rent, logicalType: number}}
      {f"- {owner}" if personal else ""}
"""
    return parse_contract(text, "contract.yaml")


def read(text: str, *, personal: bool = False) -> LooseFile:
    content = BytesIO(text.encode())
    return read_loosely(content, "flats.csv", TABLE, contract(personal=personal), Cleaning())


def test_a_file_as_declared_is_read_in_the_types_of_the_contract() -> None:
    found = read("town,built,sold,rent\nGent,1950,2024-03-01,9.5\nNA,,2024-03-02,NA\n")
    assert found.columns == ("town", "built", "sold", "rent")
    assert dict(found.types) == {
        "town": "string",
        "built": "integer",
        "sold": "date",
        "rent": "number",
    }
    assert found.frame.select("town", "built", "rent").rows() == [
        ("Gent", 1950, 9.5),
        (None, None, None),
    ]
    assert (found.others.width, dict(found.wrong)) == (0, {})


def test_a_column_that_nobody_knows_is_kept_apart_as_what_it_looks_like() -> None:
    found = read("town,Built in,note\nGent,1950,ab\nGent,1951,\n")
    assert found.columns == ("town", "Built in", "note")
    assert (found.types["Built in"], found.types["note"]) == ("integer", "string")
    assert found.others["Built in"].to_list() == [1950, 1951]


def test_a_column_of_another_type_is_told_and_not_compared() -> None:
    found = read("town,built,rent\nGent,A1950,9\nGent,B1951,8\n")
    assert (found.types["built"], found.types["rent"]) == ("string", "number")
    assert found.frame.columns == ["town", "rent"]


def test_one_wrong_value_of_many_is_missing_and_counted() -> None:
    rows = "".join(f"Gent,{1950 + at},9\n" for at in range(40))
    found = read(f"town,built,rent\n{rows}Gent,old,9\n")
    assert found.types["built"] == "integer"
    assert (found.frame["built"].null_count(), dict(found.wrong)) == (1, {"built": 1})


def test_what_is_personal_is_neither_read_nor_named() -> None:
    found = read("town,owner,Anna Example\nGent,Bob,1\n", personal=True)
    assert found.columns == ("town", "no. 3")
    assert "Anna" not in repr(found)
    assert "Bob" not in repr(found)


def test_parquet_is_read_with_its_own_types() -> None:
    buffer = BytesIO()
    pl.DataFrame({"built": [1950.0, 1951.0], "rent": ["9", "x"], "l": [[1], [2]]}).write_parquet(
        buffer
    )
    buffer.seek(0)
    found = read_loosely(buffer, "flats.parquet", TABLE, contract(), Cleaning())
    assert found.frame.to_dict(as_series=False) == {"built": [1950, 1951]}
    assert found.types["rent"] == "string"


def test_what_is_not_a_number_in_a_column_of_floats_is_missing() -> None:
    buffer = BytesIO()
    pl.DataFrame({"built": [1950.0, float("nan")], "rent": [float("nan"), 9.5]}).write_parquet(
        buffer
    )
    buffer.seek(0)
    found = read_loosely(buffer, "flats.parquet", TABLE, contract(), Cleaning())
    assert found.frame.to_dict(as_series=False) == {"built": [1950, None], "rent": [None, 9.5]}
    assert found.types == {"built": "integer", "rent": "number"}


def test_a_column_of_infinite_numbers_is_called_so() -> None:
    buffer = BytesIO()
    pl.DataFrame({"rent": [float("inf"), 9.5]}).write_parquet(buffer)
    buffer.seek(0)
    found = read_loosely(buffer, "flats.parquet", TABLE, contract(), Cleaning())
    assert found.types == {"rent": "numbers that are not finite"}


@pytest.mark.parametrize(("text", "says"), [("", "empty"), ("town,rent\n", "no rows")])
def test_a_file_without_rows_is_refused(text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(text)
