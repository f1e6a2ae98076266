"""What the last run wrote of the quality of a project, its files looked at again."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import MachineError, UsageError
from foresell.pipeline.quality_artifacts import json_artifact
from foresell.settings import Settings
from foresell.spec.commands import run_command
from foresell.spec.quality import FORMAT, QUALITY, Section
from foresell.wiring.runs import declaration, workspace

Told = dict[str, Any]


def was_run(name: str, settings: Settings) -> bool:
    """Tell whether a project has ever been trained in this home."""
    return workspace(name, settings).record("refit") is not None


def content_of(place: Path, option: str) -> bytes | None:
    """Return the bytes of a file, None where there is none.

    Raises:
        UsageError: there is none, and ``option`` named it.
        MachineError: it may not be read.
    """
    try:
        return place.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        if option:
            raise UsageError(f"there is no file {str(place)!r}", option, "give one") from error
        return None
    except OSError as error:
        raise MachineError(
            f"it cannot be read: {error.strerror}", str(place), "mend the rights"
        ) from error


def named(place: Path, settings: Settings) -> str:
    """Return what a file is called: its path below the home, else whole."""
    home = settings.home.absolute()
    whole = place.absolute()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """The outputs of a run, looked at again: ``sums`` are the sha256 of files seen so far."""

    place: DirectoryWorkspace
    settings: Settings
    sums: dict[str, str] = field(default_factory=dict)

    def sum_of(self, name: str) -> str:
        """Return the sha256 of a file of an output, empty where it is gone."""
        if name not in self.sums:
            output, _, file = name.partition("/")
            content = content_of(self.place.folder(output) / file, "")
            self.sums[name] = hashlib.sha256(content).hexdigest() if content is not None else ""
        return self.sums[name]

    def placed(self, name: str) -> str:
        """Return what a file of an output is called in the report of all projects."""
        output, _, file = name.partition("/")
        return named(self.place.folder(output) / file, self.settings)


def of_run(name: str, settings: Settings) -> Told:
    """Return what the last run wrote of a project, its files looked at again.

    A file that is gone or has changed since makes its section ``changed``. Where the run's own list
    of numbers is not what the run wrote, no number of it is told.
    """
    _, spec = declaration(name, settings)
    place, again = workspace(name, settings), run_command(spec)
    looked = _Looked(place=place, settings=settings)
    file, record = f"quality/{QUALITY}", place.record("quality")
    why = "The last run told nothing of it." if was_run(name, settings) else "It never ran."
    lacking = Section(name="model", title="The model", state="missing", says=why, mend=again)
    none = {"project": name, "target": spec.target, "unit": spec.unit, "samples": []}
    content = content_of(place.folder("quality") / QUALITY, "")
    if content is None or record is None:
        return {**none, "sections": [asdict(lacking)]}
    if looked.sum_of(file) != _recorded(record):
        says = f"{looked.placed(file)} is not what the run wrote."
        return {**none, "sections": [asdict(replace(lacking, state="changed", says=says))]}
    told = json_artifact(looked.placed(file), content).told
    if told.get("format") != FORMAT:
        lacking = replace(lacking, says="Another foresell wrote what is known of it.")
        return {**none, "sections": [asdict(lacking)]}
    sections = [_looked_at(part, looked, again) for part in told["sections"]]
    sections += _samples_changed(told["samples"], looked, again)
    for one in (*(number for part in sections for number in part["numbers"]), *told["samples"]):
        one["artifact"] = looked.placed(one["artifact"])
    return {key: told[key] for key in ("project", "target", "unit", "samples")} | {
        "sections": sections
    }


def _recorded(record: bytes) -> str:
    """Return the sha256 that a run recorded of its list of numbers, empty where it did not."""
    try:
        return str(json.loads(record)["outputs"]["quality"][QUALITY])
    except (ValueError, KeyError, TypeError):
        return ""


def _looked_at(part: Told, looked: _Looked, again: str) -> Told:
    """Return a section, ``changed`` where a file is not what its numbers were taken from."""
    if not (other := _others(part["numbers"], looked)):
        return part
    return {**part, "state": "changed", "says": f"{part['says']} {other}", "mend": again}


def _samples_changed(samples: list[Told], looked: _Looked, again: str) -> list[Told]:
    """Return a section that says of which samples the files have changed, if any have."""
    if not (other := _others(samples, looked)):
        return []
    found = Section(name="samples", title="Samples", state="changed", says=other, mend=again)
    return [{**asdict(found), "numbers": []}]


def _others(taken: Iterable[Told], looked: _Looked) -> str:
    """Return which files are not what was taken from them, empty where all are."""
    wanted = {(one["artifact"], one["sha256"]) for one in taken}
    other = sorted(name for name, sha256 in wanted if looked.sum_of(name) != sha256)
    verb = "is" if len(other) == 1 else "are"
    return f"{', '.join(other)} {verb} not what it was taken from." if other else ""
