from collections.abc import Callable, Mapping
from typing import Any

import pytest

from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

MakeProject = Callable[..., ProjectSpec]
COLUMNS: Mapping[str, Any] = {
    "shop": "key",
    "day": "time",
    "units": "target",
    "promo": "known_future",
    "town": "static",
    "price": "past_only",
}


@pytest.fixture
def weekly() -> MakeProject:
    """A weekly project with one column of every role; any part of it can be declared anew."""

    def make(**changed: Any) -> ProjectSpec:
        declared: dict[str, Any] = {
            "name": "shops",
            "title": "Units by shop",
            "kind": "panel",
            "tables": (Table(name="sales", file="sales.csv"),),
            "columns": COLUMNS,
            "frequency": "W-FRI",
            "horizon": 2,
            "season": 52,
            "split": SplitSpec(test=2, validation=(2,)),
        }
        return ProjectSpec(**(declared | changed))

    return make
