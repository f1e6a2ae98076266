"""A challenger beside the served version, and what comes of it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from foresell.errors import GateError
from foresell.evaluate.gate import deciding_metrics
from foresell.govern.gate import against_live, common_rows
from foresell.govern.promoting import promote
from foresell.govern.registry import Registry, judged_version, read_state, resolve
from foresell.monitor.paired import LEAST_BLOCKS, SURE, chances
from foresell.spec.project import ProjectSpec
from foresell.wiring.retraining import Served


def beside(
    registry: Registry, challenger: int, before: Served, project: ProjectSpec
) -> dict[str, Any]:
    """Return how the challenger did beside the served version on rows both were judged on.

    As `foresell.govern.gate.against_live`, with ``metrics``, those that decide; ``chances``, in
    which share of draws of blocks the first of them is smaller, see `foresell.monitor.paired`;
    ``better``: whether it is beyond doubt that it is, and ``why`` not; ``says``: a sentence.
    """
    version = resolve(read_state(registry, project.name), challenger)
    bundle = judged_version(registry, version)
    found = against_live(bundle, before.bundle)
    metrics = list(deciding_metrics(project))
    rows = common_rows(bundle, before.bundle)
    if not found["comparable"] or isinstance(rows, str):
        says = f"not comparable with version {before.version.version}: {found['why']}"
        why = "nothing compares them"
        return {
            **found,
            "metrics": metrics,
            "chances": {},
            "better": False,
            "why": why,
            "says": says,
        }
    told = chances(
        rows.rename({"prediction": "new", "prediction__live": "old"}),
        _blocks(rows, project),
        project.seed,
    )
    pairs = {name: (found["new"][name], found["live"][name]) for name in metrics}
    numbers = ", ".join(
        f"{name.upper()} {_number(new)} against {_number(old)}"
        for name, (new, old) in pairs.items()
    )
    why = _why_not(found, pairs, told, project.monitoring.least_rows)
    says = f"on {found['n']:,} rows that both were judged on: {numbers}"
    return {
        **found,
        "metrics": metrics,
        "chances": told,
        "better": not why,
        "why": why,
        "says": f"{says}{_sure(told) if not why else ''}",
    }


def _blocks(rows: pl.DataFrame, project: ProjectSpec) -> dict[str, list[str]]:
    """Return which rows err alike: those of one period and of one series, of one group, or none."""
    if project.kind == "panel":
        return {"periods": [project.time], "series": list(project.keys)}
    groups = [name for name in project.with_role("group") if name in rows.columns]
    return {"groups": groups} if groups else {"rows": []}


def _why_not(
    found: Mapping[str, Any],
    pairs: Mapping[str, tuple[float | None, float | None]],
    told: Mapping[str, float | None],
    least: int,
) -> str:
    """Return why the challenger cannot be called better, empty where it can."""
    if not all(new is not None and old is not None and new < old for new, old in pairs.values()):
        return "its errors there are not smaller by every metric that decides"
    if found["n"] < least:
        return f"fewer than {least} common rows decide nothing"
    new, old = found["new"]["cutoff"], found["live"]["cutoff"]
    if new is not None and old is not None and new > old:
        return (
            f"it knew the data to {new} when it was judged, the served version to {old}: a head "
            "start, which any model would win by"
        )
    for name, chance in told.items():
        if chance is None:
            return f"fewer than {LEAST_BLOCKS} {name} decide nothing"
        if chance < SURE:
            return (
                f"over draws of {name} its {next(iter(pairs)).upper()} is smaller in {chance:.1%}, "
                f"and {SURE:.0%} is asked"
            )
    return ""


def _sure(told: Mapping[str, float | None]) -> str:
    """Return in how many draws it is better, in words."""
    shares = [f"{chance:.1%} of draws of {name}" for name, chance in told.items() if chance]
    return f"; smaller in {' and '.join(shares)}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def promoted(
    registry: Registry, project: ProjectSpec, challenger: int, before: Served, says: str
) -> tuple[bool, str]:
    """Point prod to a challenger that passed and is better, if the project lets that happen.

    Return whether it was done, and what is to be said. A version that still waits for an approval,
    and a project of which nothing is on prod yet, are left to people; and so is a prod that was
    moved since the challenger was compared with what was there.
    """
    name = project.name
    by_hand = f"foresell registry promote {name} {challenger} --to prod --reason TEXT"
    if project.monitoring.promote == "never":
        return False, f"prod is left to you: {by_hand}"
    if before.alias != "prod":
        return False, f"nothing is on prod yet, and the first is for a person: {by_hand}"
    try:
        move = promote(
            registry,
            name,
            challenger,
            "prod",
            reason=f"retrained and better {says}",
            expected=before.version.version,
        )
    except GateError as error:
        return False, f"not promoted: {error.what}; {error.mend}"
    if move.transition is None:
        return False, f"somebody put version {challenger} on prod meanwhile"
    return True, f"promoted to prod: monitoring.promote is {project.monitoring.promote}"


def answering(project: str, challenger: int, before: int, *, better: bool) -> str:
    """Return what it means that staging, which answers while nothing is on prod, was moved."""
    how = "it was better there" if better else f"though it was not called better than {before}"
    return (
        f"nothing is on prod, so staging is what answers: version {challenger} answers from now "
        f"on, {how}; to go back: foresell registry rollback {project} --alias staging --reason TEXT"
    )
