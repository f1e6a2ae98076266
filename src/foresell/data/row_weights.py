"""How much each row of a table counts: the same where it is learnt from and where it is judged."""

import polars as pl

from foresell.errors import DataError
from foresell.spec.project import ProjectSpec


def row_weights(frame: pl.DataFrame, project: ProjectSpec) -> pl.Series | None:
    """Return (n rows,) Float64 what the column with the role ``weight`` says; None without one.

    A row whose weight is null does not count: 0.

    Raises:
        DataError: a weight is below 0 or not finite.
    """
    if not (names := project.with_role("weight")):
        return None
    found = frame[names[0]].cast(pl.Float64).fill_null(0.0)
    if bad := int((~((found >= 0) & found.is_finite())).sum()):
        raise DataError(
            f"the weight {names[0]!r} is below 0 or not finite in {bad:,} of {len(found):,} rows",
            f"project {project.name!r}, columns",
            "let the contract bound it (logicalTypeOptions: {minimum: 0}), so that such rows go "
            "to quarantine, or give the column another role",
        )
    return found
