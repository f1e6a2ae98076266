"""Numbers to compare: every leaf is one, and none is made up."""

from foresell.adapters.store import MemoryStore
from foresell.pipeline.metrics import risk_metrics, score_metrics, write_test

TOLD = {
    "rows": 40,
    "scores": {"candidate": "lightgbm", "wape": 0.1, "mae": 3.0, "rmse": 5.0, "mase": None},
    "best_baseline": {"candidate": "mean", "wape": 0.2, "mae": 4.0, "rmse": 6.0, "r2": -0.5},
    "verdict": {
        "comparisons": [
            {"metric": "mae", "value_added": 0.25},
            {"metric": "wmae", "value_added": None},
        ]
    },
}


def test_the_numbers_of_every_protocol_stand_side_by_side() -> None:
    assert score_metrics({"frozen": TOLD, "one-step": {**TOLD, "rows": 12}}) == {
        name: {
            "rows": rows,
            "champion": {"wape": 0.1, "mae": 3.0, "rmse": 5.0},
            "best_baseline": {"wape": 0.2, "mae": 4.0, "rmse": 6.0, "r2": -0.5},
            "value_added": {"mae": 0.25},
        }
        for name, rows in (("frozen", 40), ("one_step", 12))
    }


def test_a_test_is_kept_as_it_was_told_with_its_numbers_beside_it() -> None:
    out = MemoryStore()
    write_test(out, {"champion": "lightgbm", "protocols": {"frozen": TOLD}})
    assert out.list() == ["metrics.json", "test.json"]
    assert b'"champion": "lightgbm"' in out.read_bytes("test.json")


def test_a_segment_is_told_by_what_it_has() -> None:
    told = {
        "data": {"rows": 1004},
        "series": {"n_months": 29},
        "forecast": {"months": [{"prediction": 156617.6}, {"prediction": 1.0}]},
        "backtest": {
            "best": "sarima",
            "candidates": [{"name": "naive", "rmse": 9.0}, {"name": "sarima", "rmse": 7.0}],
        },
        "volatility": {"monthly": 0.75},
        "value_at_risk": {
            "levels": [
                {"level": 95, "var_share": 0.69, "cvar_share": 0.77},
                {"level": 99, "var_share": 0.82, "cvar_share": None},
            ]
        },
    }
    assert risk_metrics(told) == {
        "rows": 1004,
        "months": 29,
        "next_month": 156617.6,
        "rmse": 7.0,
        "volatility": 0.75,
        "var_95": 0.69,
        "cvar_95": 0.77,
        "var_99": 0.82,
    }


def test_a_segment_too_short_for_anything_still_tells_its_rows() -> None:
    short = {
        "data": {"rows": 3},
        "series": {"available": True, "n_months": 2},
        "forecast": {"available": False, "reason": "too few months"},
        "backtest": {"available": False, "reason": "too few months"},
        "volatility": {"available": False, "reason": "too few months"},
        "value_at_risk": {"available": False, "reason": "too few months"},
    }
    assert risk_metrics(short) == {"rows": 3, "months": 2}
