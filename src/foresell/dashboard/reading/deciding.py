"""By which metric and which baseline a version is told to be better: one rule for every page."""

from collections.abc import Mapping
from typing import Any

from foresell.report.tables import METRICS
from foresell.report.wording import percent

_LEVEL = 0.0005  # from here on a share is not 0.0 %


def deciding(gate: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the comparison that is told of a gate: its last, which names the best baseline.

    ``gate``: as a version's record or ``test.json`` has it; None where it compared nothing.

    >>> deciding({"comparisons": [{"metric": "rmse"}, {"metric": "mae"}]})
    {'metric': 'mae'}
    >>> deciding({}) is None
    True
    """
    found = gate.get("comparisons") or ()
    last: Mapping[str, Any] | None = found[-1] if found else None
    return last


def beside(metric: str, gain: float, baseline: str) -> str:
    r"""Return how far an error lies from that of the best baseline, both named.

    ``gain``: the share by which it is below, negative where it is above.

    >>> beside("wmae", 0.166, "naive")
    'WMAE is 16.6\xa0% below that of naive, the best baseline'
    >>> beside("mae", 0.0001, "mean")
    'MAE is level with that of mean, the best baseline'
    """
    side = f"{percent(abs(gain))} {'below' if gain > 0 else 'above'}"
    far = "level with" if abs(gain) < _LEVEL else side
    return f"{title(metric)} is {far} that of {baseline}, the best baseline"


def title(metric: str) -> str:
    """Return what a metric is called on pages.

    >>> title("rmse"), title("odd")
    ('RMSE', 'odd')
    """
    return METRICS[metric].title if metric in METRICS else metric
