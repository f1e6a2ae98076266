"""What monitoring has found, as numbers: for node_exporter a file, for servers what they tell."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foresell.adapters.alert_outbox import write_whole
from foresell.errors import DataError
from foresell.monitor.gauges import Gauge, Watch, gauges, prometheus_text
from foresell.settings import Settings
from foresell.wiring.monitor_files import monitor_folder
from foresell.wiring.monitor_places import GAUGES, STATE, alert_outbox
from foresell.wiring.standing import read_standing

DRIFT, PERFORMANCE = "drift_summary.json", "performance_summary.json"


def write_gauges(project: str, settings: Settings) -> Path:
    """Write ``metrics.prom`` of a project, for the textfile collector of node_exporter."""
    file = monitor_folder(project, settings) / GAUGES
    write_whole(file, prometheus_text(gauges(_watch(project, settings))))
    return file


@dataclass
class WatchedGauges:
    """The numbers of projects, read anew when a file has changed since they were read."""

    projects: Sequence[str]
    settings: Settings
    _seen: dict[str, object] = field(default_factory=dict)
    _found: dict[str, list[Gauge]] = field(default_factory=dict)

    def look(self) -> Sequence[Gauge]:
        """Return the numbers of all projects; a file that is spoilt keeps what it told before."""
        for project in self.projects:
            stamp = self._stamp(project)
            if self._seen.get(project) != stamp:
                try:
                    self._found[project] = gauges(_watch(project, self.settings))
                except DataError:
                    self._found.setdefault(project, [])
                self._seen[project] = stamp
        return [one for project in self.projects for one in self._found[project]]

    def _stamp(self, project: str) -> object:
        """Return what changes when one of the files does."""
        folder = monitor_folder(project, self.settings)
        waiting = alert_outbox(project, self.settings).count()
        return waiting, *(_file_stamp(folder / name) for name in (DRIFT, PERFORMANCE, STATE))


def _watch(project: str, settings: Settings) -> Watch:
    """Return all that is known of a project."""
    folder = monitor_folder(project, settings)
    return Watch(
        project=project,
        drift=_summary(folder / DRIFT),
        performance=_summary(folder / PERFORMANCE),
        standing=read_standing(project, settings),
        waiting=alert_outbox(project, settings).count(),
    )


def _summary(file: Path) -> Mapping[str, Any]:
    """Return what a summary holds, nothing where there is none.

    Raises:
        DataError: it is no summary.
    """
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DataError("a summary cannot be read", str(file), "make it again") from error
    if not isinstance(found, dict):
        raise DataError("a summary cannot be read", str(file), "make it again")
    return found


def _file_stamp(file: Path) -> object:
    """Return what changes when a file is written or goes away."""
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size, told.st_ino
