from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from benchmarks.foresell_on_task import fitted_at
from benchmarks.public_task import frozen_score, read_sales, task_project
from benchmarks.yardsticks import (
    YARDSTICKS,
    Measured,
    Yardstick,
    log_row,
    measure_sales,
)
from foresell.data.panel import Matrix, Panel, build_panel
from foresell.evaluate.protocols import FROZEN, ONE_STEP
from foresell.models.baselines import BASELINES
from foresell.models.effort import EFFORTS
from foresell.models.learner_files import write_learner
from foresell.spec.project import ProjectSpec
from tests.builders import weekly_files, write_files

CUTOFF = date(2012, 3, 16)
QUICK = replace(EFFORTS["fast"], origins=4, origin_rows=200)
WINDOW = Yardstick(
    name="toy",
    cutoff=CUTOFF,
    weeks=8,
    protocols=(FROZEN, ONE_STEP),
    aims={"frozen": {"rmse": 1e9, "wmae": 0.0}, "one-step": {"rmse": 1e9, "wmae": 1e9}},
)


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The last series starts after the cutoff: it has no history to be answered from."""
    folder = write_files(tmp_path_factory.mktemp("sales"), weekly_files(weeks=130, ragged=True))
    whole = read_sales(folder)
    late = (pl.col("Store") == 3) & (pl.col("Dept") == 2)
    return whole.filter(~late | (pl.col("Date") > CUTOFF))


@pytest.fixture(scope="module")
def measured(sales: pl.DataFrame) -> list[Measured]:
    return measure_sales(sales, WINDOW, QUICK)


def test_every_row_of_the_window_is_scored_under_both_protocols_newcomers_too(
    sales: pl.DataFrame, measured: list[Measured]
) -> None:
    last = date(2012, 5, 11)
    rows = sales.filter((pl.col("Date") > CUTOFF) & (pl.col("Date") <= last))
    assert rows.filter((pl.col("Store") == 3) & (pl.col("Dept") == 2)).height == 8
    assert [one.protocol for one in measured] == [FROZEN, ONE_STEP]
    for one in measured:
        assert set(one.scores) == {one.champion, *BASELINES}
        assert {score.n for score in one.scores.values()} == {rows.height}


@pytest.mark.parametrize("name", list(BASELINES))
def test_a_baseline_from_the_frozen_origin_scores_as_the_task_scores_it(
    name: str, sales: pl.DataFrame, measured: list[Measured]
) -> None:
    forecast: Callable[[Panel, ProjectSpec, int], Matrix] = BASELINES[name]
    known = frozen_score(sales, CUTOFF, 8, forecast, None)

    ours = measured[0].scores[name]

    assert (ours.rmse, ours.wmae) == (known.rmse, known.wmae)


def test_what_happens_after_the_cutoff_does_not_move_the_learner(sales: pl.DataFrame) -> None:
    project = task_project()
    later = pl.when(pl.col("Date") > CUTOFF).then(7.0).otherwise(pl.col("Weekly_Sales"))
    files = []
    for frame in (sales, sales.with_columns(Weekly_Sales=later)):
        panel = build_panel(frame, project)
        known = panel.until(panel.dates.index(CUTOFF))
        files.append(write_learner(fitted_at(known, project, QUICK)))

    assert files[0] == files[1]


def test_the_row_of_the_log_names_protocol_champion_and_what_was_reached(
    measured: list[Measured],
) -> None:
    row = log_row(measured[0])

    own = measured[0].scores[measured[0].champion]
    assert row == {
        "what": f"toy, frozen origin, {measured[0].champion}: RMSE {own.rmse:,.0f} (below "
        f"1,000,000,000), WMAE {own.wmae:,.0f} (not below 0)",
        "n": own.n,
        "wape": own.wape,
        "mase": own.mase,
        "wql": own.wql,
        "sql": own.sql,
    }


def test_the_windows_lie_where_the_published_ones_do() -> None:
    spans = [(one.cutoff, one.cutoff + timedelta(weeks=one.weeks)) for one in YARDSTICKS]
    assert spans == [
        (date(2011, 10, 28), date(2012, 7, 27)),
        (date(2012, 2, 3), date(2012, 10, 26)),
        (date(2012, 6, 29), date(2012, 10, 26)),
    ]
