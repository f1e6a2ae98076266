"""Of what nobody knows the page says so: no look, no backtest of a part, half a week."""

import json

import polars as pl
import pytest

from foresell.dashboard.monitoring.drift import headline
from foresell.dashboard.monitoring.page import context
from tests.dashboard_site import memory_shown, visit_of
from tests.watched_homes import Home

NBSP = "\u00a0"


def test_where_no_truth_is_known_the_verb_that_takes_it_is_named() -> None:
    told = context(visit_of(memory_shown("toy"))).troubles["judged"]

    assert told.what == "no forecast was compared with what came true yet"
    assert told.mend == "foresell monitor performance toy --actuals FILE"
    assert told.next


def test_what_nobody_has_looked_at_is_told_in_one_box_each_command_once() -> None:
    page = context(visit_of(memory_shown("toy")))

    assert [(one.command, len(one.lacks)) for one in page.looks] == [
        ("foresell monitor performance toy --actuals FILE", 1),
        ("foresell monitor drift toy --current FILE", 2),
        ("foresell serve toy --shadow staging", 1),
        ("foresell serve toy --request-log 1.0", 1),
        ("foresell quality toy --measure", 1),
    ]


def test_what_was_looked_at_is_not_in_the_box_and_what_was_not_has_no_other_place(
    spoilt_weeks: Home,
) -> None:
    page, said = spoilt_weeks.page(), spoilt_weeks.html()

    assert "judged" not in page.lacking
    assert "drift" in page.lacking
    assert said.count("Not looked at yet") == 1
    assert '<section id="performance">' in said
    assert '<section id="drift">' not in said
    for look in page.looks:
        assert said.count(f"<code>{look.command}</code>") == 1
    assert "Nothing was compared with what was learnt yet" in said


def test_a_percent_of_a_file_is_written_as_the_page_writes_its_own(spoilt_weeks: Home) -> None:
    place = spoilt_weeks.monitor / "performance_summary.json"
    told = spoilt_weeks.json("performance_summary.json")
    told["reasons"] = ["forecasts are 3.0 % too low; the backtest was off by -1.2 %"]
    place.write_text(json.dumps(told))

    page = spoilt_weeks.page()

    assert page.judged is not None
    said = f"forecasts are 3.0{NBSP}% too low; the backtest was off by −1.2{NBSP}%"
    assert page.judged.reasons == [said]
    assert page.training is not None


def test_a_subject_that_no_look_has_settled_is_not_called_quiet(spoilt_weeks: Home) -> None:
    alerts = spoilt_weeks.page().alerts
    assert alerts is not None
    assert list(alerts.unlooked) == ["drift", "schema"]
    said = spoilt_weeks.html()
    assert "<b>Drift</b> is not known: no look has settled it yet" in said
    assert "<b>Drift</b> is quiet" not in said

    (spoilt_weeks.monitor / "alerts.json").write_text('{"project": "shops", "subjects": {}}')
    said = spoilt_weeks.html()
    assert "No alert stands" not in said
    assert "<b>Performance</b> is not known: no look has settled it yet" in said


def test_a_look_that_compared_no_column_is_not_called_quiet() -> None:
    assert headline({"withheld": "", "columns": [], "segments": None}) == "No column was compared"


def test_a_part_of_a_week_is_told_apart_from_whole_weeks(spoilt_weeks: Home) -> None:
    place = spoilt_weeks.monitor / "performance_weeks.csv"
    last = pl.int_range(pl.len()) == pl.len() - 1
    pl.read_csv(place).with_columns(whole=pl.col("whole") & ~last).write_csv(place)

    page = spoilt_weeks.page()

    assert page.periods is not None
    table = page.periods.table
    assert table.heads[0] == "Week of"
    first, second = (row[0].text for row in table.rows[:2])
    assert first.endswith(", in part")
    assert not second.endswith(", in part")


def test_parts_without_a_backtest_come_by_their_error_and_no_column_is_empty(
    spoilt_weeks: Home,
) -> None:
    place = spoilt_weeks.monitor / "performance_segments.csv"
    nothing = pl.lit(None, pl.Float64)
    table = pl.read_csv(place).with_columns(
        backtest_wape=nothing, ratio=nothing, excess=nothing, chance=nothing
    )
    table.sort("by", "value").write_csv(place)

    found = spoilt_weeks.page().segments

    assert found is not None
    shown = found.table
    assert shown.caption == "Parts, the largest error first"
    assert "Backtest" not in shown.heads
    assert {len(row) for row in shown.rows} == {len(shown.heads)}
    worst = table.sort("wape", descending=True)["value"].cast(pl.String).to_list()
    assert [row[0].text.rsplit(" ")[-1] for row in shown.rows] == worst[: len(shown.rows)]
    assert "None has a backtest of its own" in found.note
    assert "beside its own backtest" not in spoilt_weeks.html()


def test_reasons_that_weigh_weeks_alike_are_not_taken_for_the_numbers_above(
    spoilt_weeks: Home,
) -> None:
    told = spoilt_weeks.json("performance_summary.json")
    page = spoilt_weeks.page()

    assert page.judged is not None
    assert told["recent"]["periods"] == 4
    assert page.judged.weighed == (
        "These sentences count every week alike; the numbers above count every row of the 4 weeks."
    )
    (spoilt_weeks.monitor / "performance_summary.json").write_text(
        json.dumps({**told, "verdict": "steady"})
    )
    page = spoilt_weeks.page()
    assert page.judged is not None
    assert page.judged.weighed == ""
    told["recent"]["periods"] = 1
    (spoilt_weeks.monitor / "performance_summary.json").write_text(json.dumps(told))
    page = spoilt_weeks.page()
    assert page.judged is not None
    assert page.judged.weighed == ""


def test_why_training_is_due_is_told_in_three_reasons_and_their_number(spoilt_weeks: Home) -> None:
    told = spoilt_weeks.json("performance_summary.json")
    told["reasons"] = [f"reason number {number}" for number in range(7)]
    (spoilt_weeks.monitor / "performance_summary.json").write_text(json.dumps(told))

    page, said = spoilt_weeks.page(), spoilt_weeks.html()

    assert page.training is not None
    assert page.training.needed
    listed = said[: said.index('id="performance"')]
    more = len(page.training.reasons) - 3
    assert listed.count("reason number") == 3
    assert f"and {more} reasons more" in listed.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ("usual_high", "What error is usual of 8 weeks is not known"),
        ("bias_share", "To which side the forecasts lean is not known"),
    ],
)
def test_a_chart_of_what_is_not_known_claims_nothing(
    spoilt_weeks: Home, known: str, says: str
) -> None:
    place = spoilt_weeks.monitor / "performance_weeks.csv"
    weeks = pl.read_csv(place).with_columns(pl.lit(None, pl.Float64).alias(known))
    weeks.write_csv(place)

    titles = [one.title for one in spoilt_weeks.page().figures.values()]

    assert says.replace("8 weeks", f"{weeks.height} weeks") in titles


def test_both_sides_of_a_look_are_told_with_days_as_people_read_them(spoilt_lines: Home) -> None:
    told = spoilt_lines.json("drift_summary.json")
    told["reference"]["says"] = "training rows of the same season: 2010-12-17 to 2012-01-27"
    (spoilt_lines.monitor / "drift_summary.json").write_text(json.dumps(told))

    page = spoilt_lines.page()

    assert page.drift is not None
    assert page.drift.sides.replace(NBSP, " ") == (
        "2.parquet: 300 rows, beside 2,000 rows that version 1 learnt from (training rows of the "
        "same season: 17 Dec 2010 to 27 Jan 2012)."
    )


def test_the_dashed_line_of_a_chart_is_told_where_it_is_drawn(spoilt_weeks: Home) -> None:
    told = spoilt_weeks.json("performance_summary.json")
    assert "dashed at what that of 80" in spoilt_weeks.page().figures["coverage"].note

    told["backtest"]["coverage_80"] = None
    (spoilt_weeks.monitor / "performance_summary.json").write_text(json.dumps(told))

    assert "dashed" not in spoilt_weeks.page().figures["coverage"].note
