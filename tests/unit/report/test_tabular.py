import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from foresell.errors import DataError
from foresell.report.context import Verdict
from foresell.report.tabular.context import Board, Leak, TabularReport
from foresell.report.tabular.page import REQUIRED, render_tabular
from tests.pages import Page
from tests.tabular_reports import CANDIDATES, board, full_tabular, minimal_tabular, tabular_rows

SECTIONS = [
    "predicted", "leaderboard", "other", "segments", "calibration", "bands", "errors", "importance",
    "recipe", "notes", "data", "answer", "again",
]  # fmt: skip
CHAMPION = CANDIDATES[0]


@pytest.fixture(scope="module")
def full() -> TabularReport:
    return full_tabular()


@pytest.fixture(scope="module")
def full_html(full: TabularReport) -> str:
    """Drawing a page takes a second or two, so the tests of one page share it."""
    return render_tabular(full)


@pytest.fixture(scope="module")
def minimal_html() -> str:
    return render_tabular(minimal_tabular())


@pytest.fixture(params=["full", "minimal"])
def html(request: pytest.FixtureRequest) -> str:
    page: str = request.getfixturevalue(f"{request.param}_html")
    return page


def text_of(report: TabularReport) -> str:
    """Render without most charts, which take longest: for tests of the text."""
    nothing = pl.DataFrame()
    return render_tabular(
        replace(report, rows=nothing, segments=nothing, calibration=nothing, folds=nothing)
    )


def part_of(page: str, section: str) -> str:
    return page.split(f'id="{section}-section"')[1].split("</section>", maxsplit=1)[0]


def test_the_page_names_no_address_and_holds_no_script(html: str) -> None:
    assert re.findall(r"https?:|//[a-z]|@import|url\((?!#)|<script|<link|<img|\bsrc=", html) == []


def test_the_page_is_well_formed_with_every_section_and_unique_identifiers(full_html: str) -> None:
    page = Page(full_html)

    assert page.open == []
    assert [name for name in page.ids if name.endswith("-section")] == [
        f"{name}-section" for name in SECTIONS
    ]
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert set(page.references) <= set(page.ids)


def test_what_was_not_made_is_said_in_its_place(minimal_html: str) -> None:
    said = re.findall(r'<p class="missing">(.*?)</p>', minimal_html)

    assert said == [
        "No rows were kept to look at.",
        "No segments were judged.",
        "No intervals were judged.",
        "No errors were kept.",
        "No importance was computed in this run.",
        "One model, with no weights and no folds to show.",
        "Nothing: every candidate was fitted, and every fold that was declared was judged.",
    ]


def test_a_column_that_weighs_rows_is_named_beside_the_error_that_it_weighs(
    full: TabularReport,
) -> None:
    rows = full.leaderboard.with_columns(wmae=pl.col("mae") * 2)
    facts = replace(full.facts, weighed_by="QUANTITYORDERED")
    part = part_of(
        text_of(replace(full, leaderboard=rows, ranked_by="wmae", facts=facts)), "leaderboard"
    )

    assert "mean absolute error, rows weighed by QUANTITYORDERED" in part
    assert "WMAE, RMSE and MAE in USD; lowest WMAE first." in part
    assert "holidays" not in part


def test_all_rows_are_said_to_count_alike_where_the_target_is_learnt_relative_to_others(
    full: TabularReport,
) -> None:
    facts = replace(full.facts, relative_to=("MSRP", "QUANTITYORDERED"))
    part = part_of(text_of(replace(full, facts=facts)), "recipe")

    assert "SALES per MSRP × QUANTITYORDERED; all rows count alike, and every answer" in part


def test_every_table_heading_has_a_scope(html: str) -> None:
    assert set(Page(html).headings) == {"row", "col"}


def test_every_chart_says_what_it_is_and_has_a_caption(full_html: str) -> None:
    drawings = re.findall(r"<svg [^>]*>.{0,80}", full_html)
    captions = re.findall(r"<figcaption><b>(.*?)</b>", full_html)

    assert len(drawings) == len(captions) == 2 + 2 + 2 + 2 + 1 + 1
    assert all('role="img"' in drawing and "<title" in drawing for drawing in drawings)
    assert all(captions)


def test_the_same_report_has_the_same_bytes_in_any_order_of_rows_leaderboard_and_folds(
    full: TabularReport, full_html: str
) -> None:
    turned = replace(
        full,
        rows=full.rows.reverse(),
        leaderboard=full.leaderboard.reverse(),
        folds=full.folds.reverse(),
        weights=full.weights.reverse(),
        importance=full.importance.reverse(),
    )

    assert render_tabular(turned) == full_html


def test_the_headline_and_the_standfirst_say_what_the_error_is_and_what_a_baseline_s_is(
    full_html: str,
) -> None:
    head = full_html.split("</header>", maxsplit=1)[0]

    assert re.search(r"<h1>Errors are \d\d\u00a0% below the best baseline</h1>", head)
    assert re.search(
        r"The RMSE is \d+\u00a0USD; that of the best baseline, mean, 1,\d+\u00a0", head
    )
    assert (
        "300\u00a0rows of 61\u00a0groups (ORDERNUMBER), none of which it had seen a row of" in head
    )
    assert "<dt>RMSE, USD <small>" in head


def test_a_hostile_name_is_only_text(full: TabularReport) -> None:
    bad = "<script>alert('x')</script>"
    hostile = replace(
        full,
        facts=replace(
            full.facts, title=bad, project=bad, command=bad, unit=bad, target=bad, example=bad,
            protocol=bad, answers=bad, interval_method=bad, group_by=(bad,),
        ),
        segments=full.segments.head(5).with_columns(
            pl.col("candidate").replace(CHAMPION, bad), segment=pl.lit(bad), value=pl.lit(bad)
        ),
        leaderboard=full.leaderboard.with_columns(pl.col("candidate").replace(CHAMPION, bad)),
        folds=full.folds.with_columns(pl.col("candidate").replace(CHAMPION, bad)),
        weights=full.weights.with_columns(member=pl.lit(bad) + pl.col("member")),
        importance=full.importance.with_columns(name=pl.lit(bad) + pl.col("name")),
        settings={bad: {bad: bad}},
        derived={bad: bad},
        leaks=(Leak(columns=(bad,), evidence=bad, note=bad),),
        notes=(bad,),
        verdict=Verdict(passed=False, reasons=(bad,)),
    )  # fmt: skip

    html = render_tabular(hostile)

    assert "<script" not in html
    assert "&lt;script" in html
    assert Page(html).open == []


@pytest.mark.parametrize("part", REQUIRED)
def test_a_frame_that_lacks_a_column_is_refused_by_name(full: TabularReport, part: str) -> None:
    frame: pl.DataFrame = getattr(full, part)
    lacking = frame.drop(REQUIRED[part][-1])
    changes: dict[str, Any] = {part: lacking}

    with pytest.raises(DataError, match=f"'{part}' has no column '{REQUIRED[part][-1]}'"):
        render_tabular(replace(full, **changes))


def test_a_page_of_four_thousand_rows_is_no_larger_than_a_picture() -> None:
    large = full_tabular(4000)

    page = render_tabular(replace(large, segments=pl.DataFrame(), folds=pl.DataFrame()))

    assert len(page.encode()) < 400_000


def test_each_protocol_has_a_table_of_its_own_and_a_sentence_what_it_answers(
    full_html: str,
) -> None:
    first, other = part_of(full_html, "leaderboard"), part_of(full_html, "other")

    assert "<h2>Leaderboard, held-out groups</h2>" in first
    assert "How good is a prediction of a line of an order nothing is known of?" in first
    assert "<h2>Leaderboard, later rows</h2>" in other
    assert "How good is a prediction of a line of a later order? 150\u00a0rows judged." in other
    assert [part.count(f">{CHAMPION} <small>champion") for part in (first, other)] == [1, 1]


def test_a_champion_that_fails_in_time_is_said_to_fail_there(full: TabularReport) -> None:
    assert full.other is not None
    failed = Verdict(passed=False, reasons=("RMSE 9 does not beat 8",))

    page = text_of(replace(full, other=replace(full.other, verdict=failed)))

    assert "Here the gate would not have passed: RMSE 9 does not beat 8." in page


def test_every_group_has_its_coverage_and_the_width_of_its_band(full_html: str) -> None:
    part = part_of(full_html, "bands")

    assert re.findall(r'<th scope="row"[^>]*>(.*?)</th>', part) == [
        "PRODUCTLINE Classic Cars",
        "PRODUCTLINE Planes",
        "PRODUCTLINE Trucks and Buses",
        "PRICEEACH 100 and above",
        "PRICEEACH below 100",
    ]
    assert "widths in USD" in part
    assert "<code>conformal_intervals</code>" in part


def test_what_was_found_and_refused_stands_with_the_data(full_html: str) -> None:
    part = part_of(full_html, "data")

    assert "2,010\u00a0rows read = 2,000 kept + 10 quarantined." in part
    assert "<dt>DEALSIZE</dt><dd>bins SALES at 3,000 and 7,000 (excluded, as it should be)" in part
    assert "a group (ORDERNUMBER) is on one side" in part


def test_settings_that_were_searched_are_named_with_few_digits(full_html: str) -> None:
    assert "<dd>learning_rate 0.05123, max_leaf_nodes 31</dd>" in part_of(full_html, "recipe")


def test_a_setting_of_many_digits_is_shown_with_four(full: TabularReport) -> None:
    page = text_of(replace(full, settings={"a_tuned": {"rate": 0.123456789, "deep": True}}))

    assert "<dd>deep true, rate 0.1235</dd>" in page


def test_an_example_of_a_question_is_one_to_paste(full_html: str) -> None:
    part = part_of(full_html, "answer")

    assert (
        "foresell predict deals --json &#39;{&#34;QUANTITYORDERED&#34;: 30" in part
        or "foresell predict deals --json '{&#34;QUANTITYORDERED&#34;: 30" in part
    )


def test_folds_put_the_least_error_over_all_of_them_first(full: TabularReport) -> None:
    page = render_tabular(
        replace(full, rows=pl.DataFrame(), segments=pl.DataFrame(), calibration=pl.DataFrame())
    )
    table = part_of(page, "recipe").split("The folds as numbers")[1].split("</table>")[0]

    heads = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', table)
    assert heads == [*CANDIDATES, "mean", "median"]


def only(report: TabularReport, *names: str) -> TabularReport:
    """The same report of a few candidates."""
    kept = pl.col("candidate").is_in(names)
    return replace(
        report,
        leaderboard=report.leaderboard.filter(kept),
        segments=report.segments.filter(kept),
        folds=report.folds.filter(kept),
        importance=report.importance.filter(kept),
    )


def constant(report: TabularReport) -> TabularReport:
    """The same report of a model that says one thing of every row."""
    rows = report.rows.with_columns(prediction=pl.lit(3000.0))
    return replace(report, rows=rows, leaderboard=board(rows))


def exact(report: TabularReport) -> TabularReport:
    """The same report of a model without any error, of one value."""
    rows = tabular_rows().with_columns(y=pl.lit(5.0), prediction=pl.lit(5.0))
    return replace(report, rows=rows, leaderboard=board(rows))


def baseline_first(report: TabularReport) -> TabularReport:
    """The same report, whose champion is a baseline."""
    crowned = report.leaderboard.with_columns(champion=pl.col("candidate") == "mean")
    return replace(report, leaderboard=crowned)


DEGENERATE: dict[str, Callable[[TabularReport], TabularReport]] = {
    "one candidate": lambda report: only(report, CHAMPION, "mean"),
    "one candidate and no baseline": lambda report: only(report, CHAMPION),
    "no segments": lambda report: replace(report, segments=pl.DataFrame()),
    "no other protocol": lambda report: replace(report, other=None),
    "no groups": lambda report: replace(
        report,
        facts=replace(report.facts, groups=0, group_by=()),
        split=report.split.with_columns(groups=pl.lit(None, pl.Int64)),
    ),
    "no unit": lambda report: replace(report, facts=replace(report.facts, unit="")),
    "a unit that begins with a number": lambda report: replace(
        report, facts=replace(report.facts, unit="100,000 USD")
    ),
    "a constant prediction": constant,
    "no error at all": exact,
    "a baseline as champion": baseline_first,
    "one row": lambda report: replace(report, rows=report.rows.head(1)),
    "unknown truth": lambda report: replace(
        report, rows=report.rows.with_columns(y=pl.lit(None, pl.Float64))
    ),
    "one fold": lambda report: replace(report, folds=report.folds.filter(pl.col("fold") == 0)),
    "a fold without an error": lambda report: replace(
        report,
        folds=report.folds.with_columns(
            rmse=pl.when(pl.col("candidate") == "linear").then(None).otherwise(pl.col("rmse"))
        ),
    ),
    "another protocol without baselines": lambda report: replace(
        report,
        other=Board(
            title="Later rows",
            answers="How good?",
            leaderboard=board(tabular_rows()).filter(pl.col("kind") == "candidate"),
            rows=3,
            verdict=Verdict(passed=True),
        ),
    ),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_run_that_lacks_something_has_a_page(full: TabularReport, name: str) -> None:
    html = render_tabular(DEGENERATE[name](full))

    assert Page(html).open == []
    assert not re.search(r"\b(nan|NaN|None|inf)\b", re.sub(r"<style>.*?</style>", "", html))
