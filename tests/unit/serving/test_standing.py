"""How a server tells that it lives, is ready, and what it answers with."""

from dataclasses import replace

from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.site import Site
from foresell.serving.slots import Beside, Refusal, Slot, Standing, Unreachable
from foresell.serving.standing import trouble
from foresell.spec.serving import Place
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
    assert said.json["mend"].startswith("ask again in a moment")
    assert "no version of 'toy' is prod" in said.json["detail"]


def test_where_an_alias_points_to_nothing_a_caller_reads_that_and_what_to_do() -> None:
    empty = slot()
    lost = Unreachable(why="no version of 'toy' is prod", at=1.0, mend="promote one")
    empty.standing = Standing(unreachable=lost)
    with live(create_app(_site(empty))) as server:
        said = server.ask("GET", "/health/ready").json
        trouble = server.ask("GET", "/health").json["trouble"]

    assert (said["detail"], said["mend"]) == ("no version of 'toy' is prod", "promote one")
    assert trouble == "no version of 'toy' is prod"


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
    assert (health["shadow_loaded"], health["shadow_version"]) == (False, "7")


def test_a_shadow_counts_as_loaded_only_while_that_very_version_is_and_its_trouble_is_told() -> (
    None
):
    one = slot(current=served(1))
    one.shadow = replace(version(7), alias="staging")
    seven, six = version(7).digest, version(6).digest
    told = []
    with live(create_app(_site(one))) as server:
        for beside in (Beside(loaded=seven), Beside(loaded=six), Beside(trouble="it is broken")):
            one.beside = lambda beside=beside: beside  # type: ignore[misc]
            health = server.ask("GET", "/health").json
            told.append([health[name] for name in ("status", "shadow_loaded", "trouble")])

    assert told == [
        ["ok", True, None],
        ["ok", False, None],
        ["degraded", False, "it is broken"],
    ]


def test_a_version_whose_folder_holds_another_bundle_answers_and_says_what_is_lost() -> None:
    one = slot(current=served(1))
    assert one.current is not None
    place = Place(project="toy", folder="/somewhere")
    one.current = replace(one.current, live=replace(one.current.live, place=place))
    one.standing = Standing(refused=Refusal(live=version(2), why="it is broken", at=1.0))

    assert trouble(one) == (
        "version 2 is refused: it is broken; version 1, which answers, is no longer in its folder: "
        "what-ifs and explanations of it are lost, but for what a desk has loaded before"
    )


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
    assert [one["allowed"] for one in told["features"]] == [
        "day as YYYY-MM-DD",
        "whole number, 1 to 99",
        "number, from 0",
        "true or false",
        "text",
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
