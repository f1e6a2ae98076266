"""baselines: the forecasts anybody could make, on the rows the models are judged on."""

from foresell.data.long import long_frame
from foresell.models.baselines import BASELINES
from foresell.pipeline.layer import read_panel, read_split
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``baselines/<name>.parquet``: key, date, cutoff, step, prediction of the test."""
    project = work.project
    panel = read_panel(work.inputs["processed"], project)
    cutoff = panel.dates.index(read_split(work.inputs["splits"]).test_cutoff)
    known = panel.until(cutoff)
    for name, forecast in BASELINES.items():
        values = forecast(known, project, project.split.test)
        frame = long_frame(panel, project, cutoff, {"prediction": values})
        work.outputs["baselines"].write_frame(f"{name}.parquet", frame)
    work.note(f"{len(BASELINES)} baselines for {panel.n_series:,} series")
