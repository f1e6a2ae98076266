"""Evidently's report beside ours; passed over where it is not installed."""

import json
import warnings

import polars as pl
import pytest

from foresell.monitor.columns import Column

pytest.importorskip("evidently", reason="the extra evidently is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
COLUMNS = [
    Column(name="price", kind="number"),
    Column(name="day", kind="number"),
    Column(name="gift", kind="category"),
    Column(name="empty", kind="number"),
]


def rows(count: int, price: float) -> pl.DataFrame:
    at = pl.int_range(count, eager=True)
    return pl.DataFrame({
        "price": price + at % 17,
        "day": pl.Series(at % 28).cast(pl.Date),
        "gift": at % 3 == 0,
        "empty": pl.Series([None] * count, dtype=pl.Float64),
        "owner": ["Anna Example"] * count,
    })


def test_equal_rows_give_equal_bytes_whatever_their_order_and_only_what_is_compared() -> None:
    from foresell.adapters.evidently_report import evidently_files  # noqa: PLC0415 - 3 s

    before, now = rows(6_000, 10.0), rows(300, 14.0)
    found = evidently_files(before, now, COLUMNS, 1)
    mixed = [one.sample(fraction=1, shuffle=True, seed=3) for one in (before, now)]
    assert evidently_files(mixed[0], mixed[1], COLUMNS, 1) == found
    assert [*found] == ["evidently_report.html", "evidently_report.json"]
    told = {one["config"].get("column"): one for one in json.loads(found[[*found][1]])["metrics"]}
    assert set(told) - {None} == {"price", "day", "gift"}
    assert told["price"]["value"] > 0.1
    assert b"Anna" not in found["evidently_report.html"]


def test_levels_of_a_column_that_is_not_shown_are_numbered() -> None:
    from foresell.adapters.evidently_report import evidently_files  # noqa: PLC0415 - 3 s

    before, now = rows(600, 10.0), rows(300, 14.0).with_columns(owner=pl.lit("Jane Doe"))
    hidden = [COLUMNS[0], Column(name="owner", kind="category", shown=False)]
    page = evidently_files(before, now, hidden, 1)["evidently_report.html"]
    assert b"Jane" not in page
    assert b"Anna" not in page
    assert b"never seen in training" in page


def test_warnings_are_laid_out_afterwards_as_they_were_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from foresell.adapters import evidently_report  # noqa: PLC0415 - 3 s

    before = warnings.formatwarning
    with evidently_report._unheard():
        monkeypatch.setattr(warnings, "formatwarning", lambda *_: "laid out by a library")
    assert warnings.formatwarning is before
