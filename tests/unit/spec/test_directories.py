from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.pipeline.graph import STAGES
from foresell.spec.directories import DIRECTORIES, Place, places, read_directories

HOME = Path("/home")


def test_every_output_of_every_stage_has_exactly_one_variable() -> None:
    named = [output for outputs in DIRECTORIES.values() for output in outputs]
    made = {output for stages in STAGES.values() for stage in stages for output in stage.makes}
    assert len(named) == len(set(named))
    assert set(named) - made == {
        *("raw", "synthetic", "repairs", "risk", "warehouse", "eda_reports", "monitor"),
    }
    assert made <= set(named)


def test_what_is_not_said_or_empty_moves_nothing() -> None:
    assert read_directories({}) == ({}, "")
    assert read_directories({"DATA_DIR": "", "MODELS_DIR": "  ", "OTHER_DIR": "/x"}) == ({}, "")


def test_a_relative_folder_is_one_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    said = {"DATA_DIR": "raw files", "SPLITS_DIR": "./s", "FIGURES_DIR": "~/pictures", "X": "y"}
    assert read_directories(said)[0] == {
        "DATA_DIR": tmp_path / "raw files",
        "SPLITS_DIR": tmp_path / "s",
        "FIGURES_DIR": Path("/home/ann/pictures"),
    }


def test_raw_files_may_lie_in_s3_and_then_all_else_is_at_home() -> None:
    assert read_directories({"DATA_DIR": "s3://sales/raw"}) == ({}, "s3://sales/raw")


@pytest.mark.parametrize(
    ("variable", "word", "said"),
    [
        (
            "MODELS_DIR",
            "s3://models/x",
            (
                "s3:// is no folder",
                "MODELS_DIR",
                "give a folder; bundles are kept in an S3 bucket by FORESELL_ARTIFACTS",
            ),
        ),
        (
            "DATA_DIR",
            "https://jo:secret@host/x",
            (
                "https:// is no folder",
                "DATA_DIR",
                "give a folder, or s3://BUCKET/PREFIX for raw files",
            ),
        ),
        ("REPORTS_DIR", "gs://x", ("gs:// is no folder", "REPORTS_DIR", "give a folder")),
        (
            "REPORTS_DIR",
            "~nobody at all/x",
            ("the home of '~nobody at all' is not known", "REPORTS_DIR", "write it in full"),
        ),
    ],
)
def test_an_address_is_no_folder_and_is_not_repeated(
    variable: str, word: str, said: tuple[str, str, str]
) -> None:
    with pytest.raises(UsageError) as caught:
        read_directories({variable: word})
    assert caught.value.args == said


def test_a_folder_holds_one_folder_a_project_and_what_is_not_moved_stays() -> None:
    found = places("walmart", HOME, {"MODELS_DIR": Path("/m"), "SPLITS_DIR": Path("/s")})
    models = Place(folder=Path("/m/walmart"), variable="MODELS_DIR")
    assert found == {
        "splits": Place(folder=Path("/s/walmart"), variable="SPLITS_DIR"),
        **dict.fromkeys(("judged", "predictions", "bundle", "registration", "registered"), models),
    }


@pytest.mark.parametrize(
    "moved",
    [
        {name: Path("/all") for name in DIRECTORIES},
        dict.fromkeys(DIRECTORIES, HOME),
        {"DATA_DIR": Path("/d"), "MODELS_DIR": Path("/d/models")},
        {"DATA_DIR": Path("/home/data"), "REPORTS_DIR": Path("/home/walmart/reports")},
        {"DATA_DIR": Path("/")},
        {"DATA_DIR": Path("/home/walmart")},
    ],
)
def test_directories_may_share_a_folder_or_lie_in_one_another(moved: dict[str, Path]) -> None:
    found = places("walmart", HOME, moved)
    assert {place.folder for place in found.values()} == {
        folder / "walmart" for folder in moved.values()
    }


@pytest.mark.parametrize(
    ("moved", "inside", "holder"),
    [
        (
            {"DATA_DIR": Path("/d"), "MODELS_DIR": Path("/d/walmart/raw")},
            "/d/walmart/raw",
            "DATA_DIR",
        ),
        (
            {"MODELS_DIR": Path("/home/retail/processed/x")},
            "/home/retail/processed",
            "FORESELL_HOME",
        ),
        ({"MODELS_DIR": Path("/home/walmart/.state")}, "/home/walmart/.state", "FORESELL_HOME"),
        ({"MODELS_DIR": Path("/home/x/../y/checks")}, "/home/y/checks", "FORESELL_HOME"),
    ],
)
def test_a_directory_in_an_output_of_another_is_refused(
    moved: dict[str, Path], inside: str, holder: str
) -> None:
    with pytest.raises(UsageError) as caught:
        places("walmart", HOME, moved)
    assert caught.value.args == (
        f"MODELS_DIR lies in {inside}, which {holder} holds and which is replaced as a whole",
        f"MODELS_DIR={moved['MODELS_DIR']}",
        "give it a folder of its own",
    )


def test_a_directory_in_an_output_through_a_link_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "d" / "walmart" / "landing").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "d" / "walmart" / "landing")
    moved = {"DATA_DIR": tmp_path / "d", "FIGURES_DIR": tmp_path / "link"}
    with pytest.raises(UsageError, match=r"FIGURES_DIR lies in .*/walmart/landing, which DATA_DIR"):
        places("walmart", HOME, moved)


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        places("walmart", tmp_path / "home", {"REPORTS_DIR": file / below})
    assert caught.value.args == (f"{file} is a file", "REPORTS_DIR", "give a folder")


part = st.sampled_from(["a", "walmart", "retail", "raw", "bundle", "splits", "x"])
path = st.lists(part, max_size=4).map(lambda parts: Path("/no such folder", *parts))


@settings(max_examples=200)
@given(home=path, moved=st.dictionaries(st.sampled_from(list(DIRECTORIES)), path))
def test_whatever_is_said_no_output_ever_lies_in_another_one(
    home: Path, moved: dict[str, Path]
) -> None:
    outputs = [output for held in DIRECTORIES.values() for output in held]
    try:
        found = {name: places(name, home, moved) for name in ("walmart", "retail")}
    except UsageError:
        return
    lying = [
        (places_of[output].folder if output in places_of else home / name) / output
        for name, places_of in found.items()
        for output in outputs
    ]
    assert len(set(lying)) == len(lying)
    for one in lying:
        assert not set(one.parents) & set(lying)
