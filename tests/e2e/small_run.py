"""A whole run on small files, and what it leaves behind."""

from collections.abc import Mapping
from importlib.resources import files as files_of
from pathlib import Path

import foresell
from foresell.api import RunResult
from tests.builders import snapshot, write_files

Files = Mapping[str, bytes]
_SMALL = 'stores: 8, products: 48, start: "2023-01-01"'
# What tells of a run and not of its result: when it was, where and from when its files are, and
# what the registry made of it.
NOT_THE_RESULT = (
    *("run.log", "checks_log.jsonl", "run_id", "run.json", ".lock", ".state", "sources"),
    *("registration", "registered", "quality"),  # quality has the sha256 of what was registered
)


def declare_small_retail(folder: Path) -> None:
    """Declare a smaller ``retail`` in ``folder``: eight stores, two years."""
    shipped = files_of("foresell") / "projects" / "retail"
    text = (shipped / "project.yaml").read_text("utf-8")
    small = text.replace('stores: 10, products: 120, start: "2022-01-01"', _SMALL)
    assert small != text
    contract = (shipped / "contract.yaml").read_text("utf-8")
    own = {"project.yaml": small.encode(), "contract.yaml": contract.encode()}
    write_files(folder / "retail", own)


def run(files: Files, folder: Path, **asked: object) -> RunResult:
    data = write_files(folder / "data", files)
    return foresell.run("walmart", data=data, preset="fast", home=folder / "home", **asked)  # type: ignore[arg-type]


def made(folder: Path) -> dict[str, bytes]:
    """Every published file of the run in ``folder``: no log, no times, no places."""
    files = snapshot(folder / "home" / "walmart")
    return {name: files[name] for name in files if name.split("/")[0] not in NOT_THE_RESULT}


def under(files: Files, *outputs: str) -> dict[str, bytes]:
    return {name: files[name] for name in files if name.split("/")[0] in outputs}
