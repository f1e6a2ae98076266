"""How forecasts fared once the truth is known: error, bias, coverage and value added by week."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresell.settings import read_settings

if TYPE_CHECKING:
    from foresell.wiring.alerting import Settled


@dataclass(frozen=True, kw_only=True)
class PerformanceReport:
    """How the forecasts of a project fared.

    ``verdict``: steady, watch, retrain, or unknown where nothing was judged. ``told``: every key of
    ``performance_summary.json``, see docs/monitoring.md. ``files``: what was written, the page
    first. ``settled``: what became of the alert; None where the version that was judged is not the
    one that is served: then no alert is settled, and the files lie in a folder of its own.
    """

    project: str
    verdict: str
    told: Mapping[str, Any]
    files: tuple[Path, ...]
    settled: "Settled | None"

    @property
    def passed(self) -> bool:
        """Whether nothing calls for training, and no alert about performance stands."""
        return self.verdict != "retrain" and not (self.settled and self.settled.firing)

    def to_json(self) -> dict[str, Any]:
        """Return plain values: what is told, and where it was written."""
        return {**self.told, "files": [str(file) for file in self.files]}


def performance(
    project: str,
    *,
    actuals: str | Path | None = None,
    alias: str | None = None,
    version: int | None = None,
    replace: bool = False,
    home: str | Path | None = None,
) -> PerformanceReport:
    """Compare what was forecast of ``project`` with what came true; write page, files and alert.

    ``actuals``: a CSV or Parquet file of the truth, kept beside all that was given before; None
    judges what is kept. Of a panel: its keys, its time and the target. Of a table: the target with
    ``request_id`` (and ``row``), or with the features. ``alias``: whose versions answered, by
    default prod, and staging where prod has none; ``version``: one version and no other.
    ``replace``: forget what was kept, so that ``actuals`` are all that is known.

    Nothing was registered or nothing is known of the truth: UsageError. A file that cannot be read
    or that tells one truth twice: DataError.
    """
    from foresell.wiring import performing  # noqa: PLC0415 - polars and charts are slow to import

    settings = read_settings(Path(home) if home is not None else None)
    file = Path(actuals) if actuals is not None else None
    made = performing.perform(
        project, file, settings, alias=alias, version=version, replace=replace
    )
    return PerformanceReport(
        project=project,
        verdict=made.performance.verdict,
        told=made.performance.told,
        files=made.files,
        settled=made.settled,
    )
