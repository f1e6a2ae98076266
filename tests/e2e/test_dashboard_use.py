"""The dashboard in use on real data: a browser shows what the files and the registry hold."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser

import foresell
from tests.browser import Window, window
from tests.looked_homes import dashboard
from tests.walmart_runs import copied

pytestmark = [pytest.mark.browser, pytest.mark.realdata]

_ASKED = ("forecast", "horizon")
WALMART, ORDERS = "/ui/projects/walmart", "/ui/projects/sales_orders"


@pytest.fixture(scope="module")
def base(looked_home: Path) -> Iterator[str]:
    with dashboard(looked_home, "walmart", "sales_orders") as address:
        yield address


@pytest.fixture(scope="module")
def view(chromium: Browser, base: str) -> Iterator[Window]:
    with window(chromium, base) as made:
        yield made


def _drawn(view: Window, figure: str) -> list[dict[str, Any]]:
    """Return the rows of every data set in the spec of a chart that the page draws."""
    path = view.view.locator(f"#{figure} .plot").get_attribute("data-chart")
    told = view.view.request.get(f"{view.base}{path}").json()
    found: list[dict[str, Any]] = []
    for layer in told.get("layer", [told]):
        data = layer.get("data", told.get("data", {}))
        found += data.get("values", told.get("datasets", {}).get(data.get("name"), []))
    return found


def _file(view: Window, label: str) -> bytes:
    """Return the file behind the link ``label`` of the page, as it is downloaded."""
    with view.view.expect_download() as coming:
        view.view.get_by_role("link", name=label, exact=True).first.click()
    return Path(coming.value.path()).read_bytes()


def test_a_series_is_found_by_words_and_its_files_hold_what_was_forecast(
    view: Window, looked_home: Path
) -> None:
    view.open(f"{WALMART}/forecast")
    view.view.get_by_role("searchbox", name="Find series").fill("Store 13, Dept 92")
    view.follow(view.view.get_by_role("searchbox", name="Find series"), key="Enter")
    told = [pl.read_parquet(looked_home / f"walmart/forecast/{name}.parquet") for name in _ASKED]
    known = pl.concat([frame.select("Store", "Dept") for frame in told]).n_unique()
    assert f"1 of {known:,}\u00a0series match." in view.view.get_by_role("status").inner_text()

    rows = pl.read_parquet(io.BytesIO(_file(view, "Parquet")))
    text = pl.read_csv(io.BytesIO(_file(view, "CSV")), try_parse_dates=True)
    ahead = pl.read_parquet(looked_home / "walmart/forecast/horizon.parquet").filter(
        Store=13, Dept=92
    )
    shown = rows.filter(part="forecast")
    assert text.height == rows.height
    assert shown["date"].to_list() == ahead["Date"].to_list()
    assert shown["prediction"].to_list() == ahead["prediction"].to_list()
    assert shown["q0.1"].to_list() == ahead["q0.1"].to_list()
    assert shown["q0.975"].to_list() == ahead["q0.975"].to_list()
    view.is_clean()


def test_the_sum_of_a_store_is_drawn_from_the_level_that_was_published(
    view: Window, looked_home: Path
) -> None:
    view.open(f"{WALMART}/forecast?f.Store=4")
    level = pl.read_parquet(looked_home / "walmart/forecast/hierarchy.parquet").filter(
        level="Store", Store=4
    )
    figure = view.view.locator("figure.chart").first.get_attribute("id") or ""
    values = {
        round(value, 2)
        for row in _drawn(view, figure)
        for value in row.values()
        if isinstance(value, float)
    }
    missing = [one for one in level["prediction"].to_list() if round(one, 2) not in values]
    assert missing == []


def test_a_filter_stands_in_the_address_and_the_same_address_shows_the_same(
    view: Window, chromium: Browser, base: str
) -> None:
    view.open(f"{WALMART}/forecast?q=dept+7&f.Type=B")
    told = view.view.get_by_role("status").inner_text()
    heading = view.view.locator("h1").inner_text()
    with window(chromium, base) as other:
        other.open(view.view.url.removeprefix(base))
        assert other.view.get_by_role("status").inner_text() == told
        assert other.view.locator("h1").inner_text() == heading


def test_the_leaderboard_is_the_one_of_the_run(view: Window, looked_home: Path) -> None:
    view.open(f"{WALMART}/leaderboard")
    board = pl.read_csv(looked_home / "walmart/evaluation/leaderboard.csv")
    table = view.view.locator("table").first
    names = [cell.inner_text().split()[0] for cell in table.locator("tbody th").all()]
    assert sorted(names) == sorted(board["candidate"].to_list())
    champion = json.loads((looked_home / "walmart/evaluation/test.json").read_text())["champion"]
    assert table.locator("tr.champion th").inner_text().split()[0] == champion
    row = board.row(by_predicate=pl.col("candidate") == champion, named=True)
    cells = table.locator("tr.champion td").all_inner_texts()
    assert any(f"{100 * row['wape']:.1f}\u00a0%" in cell for cell in cells)


def test_a_row_of_a_table_is_answered_as_the_command_line_answers_it(
    view: Window, looked_home: Path
) -> None:
    view.open(f"{ORDERS}/what-if")
    view.view.get_by_role("textbox", name="QUANTITYORDERED").fill("48")
    view.follow(view.view.get_by_role("button", name="Answer"))
    view.view.get_by_text("The same question by HTTP").click()
    asked = view.view.locator("details pre").last.inner_text()
    row = json.loads(asked[asked.index("{") :])
    row = row.get("rows", [row])[0]
    assert row["QUANTITYORDERED"] == 48
    answer = foresell.predict("sales_orders", [row], model="staging", home=looked_home)
    told = view.view.locator("dl.numbers dd").first.inner_text()
    assert re.sub(r"\D", "", told) == f"{float(answer['prediction'][0]):.0f}"
    assert view.faults() == []


def test_a_field_that_breaks_the_contract_says_so_beside_itself(view: Window) -> None:
    view.open(f"{ORDERS}/what-if")
    field = view.view.get_by_role("textbox", name="MONTH_ID")
    field.fill("13")
    view.follow(view.view.get_by_role("button", name="Answer"))
    assert field.get_attribute("aria-invalid") == "true"
    beside = (field.get_attribute("aria-describedby") or "").split()[0]
    assert "12" in view.view.locator(f"#{beside}").inner_text()
    assert field.input_value() == "13"
    assert view.faults() == []


def test_another_plan_changes_the_forecast_and_shows_both(view: Window) -> None:
    view.open(f"{WALMART}/what-if")
    holiday = view.view.get_by_label("IsHoliday").first
    holiday.select_option(index=1)
    view.follow(view.view.get_by_role("button", name="Answer"))
    assert view.view.get_by_role("heading", name="Both plans").count() == 1
    assert view.faults() == []


def test_without_a_key_nothing_can_be_promoted(view: Window, looked_home: Path) -> None:
    before = foresell.versions("walmart", home=looked_home).aliases
    view.open(f"{WALMART}/registry")
    view.follow(view.view.get_by_role("link", name="Promote").first)
    assert view.view.get_by_role("button", name=re.compile("Promote")).count() == 0
    forged = view.view.request.post(
        f"{view.base}{WALMART}/registry", form={"do": "promote", "version": "1", "reason": "x"}
    )
    assert forged.status in {403, 404, 405}
    assert foresell.versions("walmart", home=looked_home).aliases == before


def test_a_version_is_promoted_and_rolled_back_with_a_reason_by_who_has_the_key(
    chromium: Browser, looked_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    copied(looked_home, home)
    token = foresell.create_key("ana", scopes=["read", "admin"], home=home).token
    with dashboard(home, "walmart") as base, window(chromium, base) as view:
        view.open(f"{WALMART}/registry")
        view.follow(view.view.get_by_role("link", name="Sign in", exact=True))
        view.view.get_by_label("API key").fill(token)
        view.follow(view.view.get_by_role("button", name="Sign in"))
        view.follow(view.view.get_by_role("link", name="Promote").first)
        if view.view.get_by_label("prod").count():
            view.view.get_by_label("prod").first.check()
        view.view.get_by_label("Why").fill("looked at the report")
        assert view.faults() == []
        view.follow(view.view.get_by_role("button", name=re.compile("Promote")))
        assert view.view.get_by_role("status").inner_text().startswith("Done.")
        first = foresell.history("walmart", home=home)
        assert first.state.aliases["prod"] == 1
        assert (first.transitions[-1].who, first.transitions[-1].reason) == (
            "ana",
            "looked at the report",
        )

        view.follow(view.view.get_by_role("link", name=re.compile("Roll back prod")))
        assert view.view.get_by_role("heading", name="This cannot be done").count() == 1
        # Nothing was there before: prod is emptied.
        view.follow(view.view.locator(".elsewhere a"))
        view.view.get_by_label("Why").fill("on second thoughts")
        view.follow(view.view.locator("form.confirm button"))
        assert view.view.get_by_role("status").inner_text().startswith("Done.")
        after = foresell.history("walmart", home=home)
        assert after.state.aliases["prod"] is None
        assert after.transitions[-1].reason == "on second thoughts"
        assert foresell.verify("walmart", home=home).problems == ()
        assert view.said == []
