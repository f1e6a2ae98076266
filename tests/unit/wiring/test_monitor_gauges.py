"""The numbers of monitoring lie in a file, and on the page of a server as soon as they change."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from foresell.monitor.gauges import Gauge
from foresell.serving.factory import create_app
from foresell.serving.metrics import Metrics
from foresell.serving.site import Options
from foresell.settings import Settings, read_settings
from foresell.wiring.alerting import settle
from foresell.wiring.monitor_gauges import WatchedGauges
from foresell.wiring.serving import Asked, make_site
from tests.alerts_made import observed, several
from tests.scraped import samples

PSI = "foresell_drift_psi"


def settings_of(home: Path) -> Settings:
    return read_settings(home)


def summary(settings: Settings, content: Any) -> Path:
    file = settings.home / "toy" / "monitor" / "drift_summary.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def drift(psi: float) -> dict[str, Any]:
    return {"version": 3, "columns": [{"name": "CPI", "part": "feature", "psi": psi}]}


def scraped(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    assert metrics.watched is not None
    asyncio.run(metrics.watched.refresh())
    return samples(metrics.page()[0], name)


def test_a_look_leaves_the_numbers_for_the_textfile_collector(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    summary(settings, drift(0.25))
    settle(observed("toy", "drift", several("CPI")), settings)
    page = (tmp_path / "toy" / "monitor" / "metrics.prom").read_bytes()
    assert samples(page, PSI) == {("CPI", "feature", "toy", "3"): 0.25}
    assert samples(page, "foresell_alert") == {("toy", "drift"): 1}
    assert samples(page, "foresell_outbox_waiting") == {("toy",): 0}


def test_a_server_tells_what_the_files_say_now(tmp_path: Path) -> None:
    settings, metrics = settings_of(tmp_path), Metrics()
    metrics.watch(WatchedGauges(("toy", "other"), settings).look)
    assert scraped(metrics, PSI) == {}
    file = summary(settings, drift(0.25))
    assert scraped(metrics, PSI) == {("CPI", "feature", "toy", "3"): 0.25}
    settle(observed("toy", "drift", several("CPI")), settings)
    assert scraped(metrics, "foresell_alert") == {("toy", "drift"): 1}
    settle(observed("toy", "drift", []), settings)
    assert scraped(metrics, "foresell_alert") == {("toy", "drift"): 0}
    file.unlink()
    assert scraped(metrics, PSI) == {}


def test_a_summary_that_is_spoilt_leaves_what_was_told_before(tmp_path: Path) -> None:
    settings, metrics = settings_of(tmp_path), Metrics()
    metrics.watch(WatchedGauges(("toy",), settings).look)
    file = summary(settings, drift(0.25))
    assert scraped(metrics, PSI) == {("CPI", "feature", "toy", "3"): 0.25}
    file.write_text("{", encoding="utf-8")
    assert scraped(metrics, PSI) == {("CPI", "feature", "toy", "3"): 0.25}
    file.write_text("[]", encoding="utf-8")
    assert scraped(metrics, PSI) == {("CPI", "feature", "toy", "3"): 0.25}


@pytest.mark.parametrize("odd", ["{", "[]", '{"columns": 3}', '{"columns": [3]}'])
def test_a_spoilt_file_of_one_project_keeps_back_the_numbers_of_no_other(
    tmp_path: Path, *, odd: str
) -> None:
    settings, metrics = settings_of(tmp_path), Metrics()
    metrics.watch(WatchedGauges(("toy", "other"), settings).look)
    summary(settings, drift(0.25)).write_text(odd, encoding="utf-8")
    for found, stands in ((several("CPI"), 1), ([], 0)):
        for project in ("toy", "other"):
            settled = settle(observed(project, "drift", found), settings)
            assert len(settled.trouble) == (project == "toy")
        alerts = {("other", "drift"): stands, ("toy", "drift"): stands}
        assert scraped(metrics, "foresell_alert") == alerts


def test_a_disk_that_hangs_holds_no_scrape_and_one_thread_only() -> None:
    free, looks = threading.Event(), list[int]()

    def look() -> list[Gauge]:
        looks.append(1)
        free.wait(30)
        return [Gauge(name="foresell_x", says="An x", labels={"project": "toy"}, value=1.0)]

    async def scrapes() -> None:
        assert metrics.watched is not None
        for _ in range(3):
            await metrics.watched.refresh()
        assert samples(metrics.page()[0], "foresell_x") == {}
        free.set()

    metrics = Metrics()
    metrics.watch(look)
    asyncio.run(scrapes())
    assert looks == [1]
    assert scraped(metrics, "foresell_x") == {("toy",): 1}


def test_a_server_has_the_numbers_of_its_own_projects_on_its_page(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    for project in ("walmart", "retail"):
        settle(observed(project, "drift", several("CPI")), settings)
    served = Asked(projects=("walmart",), options=Options(log="off"))
    app: Any = create_app(make_site(served, settings).site)

    async def scrape() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/metrics")

    replied = asyncio.run(scrape())
    assert samples(replied.content, "foresell_alert") == {("walmart", "drift"): 1}
