"""What a project says of its models: which candidates, their settings, what is searched, how."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass as plain
from dataclasses import field, replace
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice

Selection = Literal["baseline", "tuned", "both"]
Setting = StrictBool | StrictInt | StrictFloat


@plain(frozen=True)
class Limits:
    """What a setting may be: numbers from ``low`` to ``high``, both included.

    ``kind``: ``whole`` numbers only, any ``number``, or ``truth`` (true or false; no bounds).
    """

    kind: Literal["whole", "number", "truth"]
    low: float = 0
    high: float = 1

    def holds(self, value: Setting) -> bool:
        """Tell whether a setting may be ``value``.

        >>> Limits("whole", 2, 9).holds(9), Limits("whole", 2, 9).holds(9.0)
        (True, False)
        >>> Limits("number").holds(1), Limits("number").holds(True), Limits("truth").holds(True)
        (True, False, True)
        """
        if self.kind == "truth" or isinstance(value, bool):
            return self.kind == "truth" and isinstance(value, bool)
        fits = isinstance(value, int) or self.kind == "number"
        return fits and self.low <= value <= self.high

    def words(self) -> str:
        """Return what may be written.

        >>> Limits("whole", 1, 10_000).words(), Limits("number", 0.5, 1).words()
        ('a whole number from 1 to 10000', 'a number from 0.5 to 1')
        """
        if self.kind == "truth":
            return "true or false"
        noun = "a whole number" if self.kind == "whole" else "a number"
        return f"{noun} from {self.low} to {self.high}"


_SHARE = Limits("number", 0.01, 1)
_PENALTY = Limits("number", 0.001, 1_000_000)
_DEPTH = Limits("whole", 1, 16)
_GROWN: Mapping[str, Limits] = {
    "trees": Limits("whole", 1, 10_000),
    "learning_rate": Limits("number", 0.0001, 1),
    "columns_share": _SHARE,
    "rows_share": _SHARE,
    "l2": Limits("number", 0, 1_000_000),
}
_TREES: Mapping[str, Limits] = {
    **_GROWN,
    "trees_per_period": Limits("whole", 1, 1_000),
    "rows": Limits("whole", 50, 10_000_000),
    "seeds": Limits("whole", 1, 20),
    "weight_power": Limits("number", 0, 2),
    "past": Limits("truth"),
    "named": Limits("truth"),
}
_LEAVES: Mapping[str, Limits] = {
    "leaves": Limits("whole", 2, 1_024),
    "leaf_rows": Limits("whole", 5, 1_000_000),
}
_LEAVES_OF_ROWS: Mapping[str, Limits] = {**_LEAVES, "leaf_rows": Limits("whole", 1, 1_000_000)}
# Every candidate there is, and what its settings may be. Those of a panel are fitted by
# `foresell.models.candidates`, those of a table by `foresell.models.tabular.estimators`.
SETTINGS: Mapping[str, Mapping[str, Mapping[str, Limits]]] = {
    "panel": {
        "lad": {},
        "ridge": {"penalty": _PENALTY, "clip": Limits("number", 0.001, 100)},
        "lightgbm": {**_TREES, **_LEAVES},
        "xgboost": {**_TREES, **_LEAVES},
        "catboost": {**_TREES, "depth": _DEPTH},
        "theta": {"shrink": Limits("number", 0, 1)},
    },
    "tabular": {
        "linear": {},
        "ridge": {"penalty": _PENALTY},
        "random_forest": {
            "trees": _GROWN["trees"],
            "leaf_rows": _LEAVES_OF_ROWS["leaf_rows"],
            "columns_share": _SHARE,
            "rows_share": _SHARE,
        },
        "gradient_boosting": {
            **{name: limits for name, limits in _GROWN.items() if name != "l2"},
            "depth": _DEPTH,
            "leaf_rows": _LEAVES_OF_ROWS["leaf_rows"],
        },
        "hist_gradient_boosting": {
            **{name: limits for name, limits in _GROWN.items() if name != "rows_share"},
            **_LEAVES_OF_ROWS,
        },
        "xgboost": {**_GROWN, **_LEAVES_OF_ROWS},
        "lightgbm": {**_GROWN, **_LEAVES_OF_ROWS},
        "catboost": {**_GROWN, "depth": _DEPTH},
    },
}
# Those that lowered the ensemble's error on Walmart's earlier cutoffs: see docs/models.md.
EARNED = ("lad", "ridge", "lightgbm", "xgboost")
# What is fitted where a project names no candidates: of a table all there are, each a second or so.
DEFAULTS: Mapping[str, tuple[str, ...]] = {"panel": EARNED, "tabular": tuple(SETTINGS["tabular"])}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole where both are.

    ``log``: small ones are tried as often as large ones.
    """

    low: StrictInt | StrictFloat = math.nan
    high: StrictInt | StrictFloat = math.nan
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse a range without a number in it or without an end, and a log of what has none.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.low < self.high:
            raise SpecError(
                f"low is {self.low}, high is {self.high}",
                "models.tuning.spaces",
                "give both, the lower number under low: {low: 0.02, high: 0.1}",
            )
        if math.isinf(self.low) or math.isinf(self.high):
            raise SpecError(
                f"low is {self.low}, high is {self.high}",
                "models.tuning.spaces",
                "a range has two ends: {low: 0.02, high: 0.1}",
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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Modelling:
    """The candidates of a project.

    The seasonal ones of a panel, the ensembles and the baselines are always there; with no
    ``candidates`` (``[]``) they are all a panel has. Left out, they are `DEFAULTS`: see `of`.
    ``settings`` are those of
    a candidate that is not tuned, where they differ from its own. ``selection``: ``baseline``
    fits the candidates with their settings, ``tuned`` with those found in ``tuning.spaces``, and
    ``both`` side by side; a candidate without a space is never tuned. ``relative_to``, of a table:
    columns by whose product the target is divided before it is learnt; answers are multiplied back.
    """

    candidates: tuple[str, ...] | None = None
    selection: Selection = "baseline"
    settings: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    tuning: Tuning = field(default_factory=Tuning)
    relative_to: Annotated[tuple[str, ...], Field(max_length=3)] = ()

    def of(self, kind: str) -> "Modelling":
        """Return the same as a project of this ``kind`` means it: its candidates are named.

        Refused: a candidate that is unknown or named twice, and a setting it has not or cannot be.
        Settings and spaces are those of declared candidates alone: others would say nothing.

        Raises:
            SpecError: what the sentences above name; no candidate for a table; a panel's
                ``relative_to``.

        >>> Modelling().of("panel").candidates
        ('lad', 'ridge', 'lightgbm', 'xgboost')
        """
        named = DEFAULTS[kind] if self.candidates is None else self.candidates
        refuse_twice(named, "models.candidates")
        _known(named, SETTINGS[kind], "candidate", "models.candidates")
        refuse_unknown(self.settings, kind, "models.settings")
        for name, settings in self.settings.items():
            for setting, value in settings.items():
                _refuse_value(SETTINGS[kind][name][setting], setting, value, f"settings.{name}")
        _refuse_spaces(self.tuning.spaces, kind)
        _refuse_undeclared(self.settings, named, "models.settings")
        _refuse_undeclared(self.tuning.spaces, named, "models.tuning.spaces")
        if kind == "tabular" and not named:
            raise SpecError(
                "no candidate is named",
                "models.candidates",
                f"name some of {', '.join(DEFAULTS[kind])}",
            )
        if kind == "panel" and self.relative_to:
            raise SpecError(
                "the target of a panel is learnt relative to the size of its series",
                "models.relative_to",
                "take it out, or declare kind: tabular",
            )
        return replace(self, candidates=named)


def check_relative(models: Modelling, columns: Mapping[str, str]) -> None:
    """Refuse a target relative to a column that is no feature. ``columns``: role by name.

    Raises:
        SpecError: it names the nearest column that is.

    >>> check_relative(Modelling(relative_to=("price",)), {"price": "feature"})
    """
    refuse_twice(models.relative_to, "models.relative_to")
    known = [name for name, role in columns.items() if role == "feature"]
    for name in models.relative_to:
        if name not in known:
            raise SpecError(
                f"{name!r} is no column with the role 'feature'",
                "models.relative_to",
                nearest(name, known),
            )


def refuse_unknown(declared: Mapping[str, Mapping[str, object]], kind: str, where: str) -> None:
    """Refuse a candidate that is unknown, or a setting that it has not, by the nearest known one.

    >>> refuse_unknown({"lightgbm": {"leaves": 31}}, "panel", "models.settings")
    """
    _known(declared, SETTINGS[kind], "candidate", where)
    for name, settings in declared.items():
        _known(settings, SETTINGS[kind][name], f"setting of {name}", f"{where}.{name}")


def _refuse_spaces(spaces: Mapping[str, Space], kind: str) -> None:
    """Refuse the space of an unknown candidate or setting, and values it may not take."""
    refuse_unknown(spaces, kind, "models.tuning.spaces")
    for name, space in spaces.items():
        for setting, choice in space.items():
            values = (choice.low, choice.high) if isinstance(choice, Range) else choice
            for value in values:
                _refuse_value(
                    SETTINGS[kind][name][setting], setting, value, f"tuning.spaces.{name}"
                )


def _refuse_value(limits: Limits, setting: str, value: Setting, place: str) -> None:
    """Refuse what a setting may not be.

    Raises:
        SpecError: ``value`` is of another kind, or beyond the setting's limits.
    """
    if not limits.holds(value):
        said = str(value).lower() if isinstance(value, bool) else value
        raise SpecError(f"{setting} is {said}", f"models.{place}", f"write {limits.words()}")


def _refuse_undeclared(names: Iterable[str], candidates: Iterable[str], where: str) -> None:
    """Refuse the first name that is not among the declared candidates.

    Raises:
        SpecError: there is one.
    """
    declared = tuple(candidates)
    for name in names:
        if name not in declared:
            raise SpecError(
                f"{name!r} is not among the candidates {', '.join(declared) or '(none)'}",
                where,
                f"add {name} to models.candidates, or take it out here",
            )


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
