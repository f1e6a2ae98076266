"""What runs leave behind, by sha256: the same for every runner, but for readings of clocks."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from foresell.settings import environment

# Files of HOME/PROJECT that say when and where a run was, and nothing else.
OF_THE_RUN: Mapping[str, str] = {
    "run.log": "a line for each event, with its time",
    "checks_log.jsonl": "a line for each new finding of the gate, with its time and its run",
    "run_id": "the name of the last run, which begins with its time",
    "run.json": "that name, the seconds of each stage, and the commit one stood in",
}
# Fields that say so in files which hold more: the rest of these files is compared.
READINGS: Mapping[str, Mapping[str, str]] = {
    ".state": {
        "seconds": "how long the stage took",
        "run_id": "which run did it",
        "sources": "the sha256 of sources.json, which says from when the raw files are",
    },
    "sources": {
        "modified": "when the raw file was written",
        "uri": "the folder in which the raw file lay",
    },
}
# What a run is given. The manifest has the sha256 of every raw file.
GIVEN = ("raw", "synthetic", "repairs")
# By which instructions of the processor the linear algebra library adds: its last bits show it.
KERNELS = {name: word for name, word in environment().items() if name.startswith("OPENBLAS_")}
# Files that keep two runs apart. They are empty.
_LOCKS = ".lock"


def artifacts(home: Path, project: str) -> dict[str, str]:
    """Return the sha256 of everything that runs made of ``project``, by path, without clocks."""
    place = home / project
    found = {}
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        name = path.relative_to(place).as_posix()
        first = name.partition("/")[0]
        if name not in OF_THE_RUN and first not in GIVEN and not name.endswith(_LOCKS):
            found[name] = hashlib.sha256(without_readings(name, path.read_bytes())).hexdigest()
    return found


def objects(home: Path) -> dict[str, str]:
    """Return the sha256 of every file that the registry under ``home`` keeps, by path."""
    place = home / "_registry" / "objects"
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the files that only one of two runs made, or that each made otherwise."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def without_readings(name: str, content: bytes) -> bytes:
    """Return the file ``name`` without the fields that READINGS names for its folder."""
    fields = READINGS.get(name.partition("/")[0])
    if fields is None or not name.endswith(".json") or name.endswith("provenance.json"):
        return content
    return json.dumps(_without(json.loads(content), fields), sort_keys=True).encode()


def _without(value: Any, fields: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_without(one, fields) for one in value]
    if isinstance(value, dict):
        return {key: _without(one, fields) for key, one in value.items() if key not in fields}
    return value


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` has filled, once for all processes of this test session.

    A run of minutes that several files look at is done by the first test that asks; the other
    processes of pytest-xdist wait for it. Whoever changes something there copies it first.
    """
    own = factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own  # noqa: TID251 - pytest's word
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("a") as lock:
        flock(lock, LOCK_EX)
        if not done.exists():
            assert not folder.exists(), f"{name} could not be made; the test before this says why"
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
