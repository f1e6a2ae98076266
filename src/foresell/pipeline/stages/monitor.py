"""monitor: whether what the served version is asked, and what came true, moved away."""

import json
from collections.abc import Mapping
from typing import Any

from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes

MONITORED = "monitored.json"  # where nothing could be compared: why not
DRIFT = "drift_summary.json"
_OPENED = ("bundle", "registered", "processed")  # by the watch itself, in the project's folders
_UNWATCHED = "the run was given nothing that watches"


def run(work: Work) -> None:
    """Write what the watch of the request found to ``monitored/``.

    ``drift_summary.json`` and ``schema_summary.json``, as `foresell monitor drift` writes them; or
    ``monitored.json`` with ``available`` false and the ``reason`` where there is nothing to
    compare: no answer was logged, and no row is younger than the version's training. Drift fails
    no run: it is told.
    """
    _declare(work)
    look = work.request.monitor
    files = look() if look is not None else {MONITORED: json_bytes(_unavailable(_UNWATCHED))}
    for name, content in sorted(files.items()):
        work.outputs["monitored"].write_bytes(name, content)
    work.note(_sentence(files))


def _declare(work: Work) -> None:
    """Take what the watch reads past this stage, so that a record knows what it follows from."""
    _ = work.project.monitoring, [work.inputs[name] for name in _OPENED]


def _unavailable(reason: str) -> dict[str, Any]:
    return {"available": False, "reason": reason}


def _sentence(files: Mapping[str, bytes]) -> str:
    """Return what was found, in words.

    >>> _sentence({"monitored.json": b'{"available": false, "reason": "no answer was logged"}'})
    'nothing to compare: no answer was logged'
    """
    if DRIFT not in files:
        told = json.loads(files.get(MONITORED, b"{}"))
        return f"nothing to compare: {told.get('reason', 'no reason was given')}"
    found = json.loads(files[DRIFT])["findings"]
    alarms = [str(one["says"]) for one in found if one["weight"] == "alarm"]
    more = f"; and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    return f"{alarms[0]}{more}" if alarms else "no alarm"
