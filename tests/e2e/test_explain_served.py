"""Rows of a table explained by a real server, whose desk takes the answers apart."""

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import CHECKSUMS, read_bundle
from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.loading import load_served
from foresell.serving.replies import ExplainReply
from foresell.serving.site import Site
from foresell.serving.slots import Shelf, Slot
from foresell.settings import Settings
from foresell.spec.serving import Live as LiveVersion
from foresell.spec.serving import Place
from foresell.wiring.desks import project_desks
from foresell.wiring.shelves import folder_shelf
from tests.e2e.order_rows import LINE
from tests.live_server import Got, Live, live
from tests.row_bundles import make_bundle
from tests.serve_process import registered, serving
from tests.served_bundles import ROW
from tests.tabular_files import order_files, order_lines


@dataclass
class Orders:
    """A server that answers order lines, and the home and slot behind it."""

    server: Live
    slot: Slot
    folder: Path

    def explain(self, row: object) -> Got:
        return self.server.ask("POST", "/explain", json.dumps(row).encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that learnt from a few orders."""
    (content,) = order_files(order_lines(150)).values()
    return make_bundle("sales_orders", content, tmp_path_factory.mktemp("orders"))


@pytest.fixture(scope="module")
def orders(folder: Path) -> Iterator[Orders]:
    settings = Settings(home=folder.parents[1], projects=())
    digest = sha256((folder / CHECKSUMS).read_bytes()).hexdigest()
    version = LiveVersion(
        project="sales_orders",
        alias="",
        version=digest[:12],
        digest=digest,
        run_id="",
        place=Place(project="sales_orders", folder=str(folder)),
    )
    shelf: Shelf = folder_shelf(folder, settings, "sales_orders")
    slot = Slot(project="sales_orders", kind="tabular", shelf=shelf)
    slot.current = load_served(read_bundle(DirectoryStore(folder)), version)
    slot.desks = project_desks(settings)
    site = Site(
        slots={"sales_orders": slot},
        root="sales_orders",
        guards=Guards(),
        closing=tuple(desk.close for desk in slot.desks.values()),
    )
    with live(create_app(site)) as server:
        yield Orders(server, slot, folder)


def said(got: Got) -> Any:
    assert got.status == 200, got.body
    return ExplainReply.model_validate_json(got.body)


def test_base_and_contributions_sum_to_the_prediction(orders: Orders) -> None:
    told = said(orders.explain(LINE))

    assert told.available
    assert told.reason is None
    assert told.base_value is not None
    assert set(told.contributions) == set(LINE)
    total = told.base_value + sum(told.contributions.values())
    assert total == pytest.approx(told.prediction, rel=1e-6, abs=1e-6)


def test_what_is_explained_is_what_is_predicted(orders: Orders) -> None:
    answer = orders.server.ask("POST", "/predict", json.dumps(LINE).encode()).json
    told = said(orders.explain(LINE))

    assert told.prediction == answer["prediction"]
    for name in ("model_name", "model_version", "target_name", "currency"):
        assert getattr(told, name) == answer[name]


def test_the_reply_names_its_parts_in_their_order(orders: Orders) -> None:
    got = orders.explain({**LINE, "DEALSIZE": "Large"})

    assert list(got.json) == [
        *("available", "reason", "method", "prediction", "base_value", "contributions"),
        *("candidate", "model_name", "model_version", "target_name", "request_id", "currency"),
        "ignored",
    ]
    assert got.json["request_id"] == got.heads["x-request-id"]
    assert got.json["ignored"] == ["DEALSIZE"]
    assert got.json["candidate"] == got.json["model_name"]


def test_a_row_that_breaks_the_contract_is_422_with_every_field(orders: Orders) -> None:
    got = orders.explain({**LINE, "MSRP": 0, "SHOE": 1})

    assert got.status == 422
    assert got.heads["content-type"] == "application/problem+json"
    assert {one["field"]: one["rule"] for one in got.json["errors"]} == {
        "MSRP": "minimum",
        "SHOE": "unknown",
    }


@pytest.mark.parametrize(("body", "status"), [(b"[]", 422), (b"{", 400), (b"1", 422), (b"", 400)])
def test_what_is_no_row_is_refused(body: bytes, status: int, orders: Orders) -> None:
    assert orders.server.ask("POST", "/explain", body).status == status


def test_a_number_that_is_none_is_422_with_its_field(orders: Orders) -> None:
    body = json.dumps({**LINE, "MSRP": float("nan")}).encode()

    got = orders.server.ask("POST", "/explain", body)

    assert got.status == 422
    assert [one["field"] for one in got.json["errors"]] == ["MSRP"]


def test_a_version_whose_files_have_changed_is_not_explained_by_others(orders: Orders) -> None:
    """The desk answers with the very bundle that the request took, or not at all."""
    served = orders.slot.current
    assert served is not None
    other = replace(served.live, digest="0" * 64)
    orders.slot.current = replace(served, live=other)
    try:
        got = orders.explain(LINE)
    finally:
        orders.slot.current = served

    assert got.status == 503
    assert got.json["detail"] == "the bundle that was to answer has been replaced"
    assert "retry-after" in got.heads
    assert said(orders.explain(LINE)).available


def test_a_server_without_a_desk_says_so(orders: Orders) -> None:
    desks, orders.slot.desks = orders.slot.desks, {}
    try:
        got = orders.explain(LINE)
    finally:
        orders.slot.desks = desks

    assert (got.status, got.json["detail"]) == (503, "this server does not explain")


def test_a_version_whose_content_is_gone_is_the_servers_trouble_which_it_logs_and_counts(
    tmp_path: Path,
) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy") as server:
        shutil.rmtree(tmp_path / "_registry" / "objects")
        got = server.ask("POST", "/explain", json.dumps(ROW).encode())
        answered = server.ask("POST", "/predict", json.dumps(ROW).encode())
        numbers = server.ask("GET", "/metrics").body.decode()
        server.process.send_signal(signal.SIGINT)
        server.ends()

    assert (got.status, got.json["where"], answered.status) == (503, "server", 200)
    assert "missing" not in got.json["detail"]
    assert 'foresell_inference_total{outcome="failure",project="toy"} 1.0' in numbers
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    (failed,) = [one for one in lines if one.get("status") == 503]
    assert "the bundle that is to answer cannot be loaded" in failed["exception"]
