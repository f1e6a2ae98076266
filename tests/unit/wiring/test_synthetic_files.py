"""The generator's folder: partitions, checksums, the same bytes every time, whole or not there."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.data.synthetic import generate, generate_files
from foresell.errors import MachineError, SpecError
from foresell.pipeline.work import Event
from foresell.settings import Settings
from foresell.spec.sources import Synthetic
from foresell.wiring.synthetic import (
    SUMS,
    WrittenFile,
    generated,
    is_intact,
    sums,
    write_synthetic,
)

MADE = Synthetic(stores=3, products=8, start="2023-11-20", end="2024-02-10", seed=5)
# So many products that every shop is a block of its own.
BLOCKS = Synthetic(stores=3, products=20_000, start="2024-01-31", end="2024-02-02", seed=5)
TABLES = ("sales", "inventory", "customer_traffic", "truth/demand")
PLANNED = ("promotions", "plan", "store_events")
METADATA = ("asked", "calendar", "effects", "products", "stores", "weather")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "out"
    write_synthetic(MADE, out)
    return out


def content(folder: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_table_lies_in_monthly_parts(made: Path) -> None:
    past = ["2023-11", "2023-12", "2024-01", "2024-02"]
    months = {
        **dict.fromkeys(TABLES, past),
        **{table: [*past, "2024-03", "2024-04"] for table in PLANNED},
    }
    expected = {
        f"{table}/year={month[:4]}/month={month[5:]}/part-0.parquet"
        for table, found in months.items()
        for month in found
    }
    expected |= {f"metadata/{name}.parquet" for name in METADATA}
    assert set(content(made)) == expected | {"metadata/generator.json", SUMS}


def test_a_part_holds_the_days_of_its_month_and_the_date_is_in_the_file(made: Path) -> None:
    for name in content(made):
        if "/year=" in name:
            frame = pl.read_parquet(made / name, hive_partitioning=False)
            month = pl.col("date").dt.strftime("year=%Y/month=%m")
            folder = "/".join(name.split("/")[-3:-1])
            assert frame.select(month.unique()).to_series().to_list() in ([], [folder])


def test_the_parts_together_are_the_tables(made: Path) -> None:
    whole = generate(MADE)
    for table in (*TABLES, *PLANNED):
        read = pl.read_parquet(made / table / "**" / "*.parquet", hive_partitioning=False)
        last = table.rsplit("/", maxsplit=1)[-1]
        assert read.sort(read.columns).equals(whole[last].sort(whole[last].columns))
        assert read.schema == whole[last].schema
    for table in METADATA:
        read = pl.read_parquet(made / "metadata" / f"{table}.parquet")
        assert_frame_equal(read, whole[table], check_row_order=table != "asked")


def test_a_reader_of_hive_folders_finds_year_and_month(made: Path) -> None:
    read = pl.scan_parquet(made / "sales", hive_partitioning=True)
    january = read.filter(pl.col("year") == 2024, pl.col("month") == 1).collect()
    assert january.height == 3 * 8 * 31
    assert january["date"].min() == date(2024, 1, 1)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    made: Path, tmp_path: Path
) -> None:
    write_synthetic(MADE, tmp_path / "again")
    assert content(tmp_path / "again") == content(made)
    write_synthetic(replace(MADE, seed=6), tmp_path / "other")
    other = content(tmp_path / "other")
    same = {
        name
        for name, found in content(made).items()
        if other[name] == found and not name.startswith("store_events/")  # most days are ordinary
    }
    assert same == {"metadata/calendar.parquet"}


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_number_of_threads_changes_no_byte(made: Path, tmp_path: Path, threads: str) -> None:
    program = (
        "import sys; from pathlib import Path; "
        "from foresell.spec.sources import Synthetic; "
        "from foresell.wiring.synthetic import write_synthetic; "
        f"write_synthetic({MADE!r}, Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "out")],
        env={"POLARS_MAX_THREADS": threads},
        check=True,
    )
    assert content(tmp_path / "out") == content(made)


def test_two_processes_write_the_bytes_of_one(tmp_path: Path) -> None:
    alone = write_synthetic(BLOCKS, tmp_path / "one")
    apart = write_synthetic(BLOCKS, tmp_path / "two", processes=2)
    assert alone == apart
    assert content(tmp_path / "one") == content(tmp_path / "two")
    parts = sorted((tmp_path / "two" / "sales" / "year=2024" / "month=02").iterdir())
    assert [part.name for part in parts] == ["part-0.parquet", "part-1.parquet", "part-2.parquet"]
    second = pl.read_parquet(parts[1], columns=["store_id", "date"], hive_partitioning=False)
    assert second["store_id"].unique().to_list() == ["S0002"]
    assert second.height == 2 * 20_000


def test_a_block_is_the_same_however_many_others_there_are() -> None:
    two = dict(generate_files(replace(BLOCKS, stores=2)))
    three = dict(generate_files(BLOCKS))
    parts = [name for name in two if "/year=" in name]
    assert len(parts) == 2 * (2 * 4 + 3 * 3)
    for name in parts:
        assert two[name].equals(three[name])


def test_a_later_end_changes_no_file_of_a_month_that_was_whole(made: Path, tmp_path: Path) -> None:
    later = (date.fromisoformat(MADE.end) + timedelta(days=40)).isoformat()
    write_synthetic(replace(MADE, end=later), tmp_path / "longer")
    longer, shorter = content(tmp_path / "longer"), content(made)
    whole = [name for name in shorter if "/year=2023" in name or "/month=01" in name]
    assert len(whole) == 3 * 7
    assert {name: longer[name] for name in whole} == {name: shorter[name] for name in whole}


def test_every_file_says_that_it_is_synthetic(made: Path) -> None:
    for name in content(made):
        if name.endswith(".parquet"):
            assert pl.read_parquet_metadata(made / name)["synthetic"] == "true"
    said = json.loads((made / "metadata" / "generator.json").read_bytes())
    assert said["synthetic"] is True
    assert Synthetic(**said["settings"]) == MADE


def test_what_was_written_is_told_with_its_checksums(made: Path, tmp_path: Path) -> None:
    told = write_synthetic(MADE, tmp_path / "out")
    assert [file.name for file in told] == sorted(name for name in content(made) if name != SUMS)
    assert json.loads((made / SUMS).read_bytes()) == {file.name: file.sha256 for file in told}
    assert sums(told)["sales"] == {
        "files": 4,
        "rows": 3 * 8 * 83,
        "bytes": sum(file.bytes for file in told if file.name.startswith("sales/")),
    }
    assert told[0] == WrittenFile(
        name="customer_traffic/year=2023/month=11/part-0.parquet",
        rows=3 * 11,
        bytes=len(content(made)["customer_traffic/year=2023/month=11/part-0.parquet"]),
        sha256=json.loads((made / SUMS).read_bytes())[told[0].name],
    )


def test_progress_is_told_month_by_month(tmp_path: Path) -> None:
    heard: list[Event] = []
    write_synthetic(MADE, tmp_path / "out", listen=heard.append)
    done = [event.stage for event in heard if event.kind == "done"]
    assert done == [
        "metadata", "2023-11", "2023-12", "2024-01", "2024-02", "2024-03", "2024-04"
    ]  # fmt: skip
    notes = [event.text for event in heard if event.kind == "note"]
    assert notes[2] == f"{3 * 31 * (8 * 3 + 1 + 4 + 1) + _promotions(tmp_path / 'out'):,} rows"


def _promotions(out: Path) -> int:
    part = out / "promotions" / "year=2023" / "month=12" / "part-0.parquet"
    return pl.read_parquet(part, hive_partitioning=False).height


@pytest.mark.parametrize("harm", ["alter", "remove", "add"])
def test_files_that_were_touched_are_made_again(tmp_path: Path, harm: str) -> None:
    settings = Settings(home=tmp_path, projects=())
    few = replace(MADE, stores=1, start="2024-02-01")
    place = generated("retail", few, 28, settings)
    assert is_intact(place)
    before, stamp = content(place), place.stat().st_ino
    assert generated("retail", few, 28, settings).stat().st_ino == stamp
    victim = next((place / "sales").rglob("*.parquet"))
    if harm == "alter":
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    elif harm == "remove":
        victim.unlink()
    else:
        victim.with_name("part-1.parquet").write_bytes(victim.read_bytes())
    assert not is_intact(place)
    assert generated("retail", few, 28, settings) == place
    assert content(place) == before


def test_settings_have_a_folder_each(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, projects=())
    few = replace(MADE, stores=1, start="2024-02-01")
    places = {
        generated("retail", few, 28, settings),
        generated("retail", few, 14, settings),
        generated("retail", replace(few, seed=6), 28, settings),
    }
    assert len(places) == 3
    assert sorted(place.name for place in places) == sorted(
        path.name for path in (tmp_path / "retail" / "synthetic").iterdir()
    )


def test_wrong_settings_touch_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SpecError):
        write_synthetic(replace(MADE, stores=0), out)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if event.stage == "2023-12":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_synthetic(MADE, tmp_path / "out", listen=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_a_trouble_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(MachineError, match="the folder cannot be made"):
        write_synthetic(MADE, tmp_path / "file" / "below" / "out")


def test_a_retailer_too_large_for_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    large = replace(MADE, stores=9_999, products=99_999, start="1990-01-01", end="2060-12-31")
    with pytest.raises(MachineError, match=r"rows take about [\d,.]+ GB, and [\d,.]+ GB are free"):
        write_synthetic(large, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
