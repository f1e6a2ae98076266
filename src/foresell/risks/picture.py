"""The picture of a document: what of it is drawn, and the words beside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from foresell.charts.risk import RiskFrames, RiskWords, risk_chart
from foresell.charts.theme import Spec
from foresell.errors import counted

_EDGES = ("prediction", "lower_80", "upper_80", "lower_95", "upper_95")


def picture(told: Mapping[str, Any]) -> Spec:
    """Return the chart of a document: history, backtest and forecast; returns and volatility."""
    return risk_chart(_frames(told), _words(told))


def _frames(told: Mapping[str, Any]) -> RiskFrames:
    """Return the frames that are drawn; a part that is not there is empty."""
    forecast, backtest, returns, volatility = (
        told[name] for name in ("forecast", "backtest", "returns", "volatility")
    )
    method = forecast.get("method")
    rows = [
        {"month": row["month"], "origin": row["origin"], "prediction": row["predictions"][method]}
        for row in backtest.get("rows", ())
        if method in row["predictions"]
    ]
    return RiskFrames(
        history=_frame(told["series"].get("months", ()), {"value": "y"}),
        backtest=_frame(rows, {"prediction": "prediction"}, "origin"),
        forecast=_frame(forecast.get("months", ()), {name: name for name in _EDGES}),
        returns=_frame(returns.get("values", ()), {"return": "value"}),
        path=_frame(volatility.get("path", ()), {"monthly": "value"}),
    )


def _frame(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *kept: str
) -> pl.DataFrame:
    """Return ``date`` and the numbers named in ``columns`` under their new names."""
    return pl.DataFrame(
        [
            {
                "date": date.fromisoformat(f"{row['month']}-01"),
                **{new: row[name] for name, new in columns.items()},
                **{name: row[name] for name in kept},
            }
            for row in rows
        ],
        schema={
            "date": pl.Date,
            **dict.fromkeys(columns.values(), pl.Float64),
            **dict.fromkeys(kept, pl.String),
        },
    )


def _words(told: Mapping[str, Any]) -> RiskWords:
    """Return what is written into the picture."""
    unit = f", in {told['unit']}" if told["unit"] else ""
    made = " (synthetic data)" if told["data"]["synthetic"] else ""
    count = counted(told["series"].get("n_months", 0), "month")
    forecast = told["forecast"]
    ahead = "no forecast: " + str(forecast.get("reason"))
    if forecast["available"]:
        model = forecast["model"].get("orders") or forecast["model"].get("rule")
        ahead = f"forecast by {forecast['method']}, {model}; shaded: the 80 and 95 % bands"
    return RiskWords(
        title=f"{told['project']}: {told['target']} by month, {told['told']}{made}",
        told=f"{count}{unit}; {ahead}",
        below=_below(told["volatility"]),
    )


def _below(volatility: Mapping[str, Any]) -> str:
    """Return the title of the lower picture."""
    if not volatility["available"]:
        return f"No volatility: {volatility['reason']}"
    monthly, yearly = (100 * float(volatility[name]) for name in ("monthly", "annualised"))
    return (
        f"Monthly returns (logarithmic), and volatility ahead by {volatility['method'].upper()}: "
        f"{monthly:.0f} % a month, {yearly:.0f} % a year; shaded: one standard deviation"
    )
