"""A file that numbers are taken from, with its hash, and the numbers taken by their place in it."""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foresell.errors import DataError
from foresell.spec.quality import Number, Value


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file: ``name`` is its path, ``told`` what it says where it is JSON, else None."""

    name: str
    sha256: str
    told: Any = None

    def number(self, name: str, value: Value, at: str, unit: str = "") -> Number:
        """Return a number that was found out from this file; ``at`` says how."""
        return Number(
            name=name, value=value, unit=unit, artifact=self.name, sha256=self.sha256, at=at
        )


def artifact(name: str, content: bytes) -> Artifact:
    """Return a file that is not JSON."""
    return Artifact(name=name, sha256=hashlib.sha256(content).hexdigest())


def json_artifact(name: str, content: bytes) -> Artifact:
    """Return a file that holds a JSON object.

    Raises:
        DataError: it holds none.
    """
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError("this is no JSON", name, "make it again") from error
    if not isinstance(told, dict):
        raise DataError("this is no JSON object", name, "make it again")
    return Artifact(name=name, sha256=hashlib.sha256(content).hexdigest(), told=told)


def taken(of: Artifact, wanted: Iterable[tuple[str, str, str]]) -> list[Number]:
    """Return the numbers of ``wanted`` that a JSON file has: name, JSON Pointer, unit.

    What the file does not have, or has as something else than a single finite value, is left out;
    a null is a number without a value.

    >>> file = json_artifact("a.json", b'{"scores": {"mae": 2.5, "rows": [1, 2]}}')
    >>> wanted = [("mae", "/scores/mae", ""), ("x", "/x", "")]
    >>> [(one.name, one.value) for one in taken(file, wanted)]
    [('mae', 2.5)]
    """
    found = []
    for name, at, unit in wanted:
        there, value = _at(of.told, at)
        if there and _is_single(value):
            found.append(of.number(name, value, at, unit))
    return found


def _at(told: Any, pointer: str) -> tuple[bool, Any]:
    """Return whether there is something at a JSON Pointer (RFC 6901), and what."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(told, dict) and key in told:
            told = told[key]
        elif isinstance(told, list) and key.isdecimal() and int(key) < len(told):
            told = told[int(key)]
        else:
            return False, None
    return True, told


def pointer(*parts: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of a place, from the outside in.

    >>> pointer("endpoints", 2, "POST /predict")
    '/endpoints/2/POST ~1predict'
    """
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _is_single(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)
