"""What a reader must know before acting on few months, in whole sentences."""

import math
from collections.abc import Iterator, Sequence

from foresell.errors import counted
from foresell.risks.assessment import Assessment
from foresell.risks.candidates import LEVELS, SEASON
from foresell.risks.returns import autocorrelation

SHORT = 60  # months: five of every calendar month
MANY = 250  # returns, below which GARCH's parameters are hardly known
_TAIL = 100  # returns, below which one in a hundred was not seen
_SHOWN = 6  # months named in a sentence
_IDLE = 1e-3  # GARCH's alpha, below which shocks leave no trace


def limitations(found: Assessment) -> list[str]:
    """Return the sentences that apply, the most important first; none may apply."""
    return [*_of_months(found), *_of_forecast(found), *_of_returns(found), *_of_volatility(found)]


def _of_months(found: Assessment) -> Iterator[str]:
    """Yield what is to be said of the months themselves."""
    count = len(found.series.months)
    if 0 < count < SHORT:
        yield (
            f"{counted(count, 'month')} of data {'is' if count == 1 else 'are'} short: no calendar "
            f"month was seen more than {counted(-(-count // SEASON), 'time')}, so every number "
            f"here is uncertain; {SHORT} months or more would be needed to rely on a season"
        )
    left_out = [month for month in found.series.left_out if "ends" in month.reason]
    left_out += [month for month in found.series.left_out if "begins" in month.reason]
    for month in left_out:
        yield f"{month.label} is left out: {month.reason}"
    marked = [month.label for month in found.series.months if month.covered < month.days]
    if marked:
        yield f"days without any row within {_listed(marked)}: the sum may be too low"
    empty = [month.label for month in found.series.months if month.rows == 0]
    if empty and found.project.kind == "tabular":
        yield f"no row in {_listed(empty)}: counted as 0"
    if found.project.kind == "panel" and found.project.frequency != "D" and count:
        yield f"weekly data: {found.series.counted}"


def _of_forecast(found: Assessment) -> Iterator[str]:
    """Yield what is to be said of the forecast and its backtest."""
    judged = found.outlook.judged
    if judged is None:
        if found.outlook.method:
            yield f"the forecast was not judged: {found.outlook.unjudged}"
        return
    yield (
        f"the backtest has {counted(len(judged.trial.origins), 'origin')} whose months overlap, "
        f"and the best of {counted(len(judged.judged), 'candidate')} is chosen on the months it "
        "is scored on, which flatters it"
    )
    method = found.outlook.method
    if method is not None and "sarima" not in method:
        yield f"no SARIMA was better than {method} in the backtest, so the forecast is {method}'s"
    if method is not None and method in judged.judged:
        own = judged.judged[method]
        for level in LEVELS:
            if own.coverage[level] < level / 100 - 0.05:
                yield (
                    f"the {level} % band held {own.coverage[level]:.0%} of the backtest's months: "
                    "too narrow"
                )


def _of_returns(found: Assessment) -> Iterator[str]:
    """Yield what is to be said of the returns."""
    returns = found.returns
    if len(returns.values) and not returns.complete:
        last = found.series.labels[returns.places[-1]]
        yield f"the last return is that of {last}: volatility and value at risk stand as of then"
    if returns.left_out and len(returns.values):
        yield (
            f"{counted(len(returns.left_out), 'return')} left out beside months that are not "
            "positive; those that remain are taken one after the other"
        )
    linked = autocorrelation(returns.values)
    if linked is not None and abs(linked) > 1.96 / math.sqrt(len(returns.values)):
        after = "the other way" if linked < 0 else "the same way"
        yield (
            f"a return tends to be followed by one {after} (correlation {linked:+.2f}), which "
            "volatility and value at risk know nothing of"
        )
    if len(returns.values) >= SEASON and found.gauged is not None:
        yield "the returns hold the season: a peak that comes every year counts as volatility"


def _of_volatility(found: Assessment) -> Iterator[str]:
    """Yield what is to be said of volatility and value at risk."""
    count = len(found.returns.values)
    if found.gauged is None:
        return
    if found.gauged.method == "ewma":
        yield f"no GARCH: {found.gauged.reason}; EWMA stands in for it"
    else:
        if count < MANY:
            yield (
                f"GARCH is fitted to {counted(count, 'return')}, where hundreds are usual: its "
                "parameters are hardly known"
            )
        if found.gauged.recursion.alpha < _IDLE:
            yield "GARCH found no trace of past shocks (alpha is 0): the volatility is level"
    fall, loss = _expected_fall(found), found.losses[0]
    if fall is not None and fall > loss.var_share:
        yield (
            f"the forecast of the next month itself lies {fall:.0%} below the last one, more "
            f"than the {loss.level} % value at risk: returns know nothing of the calendar; the "
            "bands of the forecast do"
        )
    if count < _TAIL:
        yield (
            f"of {count} returns none can show what happens once in a hundred months: the 99 % "
            "figures follow from the normal distribution alone"
        )


def _listed(months: Sequence[str]) -> str:
    """Return months in words: the first six, and how many more; the JSON lists them all.

    >>> _listed(["2003-01", "2003-02"]), _listed(["2003-01"] * 8)[-10:]
    ('2003-01, 2003-02', 'and 2 more')
    """
    more = f" and {len(months) - _SHOWN} more" if len(months) > _SHOWN else ""
    return ", ".join(months[:_SHOWN]) + more


def _expected_fall(found: Assessment) -> float | None:
    """Return by what share the next month is forecast below the last one; None if unknown."""
    values = found.series.values
    if found.outlook.answer is None or values[-1] <= 0:
        return None
    return 1 - float(found.outlook.values[0]) / values[-1]
