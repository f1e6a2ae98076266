"""What a project declares to be derived: every column of a direct frame follows from this."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice
from foresell.spec.row_names import check_row_names

Periods = Annotated[StrictInt, Field(le=36_600)]  # a century of days
_LONGEST_WINDOW = 366
_PAST, _KNOWN = ("past_only",), ("known_future",)
_ROLES: Mapping[str, tuple[str, ...]] = {
    "promotions": _KNOWN,
    "promotion_depths": _KNOWN,
    "covariate_lags": _PAST,
    "covariate_windows": _PAST,
    "covariate_year": _PAST,
    "markdowns": _PAST,
    "price_ratios": (*_PAST, *_KNOWN),
}
_PAIRS = ("months", "coordinates")  # features of a row that are made of two columns, once
_OF_ROWS = frozenset({"products", "ratios", "steps", *_PAIRS})
_MOST_FACTORS = 3


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeatureSpec:
    """Which features are derived. Every lag and window is counted back from the origin, in periods.

    Of the target: ``lags``, and ``statistics`` over ``windows``. Of the calendar: ``calendar``,
    ``cyclic``, and days to and since events up to ``event_window_days``. Of columns known in
    advance: ``promotions``, on while above 0, with the periods to and since a start and the share
    of the last ``promotion_window``; ``promotion_depths``, the column of a mean cut with that of
    the share it applies to, so that a deep cut of few is told from a small cut of all. Of columns
    known when a period is over: ``covariate_lags`` and
    means over ``covariate_windows`` by column; ``covariate_year``, the value a year before the
    period that is forecast; ``markdowns``, which say whether their value is known, since unknown is
    not zero. ``price_ratios``: columns of either kind against their mean of the last
    ``price_window`` periods and against their group.

    Of a row of a table, whose own numbers are all there is: ``products`` and ``ratios`` of columns
    with the role ``feature`` (a ratio to zero is unknown); ``steps``, 1 from a value of a column on
    and 0 below it, where it means something else from there on, such as a cap; ``months``, the
    running count of months of a column of years and one of months; ``coordinates``, two columns
    that name a place (such as latitude and longitude): their axes turned, so that a region need not
    lie along them, and what the target is around there, learnt by a forest that never saw the row
    itself.
    """

    lags: tuple[Periods, ...] = ()
    windows: tuple[Periods, ...] = ()
    statistics: tuple[Literal["mean", "std", "min", "max", "median"], ...] = ("mean",)
    calendar: tuple[Literal["weekday", "day_of_month", "week", "month", "quarter"], ...] = ()
    cyclic: bool = True
    event_window_days: StrictInt = 28
    promotions: tuple[str, ...] = ()
    promotion_window: StrictInt = 28
    promotion_depths: Mapping[str, str] = field(default_factory=dict)
    covariate_lags: Mapping[str, tuple[Periods, ...]] = field(default_factory=dict)
    covariate_windows: Mapping[str, tuple[Periods, ...]] = field(default_factory=dict)
    covariate_year: tuple[str, ...] = ()
    markdowns: tuple[str, ...] = ()
    price_ratios: tuple[str, ...] = ()
    price_window: StrictInt = 28
    products: tuple[tuple[str, ...], ...] = ()
    ratios: tuple[tuple[str, ...], ...] = ()
    steps: Mapping[str, tuple[StrictFloat | StrictInt, ...]] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    coordinates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lags and windows that look at the present, and a feature derived twice.

        Raises:
            SpecError: what the sentence above names.
        """
        counted = {
            "lags": self.lags,
            "windows": self.windows,
            **{f"covariate_lags.{name}": values for name, values in self.covariate_lags.items()},
            **{f"covariate_windows.{name}": v for name, v in self.covariate_windows.items()},
        }
        for name, values in counted.items():
            if bad := [value for value in values if value < 1]:
                raise SpecError(
                    f"{name} {bad} look at the present or the future",
                    f"features.{name}",
                    "use 1 or more; values known in advance have the role 'known_future'",
                )
            refuse_twice(values, f"features.{name}")
        for name in ("statistics", "calendar", *_ROLES):
            value = getattr(self, name)
            if not isinstance(value, Mapping):
                refuse_twice(value, f"features.{name}")
        self._check_rows()
        for name in ("event_window_days", "promotion_window", "price_window"):
            if not 1 <= (value := getattr(self, name)) <= _LONGEST_WINDOW:
                unit = "days" if name.endswith("days") else "periods"
                raise SpecError(
                    f"{name} is {value}", f"features.{name}", f"use 1 to {_LONGEST_WINDOW} {unit}"
                )

    def _check_rows(self) -> None:
        """Refuse a feature of a row that has not as many columns as it takes.

        Raises:
            SpecError: what the sentence above names.
        """
        refuse_twice(["x".join(names) for names in self.products], "features.products")
        refuse_twice(["/".join(names) for names in self.ratios], "features.ratios")
        for name, edges in self.steps.items():
            refuse_twice(edges, f"features.steps.{name}")
        given = (
            *(("products", names, (2, _MOST_FACTORS)) for names in self.products),
            *(("ratios", names, (2, 2)) for names in self.ratios),
            *((name, pair, (2, 2)) for name in _PAIRS if (pair := getattr(self, name))),
        )
        for key, names, (least, most) in given:
            if not least <= len(names) <= most:
                few = f"{least}" if least == most else f"{least} or {most}"
                raise SpecError(
                    f"{key} names {list(names)}",
                    f"features.{key}",
                    f"name {few} columns of numbers",
                )


def check_features(
    features: FeatureSpec, columns: Mapping[str, str], kind: Literal["panel", "tabular"] = "panel"
) -> None:
    """Refuse a feature of a column that has not the role it takes. ``columns``: role by name.

    Raises:
        SpecError: it names the nearest column that has; or the feature is of the other kind, or
            called as another.

    >>> check_features(FeatureSpec(promotions=("promo",)), {"promo": "known_future"})
    """
    _check_kind(features, kind)
    plain = (*_PAIRS, "steps")
    for key in ("products", "ratios", *plain):
        value = getattr(features, key)
        for name in (part for names in value for part in ((names,) if key in plain else names)):
            if name not in (allowed := [one for one, role in columns.items() if role == "feature"]):
                raise SpecError(
                    f"{name!r} is no column with the role 'feature'",
                    f"features.{key}",
                    nearest(name, allowed),
                )
    check_row_names(features, [name for name, role in columns.items() if role == "feature"])
    for key, roles in _ROLES.items():
        allowed = [name for name, role in columns.items() if role in roles]
        declared = getattr(features, key)
        other = declared.values() if key == "promotion_depths" else ()
        for name in (*declared, *other):
            if name not in allowed:
                words = " or ".join(repr(role) for role in roles)
                raise SpecError(
                    f"{name!r} is no column with the role {words}",
                    f"features.{key}",
                    nearest(name, allowed) if allowed else f"give a column the role {words}",
                )


def _check_kind(features: FeatureSpec, kind: Literal["panel", "tabular"]) -> None:
    """Refuse a feature that a project of this kind does not have.

    Raises:
        SpecError: what the sentence above names.
    """
    plain = FeatureSpec()
    for part in fields(FeatureSpec):
        of_rows = part.name in _OF_ROWS
        if getattr(features, part.name) != getattr(plain, part.name) and of_rows != (
            kind == "tabular"
        ):
            other = "tabular" if of_rows else "panel"
            raise SpecError(
                f"{part.name} is derived in a project of kind {other}",
                f"features.{part.name}",
                f"take it out: this project is of kind {kind}",
            )
