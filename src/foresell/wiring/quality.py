"""Where the quality report is gathered from files, each looked at again, and where it is kept."""

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from foresell.errors import DataError, MachineError
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
from foresell.spec.quality import FORMAT, Section, Value
from foresell.wiring import quality_general as general
from foresell.wiring.monitor_files import refuse_unwritable
from foresell.wiring.quality_runs import Told, content_of, named, of_run
from foresell.wiring.runs import workspace

HOME_FOLDER = "_quality"  # under home; no project has a name that begins with _
REPORT, SUMMARY, HTML = "quality_report.json", "quality_summary.md", "quality.html"
_JUNIT, _COVERAGE = (
    Path(".quality/junit.xml"),
    Path(".quality/coverage.json"),
)  # as `make test` does

_OPTIONS = {"tests": "--junit", "coverage": "--coverage", "load": "--load"}

# What comes of a file that holds JSON, and not what we would have written.
_ODD = (DataError, AttributeError, IndexError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Given:
    """Files that were named; None for where they usually lie.

    ``unserved``: projects that were to be asked how fast they answer, and have no version that
    answers.
    """

    junit: Path | None = None
    coverage: Path | None = None
    load: Path | None = None
    unserved: tuple[str, ...] = ()


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
    projects = [_project(name, load, given, settings) for name in names]
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
        "artifacts": _artifacts([
            *(number for _, part in parts for number in part["numbers"]),
            *(sample for one in projects for sample in one["samples"]),
        ]),
    }
    return cast("Told", json.loads(json.dumps(report, allow_nan=False)))  # lists, as in the file


def _trouble(project: str, part: Told) -> Told:
    names = ("name", "title", "says", "mend")
    return {"project": project, **{name: part[name] for name in names}}


def _artifacts(taken: Iterable[Told]) -> list[Told]:
    """Return every file that a number or a sample was taken from, with its hash, each once."""
    found = {(one["artifact"], one["sha256"]) for one in taken}
    return [{"artifact": name, "sha256": sums} for name, sums in sorted(found)]


def _general(
    name: str, given: Path | None, usual: Path, read: Callable[[bytes, str], Section]
) -> Section:
    """Return what one file says of tests.

    Raises:
        DataError: it was named, and cannot be read.
    """
    place = given or usual
    content = content_of(place, _OPTIONS[name] if given is not None else "")
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
    name = str(place) if given is not None else named(usual, settings)
    content = content_of(place, _OPTIONS["load"] if given is not None else "")
    if content is None:
        return general.missing("load", f"There is no {name}."), None
    try:
        found = json_artifact(name, content)
        general.latency_under_load(found, "")  # refuses what later would be found to be odd
        return general.of_load(found), found
    except _ODD as error:
        what = _odd(error)
        if given is not None:
            raise DataError(what, name, "give the summary.json of foresell loadtest") from error
        return general.missing("load", f"{name} cannot be read: {what}."), None


def _project(name: str, load: Artifact | None, given: Given, settings: Settings) -> Told:
    """Return what is known of one project: what its run wrote, and what was found since."""
    told, folder = of_run(name, settings), workspace(name, settings).folder("monitor")
    unmeasured = general.latency_missing(name, served=name not in given.unserved)
    measured, samples = latency_file(name, settings), []

    def latency(found: Artifact) -> Section:
        section = general.of_latency(found, name)
        samples.extend([general.sample_of(found)] if "sample" in found.told else [])
        return section

    def drift(found: Artifact) -> Section:
        return drift_found(found, _schema(folder / SCHEMA, settings))

    answered = _made(measured, latency, unmeasured, settings)
    if answered is None and load is not None:
        answered = general.latency_under_load(load, name)
    lacking, unknown = performance_missing(name), drift_missing("nothing is known", name)
    since = [
        _made(folder / DRIFT, drift, unknown, settings),
        _made(folder / PERFORMANCE, performance_found, lacking, settings) or lacking,
        answered or unmeasured,
    ]
    version = _version(told["sections"])
    fresh = {one.name: asdict(_of_version(one, version)) for one in since if one is not None}
    told["sections"] = [fresh.pop(one["name"], one) for one in told["sections"]] + [*fresh.values()]
    told["samples"] = [*told["samples"], *samples]
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
    place: Path, make: Callable[[Artifact], Section], lacking: Section, settings: Settings
) -> Section | None:
    """Return the section of a file, ``lacking`` where it is not as it should be; None of none."""
    content, name = content_of(place, ""), named(place, settings)
    if content is None:
        return None
    try:
        return make(json_artifact(name, content))
    except _ODD as error:
        return replace(lacking, says=f"{name} is not as it should be: {_odd(error)}.")


def _odd(error: Exception) -> str:
    """Return in words what is odd about a file that is JSON and yet none of ours."""
    if isinstance(error, DataError):
        return error.what
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _schema(place: Path, settings: Settings) -> Artifact | None:
    content = content_of(place, "")
    return None if content is None else json_artifact(named(place, settings), content)


def latency_file(project: str, settings: Settings) -> Path:
    """Return where what was measured of a project's server is kept."""
    return settings.home / HOME_FOLDER / "latency" / f"{project}.json"


def keep(told: Told, out: Path | None, settings: Settings) -> Path:
    """Write the report, its summary and its page; return the folder."""
    if out is None:
        refuse_unwritable(settings)
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
