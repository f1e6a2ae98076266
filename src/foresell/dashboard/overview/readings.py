"""One project, read: the registry, the last run, the gate, the watch, and how fresh it all is."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from foresell.dashboard.overview.facts import Days, Facts, Rows
from foresell.dashboard.overview.last_run import read_run
from foresell.dashboard.overview.watching import read_watch
from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import Shown, tried
from foresell.spec.calendar import step
from foresell.spec.registry import Alias, State, Version


def read(shown: Shown) -> Facts:
    """Return what is known of a project now; what cannot be read is among its troubles."""
    troubles: dict[str, Trouble] = {}
    own, now = shown.name, shown.now()
    state = tried(troubles, "registry", shown.state, f"{own}/registry")
    live, alias = live_of(state) if state else (None, None)
    days = Days(
        observed=tried(troubles, "data", lambda: _observed(shown), f"{own}/splits/split.json"),
        reaches=tried(
            troubles, "reach", lambda: _reaches(shown, live), f"{own}/bundle/metadata.json"
        ),
    )
    return Facts(
        name=own,
        kind=shown.kind,
        now=now,
        state=state,
        live=live,
        alias=alias,
        run=tried(troubles, "run", lambda: read_run(shown), f"{own}/run.json"),
        watch=read_watch(shown, live, now, troubles),
        rows=tried(troubles, "rows", lambda: _rows(shown), f"{own}/checks/checks.json"),
        days=days,
        left=tried(troubles, "bundle", lambda: _left(shown), f"{own}/bundle/checksums.json"),
        troubles=troubles,
    )


def live_of(state: State) -> tuple[Version, Alias] | tuple[None, None]:
    """Return the version that answers and what points to it: prod, else staging, else none."""
    by_number = {one.version: one for one in state.versions}
    for alias, number in state.aliases.items():  # prod comes first
        if number is not None:
            return by_number[number], alias
    return None, None


def _rows(shown: Shown) -> Rows | None:
    """Return what the gate made of the rows, None where none were read yet."""
    if shown.stamp("checks", "checks.json") is None:
        return None
    told = shown.json("checks", "checks.json")
    return Rows(
        read=int(told["read"]),
        quarantined=int(told["quarantined"]),
        allowed=float(told["allowed_share"]),
    )


def _observed(shown: Shown) -> date | None:
    """Return the last day of the processed rows, None where nothing says it."""
    if shown.stamp("splits", "split.json") is None:
        return None
    return last_day(shown.json("splits", "split.json"))


def last_day(split: Mapping[str, Any]) -> date | None:
    """Return the last day that a split of the rows tells of, None where they have no dates.

    >>> last_day({"first": "2010-02-05", "last_observed": "2011-12-30"})
    datetime.date(2011, 12, 30)
    >>> last_day({"kind": "tabular", "protocols": {"held-out": {"timed": False}}}) is None
    True
    """
    if "last_observed" in split:
        return date.fromisoformat(split["last_observed"])
    parts = [one.get("days") or {} for one in split["protocols"].values()]
    ends = [date.fromisoformat(span[1]) for days in parts for span in days.values()]
    return max(ends, default=None)


def _reaches(shown: Shown, live: Version | None) -> date | None:
    """Return the last day that a panel's live version can forecast, None where nothing says it."""
    cutoff = live.record.get("refit_cutoff") if live else None
    if shown.kind != "panel" or not cutoff or shown.stamp("bundle", "metadata.json") is None:
        return None
    told = shown.json("bundle", "metadata.json")
    return date.fromisoformat(str(cutoff)) + int(told["horizon"]) * step(told["frequency"])


def _left(shown: Shown) -> str | None:
    """Return the digest of the bundle that the last run left, None where there is none.

    A version is called by the sha256 of its bundle's listing.
    """
    if shown.stamp("bundle", "checksums.json") is None:
        return None
    return hashlib.sha256(shown.content("bundle", "checksums.json")).hexdigest()
