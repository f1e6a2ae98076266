import re
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from foresell.errors import DataError
from foresell.report.context import RunReport, Verdict
from foresell.report.page import REQUIRED, render_report
from tests.pages import Page

SECTIONS = [
    "total", "series", "leaderboard", "onestep", "added", "horizon", "segments", "calibration",
    "errors", "recipe", "notes", "data", "again",
]  # fmt: skip


@pytest.fixture(scope="module")
def full_html(full: RunReport) -> str:
    """Drawing a page takes a second or two, so the tests of one page share it."""
    return render_report(full)


@pytest.fixture(scope="module")
def minimal_html(minimal: RunReport) -> str:
    return render_report(minimal)


@pytest.fixture(params=["full", "minimal"])
def html(request: pytest.FixtureRequest) -> str:
    page: str = request.getfixturevalue(f"{request.param}_html")
    return page


def rendered(report: RunReport) -> str:
    """Render without the charts by series, step, segment and error: for tests of the text."""
    nothing = pl.DataFrame()
    return render_report(
        replace(
            report,
            totals=nothing,
            samples=(),
            by_step=nothing,
            segments=nothing,
            calibration=nothing,
            residuals=nothing,
            folds=nothing,
        )
    )


def test_the_page_names_no_address_and_holds_no_script(html: str) -> None:
    assert re.findall(r"https?:|//[a-z]|@import|url\((?!#)|<script|<link|<img|\bsrc=", html) == []


def test_the_page_is_well_formed_with_every_section_and_unique_identifiers(html: str) -> None:
    page = Page(html)

    assert page.open == []
    assert [name for name in page.ids if name.endswith("-section")] == [
        f"{name}-section" for name in SECTIONS
    ]
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert set(page.references) <= set(page.ids)


def test_every_table_heading_has_a_scope(html: str) -> None:
    assert set(Page(html).headings) == {"row", "col"}


def test_every_chart_says_what_it_is_to_those_who_cannot_see_it(full_html: str) -> None:
    drawings = re.findall(r"<svg [^>]*>.{0,80}", full_html)
    assert len(drawings) == 2 * 2 + 2 + 2 + 2 + 3 + 2 + 1
    assert all('role="img"' in drawing and "<title" in drawing for drawing in drawings)


def test_the_same_report_has_the_same_bytes_in_any_order_of_the_leaderboard_and_the_folds(
    full: RunReport, full_html: str
) -> None:
    turned = replace(full, leaderboard=full.leaderboard.reverse(), folds=full.folds.reverse())

    assert render_report(turned) == full_html


def test_synthetic_data_is_declared_and_real_data_is_not(full_html: str, minimal_html: str) -> None:
    assert "SYNTHETIC data." in full_html.split("</header>", maxsplit=1)[0]
    assert "SYNTHETIC" not in minimal_html


def test_a_hostile_name_is_only_text(full: RunReport) -> None:
    bad = '<script>alert("x")</script>'
    renamed = pl.col("candidate").replace("ours", bad)
    hostile = replace(
        full,
        facts=replace(full.facts, title=bad, project=bad, command=bad, unit=bad, target=bad),
        samples=(replace(full.samples[0], label=bad, kind=bad),),
        events=full.events.with_columns(name=pl.lit(bad)),
        calibration=pl.DataFrame(),
        residuals=pl.DataFrame(),
        segments=full.segments.with_columns(renamed, segment=pl.lit(bad), value=pl.lit(bad)),
        leaderboard=full.leaderboard.with_columns(renamed),
        by_step=full.by_step.with_columns(renamed),
        notes=(bad,),
        verdict=Verdict(passed=False, reasons=(bad,)),
    )

    html = render_report(hostile)

    assert "<script" not in html
    assert "&lt;script" in html
    assert Page(html).open == []


def test_a_failed_gate_is_said_in_the_headline(full: RunReport) -> None:
    failed = rendered(replace(full, verdict=Verdict(passed=False)))

    assert "<h1>Not passed: errors 20\u00a0% below the best baseline</h1>" in failed
    assert "The gate did not pass." in failed


def test_a_leaderboard_without_a_champion_is_refused(minimal: RunReport) -> None:
    headless = minimal.leaderboard.with_columns(champion=pl.lit(value=False))

    with pytest.raises(DataError, match="0 champions"):
        render_report(replace(minimal, leaderboard=headless))


@pytest.mark.parametrize("part", REQUIRED)
def test_a_frame_that_lacks_a_column_is_refused_by_name(full: RunReport, part: str) -> None:
    frame: pl.DataFrame = getattr(full, part)
    lacking = frame.drop(REQUIRED[part][-1]).with_columns(left=pl.lit(1))
    changes: dict[str, Any] = {part: lacking}

    with pytest.raises(DataError, match=f"'{part}' has no column '{REQUIRED[part][-1]}'"):
        render_report(replace(full, **changes))


def test_a_page_of_a_full_report_is_small(full_html: str) -> None:
    assert len(full_html.encode()) < 1_500_000


def test_candidates_are_called_as_files_and_commands_call_them_and_explained_in_a_title(
    full: RunReport,
) -> None:
    raw = pl.col("candidate").replace("ours", "ensemble_greedy")
    report = replace(
        full,
        leaderboard=full.leaderboard.with_columns(raw),
        verdict=Verdict(passed=True, reasons=("ensemble_greedy beats seasonal_naive",)),
    )

    page = rendered(report)

    assert 'chose">ensemble_greedy <small>champion</small></th>' in page
    assert "<li>ensemble_greedy beats seasonal_naive</li>" in page


def heads(page: str, section: str) -> list[str]:
    """The headings of the rows of the first table of a section."""
    part = page.split(f'id="{section}-section"')[1].split("</table>", maxsplit=1)[0]
    found = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', part)
    return [re.sub(r" <small>.*", "", head) for head in found]


def test_the_two_protocols_have_tables_of_their_own_each_in_the_order_of_its_leaderboard(
    full: RunReport,
) -> None:
    worse = full.leaderboard.with_columns(wape=pl.Series([0.3, 0.2, 0.1]))

    page = rendered(replace(full, leaderboard=worse))

    assert heads(page, "leaderboard") == ["ours", "seasonal_naive", "naive"]
    assert heads(page, "onestep") == ["ours", "naive", "seasonal_naive"]
    assert (
        "The WMAE of ours is 25\u00a0% below that of naive, the best baseline here."
        in page.split('id="onestep-section"')[1]
    )


def test_value_added_says_where_the_baseline_would_have_served_better(full: RunReport) -> None:
    part = rendered(full).split('id="added-section"')[1].split("</section>")[0]

    assert "ours takes away 20\u00a0USD of absolute error" in part
    assert "worse in 1 of 2\u00a0series, which adds 10\u00a0USD" in part
    assert "Store: ahead in 1 of 2" in part
    assert '<th scope="row">2, 7</th>' in part
    assert '<th scope="row">1, 7</th>' not in part


def test_each_level_of_the_hierarchy_is_a_row_and_its_least_error_is_marked(
    full_html: str,
) -> None:
    part = full_html.split("WAPE by level of the hierarchy", maxsplit=1)[1].split(
        "</table>", maxsplit=1
    )[0]

    cells = re.findall(r'<th scope="row">(\w+)</th>|<td( class="best")?>([^<]+)</td>', part)
    assert [row or (bool(best), text) for row, best, text in cells] == [
        "Store",
        (True, "2.0\u00a0%"),
        (False, "3.0\u00a0%"),
        "Total",
        (True, "1.0\u00a0%"),
        (False, "–"),
    ]


def test_each_level_says_how_often_the_bands_that_are_delivered_held(full: RunReport) -> None:
    told = full.levels.with_columns(
        coverage_80=pl.Series([None, 0.75, None, None]),
        coverage_95=pl.Series([None, 0.9, None, None]),
    )
    page = rendered(replace(full, levels=told))
    part = page.split("WAPE by level of the hierarchy", maxsplit=1)[1].split("</table>")[0]

    assert "in 80\u00a0%" in part or "in 80 %" in part
    cells = re.findall(r'<th scope="row">(\w+)</th>|<td(?: class="best")?>([^<]+)</td>', part)
    assert [row or text for row, text in cells] == [
        *("Store", "2.0\u00a0%", "3.0\u00a0%", "75.0\u00a0%", "90.0\u00a0%"),
        *("Total", "1.0\u00a0%", "–", "–", "–"),
    ]


def test_what_failed_has_a_section_of_its_own(full: RunReport, minimal_html: str) -> None:
    page = rendered(replace(full, notes=("candidate xgboost failed: out of memory",)))

    assert "<li>candidate xgboost failed: out of memory</li>" in page
    assert "Nothing: every candidate was fitted" in minimal_html


def test_the_bias_is_said_to_be_a_share(full_html: str) -> None:
    assert '<th scope="col" title="sum of errors over sum of actuals; above zero: too high">' in (
        full_html
    )
    assert "<dt>bias, as a share of actuals <small>above zero: too high</small></dt>" in full_html


def test_all_libraries_share_one_row(full: RunReport) -> None:
    facts = replace(full.facts, versions={"polars": "2.1.0", "altair": "6.0.0"})

    page = rendered(replace(full, facts=facts))

    row = page.split("<dt>Libraries</dt>")[1].split("</div>")[0]
    assert re.sub(r"<[^>]+>", "", row).strip() == "altair 6.0.0, polars 2.1.0"
