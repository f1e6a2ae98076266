"""A desk remembers what it built of the last bundles, and reads values as the contract does."""

from datetime import date

import polars as pl
import pytest

from foresell.answer.published import ANSWERS
from foresell.errors import UsageError
from foresell.wiring import panel_desk
from tests.small_bundles import small_bundle


def test_a_bundle_is_built_once_and_the_oldest_of_many_is_forgotten() -> None:
    bundles = [small_bundle(kind="panel", seed=seed) for seed in range(1, 7)]
    first = panel_desk._panel(bundles[0])
    assert panel_desk._panel(bundles[0]) is first
    later = [panel_desk._panel(one) for one in bundles[1:]]
    assert panel_desk._panel(bundles[-1]) is later[-1]
    assert panel_desk._panel(bundles[0]) is not first


def test_plain_values_become_rows_in_the_types_of_the_contract() -> None:
    panel = panel_desk._panel(small_bundle(kind="panel", weighted=True))
    rows = panel.typed({
        "shop": [1, 2],
        "week": ["2026-02-06", "2026-02-13"],
        "festive": [None, True],
    })
    days = [date(2026, 2, 6), date(2026, 2, 13)]
    expected = pl.DataFrame({"shop": [1, 2], "week": days, "festive": [None, True]})
    assert rows.equals(expected)
    assert rows.schema == expected.schema


def test_a_question_the_server_should_have_refused_is_refused_here_too() -> None:
    bundle = small_bundle(kind="panel", weighted=True)
    with pytest.raises(UsageError, match="set: names no column") as refused:
        panel_desk.HANDLERS["what_if"](bundle, {"ask": {"set": {}}, "most": 10})
    assert refused.value.where == "forecast"


def test_the_answers_of_the_default_rows_are_the_published_ones() -> None:
    bundle = small_bundle(kind="panel", weighted=True)
    panel = panel_desk._panel(bundle)
    assert panel.answers.equals(bundle.published.select("shop", "week", *ANSWERS))
