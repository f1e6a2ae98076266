"""The noun of coherence: which sums of the series are forecast beside them."""

from collections.abc import Sequence

from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import IN_LEVELS, refuse_reserved, refuse_twice

TOTAL = "total"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Hierarchy:
    """The levels above the series: each is the sum of the series that share its columns.

    ``levels``: column sets, of keys and static columns; ``[]`` is the sum of everything. They may
    cross (store and department) or nest (region, region and store). The order is that of the
    answers.
    """

    levels: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a hierarchy without levels, and a level or a column named twice.

        Raises:
            SpecError: what the sentence above names.
        """
        if not self.levels:
            raise SpecError(
                "no level is declared", "hierarchy.levels", "name at least one: [[Store], []]"
            )
        refuse_twice([level_name(sorted(level)) for level in self.levels], "hierarchy.levels")
        for level in self.levels:
            refuse_twice(level, "hierarchy.levels")


def level_name(columns: Sequence[str]) -> str:
    """Return what a level is called in answers and commands.

    >>> level_name(["Type", "Dept"]), level_name([])
    ('Type x Dept', 'total')
    """
    return " x ".join(columns) or TOTAL


def check_hierarchy(
    hierarchy: Hierarchy | None, keys: Sequence[str], static: Sequence[str], time: str
) -> None:
    """Refuse a level of columns that no series has, or one that is the series themselves.

    Keys, static columns and the date (``time``) stand beside the columns that answers of sums have
    of their own: none may have the name of one.

    Raises:
        SpecError: what the sentence above names.
    """
    if hierarchy is None:
        return
    taken = [name for name in (*keys, *static, time) if name in IN_LEVELS]
    refuse_reserved(taken, "hierarchy, columns", IN_LEVELS)
    for level in hierarchy.levels:
        for name in level:
            if name not in (*keys, *static):
                raise SpecError(
                    f"{name!r} is no column with the role 'key' or 'static'",
                    "hierarchy.levels",
                    nearest(name, (*keys, *static)),
                )
        if keys and set(keys) <= set(level):
            raise SpecError(
                f"the level {level_name(level)!r} holds every key: it is the series themselves",
                "hierarchy.levels",
                "name fewer columns; the series are always forecast",
            )
