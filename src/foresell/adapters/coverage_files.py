"""How much of the code tests have run, from a file of coverage.py: JSON, or Cobertura's XML."""

import json
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from foresell.errors import DataError

_MEND = "write it by: pytest --cov --cov-branch --cov-report=json:FILE"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Lines and branches, and how many of them were run.

    ``branches`` is 0 where branches were not measured. ``made``: when, as the file says itself;
    empty where it does not. ``at``: by field, where in the file it stands.
    """

    lines: int
    lines_run: int
    branches: int
    branches_run: int
    made: str
    at: dict[str, str]


def read_coverage(content: bytes, name: str) -> Coverage:
    """Return what a file says, JSON or XML as it begins.

    Raises:
        DataError: it is cut off, or is neither; or it declares a document type by itself.
    """
    try:
        if content.lstrip().startswith(b"{"):
            return _from_json(json.loads(content))
        return _from_xml(content)
    except (ValueError, KeyError, TypeError, expat.ExpatError) as error:
        raise DataError("this is no whole file of coverage.py", name, _MEND) from error


def _from_json(told: Any) -> Coverage:
    """Return what `coverage json` wrote."""
    totals = told["totals"]
    at = {
        "lines": "/totals/num_statements",
        "lines_run": "/totals/covered_lines",
        "branches": "/totals/num_branches",
        "branches_run": "/totals/covered_branches",
    }
    return Coverage(
        lines=int(totals["num_statements"]),
        lines_run=int(totals["covered_lines"]),
        branches=int(totals.get("num_branches", 0)),
        branches_run=int(totals.get("covered_branches", 0)),
        made=str(told.get("meta", {}).get("timestamp", "")),
        at=at,
    )


def _from_xml(content: bytes) -> Coverage:
    """Return what `coverage xml` wrote."""
    root: dict[str, str] = {}

    def start(tag: str, said: dict[str, str]) -> None:
        if tag == "coverage" and not root:
            root.update(said)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EntityDeclHandler = _refuse_entity
    parser.Parse(content, True)  # noqa: FBT003 - positional in C
    names = {
        "lines": "lines-valid",
        "lines_run": "lines-covered",
        "branches": "branches-valid",
        "branches_run": "branches-covered",
    }
    return Coverage(
        made="",
        at={field: f"coverage/@{name}" for field, name in names.items()},
        **{field: int(root[name]) for field, name in names.items()},
    )


def _refuse_entity(*_: object) -> None:
    """Refuse a declaration by which a small file can become a huge one.

    Raises:
        ValueError: it is one.
    """
    raise ValueError
