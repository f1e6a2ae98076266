"""A segment of the processed layer, for its risk, and of which layer it is."""

import json
from collections.abc import Mapping
from importlib.metadata import version

from foresell.pipeline.layer import PASSED, layer_parts
from foresell.risks.segment import Gathered, Where, gather
from foresell.spec.ports import PROVENANCE, Store
from foresell.spec.project import ProjectSpec

_LIBRARIES = ("arch", "statsmodels")


def gather_segment(
    processed: Store, project: ProjectSpec, where: Where
) -> tuple[Gathered, Mapping[str, object]]:
    """Return the rows of a segment summed by date, and the facts of the layer they are of.

    Only rows that passed the gate are read. A value that no row has is a UsageError. The libraries
    of the extra ``risk`` must be installed.
    """
    wanted = [*dict.fromkeys([*where, project.time, project.target])]
    found = gather((part for _, part in layer_parts(processed, wanted)), project, where)
    listed = json.loads(processed.read_bytes(PASSED))
    origin = json.loads(processed.read_bytes(PROVENANCE))
    return found, {
        "synthetic": origin["synthetic"],
        "contract": listed["contract"],
        "layer_rows": listed["rows"],
        "layer_files": listed["files"],
        "libraries": {library: version(library) for library in _LIBRARIES},
    }
