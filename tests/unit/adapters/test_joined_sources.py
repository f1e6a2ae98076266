"""One source over PostgreSQL and files: each name goes where it belongs."""

import pytest

from foresell.adapters.joined_sources import JoinedSource
from foresell.adapters.sources import MemorySource
from foresell.errors import DataError

ROWS = MemorySource({"postgres:sales": b"rows"}, label="postgresql://db/sales")
FILES = MemorySource({"stores.csv": b"text"}, label="folder")
BOTH = JoinedSource(ROWS, FILES)


def test_names_go_to_the_place_they_belong_to() -> None:
    assert [file.name for file in BOTH.files("postgres:sales")] == ["postgres:sales"]
    assert [file.name for file in BOTH.files("*")] == ["stores.csv"]
    assert (BOTH.open("postgres:sales").read(), BOTH.open("stores.csv").read()) == (
        b"rows",
        b"text",
    )


def test_an_error_names_the_place_that_was_asked() -> None:
    with pytest.raises(
        DataError, match="postgres:other is missing\n  where: postgresql://db/sales"
    ):
        BOTH.open("postgres:other")
    with pytest.raises(DataError, match=r"other.csv is missing\n  where: folder"):
        BOTH.open("other.csv")


def test_both_places_are_named_and_synthetic_data_in_either_is_told() -> None:
    assert BOTH.label == "postgresql://db/sales and folder"
    made = MemorySource({}, synthetic=True)
    assert (BOTH.synthetic, JoinedSource(ROWS, made).synthetic) == (False, True)
