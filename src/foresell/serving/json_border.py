"""JSON as it comes over the wire: strict, and refused with the place where it goes wrong."""

import gc
import re
from typing import Any, NoReturn

import jiter

from foresell.serving.problems import Refused

_PLACE = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
_TWICE = "Detected duplicate key "
_LONG = 2000  # bytes from which on it pays to look for names that stand twice only if need be
_LONGEST = 60  # characters of a field's name that an error shows
# JSON as its grammar has it, of which nothing may be made all the same.
_SOUND = {
    "recursion limit exceeded": "it is nested too deeply",
    "number out of range": "a number in it has too many digits",
}


def parse_json(body: bytes) -> Any:
    """Return what ``body`` holds, in the plain types of JSON.

    A number too large for 64 bits is infinite, as the grammar allows it; whether that may be is for
    the contract to say. The keys of an object stand in it once. What is no JSON in UTF-8 (``NaN``
    is none) is `Refused` with 400, and with 422 what is JSON of which nothing may be made.

    >>> parse_json(b'{"MSRP": 95}')
    {'MSRP': 95}
    """
    try:
        if len(body) > _LONG:
            found = _undisturbed(body)
            if body.count(b":") == _members(found):
                return found
        return jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        _refuse(error, body)


def parse_with_nan(body: bytes) -> Any:
    """Return what `parse_json` refused if that was for ``NaN`` or ``Infinity`` alone.

    So that it can be said which field holds one; nothing may be answered of it. What is refused for
    other reasons is, as by `parse_json`.
    """
    try:
        return jiter.from_json(body, allow_inf_nan=True, catch_duplicate_keys=True)
    except ValueError as error:
        _refuse(error, body)


def _undisturbed(body: bytes) -> Any:
    """Return what a long body holds; nobody looks for garbage while it is made.

    Half a million small lists come in 30 ms, and in 250 if the collector walks through them again
    and again: it has nothing older to compare them with, for what was loaded is frozen.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        return jiter.from_json(body, allow_inf_nan=False)
    finally:
        if before:
            gc.enable()


def _members(found: Any) -> int:
    """Return how many members the objects of a list of rows have, and the object around it.

    Each stands behind a colon. Where there are as many colons in all, none was lost for standing
    there twice, and nobody needs to look for such, which takes as long as reading. Colons in texts
    and in objects further in only make it more of them.
    """
    if isinstance(found, dict):
        return len(found) + sum(map(_within, found.values()))
    return _within(found)


def _within(found: Any) -> int:
    """Return how many members an object has, or the objects of a list."""
    if isinstance(found, dict):
        return len(found)
    return sum(map(len, filter(_is_object, found))) if isinstance(found, list) else 0


def _is_object(row: Any) -> bool:
    """Tell whether something in JSON is an object."""
    return isinstance(row, dict)


def _refuse(error: ValueError, body: bytes) -> NoReturn:
    """Refuse ``body``; no value of it is told.

    Raises:
        Refused: always.
    """
    found = _PLACE.fullmatch(str(error))
    why, place = str(error), "body"
    if found is not None:
        why, place = found[1], f"body, line {found[2]}, column {found[3]}"
    if why.startswith(_TWICE):
        name = why.removeprefix(_TWICE).strip('"')[:_LONGEST]
        what = f"the field {name!r} stands twice in one object"
        raise Refused(what, place, "give each field once") from error
    if why in _SOUND:
        raise Refused(_SOUND[why], place, "send plain rows of plain values") from error
    what = f"not JSON: {why}" if body.strip() else "the body is empty"
    mend = "send JSON in UTF-8, names in double quotes"
    raise Refused(what, place, mend, status=400) from error
