from dataclasses import replace
from pathlib import Path

import pytest

from foresell.errors import UsageError
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.wiring.places import lying_files, picture_folder, project_workspace
from foresell.wiring.risks import keep
from foresell.wiring.runs import declaration
from tests.builders import snapshot

FILES = ("train.csv", "features.csv", "stores.csv")


def settings(folder: Path, **moved: str) -> Settings:
    return Settings(
        home=folder / "home",
        projects=(),
        directories={name: folder / word for name, word in moved.items()},
    )


@pytest.fixture
def walmart(tmp_path: Path) -> ProjectSpec:
    return declaration("walmart", settings(tmp_path))[1]


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_without_a_variable_all_outputs_are_at_home(tmp_path: Path) -> None:
    place = project_workspace("shop", settings(tmp_path))
    assert (place.root, dict(place.places)) == (tmp_path / "home" / "shop", {})
    assert picture_folder("shop", "risk", settings(tmp_path)) == tmp_path / "home/shop/risk"


def test_pictures_are_with_the_reports_unless_they_have_a_directory_of_their_own(
    tmp_path: Path,
) -> None:
    reports = settings(tmp_path, REPORTS_DIR="r")
    both = settings(tmp_path, REPORTS_DIR="r", FIGURES_DIR="f")
    assert picture_folder("shop", "risk", reports) == tmp_path / "r/shop/risk"
    assert picture_folder("shop", "risk", both) == tmp_path / "f/shop/risk"


def test_the_numbers_of_a_risk_go_to_the_reports_and_its_pictures_to_the_figures(
    tmp_path: Path,
) -> None:
    files = {"usa.svg": b"1", "usa.json": b'{"project": "shop", "segment": {}}', "usa.png": b"2"}
    kept = keep("shop", files, settings(tmp_path, REPORTS_DIR="r", FIGURES_DIR="f"))
    assert kept == (
        tmp_path / "f/shop/risk/usa.svg",
        tmp_path / "r/shop/risk/usa.json",
        tmp_path / "f/shop/risk/usa.png",
    )
    assert {path.read_bytes() for path in kept} == set(files.values())


def test_a_directory_inside_an_output_is_refused_when_the_workspace_is_opened(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"FIGURES_DIR lies in .*/home/shop/report, which"):
        project_workspace("shop", settings(tmp_path, FIGURES_DIR="home/shop/report/charts"))


def test_raw_files_lie_in_the_data_directory_where_all_declared_ones_do(
    tmp_path: Path, walmart: ProjectSpec
) -> None:
    moved = settings(tmp_path, DATA_DIR="d")
    put(tmp_path / "d/walmart", *FILES[:2], "processed/stores.csv")
    assert lying_files(walmart, moved) is None
    put(tmp_path / "d/walmart", FILES[2])
    assert lying_files(walmart, moved) == tmp_path / "d/walmart"
    put(tmp_path / "home/walmart", *FILES)
    assert lying_files(walmart, settings(tmp_path)) is None


@pytest.mark.parametrize("pattern", ["**/*.parquet", "processed/", "figures/x.parquet"])
def test_what_runs_keep_in_the_data_directory_is_no_raw_file(
    pattern: str, tmp_path: Path, walmart: ProjectSpec
) -> None:
    put(tmp_path / "d/walmart", "processed/part.parquet", "figures/x.parquet", "own.parquet")
    table = Table(name="sales", file=pattern, format="parquet")
    asked = replace(walmart, tables=(table,))
    assert lying_files(asked, settings(tmp_path, DATA_DIR="d")) is None
    assert lying_files(
        replace(walmart, tables=(replace(table, file="*.parquet"),)),
        settings(tmp_path, DATA_DIR="d"),
    ) == (tmp_path / "d/walmart")
    assert len(snapshot(tmp_path)) == 3
