"""What an event tells a function of AWS; one that tells too little is refused in our words."""

from collections.abc import Mapping
from typing import Any

from foresell.errors import UsageError


def words_of(event: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Return the texts that ``event`` has under ``names``, in that order.

    Raises:
        UsageError: it lacks some, or they are no text, or empty.
    """
    found = tuple(event.get(name) for name in names)
    lacks = [
        name
        for name, word in zip(names, found, strict=True)
        if not isinstance(word, str) or not word
    ]
    if lacks:
        raise UsageError(
            f"the event says no {' and no '.join(lacks)}",
            "the event of the function",
            f"send a JSON object with {', '.join(names)}: docs/aws.md shows one of each function",
        )
    return tuple(map(str, found))


def flag_of(event: Mapping[str, Any], name: str) -> bool:
    """Return whether ``event`` says ``name``; what says nothing of it says no.

    Raises:
        UsageError: it says neither true nor false: a text, which would be taken for true.
    """
    said = event.get(name, False)
    if not isinstance(said, bool):
        raise UsageError(
            f"{name} of the event is neither true nor false",
            "the event of the function",
            f"leave {name} out, or send it as true or false, without quotes",
        )
    return said
