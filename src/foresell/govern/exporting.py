"""A history as a file of its own: one line for each transition, and a last one that seals them."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress

from foresell.errors import DataError, UsageError
from foresell.govern.chain import canonical, problems_of, transition_of
from foresell.govern.registry import Registry, refuse_unknown
from foresell.govern.verifying import Verification, steady
from foresell.spec.registry import Head, Problem, Transition

_SEAL = frozenset({"project", "number", "hash", "sha256"})
_CUT = "the seal that ends an export is missing, so the file was cut short or changed"


def export_history(registry: Registry, project: str) -> bytes:
    """Return all transitions of ``project`` as JSON lines, as they are kept, right or not.

    The last line has ``project``, ``number`` and ``hash`` of the head, and ``sha256`` of all lines
    above it. A project that nothing is known of is a ``UsageError``.
    """
    refuse_unknown(registry, project)
    head, transitions = steady(registry, project)
    return _sealed(project, transitions, head)


def verify_export(content: bytes) -> Verification:
    """Hold an export against itself: a byte changed, added or taken away anywhere is found.

    The files of the bundles are not looked at.

    Raises:
        UsageError: it is empty.
    """
    if not content.strip():
        mend = "write it again: foresell registry export PROJECT --out FILE"
        raise UsageError("the file is empty", "export", mend)
    *lines, seal = content.removesuffix(b"\n").split(b"\n")
    transitions, problems = [], []
    for place, line in enumerate(lines, start=1):
        try:
            transitions.append(transition_of(line))
        except DataError as error:
            problems.append(Problem(where=f"line {place}", what=error.what))
    project, head = _head(seal)
    if not project:
        with suppress(DataError):  # where it is no seal, it may be a whole transition
            transitions.append(transition_of(seal))
        cut = len(transitions) == len(lines) + 1
        what = f"{_CUT}: this is a transition" if cut else f"this is no seal, and {_CUT}"
        problems.append(Problem(where=f"line {len(lines) + 1}", what=what))
        project = transitions[0].project if transitions else ""
    if not problems:
        problems += problems_of(project, transitions, head)
    if not problems and _sealed(project, transitions, head) != content:
        problems.append(Problem(where="file", what="it is not byte for byte what was exported"))
    return Verification(
        project=project,
        problems=tuple(problems),
        transitions=len(transitions),
        versions=sum(one.action == "register" for one in transitions),
    )


def _sealed(project: str, transitions: Sequence[Transition], head: Head) -> bytes:
    """Return the whole content of an export."""
    lines = b"".join(canonical(one) + b"\n" for one in transitions)
    seal = {
        "project": project,
        "number": head.number,
        "hash": head.hash,
        "sha256": hashlib.sha256(lines).hexdigest(),
    }
    return lines + json.dumps(seal, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _head(seal: bytes) -> tuple[str, Head]:
    """Return the project and the head that the last line names; "" where it is no such line."""
    try:
        fields = json.loads(seal)
    except (ValueError, RecursionError):
        return "", Head()
    if not isinstance(fields, dict) or set(fields) != _SEAL:
        return "", Head()
    project, number, last = (fields.get(name) for name in ("project", "number", "hash"))
    if isinstance(project, str) and type(number) is int and isinstance(last, str):
        return project, Head(number=number, hash=last)
    return "", Head()
