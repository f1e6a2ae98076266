"""features: what is known at each origin, once for training, judging and refitting."""

from foresell.features.direct import direct_frame
from foresell.models.learner import EFFORTS, training_origins
from foresell.pipeline.layer import feature_name, read_panel, read_split
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``features/cutoff=DATE/``: one direct frame for each origin that training needs.

    A frame looks at nothing after its own origin, so the judged model and the one that is refitted
    on every row share them.
    """
    project, effort = work.project, EFFORTS[work.preset]
    panel = read_panel(work.inputs["processed"], project)
    test_cutoff = panel.dates.index(read_split(work.inputs["splits"]).test_cutoff)
    judged = training_origins(panel.until(test_cutoff), project, effort)
    final = training_origins(panel, project, effort)
    origins = sorted({*judged, *final, test_cutoff})
    rows = columns = 0
    for done, origin in enumerate(origins, 1):
        frame = direct_frame(panel, project, origin, project.horizon)
        work.outputs["features"].write_frame(feature_name(panel.dates[origin]), frame)
        rows, columns = rows + frame.height, frame.width
        work.note(f"{done} of {len(origins)} origins, {rows:,} rows of {columns} columns")
