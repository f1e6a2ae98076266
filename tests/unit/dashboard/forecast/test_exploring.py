"""The explorer over files and versions in memory: every number against the rows it came from."""

from datetime import timedelta
from io import BytesIO

import polars as pl
import pytest

from foresell.dashboard.forecast.page import FILES, Explorer, download
from foresell.dashboard.reading.shown import Shown
from foresell.serving.problems import Refused
from tests.dashboard_site import visit_of
from tests.explored_shops import (
    LAST,
    SHOPS,
    STEPS,
    baseline_rows,
    history,
    judged,
    published,
)
from tests.unit.dashboard.forecast.explored_pages import drawn, listed, look


def labels(page: Explorer) -> list[str]:
    assert page.listing is not None
    return [row.label for row in page.listing.rows]


def test_everything_together_is_the_total_with_the_band_of_its_own_level(shown: Shown) -> None:
    page = look(shown)
    assert (page.matched, page.total, page.version) == (14, 14, 1)
    ahead = published().filter("by_default")["prediction"].sum()
    assert (
        page.heading
        == f"All series: {ahead / 1000:.1f}\xa0k\xa0USD in the 4\xa0weeks to 27\xa0Feb\xa02026"
    )
    rows = drawn(shown).filter(part="forecast")
    sums = (
        published()
        .filter("by_default")
        .group_by("week")
        .agg(pl.col("prediction").sum())
        .sort("week")
    )
    assert rows["prediction"].to_list() == pytest.approx(sums["prediction"].to_list(), rel=1e-12)
    assert rows["q0.9"].to_list() == pytest.approx((sums["prediction"] * 1.08).to_list(), rel=1e-12)
    assert "level's own" in " ".join(page.notes)


def test_the_sum_of_the_test_is_that_of_the_judged_rows(shown: Shown) -> None:
    rows = drawn(shown).filter(part="test")
    sums = judged().group_by("week").agg(pl.col("y", "prediction").sum()).sort("week")
    assert rows["actual"].to_list() == pytest.approx(sums["y"].to_list(), rel=1e-12)
    assert rows["prediction"].to_list() == pytest.approx(sums["prediction"].to_list(), rel=1e-12)
    base = baseline_rows(20.0).group_by("week").agg(pl.col("prediction").sum()).sort("week")
    assert rows["baseline_seasonal_naive"].to_list() == pytest.approx(base["prediction"].to_list())
    assert rows["q0.1"].null_count() == STEPS  # nobody knows how the level's sums missed there


def test_one_series_is_drawn_as_the_bundle_has_it(shown: Shown) -> None:
    rows = drawn(shown, series="north/7", **{"from": "2024-01-01"})
    own = (pl.col("shop") == "north") & (pl.col("dept") == 7)
    past, test, ahead = history().filter(own), judged().filter(own), published().filter(own)
    assert rows.filter(pl.col("part") != "forecast")["actual"].to_list() == past["sales"].to_list()
    for name in ("prediction", "q0.1", "q0.9"):
        assert rows.filter(part="test")[name].to_list() == test[name].to_list()
    for name in ("prediction", "q0.025", "q0.1", "q0.9", "q0.975"):
        assert rows.filter(part="forecast")[name].to_list() == ahead[name].to_list()
    outer = rows.filter(part="test")["q0.975"] - rows.filter(part="test")["prediction"]
    assert outer.to_list() == [30.0] * STEPS
    came = rows.filter(part="forecast")["actual"].to_list()
    assert came == [512.0, None, None, None]
    assert rows.select("version", "shop", "dept").unique().rows() == [(1, "north", 7)]


def test_a_series_that_nobody_asked_for_is_drawn_and_not_summed(shown: Shown) -> None:
    alone = drawn(shown, series="zoo/7").filter(part="forecast")
    assert alone["prediction"].null_count() == 0
    both = drawn(shown, f__shop="zoo").filter(part="forecast")
    other = drawn(shown, series="zoo/1").filter(part="forecast")
    assert both["prediction"].to_list() == other["prediction"].to_list()
    assert "4 rows that the source asked for, of 8" in " ".join(look(shown, f__shop="zoo").notes)
    assert "52 rows that the source asked for, of 56" in " ".join(look(shown).notes)
    assert "asked for" not in " ".join(look(shown, f__shop="north").notes)


def test_a_filter_that_is_a_whole_node_has_its_band_and_any_other_sum_says_it_has_none(
    shown: Shown,
) -> None:
    whole = drawn(shown, f__dept="7").filter(part="forecast")
    assert whole["q0.1"].null_count() == 0
    assert whole["level"].unique().to_list() == ["dept"]
    some = look(shown, f__dept="7", f__shop=["north", "south"])
    assert "no honest band" in " ".join(some.notes)
    rows = drawn(shown, f__dept="7", f__shop=["north", "south"])
    assert rows.select(pl.col("^q0.*$").null_count()).row(0) == (rows.height,) * 4
    assert rows["sum_of"].unique().to_list() == ["2 series"]


def test_a_search_for_what_makes_up_a_node_finds_its_band_as_well(shown: Shown) -> None:
    assert drawn(shown, q="dept 7").equals(drawn(shown, f__dept="7"))


def test_a_level_is_drawn_node_by_node_each_with_its_own_band(shown: Shown) -> None:
    page = look(shown, view="level", level="shop")
    assert len(page.figures) == len(SHOPS)
    rows = drawn(shown, view="level", level="shop").filter(part="forecast")
    sums = published().filter("by_default").group_by("shop", "week").agg(pl.col("prediction").sum())
    beside = rows.join(sums.rename({"week": "date"}), on=["shop", "date"], suffix="_own")
    assert beside.height == rows.height == STEPS * len(SHOPS)
    assert beside["prediction"].to_list() == pytest.approx(beside["prediction_own"].to_list())
    assert (rows["q0.9"] / rows["prediction"]).to_list() == pytest.approx([1.08] * rows.height)


def test_series_lie_side_by_side_in_the_order_of_the_list(shown: Shown) -> None:
    page = look(shown, view="each")
    assert len(page.figures) == 12
    assert [one.title for one in page.figures.values()] == labels(page)[:12]
    assert "12 of 14 series are drawn" in " ".join(page.notes)


def test_chosen_series_are_drawn_whatever_the_filter_leaves(shown: Shown) -> None:
    page = look(shown, view="each", series=["zoo/1", "north/7"], f__shop="south")
    assert [one.title for one in page.figures.values()] == [
        "north, Dept 7".replace("Dept", "dept"),
        "zoo, dept 1",
    ]
    assert page.matched == 2
    assert ("series", "zoo/1") in page.kept


def test_a_name_with_a_slash_is_found_again_by_its_own_link(shown: Shown) -> None:
    page = look(shown, q="up/down")
    assert labels(page) == ["up/down, dept 7", "up/down, dept 1"]
    rows = drawn(shown, series="up%2Fdown/7")
    assert rows["shop"].unique().to_list() == ["up/down"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("north", 2),
        ("NORTH 7", 1),
        ("shop=north dept=1", 1),
        ("kind big", 6),
        ("orth", 2),
        ("dept 17", 0),
        ("<b>", 2),
        ("' OR 1=1", 0),
        ("", 14),
    ],
)
def test_a_search_finds_series_whose_words_are_all_there(
    shown: Shown, search: str, found: int
) -> None:
    assert look(shown, q=search).matched == found


def test_numbers_are_chosen_by_a_range_that_holds_its_ends(shown: Shown) -> None:
    areas = history().group_by("shop", "dept").agg(pl.col("area").first())
    page = look(shown, f__area__from="1000", f__area__to="2000")
    assert page.matched == areas.filter(pl.col("area").is_between(1000, 2000)).height
    assert {one.label for one in page.chips} == {"Area 1,000 to 2,000"}


def test_the_list_has_the_numbers_of_each_series(shown: Shown) -> None:
    rows = listed(shown).sort("shop", "dept")
    late = history().filter(pl.col("week") > LAST - timedelta(weeks=52))
    size = late.group_by("shop", "dept").agg(pl.col("sales").mean()).sort("shop", "dept")
    assert rows["mean_a_week_last_year"].to_list() == pytest.approx(size["sales"].to_list())
    wape = (
        judged()
        .group_by("shop", "dept")
        .agg((pl.col("y") - pl.col("prediction")).abs().sum() / pl.col("y").abs().sum())
    )
    assert rows["test_wape"].to_list() == pytest.approx(wape.sort("shop", "dept")["y"].to_list())
    assert rows["test_coverage_80"].to_list() == [1.0] * 14
    young = rows.filter((pl.col("shop") == "east") & (pl.col("dept") == 7))
    assert young["against_the_year_before"].to_list() == [None]
    assert young["weeks_observed"].to_list() == [10]
    assert rows.schema["weeks_observed"] == pl.Int64


def test_the_change_is_against_the_same_weeks_of_the_year_before(shown: Shown) -> None:
    own = (pl.col("shop") == "north") & (pl.col("dept") == 7)
    before = history().filter(
        own & pl.col("week").is_between(LAST - timedelta(weeks=51), LAST - timedelta(weeks=48))
    )
    ahead = float(published().filter(own)["prediction"].sum())
    told = listed(shown, q="north 7")["against_the_year_before"].item()
    assert told == pytest.approx(ahead / float(before["sales"].sum()) - 1, rel=1e-12)
    text = f"{abs(told) * 100:.1f}".replace("-", "−")
    assert text in next(iter(look(shown, series="north/7").figures.values())).title


def test_the_facts_are_those_of_the_artifacts(shown: Shown) -> None:
    page = look(shown, series="north/7")
    own = (pl.col("shop") == "north") & (pl.col("dept") == 7)
    rows, base = judged().filter(own), baseline_rows(20.0).filter(own)
    wape = float((rows["y"] - rows["prediction"]).abs().sum()) / float(rows["y"].sum())
    other = float((rows["y"] - base["prediction"]).abs().sum()) / float(rows["y"].sum())
    told = {fact.source: fact for fact in page.facts}
    values = [fact.value for fact in page.facts]
    assert f"{100 * wape:.1f}\xa0%" in values
    assert f"seasonal_naive: {100 * other:.1f}\xa0%" in [fact.note for fact in page.facts]
    first = published().filter(own)["prediction"][0]
    assert told["monitor/actuals.parquet"].value == f"{100 * abs(512 - first) / 512:.1f}\xa0%"


def test_a_window_cuts_what_is_drawn_and_no_number(shown: Shown) -> None:
    whole, cut = look(shown), look(shown, **{"from": "2026-01-10", "to": "2026-02-10"})
    assert whole.facts == cut.facts
    rows = drawn(shown, **{"from": "2026-01-10", "to": "2026-02-10"})
    assert [str(day) for day in rows["date"].to_list()] == [
        "2026-01-16",
        "2026-01-23",
        "2026-01-30",
        "2026-02-06",
    ]


def test_another_baseline_or_none_is_drawn_where_it_is_asked_for(shown: Shown) -> None:
    assert "baseline_naive" in drawn(shown, baseline="naive").columns
    assert not [name for name in drawn(shown, baseline="none").columns if "baseline" in name]
    page = look(shown, baseline="nothing")
    assert page.asked.errors["baseline"].startswith("there is no baseline 'nothing'")


def test_csv_and_parquet_hold_the_same_rows(shown: Shown) -> None:
    asked = visit_of(shown, {"view": "each"})
    table = pl.read_parquet(BytesIO(download(asked, "explored.parquet").content))
    text = pl.read_csv(BytesIO(download(asked, "explored.csv").content), try_parse_dates=True)
    assert table.drop("version").equals(text.drop("version").cast(table.drop("version").schema))
    assert download(asked, "explored.parquet").name == "shops-version-1-forecast.parquet"


def test_a_file_that_nobody_offers_is_refused(shown: Shown) -> None:
    with pytest.raises(Refused, match="no file"):
        download(visit_of(shown), "../../etc/passwd")
    assert set(FILES) == {"explored.csv", "explored.parquet", "series.csv"}
