"""The nouns of serving: which version answers, where its bundle lies, and who may ask what."""

from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["predict", "explain", "read", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
MODEL_SCOPES: tuple[Scope, ...] = ("predict", "explain")  # of routes that ask the model


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a bundle lies: a version of a project in the registry, or a folder.

    ``folder``: its path, empty for a version; then ``version`` is the number. Plain values, so that
    it can be told to another process.
    """

    project: str
    folder: str = ""
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Live:
    """The version of a project that is to answer now.

    ``alias``: which alias points to it, empty where a number or a folder was named. ``version``: a
    number as text, or of a folder the first 12 characters of ``digest``, the bundle's identity.
    ``run_id``: the run that trained it, empty where nobody knows.
    """

    project: str
    alias: str
    version: str
    digest: str
    run_id: str
    place: Place


@dataclass(frozen=True, kw_only=True)
class Took:
    """How long a server has taken for the requests of one route, since it was started.

    ``name``: method and path. ``requests``: all of them; ``answered``: those that got what they
    asked for; ``failed``: those that the server itself is to blame for; the others were refused, or
    their caller went away. ``within_s`` (4,): seconds within which 50, 95, 99 and all of 100
    answers were given: the smallest bound of the histogram that holds so many; None where they took
    longer than its last, ``longest_s``. Empty where nothing was answered.
    """

    name: str
    requests: int
    answered: int
    failed: int
    within_s: tuple[float | None, ...]
    longest_s: float
