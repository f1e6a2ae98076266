"""Whether a contract follows the standard it names: asked of the standard's published schema."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft201909Validator

from foresell.spec.yaml_border import load_mapping
from foresell.spec.yaml_places import place_words

_MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the standard's schema refuses: where in the document, and why."""

    place: str
    problem: str


def check_standard(text: str, where: str) -> tuple[Finding, ...]:
    """Return what the published schema of the Open Data Contract Standard refuses in ``text``.

    Each finding stands once, in the order of places. A text that is no YAML mapping is a SpecError.
    """
    document = load_mapping(text, where)
    found = {
        Finding(
            place=place_words(tuple(error.absolute_path), document) or "document",
            problem=error.message[:_MOST_SHOWN],
        )
        for error in Draft201909Validator(_schema()).iter_errors(document)
    }
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.problem)))


@cache
def _schema() -> Any:
    """Return the schema that the standard's package carries."""
    published = files("open_data_contract_standard") / "schema.json"
    return json.loads(published.read_text(encoding="utf-8"))
