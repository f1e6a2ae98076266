"""Holds the replies of a server against the OpenAPI document that the same server gives."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tests.live_server import Got, Live


class Described:
    """What a server says of itself, at its root or below a project."""

    def __init__(self, server: Live, place: str = "") -> None:
        self.server, self.place = server, place
        found = server.ask("GET", f"{place}/openapi.json")
        assert found.status == 200, found.body
        self.document: Mapping[str, Any] = found.json

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Yield method, path and what is said, of every operation."""
        for path, methods in self.document["paths"].items():
            for method, said in methods.items():
                yield method.upper(), path, said

    def example(self, method: str, path: str) -> bytes | None:
        """Return the example of a request's body, None where it has no body."""
        said = self.document["paths"][path][method.lower()].get("requestBody")
        if said is None:
            return None
        content = said["content"]["application/json"]
        assert "example" in content, f"{method} {path} has no example"
        return json.dumps(content["example"]).encode()

    def check(self, method: str, path: str, got: Got) -> None:
        """Refuse an answer whose status, media type or body is not as documented."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        where = f"{method} {path}: {got.status} {got.body[:300]!r}"
        assert str(got.status) in responses, where
        content = self._followed(responses[str(got.status)]).get("content", {})
        media = got.heads["content-type"].split(";", maxsplit=1)[0]
        told = content.get(media, content.get("*/*"))
        assert told is not None, f"{where}: {media} of {sorted(content)}"
        if "json" in media:
            self._validate(told["schema"], got.json, where)

    def _followed(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a response, or the one that is pointed to."""
        if "$ref" not in said:
            return said
        name = re.fullmatch(r"#/components/responses/(\w+)", said["$ref"])
        assert name is not None
        found: Mapping[str, Any] = self.document["components"]["responses"][name[1]]
        return found

    def _validate(self, schema: Mapping[str, Any], body: Any, where: str) -> None:
        """Refuse a body that its schema does not allow."""
        whole = {**schema, "components": self.document["components"]}
        checker = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        errors = [f"{one.json_path}: {one.message[:300]}" for one in checker.iter_errors(body)]
        assert not errors, (where, errors)


def filled(path: str, project: str, version: str) -> str:
    """Return a path with a value in the place of every name."""
    values = {"project": project, "version": version, "file": "docs.css", "name": project}
    return re.sub(r"{(\w+)}", lambda name: values[name[1]], path)


def check_all(server: Live, place: str = "") -> dict[str, int]:
    """Ask every operation by its example, and hold the answers against the document.

    Returns the status by method and path.
    """
    described = Described(server, place)
    health = server.ask("GET", f"{place}/health").json
    found = {}
    for method, path, _ in described.operations():
        target = filled(path, health["project"], health["model_version"])
        got = server.ask(method, place + target, described.example(method, path))
        described.check(method, path, got)
        found[f"{method} {path}"] = got.status
    return found
