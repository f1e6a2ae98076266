"""What monitoring has found, as numbers: for node_exporter a file, for servers what they tell."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from foresell.adapters.alert_outbox import write_whole
from foresell.errors import DataError, ForesellError, MachineError
from foresell.monitor.gauges import Gauge, Watch, gauges, prometheus_text
from foresell.settings import Settings
from foresell.wiring.monitor_files import monitor_folder
from foresell.wiring.monitor_places import GAUGES, STATE, alert_outbox
from foresell.wiring.standing import alone, read_standing

DRIFT, PERFORMANCE = "drift_summary.json", "performance_summary.json"


_PARTS = (STATE, DRIFT, PERFORMANCE)
_TROUBLE = (ForesellError, OSError)


def write_gauges(project: str, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Write ``metrics.prom`` of a project, for the textfile collector of node_exporter.

    Nothing stops it, as alerts matter more: what cannot be read is left out. Returned are pairs of
    what is wrong and how to mend it.
    """
    found, trouble = list[Gauge](), list[tuple[str, str]]()
    for part in _PARTS:
        try:
            found += _numbers(project, part, settings)
        except _TROUBLE as error:
            trouble.append(_said(error))
    folder = monitor_folder(project, settings)
    try:
        with alone(folder):
            write_whole(folder / GAUGES, prometheus_text(found))
    except MachineError as error:
        trouble.append(_said(error))
    return tuple(trouble)


@dataclass
class WatchedGauges:
    """The numbers of projects, read anew when a file has changed since they were read."""

    projects: Sequence[str]
    settings: Settings
    _seen: dict[tuple[str, str], object] = field(default_factory=dict)
    _found: dict[tuple[str, str], list[Gauge]] = field(default_factory=dict)

    def look(self) -> Sequence[Gauge]:
        """Return the numbers of all projects; a file that is spoilt keeps what it told before.

        A spoilt one keeps back the numbers of no other file and of no other project.
        """
        for project, part in product(self.projects, _PARTS):
            try:
                self._read(project, part)
            except _TROUBLE:  # told by `write_gauges`, and here by the age of the numbers
                continue
        places = product(self.projects, _PARTS)
        return [one for place in places for one in self._found.get(place, ())]

    def _read(self, project: str, part: str) -> None:
        """Read the numbers of one file, if it has changed."""
        stamp = self._stamp(project, part)
        if self._seen.get((project, part)) != stamp:
            self._found[project, part] = _numbers(project, part, self.settings)
            self._seen[project, part] = stamp

    def _stamp(self, project: str, part: str) -> object:
        """Return what changes when a file does, or the number of messages that wait."""
        stamp = _file_stamp(monitor_folder(project, self.settings) / part)
        return stamp, alert_outbox(project, self.settings).count() if part == STATE else 0


def _numbers(project: str, part: str, settings: Settings) -> list[Gauge]:
    """Return the numbers of one file of a project, none where there is no such file.

    Raises:
        DataError: it is spoilt.
    """
    if part == STATE:
        standing = read_standing(project, settings)
        waiting = alert_outbox(project, settings).count()
        return gauges(Watch(project=project, standing=standing, waiting=waiting))
    file = monitor_folder(project, settings) / part
    summary = _summary(file)
    try:
        if part == DRIFT:
            return gauges(Watch(project=project, drift=summary))
        return gauges(Watch(project=project, performance=summary))
    except DataError as error:
        raise DataError(error.what, f"{file}, {error.where}", error.mend) from error


def _said(error: ForesellError | OSError) -> tuple[str, str]:
    """Return what is said of an error, and how to mend it."""
    if isinstance(error, OSError):
        return f"the numbers are not told: {error.strerror or error}", "mend the rights"
    return f"{error.where}: {error.what}", error.mend


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
