"""The report of a sample, kept in the folder of its run."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from foresell.adapters.run_folder import RunFolder
from foresell.adapters.run_list import SAMPLE
from foresell.pipeline.writing import json_bytes


def keep_sample(folder: RunFolder, project: str, name: str, told: Mapping[str, Any]) -> None:
    """Write the report ``name`` into the folder of a run, in the place of an earlier one.

    A ``UsageError``: the run is another project's. A ``MachineError``: it cannot be written.
    """
    with folder.held(project):
        folder.clear(SAMPLE)
        folder.plan([name])
        folder.copy(name, BytesIO(json_bytes(told) + b"\n"))
