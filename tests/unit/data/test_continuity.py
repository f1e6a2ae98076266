from datetime import date, timedelta

import polars as pl
import pytest

from foresell.data import continuity
from foresell.data.continuity import SeriesWatch
from foresell.errors import SpecError
from tests.unit.data.conftest import MakeProject

FRIDAY = date(2010, 2, 5)


def series(shop: str, towns: list[str | None], days: int = 7) -> pl.DataFrame:
    return pl.DataFrame({
        "shop": [shop] * len(towns),
        "day": [FRIDAY + timedelta(days=days * place) for place in range(len(towns))],
        "town": pl.Series(towns, dtype=pl.String),
    })


def seen(project: MakeProject, *frames: pl.DataFrame, rows: int = 1) -> SeriesWatch:
    watch = SeriesWatch(project(), rows)
    for frame in frames:
        watch.add(frame)
    return watch


@pytest.mark.parametrize("second", [["Kiel"], [None]])
def test_a_static_that_changes_from_one_batch_to_the_next_is_refused(
    second: list[str | None], weekly: MakeProject
) -> None:
    frames = [series("a", ["Bonn"]), series("b", ["Ulm"]), series("b", second)]
    with pytest.raises(SpecError) as refused:
        seen(weekly, *frames).refuse_varying_statics()
    assert refused.value.args == (
        "the static column 'town' varies within 1 series, shop=b first",
        "project 'shops', columns",
        "give 'town' the role 'past_only' or 'known_future', or mend the data",
    )


def test_a_static_that_is_the_same_or_always_unknown_passes(weekly: MakeProject) -> None:
    frames = [series("a", ["Bonn", "Bonn"]), series("b", [None]), series("b", [None])]
    seen(weekly, *frames).refuse_varying_statics()


def test_another_step_is_refused_though_no_batch_holds_two_dates_of_a_series(
    weekly: MakeProject,
) -> None:
    daily = series("a", ["Ulm"] * 9, days=1)
    with pytest.raises(SpecError, match=r"^dates lie 1 days apart, and W-FRI means 7"):
        seen(weekly, *daily.iter_slices(1)).refuse_other_step()
    seen(weekly, *series("a", ["Ulm"] * 9).iter_slices(1)).refuse_other_step()


def test_of_many_rows_whole_series_are_looked_at(
    weekly: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuity, "ENOUGH_ROWS", 50)
    shops = [series(f"s{i}", ["Ulm"] * 5, days=1) for i in range(40)]
    with pytest.raises(SpecError, match=r"^dates lie 1 days apart"):
        seen(weekly, *shops, rows=200).refuse_other_step()


def test_no_rows_are_no_fault(weekly: MakeProject) -> None:
    seen(weekly).refuse_varying_statics()
    seen(weekly).refuse_other_step()
