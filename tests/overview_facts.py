"""Facts of one project as the rules of the overview look at them: in health, and changed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from foresell.dashboard.overview.facts import Days, Facts, Rows, Run, Watch
from foresell.monitor.retraining import Evidence
from foresell.spec.registry import Approval, State, Version

NBSP = "\u00a0"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSED = {"passed": True, "sentences": [], "comparisons": []}
FAILED = {
    "passed": False,
    "sentences": ["RMSE 9 beats 10", "MAE 5 does not beat 4"],
    "comparisons": [{"passed": True}, {"passed": False}],
}


def version(number: int = 1, gate: Any = PASSED, approval: Approval = "Approved") -> Version:
    return Version(
        project="walmart",
        version=number,
        digest=f"digest {number}",
        registered_at="2026-05-01T00:00:00.000000+00:00",
        who="ana",
        run_id="",
        approval=approval,
        record={"gate": gate},
    )


def state(*versions: Version, staging: int | None = None, prod: int | None = None) -> State:
    stacks = {"staging": (staging,) if staging else (), "prod": (prod,) if prod else ()}
    return State(project="walmart", versions=versions, stacks=stacks)  # type: ignore[arg-type]


def healthy(name: str = "walmart", **changed: Any) -> Facts:
    """A project of which nothing is to be said: version 1 on prod, watched, forecast ahead."""
    steady = Evidence(about="performance", state="usable", says="steady", verdict="steady")
    whole = Facts(
        name=name,
        kind="panel",
        now=NOW,
        state=state(version(), prod=1),
        live=version(),
        alias="prod",
        run=Run(run_id="r", ended="finished", began=NOW),
        watch=Watch(checked=NOW, performance=steady, drift=replace(steady, about="drift")),
        rows=checked(1000, 0),
        days=Days(observed=date(2026, 5, 30), reaches=date(2026, 6, 27)),
        left="digest 1",
    )
    return replace(whole, **changed)


def checked(
    read: int, quarantined: int, sampled: tuple[int, int] | None = None, allowed: float = 0.01
) -> Rows:
    """What the gate made of rows. ``sampled``: how many were drawn, and broke a rule; else all."""
    drawn, broken = sampled or (read, quarantined)
    return Rows(read=read, quarantined=quarantined, allowed=allowed, checked=drawn, broken=broken)
