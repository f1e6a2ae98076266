"""What a table's model has learnt from, by column: its texts, and the ends of its numbers and days.

It is told without opening a graph.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foresell.bundle.bundle import Bundle
from foresell.errors import DataError
from foresell.models.tabular.ranges import RANGES, Range, read_ranges

PLAIN = "plain/learner.json"  # as `foresell.models.tabular.plain_files` writes it


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Of each column the texts that training rows held, and the ends of its numbers and days."""

    seen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)


def read_learnt(bundle: Bundle) -> Learnt:
    """Return what a table's model has learnt from. A file that is missing is a ``DataError``."""
    told: Mapping[str, Any] = json.loads(model_file(bundle, PLAIN))
    return Learnt(seen=_seen(told["parts"].values()), ranges=learnt_ranges(bundle))


def learnt_ranges(bundle: Bundle) -> dict[str, Range]:
    """Return of each column of numbers or days the ends that the model learnt from.

    A file that is missing is a ``DataError``.
    """
    return read_ranges(model_file(bundle, RANGES))


def model_file(bundle: Bundle, name: str) -> bytes:
    """Return one of the model's files.

    Raises:
        DataError: it is not in the bundle.
    """
    if name not in bundle.model:
        raise DataError(
            f"model/{name} is missing",
            "bundle",
            "train again: foresell run PROJECT",
        )
    return bundle.model[name]


def _seen(parts: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the texts that the parts of a model know, by column."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for known in part["encoding"]["categories"]:
            found.setdefault(known["column"], set()).update(known["values"])
    return {name: frozenset(values) for name, values in found.items()}
