"""Whether what a model is asked still looks like what it learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresell.settings import read_settings
from foresell.spec.monitoring import Finding

if TYPE_CHECKING:
    from foresell.wiring.alerting import Settled

__all__ = ["DriftReport", "drift"]


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """What was found when a version was compared with what it is asked.

    ``version`` and ``alias``: whose training rows were the reference; the alias is None where a
    version was named. ``drift`` and ``schema``: every key of ``drift_summary.json`` and
    ``schema_summary.json``, as docs/monitoring.md lists them. ``findings``: of both, alarms first.
    ``alerts``: how the alerts about drift and schema stand now, by subject; none where the version
    is not the one that is ``served``, as no alert is settled then. ``files``: what was written, all
    in one folder.
    """

    project: str
    version: int
    alias: str | None
    drift: Mapping[str, Any]
    schema: Mapping[str, Any]
    findings: tuple[Finding, ...]
    served: bool = True
    alerts: "Mapping[str, Settled]" = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that raise an alert."""
        return tuple(one for one in self.findings if one.weight == "alarm")

    @property
    def passed(self) -> bool:
        """Whether nothing was found that raises an alert, and none stands from an earlier look."""
        return not self.alarms and not any(one.firing for one in self.alerts.values())


def drift(
    project: str,
    *,
    current: str | Path | None = None,
    since: datetime | timedelta | None = None,
    alias: str | None = None,
    version: int | None = None,
    evidently: bool | None = None,
    home: str | Path | None = None,
) -> DriftReport:
    """Compare what a version of ``project`` is asked now with the rows it learnt from.

    ``current``: a CSV or Parquet file with columns of the contract, a folder of raw files that are
    read and joined as a run does, or either in S3 (``s3://...``). Otherwise what servers have
    logged, ``since`` then (in a time zone) or for so long; by default the last seven days.
    ``alias``: prod or staging, or ``version``, a number; by default what prod points to, else
    staging. ``evidently``: also write Evidently's report; by default where it is installed.
    ``home``: where all state lives, ``FORESELL_HOME`` or ``./workspace`` by default.

    Rows with a time are compared with training rows of the same season and series. Writes the files
    that docs/monitoring.md names into the folder ``monitor`` of the project, and settles the alerts
    about drift and schema: ``FORESELL_WEBHOOK`` says who is told that they fire, and that they are
    over. Of a version that is not served the files lie in ``monitor/versions``, and no alert is
    settled.

    A ``UsageError`` where nothing is registered or there is nothing to compare, a ``DataError``
    where a file cannot be read, a ``MachineError`` where Evidently is asked for and not installed.
    """
    from foresell.wiring.watched import Watching, watch  # noqa: PLC0415 - heavy

    settings = read_settings(Path(home) if home is not None else None)
    asked = Watching(
        current=current,
        since=since,
        alias=alias,
        version=version,
        evidently=evidently,
    )
    seen = watch(project, asked, settings)
    return DriftReport(
        project=project,
        version=seen.version,
        alias=seen.alias,
        drift=seen.drift,
        schema=seen.schema,
        findings=seen.findings,
        served=seen.served,
        alerts=seen.alerts,
        files=seen.files,
    )
