"""A table that grows a batch at a time and appears whole, or not at all."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.growing_file import GrowingFile
from foresell.errors import MachineError

BATCHES = [
    pl.DataFrame({"row": [1, 2], "text": ["a", 'b "c"']}),
    pl.DataFrame({"row": [3], "text": [None]}, schema_overrides={"text": pl.String}),
]
READ: dict[str, Callable[[Path], pl.DataFrame]] = {
    "csv": pl.read_csv,
    "parquet": pl.read_parquet,
}


@pytest.mark.parametrize("kind", list(READ))
def test_batches_become_one_table_in_their_order(tmp_path: Path, kind: str) -> None:
    with GrowingFile(tmp_path / f"out.{kind}") as growing:
        for batch in BATCHES:
            growing.add(batch)
        assert not (tmp_path / f"out.{kind}").exists()

    assert READ[kind](tmp_path / f"out.{kind}").equals(pl.concat(BATCHES))
    assert [path.name for path in tmp_path.iterdir()] == [f"out.{kind}"]


@pytest.mark.parametrize("kind", list(READ))
def test_no_row_at_all_is_a_table_of_columns(tmp_path: Path, kind: str) -> None:
    with GrowingFile(tmp_path / f"out.{kind}") as growing:
        growing.add(BATCHES[0].clear())

    assert READ[kind](tmp_path / f"out.{kind}").columns == ["row", "text"]
    assert READ[kind](tmp_path / f"out.{kind}").height == 0


@pytest.mark.parametrize("kind", list(READ))
def test_after_an_error_or_when_abandoned_what_stood_there_is_untouched(
    tmp_path: Path, kind: str
) -> None:
    place = tmp_path / f"out.{kind}"
    place.write_text("as it was")

    def stumble() -> None:
        with GrowingFile(place) as growing:
            growing.add(BATCHES[0])
            raise KeyError("on the way")

    with pytest.raises(KeyError):
        stumble()
    with GrowingFile(place) as growing:
        growing.add(BATCHES[0])
        growing.abandon()

    assert place.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


@pytest.mark.parametrize("kind", list(READ))
def test_a_place_that_cannot_be_written_is_said_in_our_words(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "gone" / f"out.{kind}"

    def write() -> None:
        with GrowingFile(place) as growing:
            growing.add(BATCHES[0])

    with pytest.raises(MachineError) as refused:
        write()

    assert refused.value.args[1:] == (str(place), "free the disk or choose another")


@pytest.mark.parametrize("kind", list(READ))
def test_a_name_is_no_pattern_of_names(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "of [1] *"
    folder.mkdir()
    with GrowingFile(folder / f"out[2]?.{kind}") as growing:
        for batch in BATCHES:
            growing.add(batch)

    with (folder / f"out[2]?.{kind}").open("rb") as file:
        read = pl.read_csv(file) if kind == "csv" else pl.read_parquet(file)
    assert read.equals(pl.concat(BATCHES))
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("kind", list(READ))
def test_two_that_grow_at_one_place_do_not_mix(tmp_path: Path, kind: str) -> None:
    place = tmp_path / f"out.{kind}"
    with GrowingFile(place) as first:
        first.add(BATCHES[0])
        with GrowingFile(place) as second:
            second.add(BATCHES[1])
            first.add(BATCHES[0])
        assert READ[kind](place)["row"].to_list() == [3]

    assert READ[kind](place).equals(pl.concat([BATCHES[0], BATCHES[0]]))
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


def test_a_part_that_is_spoilt_on_the_way_is_said_in_our_words(tmp_path: Path) -> None:
    place = tmp_path / "out.parquet"

    def write() -> None:
        with GrowingFile(place) as growing:
            growing.add(BATCHES[0])
            for part in tmp_path.glob(".*/*.parquet"):
                part.write_bytes(b"no table")

    with pytest.raises(MachineError) as refused:
        write()

    assert refused.value.args[1:] == (str(place), "free the disk or choose another")
    assert list(tmp_path.iterdir()) == []
