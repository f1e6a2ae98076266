"""The nouns of the quality report: numbers, each with its file, and what is missing."""

from dataclasses import dataclass
from typing import Literal

Value = float | int | str | bool | None
State = Literal["found", "missing", "changed", "not yet"]

QUALITY = "quality.json"  # of the stage's output ``quality``: one project
PAGE = "quality.html"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number of the report, and where it comes from.

    ``unit``: ``share``, ``ms``, ``s``, ``date``, ``id``, the target's own, or empty for a count or
    a word. ``artifact``: a file, as a path below the home or the working folder (in a project's own
    ``quality.json``, below its outputs); ``sha256``: of its bytes when the number was taken.
    ``at``: where in it, a JSON Pointer (RFC 6901) or words. ``value`` None: it says there is none.
    """

    name: str
    value: Value
    unit: str = ""
    artifact: str
    sha256: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """Numbers that belong together.

    ``missing``: what they come from is not there, or cannot be read; ``changed``: it is there, and
    is not what the numbers were taken from. ``says`` is one sentence about it; ``mend`` how to make
    what is missing, empty otherwise. ``failed``: the numbers are there and do not pass.
    """

    name: str
    title: str
    state: State
    says: str
    mend: str = ""
    failed: bool = False
    numbers: tuple[Number, ...] = ()
