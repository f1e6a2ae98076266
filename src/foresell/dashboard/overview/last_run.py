"""The last run of a project: whether it came to its end, and if not, what it said last."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foresell.dashboard.overview.facts import Run
from foresell.dashboard.reading.shown import Shown
from foresell.pipeline.records import read_record

_RUN_ID = "%Y%m%dT%H%M%SZ"  # how a run's id begins
_STAMPED = 16  # characters of that
_TAIL = 65_536  # bytes of run.log: more than a run tells of its last stages
_LOADED = ".state", "ingest.json"  # what is known of the stage that takes the rows in
_STEPS = ("started", "failed", "done", "kept")


def moment_of(run_id: object) -> datetime | None:
    """Return when a run began, in UTC, by its id; None where that is none.

    >>> moment_of("20261122T063806Z-bc23717b"), moment_of("mine")
    (datetime.datetime(2026, 11, 22, 6, 38, 6, tzinfo=datetime.timezone.utc), None)
    """
    try:
        return datetime.strptime(str(run_id)[:_STAMPED], _RUN_ID).replace(tzinfo=UTC)
    except ValueError:
        return None


def read_run(shown: Shown) -> Run | None:
    """Return the last run, None where there was none.

    A run leaves ``run_id`` as it begins and ``run.json`` when it has come to its end; one that
    failed, was killed or is at work has only its lines in ``run.log``.
    """
    if shown.stamp("", "run_id") is None:
        return None
    run_id = shown.content("", "run_id").decode("utf-8", "replace").strip()
    left = shown.stamp("", "run.json") is not None
    told: Mapping[str, Any] = shown.json("", "run.json") if left else {"run_id": ""}
    loaded = moment_of(_loading(shown))
    if told["run_id"] == run_id:
        own = [name for name, run in told["stages"].items() if run == run_id]
        return Run(
            run_id=run_id,
            ended="finished",
            began=moment_of(run_id),
            loaded=loaded,
            seconds=sum(float(told["seconds"][name] or 0) for name in own),
        )
    stamp = run_id, shown.stamp("", "run.log")
    found = shown.kept("overview: unfinished run", stamp, lambda: _unfinished(shown, run_id))
    return replace(found, loaded=loaded)


def _loading(shown: Shown) -> object:
    """Return the id of the run that took in the rows there are, None where nothing says it.

    That stands in the record of the stage: a run that failed later on leaves no ``run.json``.
    """
    if shown.stamp(*_LOADED) is None:
        return None
    return read_record(shown.content(*_LOADED)).get("run_id")


def _unfinished(shown: Shown, run_id: str) -> Run:
    """Return a run that left no facts, by what it said last."""
    said, heard = ("", "", ""), moment_of(run_id)
    for line in _lines(shown):
        at, own, stage, kind, text = (*line.split(" ", 4), "", "", "", "")[:5]
        if own != run_id:
            continue
        heard = _time(at) or heard
        if kind in _STEPS and said[1] != "failed":  # the first failure is why the run ended
            said = stage, kind, text
    failed = said[1] == "failed"
    return Run(
        run_id=run_id,
        ended="failed" if failed else "open",
        began=moment_of(run_id),
        heard=heard,
        stage=said[0],
        says=said[2] if failed else "",
    )


def _lines(shown: Shown) -> list[str]:
    """Return the last lines of the log of runs; none where there is no log."""
    if shown.stamp("", "run.log") is None:
        return []
    return shown.content("", "run.log")[-_TAIL:].decode("utf-8", "replace").splitlines()


def _time(text: str) -> datetime | None:
    """Return the time of a line, None where it has none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
