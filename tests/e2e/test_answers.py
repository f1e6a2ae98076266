"""What a finished run answers: rows of one's own, gaps, holidays it was not told of."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import foresell
from foresell.api import RunResult
from foresell.errors import ForesellError, UsageError
from tests.builders import weekly_files, write_files


def test_rows_of_ones_own_are_answered_from_the_last_week_of_their_series(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    asked = tmp_path / "mine.csv"
    # The first series ended 30 weeks before the others: its own last week is 2012-05-18.
    asked.write_text("Store,Dept,Date\n1,1,2012-05-25\n3,1,2012-12-21\n1,1,2013-01-04\n")

    answered = foresell.forecast("walmart", rows=asked, home=folder / "home")

    assert answered.select(pl.col("Date").cast(pl.String)).to_series().to_list() == [
        "2012-05-25",
        "2012-12-21",
        "2013-01-04",
    ]
    assert answered.columns == [
        *("Store", "Dept", "Date", "prediction"),
        *("q0.025", *(f"q0.{i}" for i in range(1, 10)), "q0.975"),
        *("interval_method", "level_used"),
    ]
    assert bool(answered["prediction"].is_finite().all())


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("3,1,2014-12-19", "more than 39 periods after 2012-12-14"),
        ("3,1,2012-11-02", "not after the last observed period of its series"),
        ("3,1,2012-12-20", "not a date of W-FRI"),
        ("9,1,2012-11-02", "not after 2012-12-14, and the series was never observed"),
    ],
)
def test_a_row_out_of_reach_is_refused_with_its_reason(
    row: str, reason: str, whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    asked = tmp_path / "mine.csv"
    asked.write_text(f"Store,Dept,Date\n3,1,2012-12-21\n{row}\n")

    with pytest.raises(UsageError) as refused:
        foresell.forecast("walmart", rows=asked, home=folder / "home")

    assert refused.value.what == (
        f"1 row(s) cannot be answered: row 2 ({row.split(',')[2]}): {reason}"
    )


def test_the_submission_has_the_competitions_two_columns(whole: tuple[Path, RunResult]) -> None:
    folder, _ = whole
    answered = foresell.forecast("walmart", home=folder / "home")

    form = foresell.submission("walmart", answered)

    assert form.columns == ["Id", "Weekly_Sales"]
    assert form["Id"][0] == "1_1_2012-12-21"
    assert form["Weekly_Sales"].to_list() == answered["prediction"].to_list()
    assert form["Id"].n_unique() == answered.height


def test_a_holiday_nobody_mentioned_is_known_from_the_rows_the_source_asked_for(
    whole: tuple[Path, RunResult],
) -> None:
    folder, _ = whole
    told = foresell.forecast("walmart", home=folder / "home").filter(pl.col("Store") == 2)

    untold = foresell.forecast(
        "walmart", rows=told.select("Store", "Dept", "Date"), home=folder / "home"
    )

    assert untold.equals(told)


def test_without_any_asked_row_within_reach_every_series_is_answered_and_the_rest_is_named(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    shutil.copytree(folder / "home", tmp_path / "home")
    files = dict(weekly_files(ragged=True))
    rows = files["test.csv"].decode().splitlines()
    files["test.csv"] = f"{rows[0]}\n1,1,2023-01-06,FALSE\n".encode()

    result = foresell.run(
        "walmart",
        data=write_files(tmp_path / "data", files),
        preset="fast",
        home=tmp_path / "home",
        until="forecast",
    )

    answered = foresell.forecast("walmart", home=tmp_path / "home")
    left = foresell.unanswered("walmart", home=tmp_path / "home")
    assert answered.equals(pl.read_parquet(result.forecast or ""))
    assert answered.height == 6 * 39
    assert answered["Date"].min() == date(2012, 12, 21)
    assert left.select("Store", "Dept", "reason").rows() == [
        (1, 1, "more than 39 periods after 2012-12-14")
    ]


def test_an_answer_is_that_of_the_present_bundle_even_if_the_run_stopped_before_forecasting(
    whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    shutil.copytree(folder / "home", tmp_path / "home")
    before = foresell.forecast("walmart", home=tmp_path / "home")
    files = dict(weekly_files(ragged=True, seed=2))

    foresell.run(
        "walmart",
        data=write_files(tmp_path / "data", files),
        preset="fast",
        home=tmp_path / "home",
        until="refit",
        override="another year",
    )

    after = foresell.forecast("walmart", home=tmp_path / "home")
    assert not after["prediction"].equals(before["prediction"])


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (
            "Store,Dept,Date\n0,1,2012-12-21\n",
            "1 row(s) break the contract, Store must be at least 1: row 1: 0",
        ),
        (
            "Store,Dept,Date,Type\n9,1,2012-12-21,Z\n",
            "1 row(s) break the contract, Type must be one of A, B, C: row 1: Z",
        ),
        (
            "Store,Dept,Date,IsHoliday\n3,1,2012-12-21,TRUE\n3,1,2012-12-21,FALSE\n",
            "1 row(s) are asked for with two values of 'IsHoliday'",
        ),
    ],
)
def test_rows_asked_for_meet_the_contract_and_do_not_contradict_each_other(
    rows: str, what: str, whole: tuple[Path, RunResult], tmp_path: Path
) -> None:
    folder, _ = whole
    asked = tmp_path / "mine.csv"
    asked.write_text(rows)

    with pytest.raises(ForesellError) as refused:
        foresell.forecast("walmart", rows=asked, home=folder / "home")

    assert (refused.value.what, refused.value.exit_code) == (what, 2)


def test_what_a_known_series_is_stands_in_its_history_and_not_in_the_rows(
    whole: tuple[Path, RunResult],
) -> None:
    folder, _ = whole
    asked = pl.DataFrame({"Store": [3], "Dept": [1], "Date": [date(2012, 12, 21)]})
    said = asked.with_columns(Type=pl.lit("A"), Size=pl.lit(1))

    answers = [
        foresell.forecast("walmart", rows=rows, home=folder / "home") for rows in (asked, said)
    ]

    assert answers[0].equals(answers[1])
