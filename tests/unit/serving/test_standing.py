"""How a server tells that it lives, is ready, and what it answers with."""

from dataclasses import replace

from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.site import Site
from foresell.serving.slots import Refusal, Slot, Standing, Unreachable
from tests.live_server import Live, live
from tests.served_bundles import live as version
from tests.served_bundles import served, slot


def _site(*slots: Slot, root: str | None = "toy") -> Site:
    return Site(slots={one.project: one for one in slots}, root=root, guards=Guards())


def test_a_project_with_a_version_is_ready_and_says_which_it_is() -> None:
    with live(create_app(_site(slot(current=served(3))))) as server:
        ready = server.ask("GET", "/health/ready")
        health = server.ask("GET", "/health")

    assert (ready.status, ready.json) == (200, {"status": "ready", "versions": {"toy": "3"}})
    assert health.json == {
        "status": "ok",
        "project": "toy",
        "kind": "tabular",
        "model_name": "same",
        "model_version": "3",
        "alias": "prod",
        "run_id": "run 3",
        "digest": f"{3:064d}",
        "feature_count": 5,
        "shadow_loaded": False,
        "shadow_version": None,
        "trouble": None,
    }


def test_until_a_version_is_loaded_all_but_what_needs_none_waits() -> None:
    empty = slot()
    empty.standing = Standing(unreachable=Unreachable(why="no version of 'toy' is prod", at=1.0))
    with live(create_app(_site(empty))) as server:
        answers = {
            path: server.ask("GET", path)
            for path in ("/health/live", "/health/ready", "/health", "/metadata", "/docs", "/")
        }
        row = server.ask("POST", "/predict", b"{}")

    assert {path: one.status for path, one in answers.items()} == {
        "/health/live": 200,
        "/health/ready": 503,
        "/health": 200,
        "/metadata": 503,
        "/docs": 200,
        "/": 200,
    }
    assert row.status == 503
    assert answers["/health"].json["status"] == "waiting"
    said = answers["/health/ready"]
    assert said.heads["content-type"] == "application/problem+json"
    assert said.heads["retry-after"] == "1"
    assert "no version of 'toy' is prod" in said.json["detail"]


def test_the_server_is_ready_when_all_its_projects_are_and_each_project_when_it_is() -> None:
    slots = slot(current=served()), slot("other")
    with live(create_app(_site(*slots))) as server:

        def ready(server: Live) -> list[int]:
            places = ("", "/projects/toy", "/projects/other")
            return [server.ask("GET", f"{place}/health/ready").status for place in places]

        before = ready(server)
        waiting = server.ask("GET", "/health/ready").json["detail"]
        slots[1].current = served(project="other")
        after = ready(server)

    assert before == [503, 200, 503]
    assert "other" in waiting
    assert "toy" not in waiting
    assert after == [200, 200, 200]


def test_a_version_that_is_refused_leaves_the_project_answering_and_degraded() -> None:
    one = slot(current=served(1))
    refusal = Refusal(live=version(2), why="a graph says something else", at=1.0)
    one.standing = Standing(refused=refusal)
    one.shadow = replace(version(7), alias="staging")
    with live(create_app(_site(one))) as server:
        health = server.ask("GET", "/health").json
        ready = server.ask("GET", "/health/ready").status

    assert ready == 200
    assert health["status"] == "degraded"
    assert health["model_version"] == "1"
    assert health["trouble"] == "version 2 is refused: a graph says something else"
    assert (health["shadow_loaded"], health["shadow_version"]) == (True, "7")


def test_metadata_lists_what_a_row_may_hold_as_the_contract_has_it() -> None:
    with live(create_app(_site(slot(current=served())))) as server:
        told = server.ask("GET", "/metadata").json

    assert [(one["name"], one["type"], one["required"]) for one in told["features"]] == [
        ("day", "date", True),
        ("pieces", "integer", True),
        ("price", "number", True),
        ("gift", "boolean", True),
        ("colour", "string", False),
    ]
    assert told["ignored"] == ["order", "sales"]
    assert (told["target_name"], told["unit"], told["model_name"]) == ("sales", "USD", "same")
    assert (told["horizon"], told["frequency"]) == (None, None)


def test_the_index_lists_every_project_and_where_it_answers() -> None:
    slots = slot(current=served()), slot("other")
    with live(create_app(_site(*slots))) as server:
        told = server.ask("GET", "/").json

    assert told["root"] == "toy"
    assert [(one["project"], one["status"], one["model_version"]) for one in told["projects"]] == [
        ("toy", "ok", "1"),
        ("other", "waiting", None),
    ]
    assert told["projects"][1]["docs"] == "/projects/other/docs"
