"""An assessment as the JSON file holds it; every key is told in docs/risk.md."""

import json
from collections.abc import Mapping
from typing import Any

from foresell.risks.assessment import Assessment
from foresell.risks.candidates import Trouble, summed_up
from foresell.risks.document_forecast import backtest_part, forecast_part, sarima_part
from foresell.risks.document_losses import (
    kupiec_part,
    losses_part,
    returns_part,
    volatility_part,
)
from foresell.risks.limitations import SHORT, limitations
from foresell.risks.months import Month
from foresell.risks.rounding import rounded
from foresell.risks.segment import segment_name, told

SCHEMA = "foresell.ts_risk/1"

Part = dict[str, Any]


def document(found: Assessment, provenance: Mapping[str, object]) -> Part:
    """Return everything as plain values; ``provenance``: of the layer, as the caller knows it.

    A part that is not there has ``available: false`` and a ``reason``.
    """
    project = found.project
    return {
        "schema": SCHEMA,
        "name": segment_name(project, found.gathered.segment),
        "project": project.name,
        "title": project.title,
        "target": project.with_role("target")[0],
        "unit": project.unit,
        "segment": {
            name: [_plain(value) for value in values]
            for name, values in found.gathered.segment.items()
        },
        "told": told(found.gathered.segment),
        "asked": {
            "forecast_steps": found.asked.forecast_steps,
            "garch_horizon": found.asked.garch_horizon,
        },
        "data": {**provenance, **_data(found)},
        "series": series_part(found),
        "forecast": forecast_part(found),
        "sarima": sarima_part(found),
        "backtest": backtest_part(found),
        "returns": returns_part(found),
        "volatility": volatility_part(found),
        "value_at_risk": losses_part(found),
        "kupiec": kupiec_part(found),
        "limitations": limitations(found),
        "warnings": [
            {"where": one.where, "text": one.text, "count": one.count} for one in _troubles(found)
        ],
    }


def series_part(found: Assessment) -> Part:
    """Return the months, or why there are none."""
    series = found.series
    common: Part = {
        "counted": series.counted,
        "left_out": [{**_month(month), "reason": month.reason} for month in series.left_out],
    }
    if not series.months:
        why = "no row has these values" if not found.gathered.rows else "no whole month is left"
        return {"available": False, "reason": why, **common}
    return {
        "available": True,
        "n_months": len(series.months),
        "first": series.labels[0],
        "last": series.labels[-1],
        "short": len(series.months) < SHORT,
        "zero_months": [month.label for month in series.months if month.value == 0],
        "negative_months": [month.label for month in series.months if month.value < 0],
        "months_without_rows": [month.label for month in series.months if month.rows == 0],
        "incomplete_months": [m.label for m in series.months if m.covered < m.days],
        **common,
        "months": [_month(month) for month in series.months],
    }


def _month(month: Month) -> Part:
    """Return one month."""
    return {
        "month": month.label,
        "value": rounded(month.value),
        "dated": rounded(month.dated),
        "rows": month.rows,
        "days_covered": month.covered,
        "days": month.days,
    }


def _data(found: Assessment) -> Part:
    """Return what the layer holds of the segment."""
    gathered = found.gathered
    days = gathered.by_date["date"].to_list()
    return {
        "rows": gathered.rows,
        "rows_without_target": gathered.unknown,
        "rows_without_date": gathered.undated,
        "first": str(days[0]) if days else None,
        "last": str(days[-1]) if days else None,
        "project_first": str(gathered.first) if gathered.first else None,
        "project_last": str(gathered.last) if gathered.last else None,
    }


def _troubles(found: Assessment) -> tuple[Trouble, ...]:
    """Return what the libraries warned of, each once."""
    judged = found.outlook.judged
    backtests = judged.judged.values() if judged is not None else ()
    own = [
        Trouble(where=f"backtest, {one.where}", text=one.text, count=one.count)
        for each in backtests
        for one in each.troubles
    ]
    ahead = [
        Trouble(where=f"forecast, {one.where}", text=one.text, count=one.count)
        for one in found.outlook.troubles
    ]
    volatile = found.gauged.troubles if found.gauged is not None else ()
    return summed_up([*own, *ahead, *volatile])


def _plain(value: object) -> object:
    """Return a value of a segment as JSON can hold it."""
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def document_bytes(told: Mapping[str, object]) -> bytes:
    """Return a document as the bytes of its file: keys in their order, a line a value."""
    return (json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
