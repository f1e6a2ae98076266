"""Every candidate that can be declared, and which of them a run fits.

The tables are literal; a module stands in them by name, so that a library is imported only where
its candidate is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foresell.errors import CandidateError
from foresell.models.effort import Effort
from foresell.models.parts import Lesson, Part, Settings, resolve
from foresell.spec.modelling import SETTINGS, Modelling, Selection, Space

# How each is fitted: (lesson) -> part.
CANDIDATES: Mapping[str, str] = {
    "lad": "foresell.models.lad:fit_part",
    "ridge": "foresell.models.ridge:fit_part",
    "lightgbm": "foresell.models.boosted:fit_lightgbm",
    "xgboost": "foresell.models.boosted:fit_xgboost",
    "catboost": "foresell.models.boosted:fit_catboost",
    "theta": "foresell.models.theta:fit_part",
}
# How each is read again: (files) -> part.
READERS: Mapping[str, str] = {
    "lad": "foresell.models.lad:read_lad",
    "ridge": "foresell.models.ridge:read_ridge",
    "lightgbm": "foresell.models.boosted:read_booster",
    "xgboost": "foresell.models.boosted:read_booster",
    "catboost": "foresell.models.boosted:read_booster",
    "theta": "foresell.models.theta:read_theta",
}
TUNED = "_tuned"  # behind the name of a candidate whose settings were searched


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One candidate of a run: its name, its settings, and what of them is searched, if anything."""

    name: str
    settings: Settings
    space: Space = field(default_factory=dict)


def kind_of(name: str) -> str:
    """Return the candidate of the tables that ``name`` is of.

    >>> kind_of("lightgbm_tuned"), kind_of("lad")
    ('lightgbm', 'lad')
    """
    return name.removesuffix(TUNED)


def fit(name: str, lesson: Lesson) -> Part:
    """Return the candidate fitted on ``lesson``; whatever keeps it from it is a CandidateError."""
    part: Part = resolve(CANDIDATES[kind_of(name)])(lesson)
    return part


def read(name: str, files: Mapping[str, bytes]) -> Part:
    """Return the candidate whose files are ``files``."""
    part: Part = resolve(READERS[kind_of(name)])(files)
    return part


def plans(models: Modelling, effort: Effort) -> tuple[Plan, ...]:
    """Return what a run fits, in the order of the declaration, a tuned one behind its own plain.

    ``models``: as a project means them (`Modelling.of`), of a panel or of a table.
    """
    selection = selected(models, effort)
    found = []
    for name in models.candidates or ():
        if name in effort.without:
            continue
        settings = {**effort.settings.get(name, {}), **models.settings.get(name, {})}
        space = models.tuning.spaces.get(name, {}) if selection != "baseline" else {}
        if not space or selection == "both":
            found.append(Plan(name=name, settings=settings))
        if space:
            found.append(Plan(name=f"{name}{TUNED}", settings=settings, space=space))
    return tuple(found)


def selected(models: Modelling, effort: Effort) -> Selection:
    """Return what a run does: the preset's or the command's word comes before the file's."""
    return effort.selection or models.selection


def left_out(models: Modelling, effort: Effort, kind: str = "panel") -> tuple[str, ...]:
    """Return what of the declaration a run does not do, and why, in words.

    >>> from foresell.models.effort import EFFORTS
    >>> left_out(Modelling(candidates=("lad", "xgboost")), EFFORTS["fast"])
    ('xgboost is not fitted: the preset leaves it out',)
    >>> left_out(Modelling(candidates=("lad", "ridge"), selection="tuned"), EFFORTS["default"])
    ('nothing is searched for ridge: it has no space under models.tuning.spaces',)
    """
    known = SETTINGS[kind]
    spaces = models.tuning.spaces if selected(models, effort) != "baseline" else known
    return tuple(
        f"{name} is not fitted: the preset leaves it out"
        if name in effort.without
        else f"nothing is searched for {name}: it has no space under models.tuning.spaces"
        for name in models.candidates or ()
        if name in effort.without or (known[name] and not spaces.get(name))
    )


def refuse_unfinished(name: str, values: np.ndarray[Any, Any]) -> None:
    """Refuse forecasts that are not all numbers.

    Raises:
        CandidateError: some are NaN or infinite.
    """
    if bad := int((~np.isfinite(values)).sum()):
        raise CandidateError(
            f"{bad} of {values.size} forecasts of {name} are no finite numbers",
            "its forecasts of a fold",
            "look at the features of these rows, or leave the candidate out",
        )
