from dataclasses import replace

import polars as pl

from foresell.report.tabular.page import render_tabular
from tests.tabular_reports import full_tabular


def test_a_champion_that_is_not_the_least_on_the_folds_is_not_said_to_be_ahead() -> None:
    full = full_tabular()
    low = pl.when(pl.col("candidate") == "linear").then(1.0).otherwise("rmse")
    folds = full.folds.with_columns(rmse=low)
    page = render_tabular(replace(full, folds=folds, rows=pl.DataFrame(), segments=pl.DataFrame()))

    assert "linear has the least error over all of them, but the best of many is so by luck" in page
    assert "the next best" not in page
