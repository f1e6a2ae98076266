"""What a pipeline does to the files around it: nothing, and what went wrong comes out as a code."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, Ran

AROUND: Mapping[str, bytes] = {
    "notes.md": b"of the analyst",
    "projects_of_others/thesis.tex": b"years of work",
    "home/_registry/README": b"why this is here",
    "home/walmart/notes.md": b"beside the outputs",
    "home/_runs/of somebody else/raw/train.csv": b"theirs",
    "home/other/processed/rows.parquet": b"of another project",
}
SERVED = ("--reason", "the weekly training")


def git(folder: Path, *words: str) -> str:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    own = {**who, "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    program = shutil.which("git")
    assert program is not None
    done = subprocess.run(
        [program, "-C", str(folder), *words],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **own},
    )
    return done.stdout


def quick() -> dict[str, bytes]:
    """The declaration of ``walmart`` with candidates that learn in a moment."""
    shipped = files("foresell") / "projects" / "walmart"
    text = (shipped / "project.yaml").read_text("utf-8")
    before, rest = text.split("\nmodels:\n")
    few = f"{before}\nmodels: {{candidates: [lad, ridge]}}\n{rest[rest.index('hierarchy:') :]}"
    contract = (shipped / "contract.yaml").read_bytes()
    return {"project.yaml": few.encode(), "contract.yaml": contract}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder under git with the data, what others keep there, and a home for foresell."""
    write_files(tmp_path, AROUND)
    write_files(tmp_path / "data", weekly_files(stores=2))
    write_files(tmp_path / "declared" / "walmart", quick())
    write_files(tmp_path, {".gitignore": b"home/\n"})
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "before")
    return tmp_path


def others(tree: Path) -> dict[str, bytes]:
    """Everything that is not foresell's: outside its home, and what others keep inside."""
    files = snapshot(tree)
    git_own = (".git/index",)  # `git status` notes when it has looked
    return {
        name: files[name]
        for name in files
        if (not name.startswith("home/") or name in AROUND) and name not in git_own
    }


def test_a_pipeline_from_its_files_to_its_cleanup_leaves_all_else_as_it_was(
    foresell: Foresell, tree: Path
) -> None:
    before, head = others(tree), git(tree, "rev-parse", "HEAD")
    raw, cleaned = tree / "home" / "_runs" / "r" / "raw", ("cleanup", "--run", "r")
    start = ("--start", "2010-03-05")

    def done(*words: str | Path) -> Ran:
        ran = foresell(*words)
        assert ran.code == 0, ran.err
        assert others(tree) == before
        return ran

    done("extract", "walmart", "--run", "r", "--data", tree / "data", *start)
    done("contract", "sample", "walmart", "--run", "r", "--rows", "50")
    done("run", "walmart", "--data", raw, "--preset", "fast")
    done("registry", "promote", "walmart", "--if-better", *SERVED)
    again = foresell("retrain", "walmart", "--data", tree / "data", "--preset", "fast")
    assert again.code in {0, 1}, again.err  # whether its challenger passes is no matter of files
    assert others(tree) == before
    done("monitor", "failed", "--dag", "d", "--task", "t", "--run", "r", "--project", "walmart")
    done("monitor", "failed", "--dag", "d", "--cleared", "--project", "walmart")
    inside = snapshot(tree / "home")
    done(*cleaned)
    done(*cleaned)
    assert snapshot(tree / "home") == {
        name: inside[name] for name in inside if not name.startswith("_runs/r/")
    }
    assert git(tree, "rev-parse", "HEAD") == head
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "stash", "list") == git(tree, "tag") == ""


def test_an_error_comes_out_as_a_code_and_nothing_of_it_is_published(
    foresell: Foresell, tree: Path
) -> None:
    before = others(tree)
    ragged = weekly_files()
    lines = ragged["train.csv"].decode().splitlines()
    twice = "\n".join([*lines, *lines[1:], ""]).encode()
    write_files(tree / "home" / "bad", {**ragged, "train.csv": twice})
    write_files(tree / "home" / "cut", {"train.csv": ragged["train.csv"]})
    bad = foresell("run", "walmart", "--data", tree / "home" / "bad", "--preset", "fast")
    assert (bad.code, "no row passed the gate" in bad.err) == (1, True), bad.err
    assert not (tree / "home" / "walmart" / "processed").exists()
    assert not (tree / "home" / "walmart" / "bundle").exists()
    assert foresell("run", "walmart", "--data", tree / "home" / "cut").code == 2
    assert foresell("run", "walmart", "--data", tree / "nowhere").code == 2
    assert foresell("extract", "walmart", "--run", "r", "--data", tree / "nowhere").code == 2
    assert foresell("registry", "promote", "walmart", "1", *SERVED).code == 2
    assert foresell("retrain", "walmart", "--data", tree / "data").code == 2
    assert foresell("cleanup", "--run", "of somebody else").code == 2
    assert others(tree) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_ends_with_3(foresell: Foresell, tree: Path) -> None:
    (tree / "home").chmod(0o500)
    try:
        assert foresell("extract", "walmart", "--run", "r", "--data", tree / "data").code == 3
    finally:
        (tree / "home").chmod(0o700)
