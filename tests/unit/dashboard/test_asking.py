"""What a page asks its own server is answered as a request would be, and no key's limits fall."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from foresell.dashboard.asking import InName
from foresell.dashboard.page import Visitor
from foresell.serving.exchange import Route
from foresell.serving.routes import all_routes
from foresell.serving.routing import Router
from foresell.spec.serving import Scope
from tests.served_bundles import ROW
from tests.served_sites import toy_site


def told(path: str, body: Mapping[str, Any], *scopes: Scope) -> tuple[int, Mapping[str, Any]]:
    """Ask in the name of a visitor who may do ``scopes``."""
    routes: list[Route] = []

    def heard(answering: Sequence[Route]) -> Sequence[Route]:
        routes.extend(answering)
        return ()

    site = replace(toy_site(), pages=heard)
    all_routes(site)

    asks = InName(
        router=Router(routes, site.slots),
        visitor=Visitor(name="ana", scopes=scopes),
        request_id="id",
        failed=lambda error, _: pytest.fail(repr(error)),
    )
    status, reply = asyncio.run(asks.answer("POST", path, json.dumps(body).encode()))
    return status, json.loads(reply)


def test_who_may_predict_is_answered() -> None:
    status, reply = told("/projects/toy/predict", dict(ROW), "predict")

    assert (status, reply["prediction"], reply["request_id"]) == (200, 100.0, "id")


@pytest.mark.parametrize("scopes", [(), ("read",), ("read", "explain", "admin")])
def test_a_page_is_no_way_around_what_a_key_does_not_allow(scopes: tuple[Scope, ...]) -> None:
    status, reply = told("/projects/toy/predict", dict(ROW), *scopes)

    assert status == 403
    assert reply["detail"] == "your key does not allow 'predict'"


def test_a_row_that_is_wrong_is_refused_with_its_field() -> None:
    status, reply = told("/projects/toy/predict", {**ROW, "pieces": 0}, "predict")

    assert status == 422
    assert [one["field"] for one in reply["errors"]] == ["pieces"]
