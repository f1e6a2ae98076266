"""The leaderboard page: each number is that of its file, each part stands alone."""

import json
from io import BytesIO
from typing import Any

import polars as pl
import pytest

from foresell.dashboard.leaderboard.page import download
from foresell.report.wording import typeset
from foresell.serving.problems import Refused
from tests.dashboard_site import visit_of
from tests.judged_run import (
    CUTOFF,
    OFF,
    SHOPS,
    Files,
    html,
    looked,
    register_bundles,
    run_files,
    shown_run,
    texts,
    truth,
)

NBSP = "\u00a0"


def csv(files: Files, name: str) -> pl.DataFrame:
    return pl.read_csv(BytesIO(files["evaluation", name]), infer_schema_length=None)


def test_the_first_numbers_are_those_of_the_test(panel: Files) -> None:
    told = json.loads(panel["evaluation", "test.json"])["protocols"]["frozen"]
    wape, last = told["scores"]["wape"], told["verdict"]["comparisons"][-1]
    assert last["metric"] == "wmae"
    page = looked(shown_run("panel", panel))
    assert [(fact.value, fact.label) for fact in page.facts] == [
        (f"{last['champion']:.2f}", "WMAE, USD"),
        (f"{100 * last['value_added']:.1f}{NBSP}%", "below seasonal_naive"),
        (f"{100 * wape:.1f}{NBSP}%", "WAPE"),
        (f"0.0{NBSP}%", "bias, as a share of actuals"),
        (
            f"{100 * told['scores']['coverage_80']:.1f}{NBSP}%",
            f"of the truth inside the 80{NBSP}% band",
        ),
        ("12", "rows judged"),
    ]
    assert {fact.source for fact in page.facts} == {"evaluation/test.json"}
    assert page.heading == (f"WMAE is 60.0{NBSP}% below that of seasonal_naive, the best baseline")
    assert f"judged on the 4{NBSP}weeks" in page.standfirst


def test_the_leaderboard_has_the_order_and_the_metrics_of_its_file(panel: Files) -> None:
    board, page = csv(panel, "leaderboard.csv"), looked(shown_run("panel", panel))
    assert page.boards is not None
    shown = page.boards.table
    assert shown.heads == (
        "Candidate",
        "WAPE",
        "WMAE",
        "RMSE",
        "MAE",
        "MASE",
        "R²",
        "Bias share",
        "Rows",
    )
    assert [row[0] for row in texts(shown)] == board["candidate"].to_list()
    assert [row[2] for row in texts(shown)] == [f"{one:.2f}" for one in board["wmae"]]
    assert [row[-1] for row in texts(shown)] == ["12"] * len(OFF)
    assert shown.marks == ("champion", "", "baseline", "baseline")
    assert page.boards.source == "evaluation/leaderboard.csv"


def test_the_value_added_is_one_less_the_ratio_of_two_errors(panel: Files) -> None:
    errors = dict(csv(panel, "leaderboard.csv").select("candidate", "wmae").iter_rows())
    page = looked(shown_run("panel", panel))
    assert page.parts.added is not None
    at = page.parts.added.heads.index("WMAE")
    expected = {
        name: f"{100 * (1 - errors['lightgbm'] / errors[name]):.1f}{NBSP}%"
        for name in ("naive", "seasonal_naive")
    }
    assert {row[0]: row[at] for row in texts(page.parts.added)} == expected
    assert page.parts.every_gain is not None
    own = next(row for row in texts(page.parts.every_gain) if row[0] == "lightgbm")
    assert dict(zip(page.parts.every_gain.heads[1:], own[1:], strict=True)) == expected


def test_a_part_where_nothing_is_gained_is_level_and_not_ahead(panel: Files) -> None:
    rows = csv(panel, "value_added_by.csv")
    first = pl.col("value").cast(pl.String) == "0"
    shops = (pl.col("by") == "shop") & first
    level = rows.with_columns(value_added=pl.when(shops).then(0.0).otherwise("value_added"))
    place = ("evaluation", "value_added_by.csv")
    files = {**panel, place: level.write_csv().encode()}

    page = looked(shown_run("panel", files))

    assert page.parts.value is not None
    assert page.parts.value.figures[0].title == f"Shop: ahead in {SHOPS - 1} of {SHOPS}, level in 1"


def test_the_coverage_of_a_table_is_told_of_the_groups_that_are_drawn(table: Files) -> None:
    place = ("evaluation", "segments.parquet")
    rows = pl.read_parquet(BytesIO(table[place]))
    shares = {"low": 0.5, "middle": 0.75, "high": 0.9}
    held = pl.col("value").replace_strict(shares, return_dtype=pl.Float64)
    buffer = BytesIO()
    rows.with_columns(coverage_80=held).write_parquet(buffer)

    level = looked(shown_run("tabular", table))
    apart = looked(shown_run("tabular", {**table, place: buffer.getvalue()}))

    figures = (*level.parts.coverage, *apart.parts.coverage)
    assert [one.title.replace(NBSP, " ") for one in figures] == [
        "The 80 % band held 100.0 % of the truth in each of these groups.",
        "The 80 % band held between 50.0 % (lowest third, 3 rows) and "
        "90.0 % (highest third, 4 rows) of the truth.",
    ]


def test_the_error_by_step_is_the_sum_of_errors_over_the_sum_of_actuals(panel: Files) -> None:
    page, rows = looked(shown_run("panel", panel)), truth("panel")
    assert page.steps is not None
    assert page.steps.rows is not None
    sold = dict(rows.group_by("step").agg(pl.col("y").sum()).iter_rows())
    found = {(name, step): wape for name, step, wape in page.steps.rows.iter_rows()}
    assert found == {
        (name, step): pytest.approx(OFF[name] * SHOPS / sold[step])
        for name in OFF
        for step in range(1, 5)
    }


def test_parts_of_the_rows_and_holidays_have_the_numbers_of_their_file(panel: Files) -> None:
    page = looked(shown_run("panel", panel))
    assert page.parts.spots is not None
    known = pl.read_parquet(BytesIO(panel["evaluation", "segments.parquet"]))
    own = known.filter(pl.col("candidate") == "lightgbm")
    rival = known.filter(pl.col("candidate") == "seasonal_naive")
    shown = texts(page.parts.spots.table)
    assert [row[1] for row in shown] == [str(n) for n in own["n"]]
    assert [row[2] for row in shown] == [f"{100 * one:.1f}{NBSP}%" for one in own["wape"]]
    assert [row[3] for row in shown] == [f"{100 * one:.1f}{NBSP}%" for one in rival["wape"]]
    titles = [figure.title for figure in page.parts.spots.figures]
    assert "Holiday: ahead in all 2" in titles
    assert [one.name for one in page.parts.coverage] == ["coverage-80", "coverage-95"]


def test_another_protocol_is_another_table(panel: Files) -> None:
    told = json.loads(panel["evaluation", "test.json"])["protocols"]["one-step"]
    page = looked(shown_run("panel", panel), protocol="one-step")
    assert page.facts[0].value == f"{told['verdict']['comparisons'][-1]['champion']:.2f}"
    assert page.heading.startswith("One step ahead: WMAE is ")
    assert page.boards is not None
    assert page.boards.source == "evaluation/one_step/leaderboard.csv"
    assert [row[-1] for row in texts(page.boards.table)] == ["6"] * len(OFF)
    assert (page.steps, page.parts.folds, page.parts.importance) == (None, None, None)
    assert page.troubles == {}


def test_the_champion_is_compared_with_whom_one_asks_for(panel: Files) -> None:
    page = looked(shown_run("panel", panel), against="naive")
    assert page.parts.spots is not None
    assert page.parts.spots.rival == "naive"
    assert "of naive" in page.parts.spots.table.heads
    assert page.form[-1].value == "naive"


def test_a_word_that_nothing_bears_is_said_beside_its_field(panel: Files) -> None:
    page = looked(
        shown_run("panel", panel), protocol="<script>alert(1)</script>", against="x" * 500
    )
    protocol, against = page.form
    assert (protocol.value, against.value) == ("frozen", "seasonal_naive")
    assert "There is no '<script>" in protocol.error
    assert len(against.error) < 100

    sent = html(shown_run("panel", panel), protocol="<script>alert(1)</script>")
    assert "<script>alert" not in sent
    assert 'aria-invalid="true" aria-describedby="protocol-error"' in sent
    assert 'id="protocol-error"' in sent


def test_how_it_was_chosen_and_what_it_is_made_of(panel: Files) -> None:
    page = looked(shown_run("panel", panel))
    assert page.parts.folds is not None
    assert page.parts.made_of is not None
    assert page.parts.importance is not None
    assert texts(page.parts.folds.table) == [
        ["lightgbm", f"2.0{NBSP}%", f"4.0{NBSP}%", f"3.0{NBSP}%"],
        ["ridge", f"3.0{NBSP}%", f"5.0{NBSP}%", f"4.0{NBSP}%"],
        ["naive", f"8.0{NBSP}%", f"6.0{NBSP}%", f"7.0{NBSP}%"],
    ]
    assert page.parts.folds.table.heads[1] == f"to 7{NBSP}Nov{NBSP}2025"
    assert texts(page.parts.made_of.table) == [
        ["lightgbm", f"75{NBSP}%", f"75{NBSP}%"],
        ["ridge", f"25{NBSP}%", f"25{NBSP}%"],
    ]
    assert page.parts.importance.rows is not None
    assert page.parts.importance.rows["name"].to_list() == ["price", "pieces"]
    share = f"price 75{NBSP}%, pieces 25{NBSP}%"
    assert page.parts.importance.title == (
        f"What lightgbm learnt beside the seasonal base: {share.replace(', ', ' and ')}."
    )
    assert page.parts.importance.says == (
        f"Share of each column in what was learnt beside the seasonal base: {share}."
    )
    assert texts(page.parts.shares) == [["base", f"90.0{NBSP}%"], ["growth", f"10.0{NBSP}%"]]


def test_the_run_tells_when_how_long_and_on_what(panel: Files) -> None:
    page = looked(shown_run("panel", panel))
    told = {fact.label: fact.value for fact in (*page.about.run, *page.about.made)}
    libraries = json.loads(panel["bundle", "metadata.json"])["libraries"]
    assert {one.label: one.value for one in page.about.libraries} == libraries
    assert "<summary>Libraries</summary>" in html(shown_run("panel", panel))
    assert told["Run"] == "20260102T030405Z-abcdef01"
    assert told["Began"] == f"2{NBSP}Jan{NBSP}2026, 03:04{NBSP}UTC"
    assert told["Took"] == f"1{NBSP}min 16{NBSP}s"
    notes = {fact.label: fact.note for fact in page.about.run}
    assert notes["Took"] == f"2{NBSP}stages added up; 1 more kept from earlier runs"
    assert told["Code"] == "c0ffeec0ffee"
    assert told["Refitted to"] == f"30{NBSP}Jan{NBSP}2026"
    assert texts(page.about.stages) == [
        ["train", f"1{NBSP}min 15{NBSP}s", "this run"],
        ["ingest", f"1.50{NBSP}s", "20260101T030405Z-00000000"],
        ["evaluate", f"0.35{NBSP}s", "this run"],
    ]
    assert texts(page.about.data) == [["lines.csv", "–", f"123{NBSP}kB", "abababababab"]]


def test_a_table_has_its_own_metrics_and_no_steps(table: Files) -> None:
    told = json.loads(table["evaluation", "test.json"])["protocols"]["held-out"]
    page = looked(shown_run("tabular", table))
    compared = {one["metric"]: one for one in told["verdict"]["comparisons"]}
    assert [fact.label for fact in page.facts][:3] == ["MAE, USD", "below median", "RMSE, USD"]
    assert page.facts[0].value == f"{compared['mae']['champion']:.2f}"
    assert page.steps is None
    assert page.parts.value is None
    assert page.troubles == {}
    assert page.judged is not None
    assert page.judged.result.verdict.said == tuple(map(typeset, told["verdict"]["reasons"]))
    assert all("%" not in one.replace(f"{NBSP}%", "") for one in page.judged.result.verdict.said)
    assert page.judged.failed == {"catboost": "the library is <not> installed"}


def test_what_the_data_says_is_text_and_no_markup(table: Files) -> None:
    sent = html(shown_run("tabular", table))
    assert "the library is &lt;not&gt; installed" in sent


def test_a_project_without_a_run_says_what_to_do() -> None:
    page = looked(shown_run("panel", {}))
    assert page.heading == "Nothing was judged yet"
    assert page.troubles["judged"].next
    assert page.troubles["judged"].mend == "foresell run toy"
    assert "<pre" in html(shown_run("panel", {}))


PARTS = {
    ("evaluation", "leaderboard.csv"): {"board"},
    ("evaluation", "value_added.csv"): {"added"},
    ("evaluation", "value_added_by.csv"): {"value"},
    ("evaluation", "segments.parquet"): {"spots"},
    ("evaluation", "truth.parquet"): {"steps"},
    ("evaluation", "backtest.csv"): {"folds"},
    ("evaluation", "importance.csv"): {"importance"},
    ("predictions", "lightgbm.parquet"): {"steps"},
    ("judged", "learner.json"): {"made_of"},
    ("", "run.json"): {"run"},
    ("bundle", "metadata.json"): {"made"},
    ("manifest", "manifest.json"): {"data"},
    ("evaluation", "test.json"): {"judged"},
}


@pytest.mark.parametrize("broken", [b"", b"\x00\xff{", b"[1, 2", b"a,b\n1,2\n", b"{}", b"[]"])
@pytest.mark.parametrize("place", PARTS)
def test_a_broken_file_takes_away_its_own_part(
    panel: Files, place: tuple[str, str], broken: bytes
) -> None:
    shown = shown_run("panel", {**panel, place: broken})
    page: Any = looked(shown)
    assert set(page.troubles) == PARTS[place]
    (trouble,) = page.troubles.values()
    assert not trouble.next
    assert place[1] in f"{trouble.what} {trouble.where}"
    assert trouble.what.replace("'", "&#39;")[1:40] in html(shown)


@pytest.mark.parametrize("place", PARTS)
def test_a_missing_file_takes_away_its_own_part(panel: Files, place: tuple[str, str]) -> None:
    left = {name: content for name, content in panel.items() if name != place}
    shown = shown_run("panel", left)
    page = looked(shown)
    assert set(page.troubles) <= PARTS[place]
    assert html(shown)


def test_files_are_given_away_as_they_lie_there(panel: Files) -> None:
    visit = visit_of(shown_run("panel", panel))
    given = download(visit, "one-step-leaderboard.csv")
    assert given.content == panel["evaluation", "one_step/leaderboard.csv"]
    assert given.name == "toy-one-step-leaderboard.csv"
    assert download(visit, "backtest.csv").content == panel["evaluation", "backtest.csv"]
    for name in ("../run.json", "test.json", "one-step-backtest.csv", "x" * 300):
        with pytest.raises(Refused) as refused:
            download(visit, name)
        assert refused.value.status == 404


def test_the_page_says_which_version_the_run_is(panel: Files) -> None:
    shown = shown_run("panel", panel)
    assert looked(shown).about.standing == "The last run is not registered."
    own = {"kind": "panel", "weighted": True, "champion": "lightgbm"}
    register_bundles(shown, own)
    assert looked(shown).about.standing == "The last run is version 1; no alias points to it."


def test_the_page_follows_a_file_that_changes(panel: Files) -> None:
    files = dict(panel)
    shown = shown_run("panel", files)
    before = looked(shown)
    other = run_files("tabular")
    files["evaluation", "importance.csv"] = other["evaluation", "importance.csv"].replace(
        b"price", b"costs"
    )
    after = looked(shown)
    assert before.parts.importance is not None
    assert after.parts.importance is not None
    assert after.parts.importance.rows is not None
    assert after.parts.importance.rows["name"].to_list() == ["costs", "pieces"]


def test_dates_of_the_toy_are_what_the_page_counts_from() -> None:
    assert truth("panel")["week"].min() == CUTOFF.fromordinal(CUTOFF.toordinal() + 7)
