"""train: learn, choose and calibrate on what was known at the test cutoff."""

from foresell.data.long import forecast_columns, long_frame
from foresell.models.calibrating import candidate_quantiles
from foresell.models.effort import EFFORTS
from foresell.models.importance import importance, total_parts
from foresell.models.learner import fit_learner, forecast
from foresell.models.learner_files import write_learner
from foresell.models.splitting import Ground
from foresell.pipeline.layer import feature_frames, read_panel, read_split
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``judged/`` (the learner's files) and ``predictions/<candidate>.parquet``.

    The panel is cut at the test cutoff before anything is learnt, so no value of the test window
    can reach a model. Predictions cover every series and period
    of the window; the baselines are among them, with intervals made the same way. Beside them,
    ``importance.csv`` and ``parts.csv``: what they are made of on average, and what the champion's
    total is made of at each date (`foresell.models.importance`).
    """
    project, effort = work.project, EFFORTS[work.preset].selecting(work.selection)
    whole = read_panel(work.inputs["processed"], project)
    cutoff = whole.dates.index(read_split(work.inputs["splits"]).test_cutoff)
    panel = whole.until(cutoff)
    frames = feature_frames(work.inputs["features"], panel)
    learner = fit_learner(panel, project, effort, frames, work.note)
    for name, content in write_learner(learner).items():
        work.outputs["judged"].write_bytes(name, content)
    steps = project.split.test
    frame = frames(cutoff)
    made = forecast(learner, panel, project, steps, frame)
    ground = Ground(panel, project, learner.recipe, steps)
    matters = importance(learner, ground, made, frame)
    work.outputs["predictions"].write_bytes("importance.csv", matters.write_csv().encode())
    parts = total_parts(learner, ground, made, frame)
    work.outputs["predictions"].write_bytes("parts.csv", parts.write_csv().encode())
    for name, point in made.members.items():
        quantiles = candidate_quantiles(learner, made, name, project)
        columns = forecast_columns(point, quantiles)
        frame = long_frame(panel, project, cutoff, columns)
        work.outputs["predictions"].write_frame(f"{name}.parquet", frame)
    work.note(f"{len(made.members)} candidates; chosen before the test: {learner.chosen}")
