"""The columns a file says it holds, against those the contract knows."""

from collections import Counter
from collections.abc import Collection, Sequence

from foresell.contracts.contract import Contract
from foresell.errors import DataError, nearest
from foresell.spec.cleaning import Cleaning


def dropped_columns(contract: Contract, cleaning: Cleaning) -> tuple[str, ...]:
    """Return the columns that are dropped as they are read: personal ones, and those declared.

    In the order of the contract; ``cleaning.keep_personal`` names the exceptions.
    """
    kept = set(cleaning.keep_personal)
    return tuple(
        name
        for name, column in contract.columns.items()
        if name in cleaning.drop or (column.personal and name not in kept)
    )


def kept_columns(
    header: Sequence[str], contract: Contract, dropped: Collection[str], name: str
) -> list[int]:
    """Return the places in ``header`` of the columns that are read.

    Raises:
        DataError: a column stands twice, is not in the contract, or all are dropped.
    """
    for column, times in Counter(header).items():
        if times > 1:
            raise DataError(
                f"the column {column!r} stands {times} times in the header",
                f"{name}, line 1",
                "keep one of them",
            )
    for column in header:
        if column not in contract.columns:
            raise DataError(
                f"the column {column!r} is not in the contract",
                f"{name}, line 1",
                f"remove it or add it to contract.yaml and project.yaml; "
                f"{nearest(column, contract.columns)}",
            )
    kept = [place for place, column in enumerate(header) if column not in dropped]
    if not kept:
        raise DataError(
            "every column of the file is dropped",
            name,
            "take one out of cleaning.drop, or the table out of project.yaml",
        )
    return kept
