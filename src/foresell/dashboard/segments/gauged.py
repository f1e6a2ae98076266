"""The declared segments as a run gauged them: what ``segment_risk/`` holds, read as plain nouns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from foresell.dashboard.reading.shown import Shown
from foresell.report.wording import capitalized, segment_value

OUTPUT, LISTED = "segment_risk", "risk.json"
EDGES = ("lower_80", "upper_80", "lower_95", "upper_95")
YEAR = 12  # months


@dataclass(frozen=True, kw_only=True)
class DeclaredSegment:
    """A declared segment. ``file``: its document, "" where no row has its values, then ``reason``.

    ``name`` is what it is called in an address, ``title`` what people read.
    """

    name: str
    title: str
    file: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A candidate of the backtest; every error is None where ``reason`` says why it has none."""

    name: str
    reason: str = ""
    rmse: float | None = None
    mae: float | None = None
    smape: float | None = None
    coverage_80: float | None = None


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What is lost at a level of so many percent: value at risk, and the mean of what is worse.

    Shares of the last month; ``var`` and ``cvar`` in the unit, None where the last month sold
    nothing.
    """

    level: int
    var_share: float
    cvar_share: float
    var: float | None = None
    cvar: float | None = None


@dataclass(frozen=True, kw_only=True)
class Volatility:
    """The standard deviation of the next month's logarithmic return, and of a year's."""

    method: str
    monthly: float
    annualised: float


@dataclass(frozen=True, kw_only=True)
class Gauged:
    """One segment by month. ``source``: the file it was read from.

    ``history``: ``date``, ``y``. ``ahead``: ``date``, ``prediction`` and the `EDGES`; empty where
    there is no forecast. ``returns`` and ``path``: ``date``, ``value``. ``method`` made the
    forecast, as ``model`` says. ``tried``: the backtest, least RMSE first, over ``n`` months from
    ``origins`` origins. ``reasons``: why a part is not there, by part.
    """

    title: str
    source: str
    unit: str
    history: pl.DataFrame
    ahead: pl.DataFrame
    returns: pl.DataFrame
    path: pl.DataFrame
    method: str = ""
    model: str = ""
    tried: Sequence[Tried] = ()
    n: int = 0
    origins: int = 0
    volatility: Volatility | None = None
    losses: Sequence[Loss] = ()
    fell_from: date | None = None
    tested: str = ""
    reasons: Mapping[str, str]
    limitations: Sequence[str] = ()
    warnings: Sequence[str] = ()

    def candidate(self, name: str) -> Tried | None:
        """Return a candidate of the backtest, None where it was not judged."""
        return next((one for one in self.tried if one.name == name and not one.reason), None)

    def months_before(self, months: Sequence[date]) -> list[float] | None:
        """Return the same months of the year before; None where one of them is not known."""
        known = dict(self.history.select("date", "y").iter_rows())
        earlier = [known.get(day.replace(year=day.year - 1)) for day in months]
        found = [one for one in earlier if one is not None]
        return found if len(found) == len(earlier) else None


def declared_segments(shown: Shown) -> tuple[DeclaredSegment, ...]:
    """Return the segments that the last run gauged, in declared order.

    Raises AbsentError: none was; DataError: the list is broken.
    """
    return tuple(_declared(one) for one in shown.json(OUTPUT, LISTED)["segments"])


def gauged(shown: Shown, segment: DeclaredSegment) -> Gauged:
    """Return what was found of a segment.

    Raises AbsentError: its file is not there; DataError: it is broken.
    """
    told = shown.json(OUTPUT, segment.file)
    stamp = shown.stamp(OUTPUT, segment.file)
    return shown.kept(
        ("segments", segment.file), stamp, lambda: read_gauged(told, f"{OUTPUT}/{segment.file}")
    )


def _declared(told: Mapping[str, Any]) -> DeclaredSegment:
    """Return one entry of the list."""
    title = segment_title(told["segment"])
    if not told["available"]:
        return DeclaredSegment(name=title, title=title, reason=str(told["reason"]))
    return DeclaredSegment(name=str(told["name"]), title=title, file=f"{told['name']}.json")


def segment_title(segment: Mapping[str, Any]) -> str:
    """Return what people read of a segment: its values, each with its column where it needs that.

    >>> segment_title({"PRODUCTLINE": ["Classic Cars"], "COUNTRY": ["USA", "Spain"]})
    'Classic Cars, USA or Spain'
    >>> segment_title({"Store": 1}), segment_title({})
    ('Store 1', 'All rows')
    """
    parts = []
    for column, value in segment.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        parts.append(" or ".join(segment_value(column, str(one)) for one in values))
    return capitalized(", ".join(parts)) or "All rows"


def read_gauged(told: Mapping[str, Any], source: str) -> Gauged:
    """Return a document of `foresell.risks.document` as a noun. ``source``: where it was read."""
    series, forecast, backtest = told["series"], told["forecast"], told["backtest"]
    returns, volatility, losses = told["returns"], told["volatility"], told["value_at_risk"]
    parts = {
        "series": series,
        "forecast": forecast,
        "backtest": backtest,
        "returns": returns,
        "volatility": volatility,
        "value_at_risk": losses,
    }
    amounts = losses.get("amounts", {"available": False})
    return Gauged(
        title=segment_title(told["segment"]),
        source=source,
        unit=str(told["unit"]),
        history=_frame(series.get("months", ()), {"value": "y"}),
        ahead=_frame(forecast.get("months", ()), {one: one for one in ("prediction", *EDGES)}),
        returns=_frame(returns.get("values", ()), {"return": "value"}),
        path=_frame(volatility.get("path", ()), {"monthly": "value"}),
        method=str(forecast.get("method", "")),
        model=_model(forecast),
        tried=_tried(backtest),
        n=int(backtest.get("n", 0)),
        origins=len(backtest.get("origins", ())),
        volatility=_volatility(volatility),
        losses=_losses(losses, amounts),
        fell_from=_day(amounts["from_month"]) if amounts["available"] else None,
        tested=_tested(told["kupiec"]),
        reasons={name: str(one["reason"]) for name, one in parts.items() if not one["available"]}
        | ({} if amounts["available"] or not losses["available"] else _why(amounts)),
        limitations=tuple(map(str, told["limitations"])),
        warnings=tuple(f"{one['where']}: {one['text']}" for one in told["warnings"]),
    )


def _why(amounts: Mapping[str, Any]) -> dict[str, str]:
    """Return why value at risk has no amount."""
    return {"amounts": str(amounts["reason"])}


def _day(month: str) -> date:
    """Return the first day of a month."""
    return date.fromisoformat(f"{month}-01")


def _frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pl.DataFrame:
    """Return ``date`` and the numbers named in ``columns`` under their new names."""
    found = [
        {"date": _day(row["month"]), **{new: row[name] for name, new in columns.items()}}
        for row in rows
    ]
    schema = {"date": pl.Date, **dict.fromkeys(columns.values(), pl.Float64)}
    return pl.DataFrame(found, schema=schema).sort("date")


def _model(forecast: Mapping[str, Any]) -> str:
    """Return how the forecast was made, in words."""
    model = forecast.get("model", {})
    return str(model.get("orders") or model.get("rule") or "")


def _tried(backtest: Mapping[str, Any]) -> tuple[Tried, ...]:
    """Return the candidates, least RMSE first; those without an answer last."""
    found = [
        Tried(name=str(one["name"]), reason=str(one["reason"]))
        if not one["available"]
        else Tried(
            name=str(one["name"]),
            rmse=float(one["rmse"]),
            mae=float(one["mae"]),
            smape=one["smape"],
            coverage_80=float(one["coverage_80"]),
        )
        for one in backtest.get("candidates", ())
    ]
    return tuple(sorted(found, key=lambda one: (one.rmse is None, one.rmse or 0.0, one.name)))


def _volatility(told: Mapping[str, Any]) -> Volatility | None:
    """Return the volatility of the next month, None where there is none."""
    if not told["available"]:
        return None
    return Volatility(
        method=str(told["method"]),
        monthly=float(told["monthly"]),
        annualised=float(told["annualised"]),
    )


def _losses(told: Mapping[str, Any], amounts: Mapping[str, Any]) -> tuple[Loss, ...]:
    """Return value at risk by level; nothing where there is no volatility."""
    in_unit = {one["level"]: one for one in amounts.get("levels", ())}
    return tuple(
        Loss(
            level=int(one["level"]),
            var_share=float(one["var_share"]),
            cvar_share=float(one["cvar_share"]),
            var=in_unit.get(one["level"], {}).get("var"),
            cvar=in_unit.get(one["level"], {}).get("cvar"),
        )
        for one in told.get("levels", ())
    )


def _tested(told: Mapping[str, Any]) -> str:
    """Return what Kupiec's test says of the past, one clause a level.

    Why a level was not tested is said once: of the next one only how many months it needs.
    """
    if not told["available"]:
        return str(told["reason"])
    said: list[str] = []
    before = ""
    for one in told["levels"]:
        verdict = "no fault found"
        if not one["available"]:
            why, _, need = str(one["reason"]).partition("; ")
            verdict = need if need and why == before else str(one["reason"])
            before = why
        elif one["rejected"]:
            verdict = "too many or too few"
        level = f"{one['level']}\u00a0%"
        said.append(f"{level}: broken in {one['failures']} of {one['months']} months ({verdict})")
    return "; ".join(said)
