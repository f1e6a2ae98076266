"""What the explorer says of what it draws is so: which version, whose bands, whose rows."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from foresell.dashboard.forecast import noting
from foresell.dashboard.forecast.indexed import indexed
from foresell.dashboard.forecast.listing import listing
from foresell.dashboard.forecast.page import Explorer, context
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.rendering import rendered
from foresell.spec.forecast import COMBINED
from tests.explored_shops import (
    LAST,
    fridays,
    history,
    judged,
    level_rows,
    long,
    parquet,
    published,
    run_files,
    shops_bundle,
    shops_shown,
)
from tests.unit.dashboard.forecast.explored_pages import asking, drawn, look, staged

NORTH_7 = (pl.col("shop") == "north") & (pl.col("dept") == 7)


def test_where_no_version_answers_the_page_says_so_and_calls_none_the_live_one() -> None:
    page = look(shops_shown())
    assert page.standing == (
        "No version answers: none is on prod or on staging. What is drawn is of version 1."
    )
    assert [(one.label, one.chosen) for one in page.versions] == [
        ("the newest: none is live", True),
        ("1", False),
    ]


def test_a_version_that_does_not_answer_is_told_beside_the_one_that_does() -> None:
    older = shops_bundle(published=published().with_columns(pl.col("prediction") + 1.0))
    shown = staged(older, shops_bundle())
    assert look(shown, version="1").standing == "What is drawn is of version 1; version 2 answers."
    page = look(shown)
    assert (page.standing, page.versions[0].label) == ("", "the live one")


def notes_with(levels: pl.DataFrame, **query: str) -> str:
    """The notes of a page whose levels are these."""
    bundle = shops_bundle()
    files = run_files(bundle) | {("forecast", "hierarchy.parquet"): parquet(levels)}
    return " ".join(look(shops_shown(bundle, files=files), **query).notes)


def test_bands_that_came_about_in_several_ways_are_told_apart() -> None:
    first = pl.col("week") == fridays(1, 1)[0]
    mixed = level_rows(shops_bundle()).with_columns(
        interval_method=pl
        .when(first)
        .then(pl.lit(COMBINED))
        .otherwise(pl.lit("conformal_intervals")),
        rows=pl.when(pl.col("week") == fridays(2, 1)[0]).then(1).otherwise(pl.col("rows")),
    )
    assert (
        "The band is the level's own, learnt from how its sums missed before; of 1 of the 4 sums "
        "it is that of the one series forecast then; of 1 of the 4 sums it is put together from "
        "the level's own and those of its series, for some of these are not forecast then, or were "
        "not seen for a year. It is no sum of bands"
    ) in notes_with(mixed, f__dept="7")
    several = notes_with(mixed, view="level", level="dept")
    assert several.count("of 2 of the 8 sums it is") == 2


def test_bands_that_all_came_about_alike_are_told_once() -> None:
    levels = level_rows(shops_bundle()).with_columns(rows=pl.lit(2))
    notes = notes_with(levels, view="level", level="shop")
    assert "Each band is the level's own, learnt from how its sums missed before. It" in notes


def test_the_way_of_a_band_is_called_as_the_models_call_it() -> None:
    assert COMBINED in noting._WAYS


def test_a_level_says_that_it_sums_series_which_the_filter_leaves_out(shown: Shown) -> None:
    text = "also of those that are not chosen"
    assert text in " ".join(look(shown, view="level", level="shop", f__dept="7").notes)
    assert text not in " ".join(look(shown, view="level", level="shop", f__shop="north").notes)
    assert text not in " ".join(look(shown, view="level", level="shop").notes)


def test_of_too_many_chosen_series_the_first_by_name_are_drawn(shown: Shown) -> None:
    names = [one for one in indexed(shops_bundle()).names if one != "east/1"]
    page = look(shown, view="each", series=names[::-1])
    assert len(page.asked.series) == 13
    assert next(one.title for one in page.figures.values()) == "east, dept 7"
    assert "12 of 13 series are drawn: the first by name." in " ".join(page.notes)


def came(truth: pl.DataFrame) -> Shown:
    """The shops, where these sales came true."""
    bundle = shops_bundle()
    return shops_shown(
        bundle, files=run_files(bundle) | {("monitor", "actuals.parquet"): parquet(truth)}
    )


def error_so_far(page: Explorer) -> str:
    """The error of what is forecast so far, as the page has it."""
    return next(one.value for one in page.facts if one.label == "error of the forecast so far")


@pytest.mark.parametrize("missing", [False, True])
def test_a_sum_of_truths_is_of_the_rows_that_the_forecast_counts_and_so_is_its_error(
    missing: bool,
) -> None:
    truth = long(fridays(1, 1)).with_columns(sales=pl.lit(512.0))
    truth = truth.filter(~NORTH_7) if missing else truth
    shown = came(truth)
    rows = published().filter(pl.col("by_default") & (pl.col("week") == fridays(1, 1)[0]))
    both = rows.join(truth, on=["shop", "dept", "week"])
    assert both.height == 13 - missing
    assert drawn(shown).filter(part="forecast")["actual"].to_list() == [
        512.0 * both.height, None, None, None
    ]  # fmt: skip
    said, came_true = (float(both[name].sum()) for name in ("prediction", "sales"))
    off = abs(said - came_true) / came_true
    assert error_so_far(look(shown)) == f"{100 * off:.1f}\xa0%"


def test_a_sum_of_few_truths_is_no_truth() -> None:
    truth = long(fridays(1, 1)).with_columns(sales=pl.lit(512.0)).filter(pl.col("dept") == 7)
    shown = came(truth)
    assert drawn(shown).filter(part="forecast")["actual"].null_count() == 4
    assert "error of the forecast so far" not in [one.label for one in look(shown).facts]


def test_a_small_chart_tells_the_change_that_the_list_tells() -> None:
    year = history().filter(
        NORTH_7 & (pl.col("week") > LAST - timedelta(weeks=52))
    )["sales"].head(4)  # fmt: skip
    near = pl.col("week").replace_strict(dict(zip(fridays(1, 4), year, strict=True)))
    rows = published().with_columns(
        prediction=pl.when(NORTH_7).then(near * 1.004).otherwise(pl.col("prediction"))
    )
    page = look(shops_shown(shops_bundle(published=rows), files={}), view="each")
    assert page.listing is not None
    told = {row.label: row.change for row in page.listing.rows}
    assert told["north, dept 7"] == "+0.4\xa0%"
    assert {one.title: one.note for one in page.figures.values()} == {
        one.title: told[one.title] for one in page.figures.values()
    }


def test_the_share_inside_the_band_counts_the_weeks_that_have_one() -> None:
    week = pl.col("week") == LAST
    rows = judged().with_columns(
        pl.when(week).then(None).otherwise(pl.col(name)).alias(name) for name in ("q0.1", "q0.9")
    )
    page = look(shops_shown(shops_bundle(judged=rows), files={}), series="north/7")
    notes = {one.label: one.note for one in page.facts}
    assert notes["of the test inside the 80 % band"] == "3\xa0weeks"


def test_the_list_names_its_unit_and_how_far_back_its_pictures_go(shown: Shown) -> None:
    page = look(shown)
    assert page.listing is not None
    assert page.listing.pictured == "Last year"
    assert [head.text for head in page.listing.heads][1:3] == [
        "A week, last year, USD",
        "Forecast, in all, USD",
    ]
    index = indexed(shops_bundle())
    daily = replace(
        index, spec=replace(index.spec, frequency="D"), grid=replace(index.grid, every=1)
    )
    made, _ = listing(daily, page.asked, pl.Series([0]).to_numpy())
    assert made.pictured == "Last 91\xa0days"


def test_a_column_of_many_values_suggests_them_and_keeps_all_that_were_asked_for() -> None:
    days = pl.DataFrame({"week": fridays(-1, 2)})
    keys = pl.DataFrame({"shop": [f"shop {at}" for at in range(130)], "dept": [1] * 130})
    rows = keys.join(days, how="cross").with_columns(
        sales=pl.lit(5.0), kind=pl.lit("big"), area=pl.lit(500.0)
    )
    bundle = shops_bundle(
        history=rows.with_columns(pl.col("dept").cast(pl.Int64)),
        judged=judged().clear(),
        published=pl.DataFrame(),
    )
    shown = shops_shown(bundle, files={})
    visit = asking(shown, f__shop=["shop 3", "shop 17"])
    page = context(visit)
    field = next(one for one in page.filters if one.name == "f.shop")
    assert (page.matched, field.kind, field.low, len(field.options)) == (2, "text", "shop 3", 130)
    assert ("f.shop", "shop 17") in page.kept
    html = rendered(page_of("forecast", "panel"), page, visit, keyed=False).decode()
    assert 'list="f.shop.known"' in html
    assert '<datalist id="f.shop.known"><option value="shop 0">' in html
