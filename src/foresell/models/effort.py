"""How hard the learner tries: the presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from foresell.models.parts import Settings
from foresell.spec.modelling import Selection


@dataclass(frozen=True, kw_only=True)
class Effort:
    """One preset. ``origins``: the most origins rows are drawn from, evenly spaced in time.

    ``origin_rows``: the most rows drawn from one origin; both of a panel alone.
    ``settings``: by candidate, what differs
    from its own defaults; the project file's come after them. ``without``: declared candidates it
    does not fit. ``selection``: what it does whatever the project file says; None: as the file
    says. ``trials``: how many times the file's number of trials a search takes.
    """

    origins: int = 0
    origin_rows: int = 0
    settings: Mapping[str, Settings] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    selection: Selection | None = None
    trials: int = 1

    def selecting(self, selection: Selection | None) -> "Effort":
        """Return the same with ``selection``, where it is given, instead of its own."""
        return self if selection is None else replace(self, selection=selection)


EFFORTS: Mapping[str, Effort] = {
    "fast": Effort(
        origins=10,
        origin_rows=8_000,
        settings={"lightgbm": {"trees": 120, "rows": 60_000, "leaves": 15}},
        without=("xgboost", "catboost"),  # they take longest
        selection="baseline",
    ),
    "default": Effort(origins=17, origin_rows=20_000),
    "best": Effort(
        origins=20,
        origin_rows=20_000,
        settings={name: {"seeds": 2} for name in ("lightgbm", "xgboost", "catboost")},
        selection="tuned",
        trials=3,
    ),
}
# Of a table. What takes longest is left out of `fast`. How many trees there are otherwise follows
# from the number of rows (`foresell.models.tabular.estimators`).
TABULAR_EFFORTS: Mapping[str, Effort] = {
    "fast": Effort(
        settings={
            name: {"trees": 100, "learning_rate": 0.08}
            for name in ("hist_gradient_boosting", "xgboost", "lightgbm")
        },
        without=("random_forest", "gradient_boosting", "catboost"),
        selection="baseline",
    ),
    "default": Effort(),
    "best": Effort(settings={"random_forest": {"trees": 300}}, selection="tuned", trials=3),
}
