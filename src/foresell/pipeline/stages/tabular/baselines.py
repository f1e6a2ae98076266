"""baselines, of a table: the answers anybody could give, for the rows the models are judged on."""

import polars as pl

from foresell.models.tabular.targets import BASELINES, baselines_of, targets
from foresell.pipeline.layer import read_row_splits
from foresell.pipeline.stages.tabular.reading import read_table
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``baselines/<name>.parquet``: key, row, prediction; the mean and the median.

    They are those of the rows that the judged models are fitted on: the training rows, in time with
    the latest ones, which calibrate. Of a second protocol in ``chronological/``.
    """
    project, table = work.project, read_table(work)
    rows = 0
    for folder, split in read_row_splits(work.inputs["splits"]).items():
        known = ("train", "calibration") if split.timed else ("train",)
        train = table.frame.filter(pl.Series(split.side(*known)))
        train = train.filter(pl.col(project.target).is_not_null())
        tested = table.tested(split)
        rows += tested.height
        for name, value in baselines_of(*targets(train, project)).items():
            said = pl.repeat(value, tested.height, dtype=pl.Float64, eager=True)
            frame = table.answered(tested, {"prediction": said})
            work.outputs["baselines"].write_frame(f"{folder}{name}.parquet", frame)
    work.note(f"{len(BASELINES)} baselines for {rows:,} rows")
