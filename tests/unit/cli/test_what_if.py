"""The effect of a changed plan in words: of the rows that are changed, and of others."""

import polars as pl

from foresell.cli.what_if import effect_sentences

ANSWERED = pl.DataFrame({
    "prediction_planned": [10.0, 20.0, 30.0],
    "effect": [0.5, 5.0, 1.0],
    "changed": [False, True, True],
})


def test_the_sum_is_that_of_the_changed_rows_and_others_that_move_have_a_sentence() -> None:
    own, others = effect_sentences(ANSWERED, "units")
    assert own == (
        "+6.00 units (+12.0% of what is planned) in the rows that are changed, 2 of 3 rows"
    )
    assert others.startswith("1 row outside the change moves as well, by +0.50 units in all")


def test_nothing_is_said_of_others_that_stay() -> None:
    still = ANSWERED.with_columns(effect=pl.Series([0.0, 5.0, 1.0]))
    assert len(effect_sentences(still, "")) == 1
