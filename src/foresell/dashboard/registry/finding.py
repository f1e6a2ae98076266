"""Which of two models errs less, and which metric disagrees: one sentence, the same everywhere."""

from collections.abc import Iterator, Sequence

from foresell.govern.compared import Comparison, MetricDifference
from foresell.report.tables import METRICS, Metric
from foresell.report.wording import capitalized, listed, measured, percent, signed

ERRORS = ("rmse", "mae", "wmae", "wape", "mase", "wql")
_PROMISED = 0.8  # of the truth, inside the 80 % band
_LEAST = 0.0005  # a change of an error from here on is seen in percent with one decimal
_POINTS = 0.005  # half a point: from here on a share is told to have moved
_MOST = 2  # errors that disagree and are named


def heading(found: Comparison) -> str:
    """Return what a comparison has come to, without a full stop.

    On the rows that both were judged on: errors of other rows say nothing about which is better.
    """
    before, after = (f"version {one.version}" for one in (found.before, found.after))
    if found.before.digest and found.before.digest == found.after.digest:
        return f"{capitalized(before)} and {after} are the same bundle"
    if found.equal:
        return f"Nothing differs between {before} and {after}"
    metrics = on_the_same_rows(found)
    told = finding(metrics, before, after) if metrics else ""
    if metrics is not None and not metrics:
        told = f"{capitalized(after)} errs as much as {before} on the rows both were judged on"
    return told or f"What differs between {before} and {after}"


def on_the_same_rows(found: Comparison) -> Sequence[MetricDifference] | None:
    """Return the metrics of both on rows that both were judged on; none where all are the same.

    None: there are no such rows, or nobody can say.
    """
    same, counts = found.same_rows, {found.before.rows, found.after.rows}
    if same is None or not same.n or None in counts:
        return None
    return found.metrics if counts == {same.n} else same.metrics


def finding(metrics: Sequence[MetricDifference], before: str, after: str) -> str:
    """Return how ``after`` does against ``before``, and which metrics say otherwise; "" for none.

    By the last metric that decides, as every page tells a gain; the first error where none does.

    >>> def moved(metric, old, new, deciding=True):
    ...     share = None if metric == "coverage_80" else (new - old) / old
    ...     return MetricDifference(
    ...         metric=metric, deciding=deciding, before=old, after=new, difference=new - old,
    ...         change=share)
    >>> both = [moved("rmse", 8.0, 9.0), moved("mae", 8.0, 7.0)]
    >>> finding(both, "version 1", "version 2").replace(chr(160), " ")
    'Version 2 errs 12.5 % less than version 1 on MAE, but 12.5 % more on RMSE'
    >>> held = [moved("mae", 8.0, 7.0), moved("coverage_80", 0.8, 0.7, False)]
    >>> finding(held, "a", "b").replace(chr(160), " ")
    'B errs 12.5 % less than a on MAE, but its 80 % band held 70.0 % instead of 80.0 %'
    """
    known = [one for one in metrics if one.metric in ERRORS and one.difference is not None]
    if not known:
        return ""
    lead = next((one for one in reversed(known) if one.deciding), known[0])
    side = better(lead)
    told = f"{_errs(lead)} {'as' if side == 0 else 'than'} {before} on {title(lead.metric)}"
    if lead.change is None and lead.difference:
        told += ", on which that one made no error"
    against = [one for one in metrics if one is not lead and better(one) not in {None, 0, side}]
    rest = ", and ".join(_said_of(against))
    return f"{capitalized(after)} {told}{', but ' if rest else ''}{rest}"


def better(one: MetricDifference) -> int | None:
    """Tell what a metric says: 1 better, -1 worse, 0 as good; None: it cannot say that.

    A band is better the nearer it comes to what it promised, a bias the nearer it comes to 0.
    """
    if one.before is None or one.after is None or one.difference is None:
        return None
    if one.metric in ERRORS:
        grown, least = one.change if one.change is not None else one.difference, _LEAST
    elif one.metric == "coverage_80":
        grown, least = abs(one.after - _PROMISED) - abs(one.before - _PROMISED), _POINTS
    elif one.metric == "bias_share":
        grown, least = abs(one.after) - abs(one.before), _POINTS
    elif one.metric == "r2":
        grown, least = -one.difference, _LEAST
    else:
        return None
    # A change of just this much shows, though a float may lie a hair below.
    return 0 if abs(grown) < least * (1 - 1e-9) else -1 if grown > 0 else 1


def title(metric: str) -> str:
    """Return what a metric is called."""
    return metric_of(metric).title


def metric_of(name: str) -> Metric:
    """Return how a metric of a bundle is named and printed; ``bias`` there is in the unit."""
    known = METRICS.get({"bias": "", "bias_share": "bias"}.get(name, name))
    told = capitalized(name.replace("_", " "))
    return known or Metric(title=told, means="", show=measured)


def _errs(one: MetricDifference) -> str:
    """Return how an error moved: the middle of a sentence."""
    side = better(one)
    if side == 0:
        return "errs as much"
    share = "" if one.change is None else f"{percent(abs(one.change))} "
    return f"errs {share}{'less' if side == 1 else 'more'}"


def _said_of(against: Sequence[MetricDifference]) -> Iterator[str]:
    """Yield what metrics say that are of another opinion: errors in one piece, then shares."""
    errors = [
        f"{_errs(one).removeprefix('errs ')} on {title(one.metric)}"
        for one in against
        if one.metric in ERRORS
    ]
    if errors:
        yield listed(errors[:_MOST])
    for one in against:
        if one.before is None or one.after is None:
            continue
        if one.metric == "coverage_80":
            yield f"its 80\u00a0% band held {percent(one.after)} instead of {percent(one.before)}"
        elif one.metric == "bias_share":
            yield f"its bias is {signed(one.after)} instead of {signed(one.before)}"
