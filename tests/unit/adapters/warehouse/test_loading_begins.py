"""What a load refuses before it reads, and how it waits for another."""

from pathlib import Path

import psycopg
import pytest

import foresell
from foresell.adapters.warehouse.schema import LOCK
from foresell.errors import UsageError
from tests.builders import write_files
from tests.warehouse_loads import Warehouse
from tests.warehouse_toy import (
    TOY,
    Load,
)


@pytest.mark.parametrize("place", ["/folder", "gs://b/x", "s3:/b/x"])
def test_a_place_in_s3_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match="is not an s3:// address") as refused:
        foresell.load_warehouse("walmart", source=place)

    assert "--data DIR" in refused.value.mend


def test_two_places_for_the_files_are_refused() -> None:
    with pytest.raises(UsageError, match="two places"):
        foresell.load_warehouse("walmart", data="here", source="s3://bucket/there")


def test_a_schema_that_is_not_there_is_to_be_migrated(
    emptied: str, monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    Warehouse.at(emptied).name_it(monkeypatch)

    with pytest.raises(UsageError, match="foresell warehouse migrate"):
        load()


def test_a_load_waits_for_another_one_and_says_so(
    warehouse: Warehouse, load: Load, tmp_path: Path
) -> None:
    heard: list[str] = []
    data = write_files(tmp_path / "own", TOY)
    with psycopg.connect(
        host=warehouse.host, dbname=warehouse.name, user="postgres", port=warehouse.port
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])

        def hear(event: object) -> None:
            heard.append(f"{event}")
            if "waiting" in heard[-1]:
                other.rollback()

        report = foresell.load_warehouse("walmart", data=data, listen=hear)

    assert report.passed
    assert "waiting for its end" in heard[0]
