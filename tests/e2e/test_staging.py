"""``foresell stage``: raw files put in place, all or none, and used by the runs that follow."""

import io
import json
import zipfile
from pathlib import Path

import pytest

import foresell
from foresell.api.staging import stage
from foresell.spec.sources import Synthetic
from foresell.wiring.synthetic import write_synthetic
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, three_lines


def zipped(files: dict[str, bytes], folder: str = "walmart-main/raw/") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return buffer.getvalue()


def staged(home: Path, project: str = "walmart") -> dict[str, bytes]:
    files = snapshot(home / project / "raw")
    return {name: files[name] for name in files if not name.startswith("_")}


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_was_staged_is_what_a_run_without_data_reads(
    form: str, foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    place = write_files(tmp_path / "given", files | {"notes.txt": b"private"})
    if form == "zip":
        place = tmp_path / "given.zip"
        place.write_bytes(zipped(files | {"notes.txt": b"private"}))

    put = foresell("stage", "walmart", place)
    ran = foresell("run", "walmart", "--until", "split")

    assert (put.code, ran.code) == (0, 0)
    assert staged(tmp_path / "home") == files
    assert f"from {tmp_path}/home/walmart/raw" in ran.err
    other = foresell("run", "walmart", "--data", tmp_path / "given", "--until", "split")
    assert (other.code, other.err.count("nothing changed")) == (0, 3)  # the same bytes


def test_what_was_staged_before_is_replaced_whole(foresell: Foresell, tmp_path: Path) -> None:
    first, second = weekly_files(), weekly_files(seed=2)
    del second["test.csv"]
    assert foresell("stage", "walmart", write_files(tmp_path / "one", first)).code == 0
    assert foresell("stage", "walmart", write_files(tmp_path / "two", second)).code == 0
    assert staged(tmp_path / "home") == second
    assert sorted(path.name for path in (tmp_path / "home/walmart").iterdir()) == [".lock", "raw"]


def test_a_missing_file_is_refused_and_what_was_staged_stays(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    assert foresell("stage", "walmart", write_files(tmp_path / "good", files)).code == 0
    bad = {name: files[name] for name in files if name != "stores.csv"}

    for place in (write_files(tmp_path / "bad", bad), tmp_path / "bad.zip"):
        if place.suffix:
            place.write_bytes(zipped(bad))
        ran = foresell("stage", "walmart", place)
        assert ran.code == 2
        assert "stores.csv" in ran.err.splitlines()[0]
        assert staged(tmp_path / "home") == files


def test_the_files_may_lie_in_one_folder_below_the_one_given(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    write_files(tmp_path / "given" / "export", files)
    write_files(tmp_path / "given" / "other", {"train.csv": b"old"})
    assert foresell("stage", "walmart", tmp_path / "given").code == 0
    assert staged(tmp_path / "home") == files

    write_files(tmp_path / "given" / "again", files)
    ran = foresell("stage", "walmart", tmp_path / "given")
    said = three_lines(
        "2 folders hold the files: again, export", str(tmp_path / "given"), "give one of them"
    )
    assert (ran.code, ran.err) == (2, said)


def test_where_a_missing_file_was_looked_for_is_told_without_options_that_are_not_there(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    del files["stores.csv"]
    place = write_files(tmp_path / "given", files | {"old/notes.txt": b""})
    ran = foresell("stage", "walmart", place)
    said = three_lines(
        "stores.csv is missing",
        f"{place}, and each folder in it",
        "put it there, or give the folder that has it; "
        "did you mean 'test.csv'? Known: features.csv, old, test.csv, train.csv",
    )
    assert (ran.code, ran.err) == (2, said)


def test_a_damaged_member_is_refused_and_what_was_staged_stays(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    content = bytearray(zipped(files))
    content[200:210] = b"\0" * 10
    (tmp_path / "bad.zip").write_bytes(content)
    ran = foresell("stage", "walmart", tmp_path / "bad.zip")
    said = three_lines(
        "the member train.csv is damaged",
        f"{tmp_path}/bad.zip/walmart-main/raw",
        "get the archive again",
    )
    assert (ran.code, ran.err) == (2, said)
    assert staged(tmp_path / "home") == {}


def test_a_place_that_does_not_exist_is_refused(foresell: Foresell, tmp_path: Path) -> None:
    ran = foresell("stage", "walmart", tmp_path / "nowhere.zip")
    said = three_lines(
        "there is no such folder or archive",
        str(tmp_path / "nowhere.zip"),
        "give the folder or the zip that holds train.csv, features.csv, stores.csv",
    )
    assert (ran.code, ran.err) == (2, said)


def test_a_replacement_that_was_interrupted_loses_nothing(
    foresell: Foresell, tmp_path: Path
) -> None:
    files = weekly_files()
    assert foresell("stage", "walmart", write_files(tmp_path / "good", files)).code == 0
    raw = tmp_path / "home" / "walmart" / "raw"
    raw.rename(raw.with_name("raw.old"))
    assert foresell("run", "walmart", "--until", "manifest").code == 0
    assert staged(tmp_path / "home") == files


def test_files_of_the_generator_are_called_synthetic_wherever_they_lie(tmp_path: Path) -> None:
    made = Synthetic(stores=2, products=4, start="2023-01-01", end="2024-12-31", seed=1)
    write_synthetic(made, tmp_path / "made")
    said = stage("retail", tmp_path / "made", home=tmp_path / "home")
    assert said.synthetic
    assert "metadata/effects.parquet" not in staged(tmp_path / "home", "retail")
    for data in (None, tmp_path / "made"):
        ran = foresell.run("retail", data=data, until="manifest", home=tmp_path / "home")
        manifest = json.loads((ran.workspace / "manifest" / "manifest.json").read_bytes())
        assert manifest["synthetic"] is True


def test_the_staged_files_are_told_in_json(foresell: Foresell, tmp_path: Path) -> None:
    files = weekly_files()
    ran = foresell("stage", "walmart", write_files(tmp_path / "good", files), "--format", "json")
    said = json.loads(ran.out)
    assert said["files"] == [
        {"name": name, "bytes": len(files[name])}
        for name in ("train.csv", "features.csv", "stores.csv", "test.csv")
    ]
    assert (said["project"], said["synthetic"]) == ("walmart", False)
    assert said["folder"] == str(tmp_path / "home" / "walmart" / "raw")
