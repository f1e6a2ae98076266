import polars as pl
import pytest

from foresell.cli.explain_rows import nested_rows, show_importance, show_rows

FOUND = pl.DataFrame({
    "order": [7] * 5 + [8] * 5,
    "row": [3] * 5 + [9] * 5,
    "candidate": ["ridge"] * 10,
    "part": ["base", "column", "column", "column", "floor"] * 2,
    "column": [None, "units", "price", "line", None] * 2,
    "text": [None, "30", "95.7", "Ships [XL]", None] * 2,
    "value": [100.25, -20.5, 3.125, 1.0, 0.0, 90.004, 0.004, 0.004, 0.004, 5.5],
})


def test_one_object_a_row_holds_its_columns_its_values_and_the_sum() -> None:
    first, second = nested_rows(FOUND)

    assert first == {
        "order": 7,
        "row": 3,
        "candidate": "ridge",
        "prediction": 83.875,
        "base_value": 100.25,
        "contributions": {"units": -20.5, "price": 3.125, "line": 1.0, "(floor)": 0.0},
        "values": {"units": "30", "price": "95.7", "line": "Ships [XL]"},
    }
    assert second["prediction"] == pytest.approx(95.516)


def test_one_row_is_told_column_by_column_largest_first_with_the_running_sum(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_rows(FOUND.head(5), "order 7", "USD")

    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0] == ["ridge", "order", "7,", "in", "USD"]
    assert lines[3:7] == [
        ["base", "100.25"],
        ["units", "30", "-20.50", "79.75"],
        ["price", "95.7", "+3.12", "82.88"],
        ["line", "Ships", "[XL]", "+1.00", "83.88"],
    ]
    assert lines[-1] == ["prediction", "83.88"]


def test_what_is_lifted_to_zero_stands_last_behind_what_was_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lifted = FOUND.head(5).with_columns(value=pl.Series([10.0, -20.5, 3.125, 1.0, 6.375]))

    show_rows(lifted, "order 7", "USD")

    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[4:8] == [
        ["units", "30", "-20.50", "-10.50"],
        ["price", "95.7", "+3.12", "-7.38"],
        ["line", "Ships", "[XL]", "+1.00", "-6.38"],
        ["(floor)", "+6.38", "0.00"],
    ]


def test_many_rows_sum_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows(FOUND, "order 7", "USD")

    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines() if line.split()[:1] in (["7"], ["8"])]
    assert "= PREDICTION" in out
    assert len(lines) == 2
    for line in lines:
        *parts, total = map(float, line[1:])
        assert sum(parts) == pytest.approx(total, abs=1e-9)


def test_importance_is_told_of_one_candidate_and_names_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = [
        {"name": "price", "mean_abs": 120.5, "mean": -30.25, "share": 0.75},
        {"name": "units", "mean_abs": 40.25, "mean": 4.0, "share": 0.25},
    ]
    own = {"method": "linear_shap", "rows": 40, "base": 12.5, "mean_prediction": 11.0}
    told = {"unit": "USD", "candidates": {"ridge": {**own, "columns": columns}, "mean": {}}}

    show_importance(told, "ridge")

    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert ["price", "120.50", "-30.25", "75.0%"] in lines
    assert ["units", "40.25", "+4.00", "25.0%"] in lines
    assert "over 40 rows of the test, in USD" in out
    assert "base 12.50, mean answer 11.00, by linear_shap" in out
    assert "another: mean" in out
