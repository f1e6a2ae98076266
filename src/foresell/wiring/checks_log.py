"""What the gate found, time after time, kept in the folder of its project."""

import json
from datetime import datetime

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.pipeline.checks_log import LOG, STAGE, addition, checked
from foresell.pipeline.records import read_record


def keep_checks(place: DirectoryWorkspace, run_id: str, at: datetime) -> None:
    """Add what the gate found in the run to ``checks_log.jsonl``, where it is something new.

    Nothing is added where the run has no answer of the gate: it was kept, or failed before.
    """
    record = read_record(place.record(STAGE))
    if record.get("run_id") != run_id:
        return
    checks = json.loads(place.output("checks").read_bytes("checks.json"))
    log = place.root / LOG
    more = addition(log.read_bytes() if log.is_file() else b"", checked(at, record, checks))
    if more:
        with log.open("ab") as file:
            file.write(more)
