"""The OpenAPI document: made of the contract and the routes, so it cannot say anything else."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from foresell.serving.description import openapi
from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.keys import KeyRing
from foresell.serving.rate import RateLimit
from foresell.serving.replies import PredictReply, Problem
from foresell.serving.routes import all_routes
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.spec.keys import Key
from tests.conformance import Described, filled
from tests.live_server import live
from tests.served_bundles import served, slot


class _NoKeys:
    """A list of keys with none in it."""

    @staticmethod
    def stamp() -> object:
        return 1

    @staticmethod
    def keys() -> tuple[Key, ...]:
        return ()


def _guards() -> Guards:
    ring = KeyRing(_NoKeys(), lambda: 0.0, lambda: 0.0, lambda _: None)
    return Guards(keys=ring, rate=RateLimit(60, 10, lambda: 0.0))


def _document(
    one: Slot, guards: Guards | None = None, *, at_root: bool = True
) -> Mapping[str, Any]:
    site = Site(slots={one.project: one}, root=one.project, guards=guards or Guards())
    return openapi(all_routes(site), one, site.guards, at_root=at_root)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _descriptions(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(said := value.get("description"), str):
            yield said
        for one in value.values():
            yield from _descriptions(one)
    elif isinstance(value, list):
        for one in value:
            yield from _descriptions(one)


def _row(document: Mapping[str, Any]) -> Mapping[str, Any]:
    body = document["paths"]["/predict"]["post"]["requestBody"]
    schema: Mapping[str, Any] = body["content"]["application/json"]["schema"]
    return schema


def test_the_row_of_a_request_has_the_limits_of_the_contract() -> None:
    row = _row(_document(slot(current=served())))

    assert row["additionalProperties"] is False
    assert row["required"] == ["day", "pieces", "price", "gift"]
    assert row["properties"]["pieces"] == {"minimum": 1, "maximum": 99, "type": "integer"}
    assert row["properties"]["day"]["format"] == "date"
    assert "not use" in row["properties"]["order"]["description"]


def test_before_a_version_is_loaded_a_row_is_any_object() -> None:
    document = _document(slot())

    assert _row(document)["type"] == "object"
    assert "No version of toy" in document["info"]["description"]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    for at_root in (True, False):
        document = json.loads(json.dumps(_document(slot(current=served()), at_root=at_root)))
        for reference in set(_references(document)):
            found = document
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]
            assert found, reference


def test_every_refusal_is_a_problem_and_every_operation_tells_of_its_own() -> None:
    document = _document(slot(current=served()), _guards())
    predict = document["paths"]["/predict"]["post"]["responses"]
    alive = document["paths"]["/health/live"]["get"]["responses"]

    assert set(predict) == {
        *("200", "400", "401", "403", "404", "405", "408", "413", "415", "421", "422", "429"),
        *("431", "500", "503", "504"),
    }
    assert set(alive) == {"200", "400", "404", "405", "421", "431", "500", "503"}
    for reply in document["components"]["responses"].values():
        content = reply["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_keys_are_documented_where_they_are_asked_for_and_only_there() -> None:
    open_to_all = _document(slot(current=served()))
    guarded = _document(slot(current=served()), _guards())

    assert "securitySchemes" not in open_to_all["components"]
    assert "security" not in open_to_all["paths"]["/predict"]["post"]
    assert set(guarded["components"]["securitySchemes"]) == {"bearer", "key"}
    assert guarded["paths"]["/predict"]["post"]["security"] == [{"bearer": []}, {"key": []}]
    assert "security" not in guarded["paths"]["/health/live"]["get"]


def test_a_project_below_the_root_describes_its_own_paths_and_none_of_the_server() -> None:
    at_root = _document(slot(current=served()))
    below = _document(slot(current=served()), at_root=False)

    assert below["servers"] == [{"url": "/projects/toy"}]
    assert "servers" not in at_root
    assert {"/", "/v2"} <= set(at_root["paths"])
    assert not {"/", "/v2"} & set(below["paths"])
    assert {"/predict", "/health/ready", "/docs"} <= set(below["paths"])


def test_every_operation_has_a_name_of_its_own_a_tag_that_is_explained_and_a_reply() -> None:
    document = _document(slot(current=served()))
    explained = {one["name"] for one in document["tags"]}
    found = [one for methods in document["paths"].values() for one in methods.values()]

    names = [one["operationId"] for one in found]
    assert sorted(names) == sorted(set(names))
    for one in found:
        assert set(one["tags"]) <= explained
        assert re.match("[A-Z]", one["summary"])
        assert any(status.startswith("2") for status in one["responses"])
        assert all(
            reply.get("content") for reply in one["responses"].values() if "$ref" not in reply
        )


@pytest.mark.parametrize("kind", ["tabular", "panel"])
@pytest.mark.parametrize("at_root", [True, False])
def test_no_description_tells_of_how_it_is_made(kind: str, at_root: bool) -> None:
    one = slot()
    one.kind = kind
    said = list(_descriptions(_document(one, at_root=at_root)))

    assert len(said) > 20
    assert all(said)
    assert not [text for text in said if "FastAPI" in text or "foresell.serving" in text]


@pytest.mark.parametrize(("unit", "says"), [("sales", "`sales` with"), ("USD", "`sales` in USD")])
def test_the_unit_is_told_where_it_says_more_than_the_target(unit: str, says: str) -> None:
    one = served()
    told = replace(one, metadata={**one.metadata, "unit": unit})

    assert says in _document(slot(current=told))["info"]["description"]


def test_while_no_version_is_loaded_every_answer_is_as_documented() -> None:
    empty = slot()
    site = Site(slots={empty.project: empty}, root=empty.project, guards=Guards())
    with live(create_app(site)) as server:
        described = Described(server)
        for method, path, _ in described.operations():
            got = server.ask(method, filled(path, "toy", "1"), b"{}" if method == "POST" else None)
            described.check(method, path, got)


@pytest.mark.parametrize("kind", ["tabular", "panel"])
def test_no_two_endpoints_of_a_project_share_a_path(kind: str) -> None:
    one = slot()
    one.kind = kind
    site = Site(slots={one.project: one}, root=one.project, guards=Guards())
    taken = [
        (route.level, route.method, route.path)
        for route in all_routes(site)
        if route.level == "server" or kind in route.kinds
    ]

    assert sorted(taken) == sorted(set(taken))


@pytest.mark.parametrize("reply", [PredictReply, Problem])
def test_the_example_of_a_reply_is_one(reply: type[BaseModel]) -> None:
    for example in reply.model_json_schema()["examples"]:
        assert reply.model_validate(example).model_dump(exclude_unset=True) == example
