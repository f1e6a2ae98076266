"""What is learnt of a target: itself, or what it is per factor of its row.

With ``relative_to`` a part learns target / factor, and every row counts alike, whatever its factor
is. Weights by the square of the factor would make the sum of squared errors in the unit of the
target small, as it is judged; but the few rows with a large factor then lead the fit. On folds of
the training rows of sales_orders every candidate erred less with equal weights (LightGBM: RMSE 521
equally, 522 by the factor, 527 by its square).
"""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def labels(target: Vector, factor: Vector) -> Vector:
    """Return (n,) what parts learn. ``factor``: (n,) above 0, ones where nothing is declared."""
    found: Vector = target / factor
    return found


def label_weights(weight: Vector) -> Vector:
    """Return (n,) how much each row counts, with a mean of 1.

    ``weight``: (n,) as the data says, not negative. A mean of 1 lets settings such as the least
    weight of a leaf or a penalty mean the same whatever the unit of the weight is.

    >>> label_weights(np.array([1.0, 3.0])).tolist()
    [0.5, 1.5]
    """
    mean = float(weight.mean()) if len(weight) else 0.0
    found: Vector = weight / mean if mean > 0 else np.ones(len(weight))
    return found
