"""What the forecast of a segment is measured against: the better of both naive forecasts."""

from foresell.dashboard.segments.gauged import Gauged, Tried

NAIVE, SEASONAL = "naive", "seasonal_naive"
RULES = {NAIVE: "last month again", SEASONAL: "year before"}
TITLES = {NAIVE: "naive", SEASONAL: "seasonal naive"}


def better_naive(found: Gauged) -> Tried | None:
    """Return the naive forecast of less RMSE in the backtest; None where neither was judged."""
    judged = [one for one in (found.candidate(NAIVE), found.candidate(SEASONAL)) if one]
    return min(judged, key=lambda one: one.rmse or 0.0, default=None)


def less_error(found: Gauged, one: Tried | None) -> float | None:
    """Return how far the RMSE of ``one`` lies below that of the better naive forecast, a share.

    Below 0 where ``one`` errs more. None where one of them was not judged, or where the better
    naive forecast does not err at all.
    """
    rival = better_naive(found)
    if one is None or one.rmse is None or rival is None or not rival.rmse:
        return None
    return 1 - one.rmse / rival.rmse
