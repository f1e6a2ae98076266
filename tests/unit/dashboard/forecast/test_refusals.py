"""What the explorer says where something is asked wrongly, missing, broken or hostile."""

from dataclasses import replace
from io import BytesIO
from typing import NoReturn

import polars as pl
import pytest

from foresell.bundle.bundle import Bundle
from foresell.dashboard.forecast.page import context
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import Shown, Unopened
from foresell.dashboard.rendering import rendered
from foresell.errors import MachineError
from tests.dashboard_site import memory_shown, visit_of
from tests.explored_shops import (
    STEPS,
    published,
    run_files,
    shops_bundle,
    shops_shown,
)
from tests.unit.dashboard.forecast.explored_pages import drawn, look


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"f.shop": "nowhere"}, "f.shop"),
        ({"f.area.from": "1e999"}, "f.area.from"),
        ({"f.area.to": "many"}, "f.area.to"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-02", "to": "2026-01-02"}, "to"),
        ({"page": "-1"}, "page"),
        ({"view": "pie"}, "view"),
        ({"view": "level", "level": "planet"}, "view"),
        ({"sort": "luck"}, "sort"),
        ({"version": "99"}, "version"),
        ({"series": "no/such"}, "series"),
        ({"f.colour": "red"}, "q"),
        ({"q": "x" * 5000}, "q"),
    ],
)
def test_what_cannot_be_meant_is_told_beside_its_field(
    shown: Shown, query: dict[str, str], field: str
) -> None:
    page = context(visit_of(shown, query))
    assert field in page.asked.errors
    assert page.found


def test_a_filter_that_nothing_has_leaves_no_series_and_says_so(shown: Shown) -> None:
    page = look(shown, f__shop="nowhere")
    assert (page.matched, page.figures, page.heading) == (0, {}, "No series match")


def test_a_page_past_the_end_is_the_last_one(shown: Shown) -> None:
    page = look(shown, page="999")
    assert page.listing is not None
    assert (page.listing.page, page.listing.after) == (1, "")


def test_links_keep_what_was_asked_for_and_change_one_thing(shown: Shown) -> None:
    page = look(shown, q="kind big", view="each", junk="1", page="3", **{"from": "2025-01-01"})
    there = {tab.label: tab.href for tab in page.tabs}
    assert there["The sum"] == "?q=kind+big&from=2025-01-01&view=sum"
    assert there["By dept"] == "?q=kind+big&from=2025-01-01&view=level&level=dept"
    assert page.clear == "?view=each&from=2025-01-01"


def test_an_older_version_is_drawn_without_the_files_of_another_run() -> None:
    old = shops_bundle(published=published().with_columns(pl.col("prediction") + 1.0))
    shown = shops_shown(old, shops_bundle())
    page = look(shown, version="1")
    assert page.version == 1
    assert "did not make version 1" in page.troubles["run"].what
    assert (page.baselines, "none is drawn" in " ".join(page.notes)) == ((), True)
    rows = drawn(shown, version="1", series="north/7").filter(part="forecast")
    own = (pl.col("shop") == "north") & (pl.col("dept") == 7)
    assert rows["prediction"].to_list() == (published().filter(own)["prediction"] + 1.0).to_list()
    assert not look(shown, version="2").troubles


def test_levels_that_do_not_add_up_to_the_version_are_not_drawn() -> None:
    bundle = shops_bundle()
    files = run_files(bundle)
    levels = pl.read_parquet(BytesIO(files["forecast", "hierarchy.parquet"]))
    held = BytesIO()
    levels.with_columns(pl.col("prediction") * 1.01).write_parquet(held)
    shown = shops_shown(bundle, files=files | {("forecast", "hierarchy.parquet"): held.getvalue()})
    assert drawn(shown).filter(part="forecast")["q0.1"].null_count() == STEPS
    assert "none is drawn" in " ".join(look(shown).notes)


def test_a_project_without_a_version_is_told_what_to_do_next() -> None:
    page = context(visit_of(memory_shown("shops")))
    assert not page.found
    assert page.troubles["series"].next
    assert page.troubles["series"].mend == "foresell run shops"


def test_a_registry_out_of_reach_is_no_forecast_that_is_still_to_come() -> None:
    def nowhere() -> NoReturn:
        raise MachineError("the registry cannot be used", "postgresql://nowhere", "start it")

    near = shops_shown()
    far = Shown(
        "shops",
        "panel",
        near._outputs,
        Unopened(open=nowhere, clock=near.now),
        declared=near.declared,
        bundle_of=near.bundle_by,
    )
    assert look(far).heading == "The forecast cannot be shown"
    assert look(memory_shown("shops")).heading == "No forecast to look at yet"


def test_a_panel_whose_bundle_and_index_have_no_room_together_is_read_once() -> None:
    near = shops_shown()
    asked: list[str] = []

    def bundle_of(digest: str) -> Bundle:
        asked.append(digest)
        return near.bundle_by(digest)

    def over(memory: Memory) -> Shown:
        return Shown(
            "shops",
            "panel",
            near._outputs,
            near.registry,
            declared=near.declared,
            bundle_of=bundle_of,
            memory=memory,
        )

    wide = Memory()
    assert look(over(wide)).found
    digest = near.version().digest
    whole = {("shops", ("bundle", digest)), ("shops", ("explorer", digest))}
    most = min(weight for name, weight in wide.weights.items() if name in whole) - 1

    asked.clear()
    shown = over(Memory(most))
    for _ in range(3):
        assert look(shown).found
    assert asked == [digest]


@pytest.mark.parametrize(
    ("place", "part"),
    [
        (("baselines", "seasonal_naive.parquet"), "baseline"),
        (("predictions", "ridge.parquet"), "outer"),
        (("forecast", "hierarchy.parquet"), "levels"),
        (("monitor", "actuals.parquet"), "truth"),
    ],
)
@pytest.mark.parametrize("how", ["cut", "other"])
def test_one_broken_file_takes_away_one_part_and_says_which(
    place: tuple[str, str], part: str, how: str
) -> None:
    bundle = shops_bundle()
    files = run_files(bundle)
    held = BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(held)
    files[place] = files[place][:100] if how == "cut" else held.getvalue()
    shown = shops_shown(bundle, files=files)
    page = look(shown, series="north/7")
    assert set(page.troubles) == {part}
    assert place[1] in page.troubles[part].where
    assert page.figures


def test_a_version_that_failed_the_gate_is_drawn_with_what_the_gate_said() -> None:
    bundle = shops_bundle()
    gate = dict(bundle.metadata["gate"]) | {"passed": False, "override": None, "reasons": ["worse"]}  # type: ignore[call-overload]
    failed = replace(bundle, metadata=bundle.metadata | {"gate": gate})  # type: ignore[operator]
    assert look(shops_shown(failed)).refused == ["worse"]
    assert look(shops_shown()).refused == []


def test_a_bundle_from_before_forecasts_were_published_has_a_history() -> None:
    page = look(shops_shown(shops_bundle(published=pl.DataFrame()), files={}))
    assert page.heading == "All series: a history without a forecast"
    assert page.figures
    assert "test" in page.facts[0].label


def test_a_declaration_that_no_longer_stands_is_told_and_not_thrown() -> None:
    page = look(shops_shown_broken())
    assert not page.found
    assert "project.yaml" in page.troubles["series"].where


@pytest.mark.parametrize("query", [{}, {"view": "each"}, {"view": "one"}, {"q": "nothing at all"}])
def test_names_and_searches_with_markup_are_text_on_the_page(
    shown: Shown, query: dict[str, str]
) -> None:
    hostile = {"q": "", "f.shop": '"><script>alert(1)</script>', **query}
    for asked in (query, hostile, {"series": "far%20<b>/7", **query}):
        visit = visit_of(shown, asked)
        html = rendered(page_of("forecast", "panel"), context(visit), visit, keyed=False).decode()
        assert "<script>alert" not in html
        assert "far <b>" not in html
        assert " style=" not in html


@pytest.mark.parametrize("view", ["sum", "each", "one", "level"])
@pytest.mark.parametrize("width", [340, 1040])
def test_every_chart_of_every_view_can_be_drawn(shown: Shown, view: str, width: int) -> None:
    page = look(shown, view=view, level="dept")
    assert page.figures
    for name, figure in page.figures.items():
        assert figure.name == name
        assert figure.draw(width)["layer"]
        assert figure.says


def shops_shown_broken() -> Shown:
    whole = shops_bundle()
    shown = shops_shown(whole)
    broken = replace(whole, project_text=whole.project_text.replace("horizon: 4", "horizon: -4"))
    shown._bundle_of = lambda _: broken  # a registry would not take it
    return shown
