from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.public_task import (
    NAIVE_MASE,
    NAIVE_SQL,
    NAIVE_WAPE,
    NAIVE_WQL,
    Task,
    check_scorer,
    forecast_task,
    frozen_score,
    load_task,
    naive_forecast,
    read_sales,
    score_task,
)
from foresell.data.panel import Matrix, Panel
from foresell.errors import DataError, GateError, UsageError
from foresell.models.baselines import naive, seasonal_naive
from foresell.spec.project import ProjectSpec

FIRST = date(2010, 2, 5)


def week(place: int) -> date:
    return FIRST + timedelta(weeks=place)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Department 1: 100 weeks; 2: 90 weeks with a gap at weeks 40 and 60; 3: 78 rows, too few."""
    weeks = {1: range(100), 2: [w for w in range(90) if w not in {40, 60}], 3: range(78)}
    sales = pl.DataFrame(
        [
            (1, dept, week(w), 10.0 * dept + w % 5, w % 50 == 3)
            for dept in weeks
            for w in weeks[dept]
        ],
        schema=["Store", "Dept", "Date", "Weekly_Sales", "IsHoliday"],
        orient="row",
    )
    written = sales.with_columns(pl.col("IsHoliday").cast(pl.String).str.to_uppercase())
    written.sample(fraction=1, shuffle=True, seed=1).write_csv(tmp_path / "train.csv")
    calendar = [(1, week(w), str(w % 50 == 3).upper()) for w in range(140)]
    pl.DataFrame(calendar, schema=["Store", "Date", "IsHoliday"], orient="row").write_csv(
        tmp_path / "features.csv"
    )
    return tmp_path


@pytest.fixture
def task(folder: Path) -> Task:
    return load_task(folder)


def test_each_series_holds_out_its_own_last_39_weeks(task: Task) -> None:
    expected = pl.DataFrame({"Store": [1, 1], "Dept": [1, 2], "cutoff": [week(60), week(50)]})
    assert_frame_equal(task.cutoffs, expected)
    assert task.truth.group_by("Dept", maintain_order=True).agg(pl.len()).rows() == [
        (1, 39),
        (2, 38),
    ]
    assert task.truth["step"].unique().to_list() == list(range(1, 40))


def test_the_history_ends_at_each_cutoff_and_at_the_origin_that_asks(task: Task) -> None:
    last = pl.col("Date").max()
    ends = task.history.group_by("Dept").agg(last).sort("Dept")
    assert ends.rows() == [(1, week(60)), (2, week(50))]
    assert task.known_at(week(50))["Date"].max() == week(50)
    assert [day for day, _ in task.origins()] == [week(60), week(50)]


def test_the_calendar_knows_the_holidays_to_come(task: Task) -> None:
    assert task.calendar.filter("IsHoliday")["Date"].to_list() == [week(3), week(53), week(103)]


def test_the_scale_is_the_mean_weekly_change_over_weeks_that_were_both_seen(task: Task) -> None:
    scales = task.truth.group_by("Dept").agg(pl.col("scale").unique()).sort("Dept")
    values = np.array([w % 5 for w in range(51)], dtype=float)
    values[40] = np.nan
    expected = float(np.nanmean(np.abs(np.diff(values))))
    assert scales["scale"].to_list() == [[1.6], [pytest.approx(expected, rel=1e-12)]]


def test_the_truth_itself_scores_zero_and_needs_no_quantiles(task: Task) -> None:
    perfect = task.truth.select("Store", "Dept", "Date", prediction="y")
    got = score_task(task, perfect)
    assert (got.n, got.wape, got.mase, got.wql, got.sql) == (77, 0.0, 0.0, None, None)


def test_an_unanswered_row_is_refused_with_its_count(task: Task) -> None:
    with pytest.raises(UsageError, match="leaves 2 of 77 rows"):
        score_task(task, naive_forecast(task).slice(2))


def test_the_naive_baseline_asked_at_each_cutoff_is_the_tasks_own_naive(task: Task) -> None:
    asked, own = forecast_task(task, naive), naive_forecast(task)
    keys = ["Store", "Dept", "Date"]
    found = own.select(*keys, "prediction").join(asked, on=keys, suffix="_asked")
    assert found.height == 77
    assert found["prediction"].to_list() == found["prediction_asked"].to_list()


def test_no_series_is_shown_to_a_forecast_after_the_cutoff_it_answers_for(task: Task) -> None:
    seen: list[tuple[date, float]] = []

    def spy(panel: Panel, project: ProjectSpec, steps: int) -> Matrix:
        after = panel.target[:, panel.cutoff + 1 :]
        seen.append((panel.dates[panel.cutoff], float(np.isfinite(after).sum())))
        return naive(panel, project, steps)

    forecast_task(task, spy)
    assert seen == [(week(60), 0.0), (week(50), 0.0)]


def test_the_self_check_refuses_data_that_is_not_the_competitions(task: Task) -> None:
    with pytest.raises(GateError, match="the naive scores"):
        check_scorer(task)


def test_a_folder_without_the_sales_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.csv"):
        load_task(tmp_path)


def test_the_frozen_yardstick_scores_all_series_and_weighs_holidays(folder: Path) -> None:
    def too_high(panel: Panel, _project: ProjectSpec, steps: int) -> Matrix:
        return np.full((panel.n_series, steps), 100.0)

    sales = read_sales(folder).with_columns(
        pl.when("IsHoliday").then(0.0).otherwise(100.0).alias("Weekly_Sales")
    )
    got = frozen_score(sales, week(50), 4, too_high, unseen=None)
    assert (got.n, got.wmae) == (12, 100 * 5 / (5 + 3))


@pytest.mark.realdata
def test_the_naive_scores_what_was_published(walmart_data: Path) -> None:
    task = load_task(walmart_data)
    got = check_scorer(task)
    assert (task.cutoffs.height, got.n) == (2936, 112_929)
    assert got.wape == pytest.approx(NAIVE_WAPE, rel=0, abs=1e-12)
    assert got.mase == pytest.approx(NAIVE_MASE, rel=0, abs=1e-8)
    assert got.wql == pytest.approx(NAIVE_WQL, rel=0, abs=5e-5)
    assert got.sql == pytest.approx(NAIVE_SQL, rel=0, abs=5e-5)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("cutoff", "steps", "known"),
    [(date(2011, 10, 28), 39, 2010), (date(2012, 2, 3), 38, 1799)],
)
def test_the_seasonal_naive_comes_close_to_the_older_yardsticks(
    walmart_data: Path, cutoff: date, steps: int, known: float
) -> None:
    got = frozen_score(read_sales(walmart_data), cutoff, steps, seasonal_naive, unseen=0.0)
    assert got.wmae == pytest.approx(known, rel=0, abs=1.0)


@pytest.mark.realdata
def test_the_naive_meets_the_older_yardstick(walmart_data: Path) -> None:
    got = frozen_score(read_sales(walmart_data), date(2011, 10, 28), 39, naive, unseen=0.0)
    assert got.wmae == pytest.approx(3849, rel=0, abs=0.5)
