"""What is known beside the models: tests, coverage, latency over HTTP, load."""

import json
from collections.abc import Mapping
from typing import Any

from foresell.adapters.coverage_files import read_coverage
from foresell.adapters.junit import read_junit
from foresell.errors import counted
from foresell.pipeline.quality_artifacts import Artifact, artifact, pointer, taken
from foresell.spec.commands import promote_command
from foresell.spec.quality import Number, Section

_MS = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
_NAMED = 10  # tests that failed
_COVERAGE = "pytest --cov --cov-branch --cov-report=json:.quality/coverage.json"
MISSING = {  # by section: its title, and what makes it
    "tests": ("Tests", "pytest --junit-xml .quality/junit.xml"),
    "coverage": ("Coverage of the tests", _COVERAGE),
    "load": ("Load test", "foresell loadtest"),
}


def missing(name: str, why: str) -> Section:
    """Return a section that has nothing to tell."""
    title, mend = MISSING[name]
    return Section(name=name, title=title, state="missing", says=why, mend=mend)


def of_tests(content: bytes, name: str) -> Section:
    """Return what came of the tests; a file that is none is a ``DataError``."""
    found, file = read_junit(content, name), artifact(name, content)
    numbers = [
        file.number("tests", found.tests, "testcase"),
        file.number("passed", found.passed, "testcase without failure, error, skipped"),
        file.number("failed", found.failed, "testcase/failure"),
        file.number("errors", found.errors, "testcase/error without failure"),
        file.number("skipped", found.skipped, "testcase/skipped without failure, error"),
        file.number("seconds", round(found.seconds, 3), "sum of testsuite/@time", "s"),
    ]
    if found.started:
        numbers.append(file.number("started", found.started, "least testsuite/@timestamp", "date"))
    bad = list(found.troubles)
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    named = f": {', '.join(bad[:_NAMED])}{more}" if bad else ""
    return Section(
        name="tests",
        title=MISSING["tests"][0],
        state="found",
        says=f"{found.passed:,} of {counted(found.tests, 'test')} passed, {found.skipped:,} were "
        f"skipped, {len(bad):,} failed{named}.",
        mend=("mend what failed, then run the tests again" if bad else "")
        or (MISSING["tests"][1] if not found.tests else ""),
        failed=bool(bad) or found.tests == 0,
        numbers=tuple(numbers),
    )


def of_coverage(content: bytes, name: str) -> Section:
    """Return how much of the code tests have run; a file that is none is a ``DataError``."""
    found, file = read_coverage(content, name), artifact(name, content)
    numbers = [
        file.number("lines", found.lines, found.at["lines"]),
        file.number("lines run", found.lines_run, found.at["lines_run"]),
    ]
    says = "No line has a branch." if found.measured else "Branches were not measured."
    if found.lines:
        at = f"{found.at['lines_run']} over {found.at['lines']}"
        numbers.append(file.number("line coverage", found.lines_run / found.lines, at, "share"))
    if found.branches:
        share = found.branches_run / found.branches
        at = f"{found.at['branches_run']} over {found.at['branches']}"
        numbers += [
            file.number("branches", found.branches, found.at["branches"]),
            file.number("branches run", found.branches_run, found.at["branches_run"]),
            file.number("branch coverage", share, at, "share"),
        ]
        says = f"{share:.1%} of {found.branches:,} branches were run."
    if found.made:
        numbers.append(file.number("made", found.made, "/meta/timestamp", "date"))
    return Section(
        name="coverage",
        title=MISSING["coverage"][0],
        state="found" if found.measured else "missing",
        says=says,
        mend="" if found.measured else f"measure them: {MISSING['coverage'][1]}",
        numbers=tuple(numbers),
    )


def of_load(found: Artifact) -> Section:
    """Return what came of a load test, from its ``summary.json``."""
    told = found.told
    passed = bool(told["passed"])
    numbers = taken(
        found,
        [
            ("passed", "/passed", ""),
            ("requests", "/requests", ""),
            ("users", "/users", ""),
            ("seconds", "/duration_s", "s"),
            ("requests a second", "/requests_per_second", ""),
            ("failures", "/failures", ""),
            ("failure_share", "/failure_share", "share"),
            *((name, f"/{name}", "ms") for name in _MS),
            ("machine", "/machine", ""),
        ],
    )
    for place, one in enumerate(told["thresholds"]):
        numbers += taken(
            found, [(f"limit_{one['name']}", pointer("thresholds", place, "limit"), _unit(one))]
        )
    kept = "It kept within its thresholds" if passed else "It did not keep within its thresholds"
    return Section(
        name="load",
        title=MISSING["load"][0],
        state="found",
        says=f"{kept}: {counted(told['users'], 'user')} asked {', '.join(told['projects'])}.",
        mend="" if passed else "see its summary.json; then again: foresell loadtest",
        failed=not passed,
        numbers=tuple(numbers),
    )


def _unit(threshold: Mapping[str, Any]) -> str:
    return "ms" if str(threshold["name"]).endswith("_ms") else "share"


def of_latency(found: Artifact, project: str) -> Section:
    """Return how long one row takes over HTTP, as it was measured."""
    told = found.told
    numbers = taken(
        found,
        [
            ("version", "/version", ""),
            ("requests", "/requests", ""),
            ("failures", "/failures", ""),
            *((name, f"/{name}", "ms") for name in _MS),
            ("measured", "/measured_at", "date"),
            ("machine", "/machine", ""),
        ],
    )
    failed = told["failures"] > 0
    reasons = f" {counted(told['failures'], 'request')} failed: {'; '.join(told['reasons'])}."
    return Section(
        name="latency",
        title="Latency over HTTP",
        state="found",
        says=f"Version {told['version']}, one row a request, one caller, {told['endpoint']}."
        + (reasons if failed else ""),
        mend=f"foresell quality {project} --measure" if failed else "",
        failed=failed,
        numbers=tuple(numbers),
    )


def latency_under_load(found: Artifact, project: str) -> Section | None:
    """Return how long one row took in a load test, None where it did not ask this project."""
    name = f"POST /projects/{project}/predict"
    places = [at for at, one in enumerate(found.told["endpoints"]) if one["name"] == name]
    if not places:
        return None
    numbers: list[Number] = taken(
        found,
        [
            (number, pointer("endpoints", places[0], number), unit)
            for number, unit in (
                ("requests", ""),
                ("failures", ""),
                *((name, "ms") for name in _MS),
            )
        ],
    )
    return Section(
        name="latency",
        title="Latency over HTTP",
        state="found",
        says=f"One row a request, {name}, while the load test asked: "
        f"{counted(found.told['users'], 'user')}.",
        numbers=tuple(numbers),
    )


def latency_missing(project: str, *, served: bool = True) -> Section:
    """Return that nobody has measured; where it is not ``served``, that nobody can."""
    says, mend = (
        "Nobody has measured how long a row takes.",
        f"foresell quality {project} --measure",
    )
    if not served:
        says = "It was not measured: no version is on the alias that answers."
        mend = promote_command(project)
    return Section(name="latency", title="Latency over HTTP", state="missing", says=says, mend=mend)


def sample_of(found: Artifact) -> dict[str, Any]:
    """Return the first counted request of a measurement and its reply, as a table of two columns.

    As `foresell.pipeline.quality_samples.samples` has it.
    """
    told = found.told["sample"]
    rows = [
        ["asked", _text(told["asked"])],
        [f"answered {told['status']}", _text(told["answered"])],
    ]
    return {
        "title": "One request and its answer",
        "artifact": found.name,
        "sha256": found.sha256,
        "columns": ["", "JSON"],
        "whole": True,
        "rows": rows,
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
