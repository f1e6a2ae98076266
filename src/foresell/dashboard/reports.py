"""The reports that runs and watches leave, reached from the pages: whole files, as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.dashboard.page import Visit
from foresell.dashboard.reading.shown import Shown
from foresell.errors import nearest
from foresell.serving.problems import Refused


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report. ``output`` and ``file``: where it lies; ``label``: what it is called."""

    name: str
    label: str
    output: str
    file: str


REPORTS: Mapping[str, Report] = {
    one.name: one
    for one in (
        Report(name="run", label="Report of the run", output="report", file="report.html"),
        Report(name="eda", label="The data, explored", output="eda", file="eda_report.html"),
        Report(name="drift", label="Drift", output="monitor", file="drift_report.html"),
        Report(
            name="performance",
            label="Performance",
            output="monitor",
            file="performance_report.html",
        ),
        Report(name="quality", label="Quality", output="quality", file="quality.html"),
    )
}


def reports_of(shown: Shown) -> Sequence[Report]:
    """Return the reports of a project that are there."""
    return tuple(one for one in REPORTS.values() if shown.stamp(one.output, one.file) is not None)


def report_bytes(visit: Visit, name: str) -> bytes:
    """Return the HTML of a report. Raises AbsentError: it was not made yet.

    Raises:
        Refused: 404, there is no such report.
    """
    if name not in REPORTS:
        raise Refused(
            f"there is no report {name[:40]!r}", "path", nearest(name[:40], REPORTS), status=404
        )
    return visit.shown.content(REPORTS[name].output, REPORTS[name].file)
