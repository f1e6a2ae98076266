"""What a project says of its models: which candidates, their settings, what is searched, how."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice

Selection = Literal["baseline", "tuned", "both"]
Setting = StrictBool | StrictInt | StrictFloat

_TREES = (
    *("trees", "trees_per_period", "rows", "seeds", "learning_rate"),
    *("columns_share", "rows_share", "l2", "past", "named"),
    "weight_power",
)
# Every candidate there is, and the settings each knows. `foresell.models.candidates` fits them.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "lad": (),
    "ridge": ("penalty", "clip"),
    "lightgbm": (*_TREES, "leaves", "leaf_rows"),
    "xgboost": (*_TREES, "leaves", "leaf_rows"),
    "catboost": (*_TREES, "depth"),
    "theta": ("shrink",),
}
# Those that lowered the ensemble's error on Walmart's earlier cutoffs: see docs/models.md.
EARNED = ("lad", "ridge", "lightgbm", "xgboost")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole where both are.

    ``log``: small ones are tried as often as large ones.
    """

    low: StrictInt | StrictFloat = math.nan
    high: StrictInt | StrictFloat = math.nan
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse a range without a number in it, and a logarithm of what has none.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.low < self.high:
            raise SpecError(
                f"low is {self.low}, high is {self.high}",
                "models.tuning.spaces",
                "give both, the lower number under low: {low: 0.02, high: 0.1}",
            )
        if self.log and self.low <= 0:
            raise SpecError(
                f"low is {self.low} and log is true",
                "models.tuning.spaces",
                "let low be above 0, or leave log out",
            )


Choices = Annotated[tuple[Setting, ...], Field(min_length=1)]
Space = Mapping[str, Range | Choices]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Tuning:
    """What is searched. ``trials``: settings tried for each candidate that has a space."""

    trials: Annotated[StrictInt, Field(ge=1, le=10_000)] = 12
    spaces: Mapping[str, Space] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse the space of a candidate that is unknown, or of a setting it has not."""
        refuse_unknown(self.spaces, "models.tuning.spaces")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Modelling:
    """The candidates of a panel project.

    The seasonal ones, the ensembles and the baselines are always there. ``settings`` are those of
    a candidate that is not tuned, where they differ from its own. ``selection``: ``baseline``
    fits the candidates with their settings, ``tuned`` with those found in ``tuning.spaces``, and
    ``both`` side by side; a candidate without a space is never tuned.
    """

    candidates: tuple[str, ...] = EARNED
    selection: Selection = "baseline"
    settings: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        """Refuse a candidate that is unknown or named twice, and a setting it has not."""
        refuse_twice(self.candidates, "models.candidates")
        _known(self.candidates, SETTINGS, "candidate", "models.candidates")
        refuse_unknown(self.settings, "models.settings")


def refuse_unknown(declared: Mapping[str, Mapping[str, object]], where: str) -> None:
    """Refuse a candidate that is unknown, or a setting that it has not, by the nearest known one.

    >>> refuse_unknown({"lightgbm": {"leaves": 31}}, "models.settings")
    """
    _known(declared, SETTINGS, "candidate", where)
    for name, settings in declared.items():
        _known(settings, SETTINGS[name], f"setting of {name}", f"{where}.{name}")


def _known(names: Iterable[str], known: Iterable[str], noun: str, where: str) -> None:
    """Refuse the first name that is not among ``known``.

    Raises:
        SpecError: there is one; the nearest known name is named.
    """
    listed = tuple(known)
    for name in names:
        if name not in listed:
            raise SpecError(
                f"{name!r} is no {noun}",
                where,
                nearest(name, listed) if listed else "take it out: it has no settings",
            )
