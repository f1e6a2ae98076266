"""How hard the learner tries: the presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foresell.models.boosted import Boosting


@dataclass(frozen=True, kw_only=True)
class Effort:
    """One preset. ``origins``: the most origins rows are drawn from, evenly spaced in time.

    ``origin_rows``: the most rows drawn from one origin. ``search``: other booster settings that
    are judged on the folds; the best replaces ``boosting``.
    """

    origins: int
    origin_rows: int
    boosting: Boosting
    search: tuple[Boosting, ...] = field(default=())


EFFORTS: Mapping[str, Effort] = {
    "fast": Effort(
        origins=10, origin_rows=8_000, boosting=Boosting(trees=120, rows=60_000, leaves=15)
    ),
    "default": Effort(origins=17, origin_rows=20_000, boosting=Boosting(seeds=2)),
    "best": Effort(
        origins=20,
        origin_rows=20_000,
        boosting=Boosting(seeds=3),
        search=(
            Boosting(seeds=3, leaves=15, columns_share=0.25, leaf_rows=1000),
            Boosting(seeds=3, leaves=63, trees=160),
            Boosting(seeds=3, past=True),
            Boosting(seeds=3, trees=400, trees_per_origin=30, learning_rate=0.03),
        ),
    ),
}
