"""How trees are grown and what grown trees can do, whichever library grew them.

Each module beside this one has ``grow(table, label, weight, growth) -> Trees`` and
``read(content) -> Trees``: ``table`` (n rows, c columns) of float32, unknowns as NaN; ``label`` and
``weight`` (n,). They know nothing of panels. One thread each: equal input gives equal bytes on any
machine, and boosters run side by side instead.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float32]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How trees are grown.

    ``leaves``: of a tree, at most; ``depth``: of a tree, for the library whose trees are all of one
    depth (CatBoost). ``leaf_rows``: the fewest rows of a leaf. ``columns_share`` and ``rows_share``
    are drawn anew for each tree. ``l2``: penalty on the values of leaves. ``loss``: the error that
    is made small; ``quantile`` is that of ``level``, and LightGBM's alone.
    """

    trees: int = 200
    learning_rate: float = 0.05
    leaves: int = 31
    depth: int = 6
    leaf_rows: int = 20
    columns_share: float = 0.5
    rows_share: float = 0.7
    l2: float = 1.0
    loss: Literal["absolute", "squared", "quantile"] = "absolute"
    level: float = 0.5
    seed: int = 0


class Trees(Protocol):
    """Grown trees; equal ones write equal bytes."""

    def predict(self, table: Table) -> Numbers:
        """Return (n rows,) predictions in the unit of the label."""
        ...

    def contributions(self, table: Table) -> Numbers:
        """Return (n rows, c columns + 1): what each column adds, and last the value without any.

        TreeSHAP of the library's own; a row's sum is its prediction.
        """
        ...

    def dump(self) -> bytes:
        """Return the trees in the library's own format, which `read` of their module reads."""
        ...

    def text(self) -> str:
        """Return the trees in the library's own text or JSON, for readers that know its words."""
        ...
