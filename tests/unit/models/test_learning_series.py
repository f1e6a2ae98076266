from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from foresell.data.panel import Panel
from foresell.features.pools import Recipe, group_codes
from foresell.models import learning_series
from foresell.models.learning_series import learning_frames, learning_rows, most_series
from tests.unit.models.toys import panel, project

PERIODS = 60


def many(stores: int, goods: int) -> tuple[Panel, Recipe]:
    """A panel of ``stores`` x ``goods`` series without a past, and a recipe that goods lead."""
    toy, spec = panel(PERIODS), project()
    names = list(spec.keys)
    count = stores * goods
    keys = pl.DataFrame({
        names[0]: [f"s{place // goods:04}" for place in range(count)],
        names[-1]: [f"g{place % goods:04}" for place in range(count)],
    }).select(names)
    many = replace(
        toy.select(np.zeros(count, dtype=np.intp)),
        keys=keys,
        target=np.zeros((count, toy.target.shape[1])),
    )
    return many, Recipe(categories={}, chain=((names[-1],), ()))


def test_all_series_are_learnt_from_while_they_are_few() -> None:
    few, recipe = many(3, 40)

    assert learning_rows(few, project(), recipe).tolist() == list(range(120))


def test_of_many_series_whole_groups_are_drawn_and_the_draw_is_always_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning_series, "FEWEST", 200)
    monkeypatch.setattr(learning_series, "CELLS", 0)
    large, recipe = many(4, 100)

    rows = learning_rows(large, project(), recipe)

    codes = group_codes(large, recipe.chain[0])
    sizes = np.bincount(codes[rows], minlength=100)
    assert most_series(large, project()) == 200
    assert len(rows) == 200
    assert set(sizes.tolist()) == {0, 4}
    assert rows.tolist() == learning_rows(large, project(), recipe).tolist()
    assert len(learning_rows(large, project(), recipe, few=160)) <= 160


def test_series_of_large_groups_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_series, "FEWEST", 100)
    monkeypatch.setattr(learning_series, "CELLS", 0)
    large, recipe = many(60, 4)

    rows = learning_rows(large, project(), recipe)

    assert len(rows) == 100
    assert set(group_codes(large, recipe.chain[0])[rows].tolist()) == {0, 1, 2, 3}


def test_a_frame_of_all_series_is_cut_down_to_those_drawn_and_one_of_them_is_left() -> None:
    whole = pl.DataFrame({"series": np.repeat(np.arange(6), 2), "step": np.tile([1, 2], 6)})
    rows = np.array([1, 4], dtype=np.intp)
    own = whole.filter(pl.col("series").is_in([1, 4]))
    read = learning_frames({7: whole, 8: own}.__getitem__, rows, 6)

    assert read(7).equals(own)
    assert read(8).equals(own)
