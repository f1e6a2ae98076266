"""Which endpoint answers which path."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.serving.exchange import Asked, Reply, Route
from foresell.serving.problems import Refused
from foresell.serving.routing import Router
from foresell.serving.slots import Slot
from tests.unit.serving.small_app import slot


async def nothing(_: Asked) -> Reply:
    return Reply(b"")


def route(method: str, path: str, **told: object) -> Route:
    return Route(method=method, path=path, endpoint=nothing, summary="", **told)  # type: ignore[arg-type]


SLOTS: Mapping[str, Slot] = {"orders": slot("orders"), "shops": slot("shops", "panel")}
TABLE, PANEL = ("tabular",), ("panel",)
TABLE_PREDICT = route("POST", "/predict", kinds=TABLE)
PANEL_PREDICT = route("POST", "/predict", kinds=PANEL)
SERIES = route("GET", "/series/{name}/{week}")
EXACT = route("GET", "/series/all/last")
SERVER = route("GET", "/health/live", level="server")
OWN = route("GET", "/health/live")
V2 = route("POST", "/v2/models/{project}/infer", level="server")
ROUTES = (TABLE_PREDICT, PANEL_PREDICT, SERIES, EXACT, SERVER, OWN, V2)


def router(root: str | None = "orders") -> Router:
    return Router(ROUTES, SLOTS, root)


def status(table: Router, method: str, path: str) -> int:
    with pytest.raises(Refused) as refused:
        table.find(method, path)
    return refused.value.status


@pytest.mark.parametrize(
    ("root", "path", "expected", "project"),
    [
        ("orders", "/predict", TABLE_PREDICT, "orders"),
        ("shops", "/predict", PANEL_PREDICT, "shops"),
        ("orders", "/projects/orders/predict", TABLE_PREDICT, "orders"),
        ("orders", "/projects/shops/predict", PANEL_PREDICT, "shops"),
        (None, "/projects/shops/predict", PANEL_PREDICT, "shops"),
        (None, "/v2/models/shops/infer", V2, "shops"),
    ],
)
def test_a_path_leads_to_the_endpoint_of_its_projects_kind(
    root: str | None, path: str, expected: Route, project: str
) -> None:
    found = router(root).find("POST", path)
    assert found.route is expected
    assert found.slot is SLOTS[project]


def test_without_a_root_only_the_server_answers_there() -> None:
    table = router(None)
    assert status(table, "POST", "/predict") == 404
    assert table.find("GET", "/health/live").route is SERVER
    assert table.find("GET", "/projects/orders/health/live").route is OWN


def test_a_path_that_is_told_whole_wins_over_one_with_names() -> None:
    table = router()
    assert table.find("GET", "/series/all/last").route is EXACT
    found = table.find("GET", "/series/all/first")
    assert (found.route, found.path) == (SERIES, {"name": "all", "week": "first"})
    assert status(table, "GET", "/series//first") == 404
    assert status(table, "GET", "/series/all") == 404


def test_a_path_that_another_project_has_is_told() -> None:
    forecast = route("POST", "/forecast", kinds=PANEL)
    with pytest.raises(Refused) as refused:
        Router((*ROUTES, forecast), SLOTS, "orders").find("POST", "/forecast")

    assert refused.value.mend == "another project has it: /projects/shops/forecast"


def test_head_is_found_where_get_is_and_nowhere_else() -> None:
    assert router().find("HEAD", "/health/live").route is SERVER
    assert router().find("HEAD", "/series/a/b").route is SERIES
    assert status(router(), "HEAD", "/predict") == 405


def test_the_methods_of_a_path_are_told() -> None:
    table = router()
    assert table.methods("/predict") == ("OPTIONS", "POST")
    assert table.methods("/series/a/b") == ("GET", "HEAD", "OPTIONS")
    assert table.methods("/nowhere") == ()


@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "get", ""]),
    parts=st.lists(
        st.sampled_from(["", "projects", "orders", "shops", "predict", "series", "v2", "models"])
        | st.text(max_size=5),
        max_size=6,
    ),
)
@settings(max_examples=150)
def test_every_path_is_found_or_refused(method: str, parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    table = router()
    methods = table.methods(path)
    if method in methods and method != "OPTIONS":
        found = table.find(method, path)
        assert all(value in path for value in found.path.values())
        return
    with pytest.raises(Refused) as refused:
        table.find(method, path)
    assert refused.value.status == (405 if methods else 404)
    assert len(str(refused.value)) < 1500
