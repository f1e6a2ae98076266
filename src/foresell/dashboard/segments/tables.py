"""The tables of a segment: how its forecast was chosen, and how far the next month may fall."""

from foresell.dashboard.page import Cell, Table
from foresell.dashboard.segments.gauged import Gauged, Tried
from foresell.dashboard.segments.months import month_named
from foresell.dashboard.segments.naive import RULES, TITLES, better_naive, less_error
from foresell.report.wording import NBSP, count, measured, percent


def tried_table(found: Gauged) -> Table | None:
    """Return the backtest's candidates, None where there was none."""
    if not found.tried:
        return None
    largest = max((one.rmse or 0.0 for one in found.tried), default=0.0) or 1.0
    unit = f", errors in {found.unit}" if found.unit else ""
    rival = better_naive(found)
    than = TITLES[rival.name] if rival else "the better naive"
    return Table(
        caption=f"The backtest: {count(found.n, 'month')} forecast from "
        f"{count(found.origins, 'origin')}, all candidates on the same months{unit}.",
        heads=("Candidate", "RMSE", "MAE", "sMAPE", f"80{NBSP}% held", f"Less RMSE than {than}"),
        rows=[[Cell(text=one.name), *_scores(found, one, largest)] for one in found.tried],
        marks=[_mark(one, found) for one in found.tried],
    )


def _mark(one: Tried, found: Gauged) -> str:
    """Return how the row of a candidate is set apart."""
    if one.name == found.method:
        return "champion"
    return "baseline" if one.name in RULES else ""


def _scores(found: Gauged, one: Tried, largest: float) -> list[Cell]:
    """Return the errors of a candidate, or why it has none."""
    if one.rmse is None:
        return [Cell(text=one.reason), *(Cell(text="–") for _ in range(4))]
    shares = (one.smape, one.coverage_80, less_error(found, one))
    return [
        Cell(text=measured(one.rmse), share=one.rmse / largest),
        Cell(text="–" if one.mae is None else measured(one.mae)),
        *(Cell(text="–" if share is None else percent(share)) for share in shares),
    ]


def losses_table(found: Gauged) -> Table | None:
    """Return value at risk by level, None where there is no volatility."""
    if not found.losses:
        return None
    unit = f", {found.unit}" if found.unit else ""
    paid = any(one.var is not None for one in found.losses)
    since = f" {month_named(found.fell_from)}" if found.fell_from else " the last month"
    money = (f"Value at risk{unit}", f"CVaR{unit}") if paid else ()
    return Table(
        caption=f"How far the next month may fall below{since}. CVaR: the mean of what is worse.",
        heads=("Level", "Value at risk", "CVaR", *money),
        rows=[
            [
                Cell(text=f"{one.level}{NBSP}%"),
                Cell(text=percent(one.var_share)),
                Cell(text=percent(one.cvar_share)),
                *(
                    Cell(text="–" if value is None else measured(value))
                    for value in ((one.var, one.cvar) if paid else ())
                ),
            ]
            for one in found.losses
        ],
    )
