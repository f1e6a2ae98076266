"""A repository of git and DVC with one small project and a copy of foresell, as a user has it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import write_files
from tests.same_bytes import KERNELS, once
from tests.tabular_files import order_files, order_lines

ROOT = Path(__file__).parents[1]
DVC = ROOT / ".venv-dvc" / "bin"
OWN = ("params.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore")
SHIPPED = ROOT / "src" / "foresell" / "projects"
PROJECT = "sales_orders"
_NOBODY = {
    f"GIT_{who}_{what}": "nobody@localhost"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
_RAN = re.compile(r"^Running stage '([^']+)':$", re.MULTILINE)


@dataclass(frozen=True)
class Said:
    """What a program printed, on both streams, and how it ended."""

    code: int
    text: str

    @property
    def ran(self) -> list[str]:
        """The stages that DVC ran, in order."""
        return _RAN.findall(self.text)


@dataclass(frozen=True)
class Repository:
    """A folder with a copy of the program in ``src``, projects beside it, git and DVC."""

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def call(
        self, *words: str | Path, fine: bool = True, env: Mapping[str, str] | None = None
    ) -> Said:
        """Run one of git, dvc and foresell in the repository."""
        own = {
            **KERNELS,
            "PATH": os.pathsep.join([
                str(Path(sys.executable).parent),
                str(DVC),
                os.environ["PATH"],  # noqa: TID251 - a child's
            ]),
            "HOME": str(self.root.parent),
            "PYTHONPATH": str(self.root / "src"),
            "FORESELL_TRACKING": "off",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(self.root.parent / "site"),
            "COLUMNS": "120",
            **_NOBODY,
        }
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.root,
            env={**own, **self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not fine, f"{words}: {done.stdout[-3000:]}"
        return Said(done.returncode, done.stdout)

    def dvc(self, *words: str | Path) -> Said:
        return self.call("dvc", *words)

    def foresell(self, *words: str | Path, env: Mapping[str, str] | None = None) -> Said:
        return self.call("foresell", *words, env=env)

    def commit(self) -> None:
        self.call("git", "add", "--all")
        self.call("git", "commit", "--quiet", "--message", "as it is")

    def copy(self, folder: Path) -> "Repository":
        """The same repository elsewhere, with its own state of DVC."""
        shutil.copytree(self.root, folder / "repository", symlinks=True)
        return Repository(folder / "repository", self.env)

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (self.root / file).write_text(text.replace(old, new), encoding="utf-8")

    def done_by(self, home: str = "workspace") -> dict[str, str]:
        """The run that did each stage, by its name."""
        place = self.root / home / PROJECT / ".state"
        records = {path.stem: json.loads(path.read_bytes()) for path in place.glob("*.json")}
        return {name: one["run_id"] for name, one in records.items() if isinstance(one, dict)}

    def status(self) -> dict[str, str]:
        """The state of each stage, as ``foresell status`` has it.

        That a raw file is that of another folder or time, with the same bytes, is no news here.
        """
        words = ("status", PROJECT, "--params", "params.yaml", "--format", "json")
        told: Any = json.loads(self.foresell(*words).text)
        return {one["stage"]: one["state"] for one in told[0]["stages"] if not _touched(one)} | {
            one["stage"]: "fresh" for one in told[0]["stages"] if _touched(one)
        }


def _touched(stage: Mapping[str, Any]) -> bool:
    changes = [reason["change"] for reason in stage["reasons"]]
    return bool(changes) and set(changes) == {"touched"}


def found_repository(root: Path, projects: Sequence[str] = ()) -> Repository:
    """A repository with foresell, those of its ``projects``, and no project of its own yet."""
    quiet = shutil.ignore_patterns("__pycache__", "projects")
    shutil.copytree(ROOT / "src" / "foresell", root / "src" / "foresell", ignore=quiet)
    for name in projects:
        shutil.copytree(SHIPPED / name, root / "src" / "foresell" / "projects" / name)
    (root / "src" / "foresell" / "projects").mkdir(exist_ok=True)
    write_files(root, {name: (ROOT / name).read_bytes() for name in OWN})
    write_files(root, {"requirements/dev.txt": b"# what is installed\n"})
    repository = Repository(root)
    repository.change("params.yaml", "preset: default", "preset: fast")
    repository.call("git", "init", "--quiet")
    return repository


def declare_orders(repository: Repository) -> None:
    """Declare a small ``sales_orders`` with one candidate, and put its raw files in place."""
    text = yaml.safe_load((SHIPPED / PROJECT / "project.yaml").read_text("utf-8"))
    del text["risk"]  # takes longer than all other stages together
    models = {"relative_to": text["models"]["relative_to"], "candidates": ["ridge"]}
    few = {**text, "models": models, "split": {"test_share": 0.2, "folds": 3}}
    own = {
        "project.yaml": yaml.safe_dump(few, sort_keys=False).encode(),
        "contract.yaml": (SHIPPED / PROJECT / "contract.yaml").read_bytes(),
    }
    write_files(repository.root / "projects" / PROJECT, own)
    write_files(repository.root / "data", order_files(order_lines(80)))
    repository.foresell("stage", PROJECT, "data")


def _orders(folder: Path) -> None:
    repository = found_repository(folder / "repository")
    declare_orders(repository)
    repository.foresell("pipeline", "export", "dvc")
    repository.dvc("add", f"workspace/{PROJECT}/raw")
    said = repository.dvc("repro")
    (folder / "said.txt").write_text(said.text, encoding="utf-8")
    repository.commit()


@pytest.fixture(scope="session")
def orders_by_dvc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository of a small project that ``dvc repro`` has made from nothing.

    ``said.txt`` is what it printed. To look at and to copy, not to change.
    """
    return once(tmp_path_factory, "orders_by_dvc", _orders)


@pytest.fixture
def repository(orders_by_dvc: Path, tmp_path: Path) -> Repository:
    """A copy of that repository, to change."""
    return Repository(orders_by_dvc / "repository").copy(tmp_path)


def _retail(folder: Path) -> None:
    repository = found_repository(folder / "repository", ["retail"])
    repository.foresell("pipeline", "export", "dvc")
    repository.dvc("repro")


@pytest.fixture(scope="session")
def retail_by_dvc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that ``dvc repro`` fills from nothing, for ``retail`` with the preset fast."""
    return once(tmp_path_factory, "retail_by_dvc", _retail) / "repository" / "workspace"
