"""Folders that hold a report: what may be written over, and how one takes the place of another."""

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import MachineError, UsageError
from foresell.spec.ports import PROVENANCE

LISTING = "manifest.json"
_ASIDE = re.compile(r"[0-9a-f]{16}\.foresell-(old|draft)")  # what stands after .NAME.


def holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Tell whether ``folder`` holds ``files``, byte for byte."""
    return all(
        (folder / name).is_file() and (folder / name).read_bytes() == content
        for name, content in files.items()
    )


def refuse_held(folder: Path, place: DirectoryWorkspace) -> None:
    """Refuse a place, absolute, that something else holds: the workspace, or where one stands.

    Raises:
        UsageError: it does.
    """
    root, here = place.root.resolve(), Path.cwd().resolve()
    if folder == root or root in folder.parents:
        what = "the folder belongs to the project's workspace"
    elif folder in here.parents or folder == here:  # of which / is one
        what = "the folder is the one you stand in, or holds it"
    elif folder in root.parents:
        what = "the folder holds the project's workspace"
    else:
        return
    raise UsageError(what, str(folder), "name a new folder for the report: --out DIR")


def refuse_foreign(folder: Path, project: str) -> None:
    """Refuse a place that holds anything but a report of ``project``.

    Raises:
        UsageError: it does, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder.name!r} is a file", str(folder), "name a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    owner = _listed(folder).get("project")
    others = _others(folder)
    if owner != project:
        what = f"a report of {owner!r}" if owner else "files that are no such report"
    elif others:
        what = f"{others[0]!r} beside a report, which would be lost"
    else:
        return
    raise UsageError(
        f"the folder holds {what}", str(folder), "name another one, or empty it yourself"
    )


def refuse_other(folder: Path, files: Mapping[str, bytes]) -> None:
    """Refuse to write over a report that tells something else.

    Raises:
        UsageError: there is one.
    """
    if not (old := _listed(folder)):
        return
    new = json.loads(files[LISTING])
    differing = [
        words
        for key, words in (
            ("report_version", "another name"),
            ("rows", "train or all"),
            ("fingerprint", "other data"),
            ("foresell", "another foresell"),
            ("libraries", "other versions of libraries"),
        )
        if old.get(key) != new[key]
    ]
    raise UsageError(
        f"a report that differs is there ({differing[0] if differing else 'other files'})",
        str(folder),
        "give this one another name (--report-version), or replace it: --force",
    )


def put_back(folder: Path, project: str) -> None:
    """Put a report back that was moved aside by somebody who was killed before another was there.

    Raises:
        MachineError: it cannot be moved.
    """
    moved = [one for one in _left(folder, project) if one.name.endswith("old")]
    if folder.exists() or not moved:
        return
    try:
        moved[0].rename(folder)
    except OSError as error:
        raise MachineError(
            f"cannot write: {error.strerror or error}", str(folder), "mend the rights"
        ) from error


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put ``files`` in the place of what ``folder`` holds: whole, or not at all.

    `LISTING` says whose they are. What lies beside ``folder`` is touched only where it is such a
    report or the draft of one, left by somebody who was killed.

    Raises:
        MachineError: the disk is full, or the folder cannot be written.
    """
    draft, old = (_beside(folder, what) for what in ("draft", "old"))
    try:
        draft.mkdir(parents=True)
        for name in (LISTING, *files):  # first what says whose the draft is
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(files[name])
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    except OSError as error:
        raise MachineError(
            f"cannot write: {error.strerror or error}",
            str(folder),
            "free the disk, or choose another folder",
        ) from error
    for leftover in _left(folder, str(_listed(folder).get("project"))):
        shutil.rmtree(leftover, ignore_errors=True)


def _beside(folder: Path, what: str) -> Path:
    """Return a new place beside ``folder``."""
    return folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.foresell-{what}")


def _left(folder: Path, project: str) -> list[Path]:
    """Return the reports of ``project``, and drafts of such, that were left beside ``folder``."""
    start = f".{folder.name}."
    if not folder.parent.is_dir():
        return []
    return [
        one
        for one in sorted(folder.parent.iterdir())
        if one.name.startswith(start)
        and _ASIDE.fullmatch(one.name.removeprefix(start))
        and one.is_dir()
        and not one.is_symlink()
        and _listed(one).get("project") == project
        and not _others(one)
    ]


def _listed(folder: Path) -> Mapping[str, Any]:
    """Return what the report in ``folder`` says of itself; empty where there is none."""
    try:
        listing = json.loads((folder / LISTING).read_bytes())
    except (OSError, ValueError):
        return {}
    ours = isinstance(listing, dict) and {"project", "fingerprint", "files"} <= set(listing)
    return listing if ours else {}


def _others(folder: Path) -> list[str]:
    """Return the files in ``folder`` that its report does not list."""
    own = {*_listed(folder).get("files", ()), LISTING, PROVENANCE}
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return [name for path in found if (name := path.relative_to(folder).as_posix()) not in own]
