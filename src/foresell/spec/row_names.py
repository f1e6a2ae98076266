"""What the columns are called that are derived of one row of a table: no two may be the same."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from foresell.errors import SpecError

if TYPE_CHECKING:
    from foresell.spec.features import FeatureSpec

MONTHS = "months"  # the running count of months
PLACE = "place"  # what the target is around a place: learnt, so made elsewhere (`Deriver`)
TURNS = (15, 30, 45, 60, 75)  # degrees by which the axes of a place are turned


def product_name(of: Sequence[str]) -> str:
    """Return what the product of columns is called.

    >>> product_name(["pieces", "price"])
    'pieces x price'
    """
    return " x ".join(of)


def ratio_name(of: Sequence[str]) -> str:
    """Return what the ratio of the first to the second is called.

    >>> ratio_name(["price", "list"])
    'price / list'
    """
    return " / ".join(of)


def step_name(column: str, edge: float) -> str:
    """Return what a step is called: with as many digits as tell its edge from any other.

    >>> step_name("price", 100), step_name("price", 1234567)
    ('price from 100', 'price from 1234567')
    """
    short = f"{edge:g}"
    return f"{column} from {short if float(short) == edge else repr(edge)}"


def turned_name(coordinates: Sequence[str], turn: int, *, across: bool) -> str:
    """Return what an axis of a place is called.

    >>> turned_name(["north", "east"], 15, across=True)
    'north, east turned 15 across'
    """
    return f"{', '.join(coordinates)} turned {turn}{' across' if across else ''}"


def check_row_names(features: "FeatureSpec", columns: Sequence[str]) -> None:
    """Refuse a derived column that is called as a feature is, or as another derived one.

    ``columns``: those with the role ``feature``.

    Raises:
        SpecError: the first such name, under the key that derives it.
    """
    taken = dict.fromkeys(columns, "the column with that name")
    for key, name in _derived(features):
        if name in taken:
            raise SpecError(
                f"what features.{key} derives is called {name!r}, as is {taken[name]}",
                f"features.{key}",
                f"give the column {name!r} another name in the source or the role excluded, or "
                f"take this feature out"
                if name in columns
                else "take one of them out",
            )
        taken[name] = f"what features.{key} derives beside it"


def _derived(features: "FeatureSpec") -> Iterator[tuple[str, str]]:
    """Yield the key and the name of every column that is derived."""
    yield from (("products", product_name(of)) for of in features.products)
    yield from (("ratios", ratio_name(of)) for of in features.ratios)
    for column, edges in features.steps.items():
        yield from (("steps", step_name(column, edge)) for edge in edges)
    if features.months:
        yield "months", MONTHS
    if features.coordinates:
        for turn in TURNS:
            for across in (False, True):
                yield "coordinates", turned_name(features.coordinates, turn, across=across)
        yield "coordinates", PLACE
