"""A transition as a row of plain values, and back; and what it must follow."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn

from foresell.errors import ConflictError, DataError, UsageError
from foresell.spec.registry import Head, Transition

NUMBERS = ("number", "version")
MAYBE_NUMBERS = ("before_version", "after_version")
TEXTS = ("project", "at", "who", "action", "reason", "evidence", "previous", "hash")
MAYBE_TEXTS = ("alias",)


def row_of(transition: Transition) -> dict[str, Any]:
    """Return the row that keeps ``transition``: its evidence as JSON with sorted keys, in ASCII.

    Raises:
        UsageError: it holds what no database keeps as text, or evidence that is not plain JSON.
    """
    row = {each.name: getattr(transition, each.name) for each in fields(Transition)}
    row["before_version"], row["after_version"] = row.pop("before"), row.pop("after")
    try:
        row["evidence"] = _text(transition.evidence)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"the evidence is not plain JSON: {error}",
            f"transition {transition.number} of {transition.project}",
            "give numbers that are finite, texts, lists and objects with texts as keys",
        ) from error
    for name in (*TEXTS, *MAYBE_TEXTS):
        _refuse_unkeepable(name, row[name])
    return row


def transition_of(row: Mapping[str, Any], place: str) -> Transition:
    """Return the transition that ``row_of`` made ``row`` of.

    Raises:
        DataError: it never made such a row: somebody has changed it.
    """
    kept = dict(row)
    if wrong := [*_other_kinds(kept), *_other_evidence(kept["evidence"])]:
        raise DataError(
            f"{wrong[0]} of a transition is not what was kept",
            f"{place}, transition {shown(kept['number'])} of {shown(kept['project'])}",
            "restore the registry's database from a backup: foresell never changes a row",
        )
    kept["evidence"] = json.loads(kept["evidence"])
    kept["before"], kept["after"] = kept.pop("before_version"), kept.pop("after_version")
    return Transition(**kept)


def head_of(row: Mapping[str, Any], project: str, place: str) -> Head:
    """Return where the list of ``project`` ends, as the row of it says.

    Raises:
        DataError: no transition was ever written down like this.
    """
    number, last = row["number"], row["hash"]
    if type(number) is not int or not _is_text(last):
        raise DataError(
            f"where the list of {project} ends is not what was kept",
            f"{place}, head of {project}",
            "restore the registry's database from a backup",
        )
    return Head(number=number, hash=last)


def shown(value: object) -> str:
    r"""Return what a cell holds in letters that can be printed, whatever it is.

    >>> shown("toy"), shown("t\udcffy"), shown(b"toy"), shown(None)
    ('toy', 't\\udcffy', "b'toy'", 'None')
    """
    text = value if isinstance(value, str) else repr(value)
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def followed_by(transition: Transition) -> Head:
    """Return the end of the list that ``transition`` was made to follow.

    >>> from foresell.spec.registry import GENESIS
    >>> first = Transition(project="toy", number=1, at="", who="", action="register", version=1,
    ...     reason="", previous=GENESIS, hash="ab")
    >>> followed_by(first) == Head()
    True
    """
    return Head(number=transition.number - 1, hash=transition.previous)


def refuse_overtaken(transition: Transition, place: str) -> NoReturn:
    """Say that somebody else was quicker.

    Raises:
        ConflictError: always.
    """
    raise ConflictError(
        f"transition {transition.number} of {transition.project} does not follow the last one kept",
        place,
        "somebody else wrote first: read the registry again, and ask again",
    )


def _text(evidence: Mapping[str, Any]) -> str:
    """Return ``evidence`` as the one text that stands for it."""
    return json.dumps(dict(evidence), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_unkeepable(name: str, text: str | None) -> None:
    """Refuse a text that cannot be kept.

    Raises:
        UsageError: it holds a NUL, which PostgreSQL refuses, or is no UTF-8.
    """
    if text and ("\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise UsageError(
            f"{name} holds a character that cannot be kept",
            f"{name} {text!r}",
            "leave out NUL characters and halves of surrogate pairs",
        )


def _other_kinds(row: Mapping[str, Any]) -> list[str]:
    """Return the fields that hold another kind of value: SQLite keeps what it is given."""
    kinds = ((NUMBERS, int), (MAYBE_NUMBERS, int | None), (TEXTS, str), (MAYBE_TEXTS, str | None))
    return [
        name
        for names, kind in kinds
        for name in names
        if not isinstance(row[name], kind)
        or (isinstance(row[name], str) and not _is_text(row[name]))
    ]


def _is_text(value: object) -> bool:
    """Tell whether a cell holds a text; bytes that are none come as halves of surrogate pairs."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def _other_evidence(text: object) -> list[str]:
    """Return the field's name where it is another text than the one for what it says."""
    try:
        evidence = json.loads(str(text))
        same = isinstance(evidence, dict) and _text(evidence) == text
    except (ValueError, RecursionError):
        same = False
    return [] if same else ["evidence"]
