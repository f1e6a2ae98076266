"""A whole run on small files, and what it leaves behind."""

from collections.abc import Mapping
from pathlib import Path

import foresell
from foresell.api import RunResult
from tests.builders import snapshot, write_files

Files = Mapping[str, bytes]
MADE_AFTER_LEARNING = ("run.log", ".lock", ".state")


def run(files: Files, folder: Path, **asked: object) -> RunResult:
    data = write_files(folder / "data", files)
    return foresell.run("walmart", data=data, preset="fast", home=folder / "home", **asked)  # type: ignore[arg-type]


def made(folder: Path) -> dict[str, bytes]:
    """Every published file of the run in ``folder``: no log, no times."""
    files = snapshot(folder / "home" / "walmart")
    return {name: files[name] for name in files if name.split("/")[0] not in MADE_AFTER_LEARNING}


def under(files: Files, *outputs: str) -> dict[str, bytes]:
    return {name: files[name] for name in files if name.split("/")[0] in outputs}
