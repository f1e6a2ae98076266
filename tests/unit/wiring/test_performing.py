"""What was forecast at the time, beside what came true: which version, which rows, what is kept."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from foresell.errors import DataError, UsageError
from foresell.monitor.retraining import of_drift, of_performance, weigh
from foresell.report.performance_page import performance_html
from foresell.settings import Settings, read_settings
from foresell.wiring.performing import PAGE, SUMMARY, WEEKS, Performed, perform
from tests.performing_toy import FIRST, panel_bundle, put_on_prod, weeks

SECOND = FIRST + timedelta(weeks=4)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose prod has pointed to two versions."""
    home = tmp_path_factory.mktemp("performing")
    put_on_prod(home, panel_bundle(FIRST, seed=1), 1)
    put_on_prod(home, panel_bundle(SECOND, seed=2), 2)
    return home


@pytest.fixture
def settings(shops: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Return settings of that home, with a folder of one's own for what is written."""
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path / "reports"))
    return read_settings(shops)


def given(folder: Path, rows: pl.DataFrame, name: str = "actuals.csv") -> Path:
    rows.write_csv(folder / name)
    return folder / name


def judged(settings: Settings, folder: Path, rows: pl.DataFrame) -> Performed:
    return perform("shops", given(folder, rows), settings)


TRUTH = weeks(FIRST + timedelta(weeks=1), 8, seed=7)


def test_each_week_is_answered_by_the_version_that_had_last_been_trained_before_it(
    settings: Settings, tmp_path: Path
) -> None:
    found = judged(settings, tmp_path, TRUTH)

    told = found.performance.told
    assert told["versions"] == [1, 2]
    assert (told["version"], told["alias"], told["judged_by"]) == (2, "prod", 2)
    assert found.performance.weeks["step"].to_list() == [1.0, 2.0, 3.0, 4.0] * 2
    error = (TRUTH["sales"] - 100.0 * TRUTH["shop"]).abs()
    assert (found.performance.weeks["wape"] * found.performance.weeks["actual"]).sum() == (
        pytest.approx(error.sum())
    )
    assert found.performance.verdict in {"steady", "watch"}
    assert [file.name for file in found.files][:2] == [PAGE, SUMMARY]


def test_a_week_in_the_past_of_every_version_is_told_and_not_judged(
    settings: Settings, tmp_path: Path
) -> None:
    early = weeks(FIRST, 2, seed=7)

    told = judged(settings, tmp_path, early).performance.told

    assert [(one["why"], one["rows"]) for one in told["unmatched"]] == [("before the forecasts", 6)]
    assert told["matched"] == 6


def test_weeks_beyond_the_horizon_call_for_training(settings: Settings, tmp_path: Path) -> None:
    late = weeks(SECOND + timedelta(weeks=4), 2, seed=7)

    found = judged(settings, tmp_path, late)

    assert found.performance.verdict == "retrain"
    assert found.performance.findings[0].says == (
        "6 rows lie beyond the horizon of the newest version: nothing was forecast for them"
    )
    assert found.settled is not None
    assert found.settled.firing


@pytest.mark.parametrize("first", [SECOND + timedelta(weeks=5), date(2035, 1, 5)])
def test_a_date_that_was_written_wrongly_is_told_and_calls_for_nothing(
    settings: Settings, tmp_path: Path, first: date
) -> None:
    slip = weeks(first, 1, seed=7).head(1)

    found = judged(settings, tmp_path, pl.concat([TRUTH, slip]))

    assert [
        (one["why"], one["rows"], one["named"]) for one in found.performance.told["unmatched"]
    ] == [("dated apart from the rest", 1, (f"{first}",))]
    assert found.performance.verdict != "retrain"
    again = perform("shops", given(tmp_path, TRUTH), settings, replace=True).performance.told
    assert (again["unmatched"], again["actuals"]["rows"]) == ([], TRUTH.height)


def test_a_whole_week_far_from_all_others_may_be_a_slip_and_two_are_not(
    settings: Settings, tmp_path: Path
) -> None:
    far = weeks(date(2035, 1, 5), 2, seed=7)

    one, two = (
        judged(settings, tmp_path, pl.concat([TRUTH, rows])).performance
        for rows in (far.filter(pl.col("week") == date(2035, 1, 5)), far)
    )

    assert [found.told["unmatched"][0]["why"] for found in (one, two)] == [
        "dated apart from the rest",
        "beyond the horizon",
    ]
    assert two.verdict == "retrain"


def test_a_new_shop_is_named(settings: Settings, tmp_path: Path) -> None:
    stranger = TRUTH.filter(pl.col("shop") == 1).with_columns(shop=pl.lit(9, dtype=pl.Int64))

    told = judged(settings, tmp_path, pl.concat([TRUTH, stranger])).performance.told

    assert [(one["why"], one["rows"], one["named"]) for one in told["unmatched"]] == [
        ("not forecast", 8, ("shop=9",))
    ]


def test_weeks_given_one_after_the_other_are_judged_as_all_at_once(
    settings: Settings, tmp_path: Path
) -> None:
    for first in (0, 18, 36):
        slowly = judged(settings, tmp_path, TRUTH.sort("week").slice(first, 18))
    whole = judged(settings, tmp_path, TRUTH.sample(fraction=1, shuffle=True, seed=1))

    assert slowly.performance.weeks.equals(whole.performance.weeks)
    assert slowly.performance.segments.equals(whole.performance.segments)
    assert whole.performance.told["actuals"]["same"] == TRUTH.height


def test_what_is_revised_counts_and_is_counted(settings: Settings, tmp_path: Path) -> None:
    judged(settings, tmp_path, TRUTH)
    better = TRUTH.head(2).with_columns(pl.col("sales") + 1)

    actuals = judged(settings, tmp_path, better).performance.told["actuals"]

    assert (actuals["rows"], actuals["new"], actuals["revised"]) == (TRUTH.height, 0, 2)


def test_what_is_kept_is_judged_without_a_file_and_gives_the_same_bytes(
    settings: Settings, tmp_path: Path
) -> None:
    judged(settings, tmp_path, TRUTH)
    first = perform("shops", None, settings)
    before = {file.name: file.read_bytes() for file in first.files}

    second = perform("shops", None, settings)

    assert {file.name: file.read_bytes() for file in second.files} == before
    assert json.loads(before[SUMMARY])["verdict"] == first.performance.verdict
    assert before[WEEKS].decode().count("\n") == 9


def test_a_doubled_shop_is_named_in_its_first_week(settings: Settings, tmp_path: Path) -> None:
    first = TRUTH["week"].max()
    doubled = TRUTH.with_columns(
        pl
        .when((pl.col("shop") == 4) & (pl.col("week") == first))
        .then(2 * pl.col("sales"))
        .otherwise("sales")
        .alias("sales")
    )

    found = judged(settings, tmp_path, doubled).performance

    assert "shop=4" in {one.about for one in found.findings}
    assert found.segments["value"][0] == "4"


def test_four_doubled_weeks_raise_an_alert_that_true_ones_resolve(
    settings: Settings, tmp_path: Path
) -> None:
    doubled = TRUTH.with_columns(pl.col("sales") * 2)

    bad = judged(settings, tmp_path, doubled)
    good = judged(settings, tmp_path, TRUTH)

    assert bad.settled is not None
    assert good.settled is not None
    assert (bad.performance.verdict, bad.settled.firing) == ("retrain", True)
    assert {one.seen for one in bad.performance.findings} >= {"error", "bias", "coverage"}
    assert (good.settled.firing, good.settled.resolved) == (False, True)


def test_errors_of_the_version_before_are_not_held_against_the_one_that_is_served(
    settings: Settings, tmp_path: Path
) -> None:
    bad = TRUTH.filter(pl.col("week") <= SECOND).with_columns(pl.col("sales") * 2)

    told = judged(settings, tmp_path, bad).performance.told

    assert (told["version"], told["versions"], told["judged_by"]) == (2, [1], 1)
    assert (told["verdict"], told["recent"], told["periods"]) == ("unknown", None, 4)
    assert told["reasons"] == [
        "version 2 has no judged week yet: what is known came true of version 1"
    ]
    found = of_performance(json.loads(json.dumps(told)), 2, 0.0, "look")
    assert (found.state, found.verdict) == ("missing", "")
    moved = {"seen": "shift", "weight": "alarm", "about": "price", "says": "price moved"}
    drift = of_drift({"version": 2, "findings": [moved]}, 2, 0.0, "look")
    assert weigh(found, drift).needed
    assert not weigh(found, of_drift(None, 2, 0.0, "look")).needed


def test_a_version_by_its_number_is_judged_alone(settings: Settings, tmp_path: Path) -> None:
    found = perform("shops", given(tmp_path, TRUTH), settings, version=1)

    assert found.performance.told["versions"] == [1]
    assert found.performance.told["unmatched"][0]["why"] == "beyond the horizon"


def test_nothing_known_is_told_how_to_be_given(settings: Settings) -> None:
    with pytest.raises(UsageError, match="nothing is known of what came true"):
        perform("shops", None, settings)


@pytest.mark.parametrize(
    ("rows", "error", "says"),
    [
        (TRUTH.drop("shop"), UsageError, "lacks shop"),
        (TRUTH.drop("sales"), UsageError, "no column 'sales'"),
        (pl.concat([TRUTH, TRUTH.head(1)]), DataError, "told more than once"),
        (TRUTH.with_columns(week=pl.lit("soon")), DataError, "not of type date"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_kept(
    settings: Settings,
    tmp_path: Path,
    rows: pl.DataFrame,
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        judged(settings, tmp_path, rows)
    assert not (tmp_path / "reports" / "shops" / "monitor" / "actuals.parquet").exists()


def test_what_is_not_served_is_judged_apart_and_settles_no_alert(
    settings: Settings, tmp_path: Path
) -> None:
    doubled = TRUTH.with_columns(pl.col("sales") * 2)
    assert judged(settings, tmp_path, doubled).settled is not None
    folder = tmp_path / "reports" / "shops" / "monitor"
    before = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}

    other = perform("shops", given(tmp_path, doubled), settings, version=1)

    assert other.settled is None
    assert {one.parent for one in other.files} == {folder / "versions" / "1"}
    after = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    assert after | {"actuals.parquet": b""} == before | {"actuals.parquet": b""}


def test_where_no_period_was_judged_the_alert_stands_as_it_was(
    settings: Settings, tmp_path: Path
) -> None:
    late = weeks(SECOND + timedelta(weeks=4), 2, seed=7)
    first = judged(settings, tmp_path, late).settled
    assert first is not None
    assert first.firing

    early = given(tmp_path, weeks(FIRST - timedelta(weeks=3), 2, seed=7))
    blind = perform("shops", early, settings, replace=True).settled

    assert blind is not None
    assert (blind.firing, blind.resolved, blind.compared) == (True, False, False)


def test_the_page_of_made_up_data_says_so(settings: Settings, tmp_path: Path) -> None:
    found = judged(settings, tmp_path, TRUTH).performance
    assert found.told["synthetic"] is True  # as the metadata of the bundle says
    assert "SYNTHETIC data." in performance_html(found)
    real = replace(found, told={**found.told, "synthetic": False})
    assert "SYNTHETIC data." not in performance_html(real)
