"""A whole run on small files, and what it leaves behind."""

from collections.abc import Mapping
from pathlib import Path

import foresell
from foresell.api import RunResult
from tests.builders import snapshot, write_files

Files = Mapping[str, bytes]
# What tells of a run and not of its result: when it was, where and from when its files are, and
# what the registry made of it.
NOT_THE_RESULT = ("run.log", "run_id", "run.json", ".lock", ".state", "sources", "registration")


def run(files: Files, folder: Path, **asked: object) -> RunResult:
    data = write_files(folder / "data", files)
    return foresell.run("walmart", data=data, preset="fast", home=folder / "home", **asked)  # type: ignore[arg-type]


def made(folder: Path) -> dict[str, bytes]:
    """Every published file of the run in ``folder``: no log, no times, no places."""
    files = snapshot(folder / "home" / "walmart")
    return {name: files[name] for name in files if name.split("/")[0] not in NOT_THE_RESULT}


def under(files: Files, *outputs: str) -> dict[str, bytes]:
    return {name: files[name] for name in files if name.split("/")[0] in outputs}
