"""Alerts and findings of tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foresell.monitor.alerts import Observed, Sight
from foresell.spec.monitoring import Alert, Finding, Subject, Weight

DAY = datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=UTC)


def finding(about: str = "CPI", weight: Weight = "alarm", says: str = "") -> Finding:
    return Finding(seen="shift", weight=weight, about=about, says=says or f"{about} has moved")


def alert(*findings: str, **changed: Any) -> Alert:
    plain = Alert(
        key="walmart.drift.20260504T030201500000Z",
        project="walmart",
        subject="drift",
        state="firing",
        severity="warning",
        version=3,
        says="the data has drifted (2 alarms)",
        findings=findings or ("CPI has moved", "Store 14 sells 2.0 times what it did"),
        since=DAY,
        at=DAY,
    )
    return replace(plain, **changed)


def several(*about: str) -> Sequence[Finding]:
    return [finding(one) for one in about]


def observed(
    project: str,
    subject: Subject,
    findings: Sequence[Finding] = (),
    *,
    version: int | None = 3,
    sight: Sight | None = None,
) -> Observed:
    """What a look at a version found, which could see everything where no ``sight`` is named."""
    return Observed(
        project=project, subject=subject, version=version, findings=findings, sight=sight
    )
