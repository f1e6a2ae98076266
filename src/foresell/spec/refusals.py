"""What a declaration may not say: a thing twice, or a name that foresell needs for itself."""

import re
from collections.abc import Iterable, Sequence

from foresell.errors import SpecError
from foresell.spec.forecast import quantile_columns

# The columns that foresell adds beside those of a project: in the layer and in quarantine, which
# hold every column, and in the frames that learners read and write, which hold those with a role.
IN_LAYER = frozenset({"broken_rules", "is_negative_target", "is_outlier"})
RESERVED = IN_LAYER | {
    *("step", "cutoff", "prediction", "level_used", "interval_method", *quantile_columns()),
    *("y", "scale", "base", "volume", "weight", "holiday", "candidate", "reason"),
    *("row", "p10", "p90", "unseen", "outside", "split", "fold", "late_split", "late_fold"),
}
IN_LEVELS = frozenset({"level", "rows"})  # in the answers of a hierarchy, beside its columns
_OWN_PREFIXES = ("x_", "__")
_NAMED = re.compile(r"\{([^{}]+)\}")


def refuse_twice(values: Sequence[object], where: str) -> None:
    """Refuse a list that names a thing twice.

    Raises:
        SpecError: it does; every such thing is named, in the order of the list.

    >>> refuse_twice([1, 7, 28], "features.lags")
    """
    twice = [value for i, value in enumerate(values) if values[:i].count(value) == 1]
    if twice:
        shown = ", ".join(repr(value) for value in twice)
        raise SpecError(f"{shown} stands more than once", where, "keep one of each")


def refuse_reserved(names: Iterable[str], where: str, reserved: frozenset[str] = RESERVED) -> None:
    """Refuse columns with a name that foresell gives to a column of its own.

    Raises:
        SpecError: there are some; all are named.

    >>> refuse_reserved(["Store", "Date"], "columns")
    """
    taken = [name for name in names if name in reserved or name.startswith(_OWN_PREFIXES)]
    if taken:
        raise SpecError(
            f"columns {taken} have names that foresell gives to columns of its own",
            where,
            f"rename them in the source; taken are {', '.join(sorted(reserved))}, and names that "
            f"start with {' or '.join(_OWN_PREFIXES)}",
        )


def template_names(template: str, where: str) -> tuple[str, ...]:
    """Return the columns that ``template`` names between braces, in its order.

    Raises:
        SpecError: a brace is left open, or nothing stands between two.

    >>> template_names("{Store}_{Date}", "asked.id")
    ('Store', 'Date')
    """
    if set(_NAMED.sub("", template)) & {"{", "}"}:
        raise SpecError(f"id is {template!r}", where, "write it as '{key}_{date}', braces in pairs")
    return tuple(_NAMED.findall(template))
