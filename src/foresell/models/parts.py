"""What a learner is made of: parts that were fitted, what they learn from, and how one may fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

import polars as pl

from foresell.data.panel import Panel
from foresell.errors import CandidateError
from foresell.features.levels import Vector
from foresell.spec.extras import EXTRAS, install_words
from foresell.spec.project import ProjectSpec

Setting = bool | int | float
Settings = Mapping[str, Setting]


def told(candidate: str, error: Exception | str) -> tuple[str, str, str]:
    """Return the three parts of a `CandidateError`: what ``candidate`` or its library said."""
    said = " ".join(str(error).split()) or type(error).__name__
    return (
        f"{candidate}: {said}",
        "the settings or the rows it learns from",
        "change its settings under models in project.yaml, or leave it out of the candidates",
    )


def resolve(place: str) -> Callable[..., Any]:
    """Return the function at ``module:function``.

    Raises:
        CandidateError: a library that the module needs is not installed.
    """
    module, _, name = place.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except ImportError as error:
        raise CandidateError(
            f"the library {error.name!r} is not installed",
            module,
            f"install it ({install_words(EXTRAS[library])}), or leave the candidate out"
            if (library := str(error.name).partition(".")[0]) in EXTRAS
            else "install foresell again, or leave the candidate out",
        ) from error
    return found


class Part(Protocol):
    """A fitted candidate. Equal ones write equal files."""

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) forecasts of the rows of a direct frame, in the unit of the target."""
        ...

    def files(self) -> dict[str, bytes]:
        """Return the part's files by name: JSON and its library's own format, never a pickle."""
        ...


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What a candidate learns from, as known at one cutoff.

    ``frames``: rows of direct frames, one of each origin, in time order. ``targets``: (rows of the
    frame,) each, unit of the target, NaN where not known yet. ``periods``: how many different
    periods the known targets are of. ``horizon``: steps a forecast has.
    ``panel`` and ``project``: for a candidate that learns from series as they are; the panel ends
    at the cutoff. ``settings``: what differs from the candidate's own defaults. ``seed``: of
    everything drawn.
    """

    frames: Sequence[pl.DataFrame]
    targets: Sequence[Vector]
    periods: int
    horizon: int
    seed: int
    settings: Settings = field(default_factory=dict)
    panel: Panel | None = None
    project: ProjectSpec | None = None
