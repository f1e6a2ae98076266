"""What-if pages over trained models: a changed plan and a changed row, and what the change did."""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from foresell.api import RunResult, registry
from foresell.dashboard.page import Answering, Visit
from foresell.dashboard.what_if.page import context
from foresell.dashboard.what_if.reasons import total
from foresell.dashboard.what_if.shown_page import WhatIf
from foresell.serving.exchange import Kind
from foresell.settings import read_settings
from foresell.spec.ordered_sums import one_piece
from foresell.spec.serving import Live, Place
from foresell.wiring.shown_projects import shown
from tests.e2e.order_rows import LINE
from tests.scraped import samples
from tests.serve_process import Running, serving

pytestmark = pytest.mark.slow
APPAREL = {"given": "1", "where.store_id": "S0001", "where.category": "apparel"}
PROMOTED = {"set.promotion": "0.9", "set.discount": "0.3"}
ONE_DAY = {"first": "2025-01-07", "last": "2025-01-07"}
_PATIENCE_S = 120.0
ROW = {f"row.{name}": str(value) for name, value in LINE.items()}


class Site:
    """A server in a process of its own, and pages whose questions go to it."""

    def __init__(self, home: Path, project: str, kind: Kind, server: Running) -> None:
        self.at, self.project = f"http://127.0.0.1:{server.port}", project
        self.own = shown(project, kind, read_settings(home))
        version = self.own.version("staging")
        number = version.version
        self.live = Live(
            project=project,
            alias="staging",
            version=str(number),
            digest=version.digest,
            run_id="",
            place=Place(project=project, version=number),
        )

    def ask(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """What the server says; its desks take their time to start."""
        got = httpx.request(method, f"{self.at}{path}", json=body, timeout=_PATIENCE_S)
        return got.status_code, got.json()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.at}{path}", timeout=_PATIENCE_S)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        status, told = self.ask("POST", path, body)
        assert status == 200, told
        return told

    def page(self, values: Mapping[str, str]) -> WhatIf:
        visit = Visit(
            own=self.own,
            projects={self.project: self.own},
            query={name: (value,) for name, value in values.items()},
            answering=Answering(live=self.live),
            ask=self.ask,
        )
        return context(visit)


@pytest.fixture(scope="module")
def retail(shops: tuple[Path, RunResult]) -> Iterator[Site]:
    home = shops[0] / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))
        with serving(home, "retail", "--alias", "staging") as server:
            yield Site(home, "retail", "panel", server)


@pytest.fixture(scope="module")
def orders(orders_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("registered")
    folder = orders_home / "sales_orders" / "bundle"
    registry.register("sales_orders", folder, reason="a test", home=home)
    registry.promote("sales_orders", 1, to="staging", reason="a test", home=home)
    with serving(home, "sales_orders", "--alias", "staging") as server:
        yield Site(home, "sales_orders", "tabular", server)


def rows(page: WhatIf) -> pl.DataFrame:
    drawn = page.figures["plan"].rows
    assert drawn is not None
    return drawn


def test_a_changed_plan_is_what_the_endpoint_says_of_it(retail: Site) -> None:
    told = retail.post(
        "/forecast",
        {
            "where": {"store_id": "S0001", "category": "apparel"},
            "set": {"promotion": 0.9, "discount": 0.3},
            "first": "2025-01-06",
            "last": "2025-01-10",
        },
    )["forecasts"]
    page = retail.page({**APPAREL, **PROMOTED, "first": "2025-01-06", "last": "2025-01-10"})
    drawn = rows(page)
    assert drawn["changed"].to_list() == [one["prediction"] for one in told]
    assert drawn["planned"].to_list() == [one["prediction_planned"] for one in told]
    assert drawn["low"].to_list() == [one["p10"] for one in told]
    assert drawn["moved"].to_list() == [one["changed"] for one in told]
    effect = sum(one["effect"] for one in told)
    assert effect > 0
    assert page.heading.startswith("The change adds ")
    assert page.facts[0].value.startswith("+")
    assert page.days is not None
    assert [row.count(None) for row in page.days.rows] == [0] * drawn.height


def test_a_plan_moved_by_percent_is_what_the_endpoint_says_of_its_rows(retail: Site) -> None:
    where = {"store_id": "S0001", "category": "apparel"}
    days = {"first": "2025-01-06", "last": "2025-01-10"}
    seen = retail.own.bundle(retail.own.version("staging")).history["discount"].drop_nulls()
    planned = {
        one["date"]: one["planned_discount"]
        for one in published_plan(retail).filter(**where).iter_rows(named=True)
    }
    for by in ("20", "100"):
        page = retail.page({**APPAREL, **days, "by.discount": by})
        assert page.mistakes == ()
        moved = {
            str(day): value * (100 + float(by)) / 100
            for day, value in planned.items()
            if days["first"] <= str(day) <= days["last"] and value
        }
        assert moved
        asked = [
            {**where, "date": str(day)}
            | ({"discount": moved[str(day)]} if str(day) in moved else {})
            for day in sorted(planned)
        ]
        told = retail.post("/predict/batch", {"rows": asked})["predictions"]
        drawn = rows(page)
        assert [str(day) for day in drawn["date"]] == [one["date"] for one in asked]
        assert drawn["changed"].to_list() == pytest.approx([one["prediction"] for one in told])
        assert drawn["low"].to_list() == pytest.approx([one["p10"] for one in told])
        assert drawn["high"].to_list() == pytest.approx([one["p90"] for one in told])
        assert drawn.filter("moved")["date"].cast(pl.String).to_list() == sorted(moved)
        assert drawn["changed"].to_list() != drawn["planned"].to_list()
        outside = max(moved.values()) > float(str(seen.max())) * (1 + 1e-6)
        assert any("outside the" in note for note in page.notes) is outside


def published_plan(site: Site) -> pl.DataFrame:
    """What is planned of every series and day that is forecast."""
    frame = site.own.bundle(site.own.version("staging")).published
    return frame.filter("by_default").sort("date")


def test_a_change_of_one_day_is_explained_to_the_last_digit(retail: Site) -> None:
    page = retail.page({**APPAREL, **PROMOTED, **ONE_DAY})
    at = rows(page).filter(pl.col("moved"))
    assert at.height == 1
    change, why = page.figures["change"].rows, page.figures["why"].rows
    assert change is not None
    assert why is not None
    assert total(why) == pytest.approx(at["changed"][0], rel=1e-6)
    assert total(change) == pytest.approx(at["changed"][0], rel=1e-6)
    begun = one_piece(change.filter(pl.col("part") == "base")["value"]).sum()
    assert begun == pytest.approx(at["planned"][0], rel=1e-6)
    assert page.notes == ()


def test_a_sum_of_series_has_no_band_and_says_so(retail: Site) -> None:
    page = retail.page({"given": "1", "where.category": "apparel", **PROMOTED, **ONE_DAY})
    assert rows(page)["low"].null_count() == rows(page).height
    assert page.notes == (
        "A sum has no band here: the ends of its series' bands do not add up to one.",
    )
    assert "why" not in page.figures


def test_a_value_beyond_the_contract_is_told_beside_its_lever(retail: Site) -> None:
    page = retail.page({**APPAREL, "set.promotion": "2"})
    told = {one.name: one.errors for group in page.groups for one in group.inputs if one.errors}
    assert list(told) == ["set.promotion"]
    assert "breaks the contract" in told["set.promotion"][0]


def test_a_row_is_explained_as_the_endpoint_explains_it(orders: Site) -> None:
    page = orders.page(ROW)
    answered, why = orders.post("/predict", LINE), orders.post("/explain", LINE)
    drawn = page.figures["why"].rows
    assert drawn is not None
    told = dict(drawn.filter(pl.col("part") == "column").select("column", "value").rows())
    floorless = {name: one for name, one in why["contributions"].items() if name != "(floor)"}
    assert told == floorless
    assert total(drawn) == pytest.approx(answered["prediction"], rel=1e-6)
    assert dict(drawn.filter(pl.col("part") == "column").select("column", "text").rows()) == {
        name: str(value) for name, value in LINE.items()
    }


def test_fields_that_contradict_each_other_are_all_marked(orders: Site) -> None:
    page = orders.page({**ROW, "row.QTR_ID": "1"})
    told = [one.name for group in page.groups for one in group.inputs if one.errors]
    assert sorted(told) == ["row.MONTH_ID", "row.QTR_ID"]
    assert len(page.mistakes) == 1


def test_the_page_of_monitoring_tells_how_long_callers_of_the_server_waited(orders: Site) -> None:
    for _ in range(100):
        orders.post("/predict", LINE)
    page = orders.get("/ui/projects/sales_orders/monitoring").text
    name = "http_server_request_duration_seconds"
    told = samples(orders.get("/metrics").content, f"{name}_bucket")
    bounds = dict[float, float]()
    asked = 0.0
    for (method, status, route, bound, _), times in told.items():  # in the order of their names
        if (method, route) == ("POST", "/predict"):
            asked += times if bound == "+Inf" else 0
            bounds[float(bound)] = bounds.get(float(bound), 0) + (times if status == "200" else 0)
    assert page.count("callers, POST\u00a0/predict<") == 1
    row = re.search(r"callers, POST\u00a0/predict</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None, page
    cells = [html.unescape(one) for one in re.findall(r"<td[^>]*>([^<]*)</td>", row[1])]
    assert cells[4].strip() == f"{asked:,.0f}"
    answered = max(bounds.values())
    assert answered < asked  # what was refused in the tests above took less than a millisecond
    within = min(end for end, times in bounds.items() if times >= 0.95 * answered)
    assert cells[1].strip() == f"≤\u00a0{1000 * within:,g}"


def test_the_page_is_served_with_its_numbers_and_charts(retail: Site, orders: Site) -> None:
    got = retail.get("/ui/projects/retail/what-if")
    assert got.status_code == 200
    assert "As planned, " in got.text
    spec = retail.get("/ui/projects/retail/what-if/figures/plan.json?width=340")
    assert spec.json()["layer"]
    row = "&".join(f"{name}={value}" for name, value in ROW.items()).replace(" ", "+")
    table = orders.get(f"/ui/projects/sales_orders/what-if?{row}")
    assert table.status_code == 200
    assert "SALES " in table.text
