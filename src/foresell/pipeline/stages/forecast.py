"""forecast: every row that was asked for, with the answer that the bundle publishes."""

from foresell.answer.levels import answer_levels
from foresell.answer.published import ANSWERS
from foresell.answer.reach import default_rows, horizon_rows
from foresell.bundle.bundle import may_answer, read_bundle
from foresell.errors import counted
from foresell.pipeline.work import Work

REFUSED = "refused.parquet"
HIERARCHY = "hierarchy.parquet"


def run(work: Work) -> None:
    """Write ``forecast/``: every series to the horizon, and the rows the source asked for.

    ``horizon.parquet``: all series, all steps after the last observed period. ``forecast.parquet``:
    the rows of the project's ``asked`` file within reach, or those of the horizon where there are
    none; it is called ``refused.parquet`` where the model failed the gate and nobody gave a reason
    to use it. ``hierarchy.parquet``: the sums of these rows at every declared level and date,
    likewise ``refused_hierarchy.parquet``. ``unanswered.csv``: asked rows out of reach, with
    the reason; no rows as a rule.
    """
    bundle, out = read_bundle(work.inputs["bundle"]), work.outputs["forecast"]
    identity = [*work.project.keys, work.project.time]
    (rows, left), horizon = default_rows(bundle), horizon_rows(bundle)
    answers = bundle.published.select(*identity, *ANSWERS)
    horizon, answered = (
        asked.select(identity).join(answers, on=identity, how="left", maintain_order="left")
        for asked in (horizon, rows)
    )
    out.write_frame("horizon.parquet", horizon)
    name = "forecast.parquet" if may_answer(bundle) else REFUSED
    out.write_frame(name, answered)
    if work.project.hierarchy is not None:
        sums = HIERARCHY if may_answer(bundle) else f"refused_{HIERARCHY}"
        out.write_frame(sums, answer_levels(bundle, answered, told=rows))
    out.write_bytes("unanswered.csv", left.write_csv().encode())
    noun = "day" if work.project.frequency == "D" else "week"
    whole = f"every series, {counted(work.project.horizon, noun)} ahead"
    near = bundle.asked.height - left.height
    if bundle.asked.is_empty():
        work.note(f"{counted(answered.height, 'row')}: {whole}")
    else:
        instead = "" if near else f"; {whole} instead"
        told = f"{counted(near, 'row')} asked for answered, {left.height:,} out of reach"
        work.note(f"{told}{instead}")
