"""Every broken input of ``tests/broken`` through the real command: refused, and nothing lost."""

import shutil
from collections.abc import Callable, Mapping
from importlib.resources import files as resources
from pathlib import Path

import pytest

from tests.broken.case import Broken, Files
from tests.broken.tables import EXPORT, FOLDERS, STORED, export_files, folder_files, stored_files
from tests.broken.texts import TEXTS
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, kept

SALES = "{name: sales, file: train.csv}"
# By project: the files of a good folder, what is broken in it, and how the sales are declared.
HOUSES: Mapping[str, tuple[Callable[[], Files], Mapping[str, Broken], str]] = {
    "walmart": (weekly_files, TEXTS, SALES),
    "folders": (folder_files, FOLDERS, "{name: sales, file: sales/}"),
    "stored": (stored_files, STORED, "{name: sales, file: train.parquet, format: parquet}"),
    "sales_orders": (export_files, EXPORT, ""),
}
CASES = [(project, name) for project, (_, cases, _) in HOUSES.items() for name in cases]
# What a stage that came before made anew is not what is looked at here.
BEFORE = ("manifest", "sources", "landing", "asked")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Where a good run of each project is kept, once it was made."""
    return {project: tmp_path_factory.mktemp("good") / project for project in HOUSES}


def declare(project: str, folder: Path) -> None:
    """Declare ``project`` in ``folder``, where it is ``walmart`` with its sales elsewhere."""
    if project in ("walmart", "sales_orders"):
        return
    shipped = resources("foresell") / "projects" / "walmart"
    text = (shipped / "project.yaml").read_text("utf-8")
    text = text.replace("name: walmart", f"name: {project}").replace(SALES, HOUSES[project][2])
    contract = (shipped / "contract.yaml").read_bytes()
    write_files(folder / project, {"project.yaml": text.encode(), "contract.yaml": contract})


def published(home: Path) -> dict[str, bytes]:
    """What the stages have made for others to read, but for those that only read raw files."""
    files = kept(home)
    return {
        name: files[name]
        for name in files
        if name.split("/")[1] not in BEFORE and not name.endswith(("manifest.json", "ingest.json"))
    }


@pytest.mark.parametrize(("project", "name"), CASES, ids=[f"{p}: {n}" for p, n in CASES])
def test_a_broken_input_is_refused_in_three_parts_and_what_was_published_stays(
    project: str, name: str, good: Mapping[str, Path], foresell: Foresell, tmp_path: Path
) -> None:
    make, cases, _ = HOUSES[project]
    broken, home = cases[name], tmp_path / "home"
    declare(project, tmp_path / "declared")
    if not good[project].exists():
        data = write_files(tmp_path / "good", make())
        ran = foresell("run", project, "--data", data, "--until", "split")
        assert (ran.code, ran.err.count("error")) == (0, 0)
        shutil.copytree(home, good[project])
    else:
        shutil.copytree(good[project], home)
    before = published(home)
    data = write_files(tmp_path / "bad", broken.change(make()))

    ran = foresell("run", project, "--data", data, "--until", "split")

    assert ran.code == 2, ran.err
    said = ran.err[ran.err.index("error ") :].removesuffix("\n").split("\n")
    assert len(said) == 3, said
    what, where, mend = said
    assert what.startswith(f"error {broken.what}"), what
    assert where.startswith(f"  where {broken.where}"), where
    assert mend.startswith(f"  mend  {broken.mend}"), mend
    assert published(home) == before


def test_there_are_at_least_forty_of_them() -> None:
    assert len(CASES) >= 40
