"""What this machine and this installation have, and how to mend what they lack."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from os.path import normpath
from pathlib import Path
from typing import Literal

from foresell.spec.directories import HOME, nearest_existing
from foresell.spec.extras import install_words

_ROOM_GIB = 2.0


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at. ``mend`` is empty where there is nothing to do."""

    name: str
    state: Literal["ok", "missing"]
    found: str
    mend: str = ""


def examine(home: Path, directories: Mapping[str, Path] | None = None) -> Sequence[Check]:
    """Look at Python, cores, memory, and the folders that hold all state.

    ``directories``: those outside ``home``, by the variable that says so.
    """
    places = [_folder(folder, name, name) for name, folder in (directories or {}).items()]
    home_folder = _folder(home, "workspace", HOME)
    return [*_python(), *_resources(), home_folder, *places]


def commit_of(folder: Path) -> str | None:
    """Return the commit that is checked out in ``folder``; None where git or a commit is missing.

    A tree with changes that are in no commit has ``-dirty`` behind it.
    """
    git = shutil.which("git")
    if git is None or not folder.is_dir():
        return None
    words = [
        git,
        "-C",
        str(folder),
        "describe",
        "--always",
        "--abbrev=40",
        "--dirty",
        "--exclude=*",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None


def _python() -> Iterator[Check]:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Check(
        name="Python",
        state="ok" if fits else "missing",
        found=f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        mend="" if fits else "install Python 3.11, 3.12 or 3.13 and run 'make clean setup'",
    )


def libraries() -> Iterator[Check]:
    """Look whether the libraries that foresell declares are installed, and say their versions."""
    declared = (
        re.split(r"[^\w.-]", need)[0] for need in requires("foresell") or () if "extra" not in need
    )
    yield from _extras()
    for name in sorted(declared):
        try:
            yield Check(name=name, state="ok", found=version(name))
        except PackageNotFoundError:
            yield Check(
                name=name, state="missing", found="not installed", mend="run 'make setup' again"
            )


def _extras() -> Iterator[Check]:
    """Say of each library of an extra whether it is there; what needs none of it works without."""
    asked = re.compile(r"([\w.-]+).*extra == ['\"]([\w-]+)['\"]")
    extras: dict[str, list[str]] = {}
    for match in filter(None, map(asked.match, requires("foresell") or ())):
        name, extra = match.groups()
        if extra not in {"all", "dev"} and name != "foresell":
            extras.setdefault(name, []).append(extra)
    sizes = Counter(extra for within in extras.values() for extra in within)
    for name, within in sorted(extras.items()):
        # An extra that takes another one in lists its libraries too: the smaller one is their own.
        first = "train" if "train" in within else min(within, key=lambda one: (sizes[one], one))
        try:
            held = version(name)
        except PackageNotFoundError:
            held = f"not installed; {install_words(first)} if you want it"
        yield Check(name=f"{name} (extra {first})", state="ok", found=held)


def _resources() -> Iterator[Check]:
    yield Check(name="cores", state="ok", found=str(os.cpu_count()))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    enough = memory >= _ROOM_GIB * 2
    yield Check(
        name="memory",
        state="ok" if enough else "missing",
        found=f"{memory:.1f} GiB",
        mend="" if enough else "a run on Walmart's data takes up to 4 GiB; use --preset fast",
    )


def _folder(folder: Path, name: str, variable: str) -> Check:
    """Look whether ``folder``, or the one it would be made in, can be written and has room."""
    existing = nearest_existing(folder)
    free = shutil.disk_usage(existing).free / 2**30
    writable = existing.is_dir() and os.access(existing, os.W_OK)
    fine = writable and free >= _ROOM_GIB
    trouble = "" if writable else ", not writable" if existing.is_dir() else ", which is a file"
    return Check(
        name=name,
        state="ok" if fine else "missing",
        found=f"{normpath(folder)}, {free:.1f} GiB free{trouble}",
        mend="" if fine else f"set {variable} to a writable folder with {_ROOM_GIB:.0f} GiB",
    )
