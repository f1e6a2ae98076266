"""Numbers as pages have to write them, written out again; and the registry, read as a table.

Nothing here calls what makes the pages: a test that compares a page with an artifact needs hands of
its own.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUS = "\u2212"


def percent(share: float, digits: int = 1) -> str:
    """Return a share as percent; what rounds to nothing has no sign."""
    text = f"{abs(share) * 100:,.{digits}f}"
    sign = MINUS if share < 0 and set(text) - set("0.") else ""
    return f"{sign}{text} %"


def signed(share: float) -> str:
    """Return a share as percent with its sign, a plus too."""
    text = percent(share)
    return f"+{text}" if share > 0 and set(text) - set("0. %") else text


def amount(value: float, unit: str = "") -> str:
    """Return three or so digits of a number, in thousands from ten thousand on, and its unit."""
    sign, size, tail = MINUS if value < 0 else "", abs(value), f" {unit}" if unit else ""
    for least, whole, letter in ((1e9, 1e9, " B"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if size >= least:
            return f"{sign}{size / whole:.{0 if size >= 100 * whole else 1}f}{letter}{tail}"
    return f"{sign}{size:,.0f}{tail}" if size >= 100 else f"{sign}{size:.3g}{tail}"


def measured(value: float) -> str:
    """Return a score in the unit of the target: three digits at least, zeros too."""
    if abs(value) >= 100:
        return amount(value)
    return f"{MINUS if value < 0 else ''}{abs(value):#.3g}".rstrip(".")


def day(when: date | str) -> str:
    """Return a day, or one as files bear it."""
    at = date.fromisoformat(when[:10]) if isinstance(when, str) else when
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def moment(text: str, clock: str = "%H:%M") -> str:
    """Return a moment as files bear it, in UTC."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    return f"{day(at.date())}, {at.strftime(clock)} UTC"


def began(run_id: str) -> str:
    """Return when a run began, as its id tells it."""
    at = datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return moment(at.isoformat())


def three(value: float) -> str:
    """Return a number with three digits behind its point, and no sign before zero."""
    text = f"{abs(value):.3f}"
    return f"{MINUS if value < 0 and float(text) else ''}{text}"


TITLES = {
    "wape": "WAPE",
    "wmae": "WMAE",
    "rmse": "RMSE",
    "mae": "MAE",
    "mase": "MASE",
    "r2": "R²",
    "bias_share": "Bias share",
    "wql": "WQL",
    "coverage_80": "80 % held",
    "width_80": "80 % width",
    "winkler_80": "Winkler 80",
    "coverage_95": "95 % held",
    "width_95": "95 % width",
    "winkler_95": "Winkler 95",
}


def score(metric: str, value: float | None) -> str:
    """Return a score as its column writes it, a dash where there is none."""
    if value is None:
        return "–"
    if metric in {"wape", "coverage_80", "coverage_95"}:
        return percent(value)
    if metric == "bias_share":
        return signed(value)
    if metric in {"mase", "r2"}:
        return three(value)
    return f"{value:.4f}" if metric == "wql" else measured(value)


def transitions(home: Path, project: str) -> Sequence[Mapping[str, Any]]:
    """Return what the registry holds of a project, the first first; ``evidence`` is read."""
    place = sqlite3.connect(f"file:{home / '_registry' / 'registry.db'}?mode=ro", uri=True)
    place.row_factory = sqlite3.Row
    try:
        found = place.execute(
            "SELECT * FROM transitions WHERE project = ? ORDER BY number", (project,)
        ).fetchall()
    finally:
        place.close()
    return [{**dict(one), "evidence": json.loads(one["evidence"])} for one in found]


def read(home: Path, *parts: str) -> Any:
    """Return what a JSON file of a home holds."""
    return json.loads(home.joinpath(*parts).read_bytes())
