"""In a panel a column may tell the target of another period."""

import polars as pl
import pytest

from foresell.data.leakage import check_known, find_leaks
from foresell.errors import SpecError
from tests.unit.data.conftest import MakeProject
from tests.unit.data.leaks import panel, the_one


def with_column(name: str, made: pl.Expr) -> pl.DataFrame:
    return panel().with_columns(made.alias(name))


def test_a_panel_without_leaks_has_no_findings(weekly: MakeProject) -> None:
    assert find_leaks(panel(), weekly()) == ()


def test_a_column_that_shows_a_later_period_is_refused_in_any_role(weekly: MakeProject) -> None:
    for name in ("promo", "price"):
        ahead = with_column(name, pl.col("units").shift(-2).over("shop"))

        finding = the_one(ahead, weekly())

        assert (finding.columns, finding.kind, finding.verdict) == ((name,), "shift", "refuse")
        assert finding.evidence == "shows units of 2 periods later in the same series"


def test_the_target_of_the_period_before_is_not_known_in_advance(weekly: MakeProject) -> None:
    before = pl.col("units").shift(1).over("shop")

    finding = the_one(with_column("promo", before), weekly())

    assert finding.verdict == "refuse"
    assert finding.evidence == "shows units of 1 period earlier in the same series"
    assert find_leaks(with_column("price", before), weekly()) == ()


def test_the_target_of_a_horizon_before_is_known_in_advance(weekly: MakeProject) -> None:
    before = pl.col("units").shift(2).over("shop")

    assert find_leaks(with_column("promo", before), weekly()) == ()


def test_periods_are_counted_by_date_not_by_row(weekly: MakeProject) -> None:
    ahead = with_column("promo", pl.col("units").shift(-1).over("shop"))
    holes = ahead.filter(pl.int_range(pl.len()) % 5 != 0)

    finding = the_one(holes, weekly())

    assert finding.evidence == "shows units of 1 period later in the same series"


def test_a_running_total_is_refused(weekly: MakeProject) -> None:
    finding = the_one(with_column("promo", pl.col("units").cum_sum().over("shop")), weekly())

    assert (finding.kind, finding.verdict) == ("total", "refuse")
    assert finding.evidence == "grows by units from one period to the next: its running total"


def test_a_past_only_copy_is_reported_because_a_forecast_sees_earlier_rows_only(
    weekly: MakeProject,
) -> None:
    finding = the_one(with_column("price", pl.col("units") * 3), weekly())

    assert finding.verdict == "report"
    assert finding.note == "past_only: a forecast sees earlier rows of it only"


def test_a_year_is_no_leak_because_sales_grew(weekly: MakeProject) -> None:
    one = panel().filter(pl.col("shop") == 0).with_columns(units=pl.int_range(pl.len()) * 1.5)
    year = (pl.int_range(pl.len()) // 20).cast(pl.Float64)
    clock = pl.int_range(pl.len()).cast(pl.Float64).sqrt()

    for told in (year, clock):
        assert find_leaks(one.with_columns(promo=told), weekly()) == ()


def test_a_series_of_zeros_is_like_any_other(weekly: MakeProject) -> None:
    zeros = panel().with_columns(units=pl.lit(0.0), promo=pl.lit(0.0), price=pl.lit(0.0))

    assert find_leaks(zeros, weekly()) == ()


def test_the_order_of_the_rows_changes_no_finding(weekly: MakeProject) -> None:
    ahead = with_column("promo", pl.col("units").shift(-1).over("shop"))

    assert find_leaks(ahead.sample(fraction=1, shuffle=True, seed=3), weekly()) == find_leaks(
        ahead, weekly()
    )


def test_what_is_known_in_advance_is_known_for_the_rows_asked_for(weekly: MakeProject) -> None:
    asked = panel().select("shop", "day", "promo")

    check_known(asked, weekly())
    check_known(asked.with_columns(promo=pl.when(pl.col("shop") == 1).then("promo")), weekly())
    check_known(None, weekly())
    check_known(asked.drop("promo").clear(), weekly())
    for unknown, found in (
        (asked.drop("promo"), "is missing from"),
        (asked.with_columns(promo=pl.lit(None, pl.Float64)), "has no value in"),
    ):
        with pytest.raises(SpecError, match=f"'known_future' and {found} the rows") as caught:
            check_known(unknown, weekly())
        assert "'past_only'" in caught.value.mend
