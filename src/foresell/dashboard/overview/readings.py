"""One project, read: the registry, the last run, the gate, the watch, and how fresh it all is."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from foresell.dashboard.overview.facts import Days, Facts, Rows
from foresell.dashboard.overview.last_run import read_run
from foresell.dashboard.overview.watching import read_watch
from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import AbsentError, Shown, tried
from foresell.spec.calendar import step
from foresell.spec.registry import Alias, State, Version


def read(shown: Shown) -> Facts:
    """Return what is known of a project now; what cannot be read is among its troubles."""
    troubles: dict[str, Trouble] = {}
    own, now = shown.name, shown.now()
    standing = tried(troubles, "registry", lambda: _standing(shown), f"{own}/registry")
    state, live, alias = standing or (None, None, None)
    left = tried(troubles, "bundle", lambda: _left(shown), f"{own}/bundle/checksums.json")
    days = Days(
        observed=tried(troubles, "data", lambda: _observed(shown), f"{own}/splits/split.json"),
        reaches=tried(
            troubles, "reach", lambda: _reaches(shown, live, left), f"{own}/bundle/metadata.json"
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
        left=left,
        troubles=troubles,
    )


def _standing(shown: Shown) -> tuple[State, Version | None, Alias | None]:
    """Return the registry's state, the version that answers and what points to it, None for none.

    Raises as `Shown.state`.
    """
    state = shown.state()
    try:
        live = shown.live()
    except AbsentError:
        return state, None, None
    pointing = (alias for alias, number in state.aliases.items() if number == live.version)
    return state, live, next(pointing, None)


def _rows(shown: Shown) -> Rows | None:
    """Return what the gate made of the rows, None where none were read yet."""
    if shown.stamp("checks", "checks.json") is None:
        return None
    told = shown.json("checks", "checks.json")
    read, aside = int(told["read"]), int(told["quarantined"])
    sampled = told["sampled"] or {"checked": read, "broken": aside}
    return Rows(
        read=read,
        quarantined=aside,
        allowed=float(told["allowed_share"]),
        checked=int(sampled["checked"]),
        broken=int(sampled["broken"]),
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


def _reaches(shown: Shown, live: Version | None, left: str | None) -> date | None:
    """Return the last day that a panel's live version can forecast, None where nothing says it.

    How far it reaches stands in its own bundle, and that of the last run may be another one.
    """
    cutoff = live.record.get("refit_cutoff") if live else None
    if shown.kind != "panel" or live is None or not cutoff:
        return None
    own = left == live.digest
    told: Mapping[str, Any] = (
        shown.json("bundle", "metadata.json") if own else shown.bundle(live).metadata
    )
    return date.fromisoformat(str(cutoff)) + int(told["horizon"]) * step(told["frequency"])


def _left(shown: Shown) -> str | None:
    """Return the digest of the bundle that the last run left, None where there is none.

    A version is called by the sha256 of its bundle's listing.
    """
    if shown.stamp("bundle", "checksums.json") is None:
        return None
    return hashlib.sha256(shown.content("bundle", "checksums.json")).hexdigest()
