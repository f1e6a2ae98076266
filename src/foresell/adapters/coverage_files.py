"""How much of the code tests have run, from a file of coverage.py: JSON, or Cobertura's XML."""

import codecs
import json
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from foresell.errors import DataError

# The last two: a count that is infinite, and brackets in brackets without an end.
_UNREADABLE = (ValueError, KeyError, TypeError, expat.ExpatError, OverflowError, RecursionError)
_MEND = "write it by: pytest --cov --cov-branch --cov-report=json:FILE"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Lines and branches, and how many of them were run.

    ``measured``: whether branches were; ``branches`` is 0 where they were not. ``made``: when, as
    the file says itself; empty where it does not. ``at``: by field, where in the file it stands.
    """

    lines: int
    lines_run: int
    branches: int
    branches_run: int
    measured: bool
    made: str
    at: dict[str, str]


def read_coverage(content: bytes, name: str) -> Coverage:
    """Return what a file says, JSON or XML as it begins.

    Raises:
        DataError: it is cut off, or is neither; or it declares a document type by itself.
    """
    plain = content.removeprefix(codecs.BOM_UTF8).lstrip()
    try:
        return _from_json(json.loads(plain)) if plain.startswith(b"{") else _from_xml(content)
    except _UNREADABLE as error:
        raise DataError("this is no whole file of coverage.py", name, _MEND) from error


def _from_json(told: Any) -> Coverage:
    """Return what `coverage json` wrote."""
    totals, meta = told["totals"], told.get("meta")
    meta = meta if isinstance(meta, dict) else {}
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
        measured=bool(meta.get("branch_coverage")) or int(totals.get("num_branches", 0)) > 0,
        made=str(meta.get("timestamp", "")),
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
    counts = {field: int(root[name]) for field, name in names.items()}
    # Of no branches coverage.py says that all were run, and 0 where it measured none.
    measured = counts["branches"] > 0 or float(root.get("branch-rate", "0")) > 0
    return Coverage(
        made="",
        measured=measured,
        at={field: f"coverage/@{name}" for field, name in names.items()},
        **counts,
    )


def _refuse_entity(*_: object) -> None:
    """Refuse a declaration by which a small file can become a huge one.

    Raises:
        ValueError: it is one.
    """
    raise ValueError
