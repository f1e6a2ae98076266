"""features: what is known at each origin, once for training, judging and refitting."""

from foresell.features.declared import check_features, feature_contract, panel_kinds
from foresell.features.direct import direct_frame
from foresell.features.pools import fit_recipe
from foresell.models.effort import EFFORTS
from foresell.models.learning_series import learning_rows
from foresell.models.origins import fitting_origins, training_origins
from foresell.pipeline.layer import feature_name, read_panel, read_split
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``features/cutoff=DATE/``: one direct frame for each origin that training needs.

    A frame looks at nothing after its own origin, so the judged model and the one that is refitted
    on every row share them. Each has every declared feature within its bounds, or the stage fails.
    Of very many series, the origins that are answered from have all, the others those that are
    learnt from (`learning_rows`).
    """
    project, effort = work.project, EFFORTS[work.preset]
    whole = read_panel(work.inputs["processed"], project)
    test_cutoff = whole.dates.index(read_split(work.inputs["splits"]).test_cutoff)
    judged = whole.until(test_cutoff)
    recipe = fit_recipe(judged, project)
    origins = sorted({
        *training_origins(judged, project, effort),
        *fitting_origins(whole, project, effort),
        whole.cutoff,
    })
    drawn = learning_rows(whole, project, recipe)
    taught = whole if len(drawn) == whole.n_series else whole.select(drawn)
    declared = feature_contract(project, panel_kinds(whole))
    rows = columns = 0
    for done, origin in enumerate(origins, 1):
        shown = whole if origin in {test_cutoff, whole.cutoff} else taught
        frame = direct_frame(shown, project, recipe, origin, project.horizon)
        name = feature_name(whole.dates[origin])
        check_features(frame, declared, name)
        work.outputs["features"].write_frame(name, frame)
        rows, columns = rows + frame.height, frame.width
        work.note(f"{done} of {len(origins)} origins, {rows:,} rows of {columns} columns")
