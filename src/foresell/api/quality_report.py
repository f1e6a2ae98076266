"""The quality report: tests, coverage, models, latency and load, each number with its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.settings import read_settings
from foresell.spec.extras import SERVING, need
from foresell.wiring import quality as wiring
from foresell.wiring import runs
from foresell.wiring.quality_runs import was_run


@dataclass(frozen=True, kw_only=True)
class QualityReport:
    """What is known of the quality of a home's projects.

    ``told``: what ``quality_report.json`` holds. ``missing``: what is missing or is not what its
    numbers were taken from; ``failed``: what is there and does not pass; each as "project: title".
    ``folder``: where ``quality_report.json``, ``quality_summary.md`` and ``quality.html`` lie.
    """

    told: Mapping[str, Any]
    missing: tuple[str, ...]
    failed: tuple[str, ...]
    folder: Path


def quality(
    projects: str | Sequence[str] = (),
    *,
    junit: str | Path | None = None,
    coverage: str | Path | None = None,
    load: str | Path | None = None,
    measure: bool = False,
    requests: int = 200,
    alias: str | None = None,
    out: str | Path | None = None,
    home: str | Path | None = None,
) -> QualityReport:
    """Gather what is known of the quality of ``projects`` into one report.

    By default every project that was run. ``junit``, ``coverage``, ``load``: the results of tests
    as JUnit's XML, a file of coverage.py (JSON or XML), the ``summary.json`` of a load test; by
    default ``.quality/junit.xml``, ``.quality/coverage.json`` and the last load test of this home.
    ``measure``: first start a server of each project, ask it ``requests`` times for one row, and
    keep how long that took; ``alias``: the version that answers, by default prod, else staging, or
    the number of one; without names, projects that have no such version are told as missing.
    ``out``: a folder, by default ``_quality`` in the home.

    What is missing is told as missing, with what makes it; a file that is not what its numbers were
    taken from is told as changed. A file that is named and not there is a ``UsageError``, one that
    cannot be read a ``DataError``; a server that does not start a ``MachineError``.
    """
    settings = read_settings(_path(home))
    known = [*runs.declarations(settings)]
    named = [projects] if isinstance(projects, str) else [*projects]
    for name in named:
        runs.declaration(name, settings)  # refuses a name that is none
    names = [*dict.fromkeys(named)] or [one for one in known if was_run(one, settings)]
    unrun = [] if named else [one for one in known if one not in names]
    unserved: tuple[str, ...] = ()
    if measure:
        need(SERVING, "foresell quality --measure", "serve")
        from foresell.wiring.latency import keep_latencies  # noqa: PLC0415 - only when it is asked

        unserved = keep_latencies(names, requests, alias, settings, every=bool(named))
    given = wiring.Given(
        junit=_path(junit), coverage=_path(coverage), load=_path(load), unserved=unserved
    )
    told = wiring.gathered(names, unrun, given, settings)
    folder = wiring.keep(told, _path(out), settings)
    return QualityReport(
        told=told,
        missing=_titles([*told["missing"], *told["changed"]]),
        failed=_titles(told["failed"]),
        folder=folder,
    )


def _path(word: str | Path | None) -> Path | None:
    return Path(word) if word is not None else None


def _titles(troubles: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(": ".join(filter(None, (one["project"], one["title"]))) for one in troubles)
