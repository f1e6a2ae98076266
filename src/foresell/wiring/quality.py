"""Where the quality report is gathered from files, each looked at again, and where it is kept."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, MachineError, UsageError
from foresell.pipeline.quality_artifacts import Artifact, json_artifact
from foresell.pipeline.quality_monitored import (
    DRIFT,
    PERFORMANCE,
    SCHEMA,
    drift_found,
    drift_missing,
    performance_found,
    performance_missing,
)
from foresell.report.quality_markdown import quality_markdown
from foresell.report.quality_page import quality_html
from foresell.settings import SERVING, Settings
from foresell.spec.commands import run_command
from foresell.spec.quality import FORMAT, QUALITY, Section, Value
from foresell.wiring import quality_general as general
from foresell.wiring.runs import declaration, workspace

HOME_FOLDER = "_quality"  # under home; no project has a name that begins with _
REPORT, SUMMARY, HTML = "quality_report.json", "quality_summary.md", "quality.html"
_JUNIT, _COVERAGE = (
    Path(".quality/junit.xml"),
    Path(".quality/coverage.json"),
)  # as `make test` does

_OPTIONS = {"tests": "--junit", "coverage": "--coverage", "load": "--load"}

Told = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Given:
    """Files that were named; None for where they usually lie."""

    junit: Path | None = None
    coverage: Path | None = None
    load: Path | None = None


def was_run(name: str, settings: Settings) -> bool:
    """Tell whether a project has ever been trained in this home."""
    return workspace(name, settings).record("refit") is not None


def gathered(names: Sequence[str], unrun: Sequence[str], given: Given, settings: Settings) -> Told:
    """Return the report, in plain values: what ``quality_report.json`` holds.

    ``names``: projects that are told of, ``unrun``: of which it is only said that they never ran. A
    file of ``given`` that is not there is a ``UsageError``, one that cannot be read a
    ``DataError``; one in its usual place is told of as missing.
    """
    under_load, load = _load(given.load, settings)
    sections = [
        _general("tests", given.junit, _JUNIT, general.of_tests),
        _general("coverage", given.coverage, _COVERAGE, general.of_coverage),
        under_load,
    ]
    projects = [_project(name, load, settings) for name in names]
    told = [asdict(one) for one in sections]
    parts = [("", part) for part in told]
    parts += [(one["project"], part) for one in projects for part in one["sections"]]
    report = {
        "format": FORMAT,
        "sections": told,
        "projects": projects,
        "never_run": [*unrun],
        "missing": [_trouble(*pair) for pair in parts if pair[1]["state"] == "missing"],
        "changed": [_trouble(*pair) for pair in parts if pair[1]["state"] == "changed"],
        "failed": [_trouble(*pair) for pair in parts if pair[1]["failed"]],
        "artifacts": _artifacts(part for _, part in parts),
    }
    return cast("Told", json.loads(json.dumps(report, allow_nan=False)))  # lists, as in the file


def _trouble(project: str, part: Told) -> Told:
    names = ("name", "title", "says", "mend")
    return {"project": project, **{name: part[name] for name in names}}


def _artifacts(parts: Iterable[Told]) -> list[Told]:
    """Return every file that a number was taken from, with its hash, each once."""
    found = {(one["artifact"], one["sha256"]) for part in parts for one in part["numbers"]}
    return [{"artifact": name, "sha256": sums} for name, sums in sorted(found)]


def _general(
    name: str, given: Path | None, usual: Path, read: Callable[[bytes, str], Section]
) -> Section:
    """Return what one file says of tests.

    Raises:
        DataError: it was named, and cannot be read.
    """
    place = given or usual
    content = _content(place, _OPTIONS[name] if given is not None else "")
    if content is None:
        return general.missing(name, f"There is no {place}.")
    try:
        return read(content, str(place))
    except DataError as error:
        if given is not None:
            raise
        return general.missing(name, f"{place} cannot be read: {error.what}.")


def _load(given: Path | None, settings: Settings) -> tuple[Section, Artifact | None]:
    """Return what came of the last load test, and its summary.

    Raises:
        DataError: it was named, and cannot be read.
    """
    usual = settings.home / SERVING / "load" / "summary.json"
    place = given or usual
    name = str(place) if given is not None else _named(usual, settings)
    content = _content(place, _OPTIONS["load"] if given is not None else "")
    if content is None:
        return general.missing("load", f"There is no {name}."), None
    try:
        found = json_artifact(name, content)
        return general.of_load(found), found
    except (DataError, KeyError, TypeError) as error:
        what = error.what if isinstance(error, DataError) else f"it has no {error}"
        if given is not None:
            raise DataError(what, name, "give the summary.json of foresell loadtest") from error
        return general.missing("load", f"{name} cannot be read: {what}."), None


def _content(place: Path, option: str) -> bytes | None:
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


def _named(place: Path, settings: Settings) -> str:
    """Return what a file is called: its path below the home, else whole."""
    home = settings.home.absolute()
    whole = place.absolute()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def _project(name: str, load: Artifact | None, settings: Settings) -> Told:
    """Return what is known of one project: what its run wrote, and what was found since."""
    place = workspace(name, settings)
    told = _of_run(name, place, settings)
    drift, schema, truth, measured = (
        _optional(one, _named(one, settings))
        for one in (
            *(place.folder("monitor") / file for file in (DRIFT, SCHEMA, PERFORMANCE)),
            latency_file(name, settings),
        )
    )
    unmeasured = general.latency_missing(name)
    latency = _made(measured, lambda of: general.of_latency(of, name), unmeasured)
    if latency is None and load is not None:
        latency = general.latency_under_load(load, name)
    lacking = performance_missing(name)
    since = [
        _made(drift, lambda of: drift_found(of, schema), drift_missing("nothing is known", name)),
        _made(truth, performance_found, lacking) or lacking,
        latency or unmeasured,
    ]
    version = _version(told["sections"])
    fresh = {one.name: asdict(_of_version(one, version)) for one in since if one is not None}
    told["sections"] = [fresh.pop(one["name"], one) for one in told["sections"]] + [*fresh.values()]
    if measured is not None and "sample" in measured.told:
        told["samples"] = [*told["samples"], general.sample_of(measured)]
    return told


def _version(sections: Iterable[Told]) -> Value:
    """Return which version the last run registered, None where that is not known."""
    numbers = (one for part in sections if part["name"] == "model" for one in part["numbers"])
    return next((one["value"] for one in numbers if one["name"] == "version"), None)


def _of_version(section: Section, version: Value) -> Section:
    """Return a section that says so where it is of another version than the last run's."""
    own = next((one.value for one in section.numbers if one.name == "version"), version)
    if version is None or own == version:
        return section
    other = f"This is of version {own}; the last run made version {version}."
    return replace(section, says=f"{section.says} {other}")


def _made(
    found: Artifact | None, make: Callable[[Artifact], Section], lacking: Section
) -> Section | None:
    """Return the section of a file, ``lacking`` where it is not as it should be; None of none."""
    if found is None:
        return None
    try:
        return make(found)
    except (KeyError, TypeError, ValueError) as error:
        return replace(lacking, says=f"{found.name} is not as it should be: {error}.")


def latency_file(project: str, settings: Settings) -> Path:
    """Return where what was measured of a project's server is kept."""
    return settings.home / HOME_FOLDER / "latency" / f"{project}.json"


def _optional(place: Path, name: str) -> Artifact | None:
    content = _content(place, "")
    return json_artifact(name, content) if content is not None else None


def _of_run(name: str, place: DirectoryWorkspace, settings: Settings) -> Told:
    """Return what the last run wrote of a project, its files looked at again.

    A file that is gone or has changed since makes its section ``changed``.
    """
    _, spec = declaration(name, settings)
    again = run_command(spec)
    content = _content(place.folder("quality") / QUALITY, "")
    why = "The last run told nothing of it." if was_run(name, settings) else "It never ran."
    lacking = Section(name="model", title="The model", state="missing", says=why, mend=again)
    none = {"project": name, "target": spec.target, "unit": spec.unit, "samples": []}
    if content is None or place.record("quality") is None:
        return {**none, "sections": [asdict(lacking)]}
    told = json_artifact(_placed(f"quality/{QUALITY}", place, settings), content).told
    if told.get("format") != FORMAT:
        lacking = replace(lacking, says="Another foresell wrote what is known of it.")
        return {**none, "sections": [asdict(lacking)]}
    sums: dict[str, str] = {}
    sections = [_looked_at(part, place, sums, again) for part in told["sections"]]
    for part in sections:
        for one in part["numbers"]:
            one["artifact"] = _placed(one["artifact"], place, settings)
    for one in told["samples"]:
        one["artifact"] = _placed(one["artifact"], place, settings)
    return {key: told[key] for key in ("project", "target", "unit", "samples")} | {
        "sections": sections
    }


def _looked_at(part: Told, place: DirectoryWorkspace, sums: dict[str, str], again: str) -> Told:
    """Return a section, ``changed`` where a file is not what its numbers were taken from."""
    wanted = {(one["artifact"], one["sha256"]) for one in part["numbers"]}
    other = sorted(name for name, sha256 in wanted if _sum(name, place, sums) != sha256)
    if not other:
        return part
    what = f"{', '.join(other)} {'is' if len(other) == 1 else 'are'} not what it was taken from."
    return {**part, "state": "changed", "says": f"{part['says']} {what}", "mend": again}


def _sum(name: str, place: DirectoryWorkspace, sums: dict[str, str]) -> str:
    """Return the sha256 of a file of an output, empty where it is gone."""
    if name not in sums:
        output, _, file = name.partition("/")
        content = _content(place.folder(output) / file, "")
        sums[name] = hashlib.sha256(content).hexdigest() if content is not None else ""
    return sums[name]


def _placed(name: str, place: DirectoryWorkspace, settings: Settings) -> str:
    """Return what a file of an output is called in the report of all projects."""
    output, _, file = name.partition("/")
    return _named(place.folder(output) / file, settings)


def keep(told: Told, out: Path | None, settings: Settings) -> Path:
    """Write the report, its summary and its page; return the folder."""
    folder = out if out is not None else settings.home / HOME_FOLDER
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write(folder / REPORT, f"{text}\n".encode())
    write(folder / SUMMARY, quality_markdown(told).encode())
    write(folder / HTML, quality_html(told).encode())
    return folder


def write(place: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        MachineError: the disk is full or may not be written.
    """
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}.draft")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(place)
    except OSError as error:
        raise MachineError(
            f"cannot write: {error.strerror or error}",
            str(place.parent),
            "free the disk or choose another",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
