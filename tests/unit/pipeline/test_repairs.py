"""Rows mended after the gate: which of them stand in, and what is set aside then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.adapters.store import MemoryStore
from foresell.contracts.gate import ROW, RULES, TABLE_KINDS
from foresell.contracts.rules import contract_rules
from foresell.errors import DataError, UsageError
from foresell.pipeline.landing import Landing, open_landing
from foresell.pipeline.mending import Merged, merge_repairs, without_repairs
from foresell.pipeline.repairs import read_repairs, write_repairs
from foresell.spec.cleaning import Gate
from tests.unit.pipeline.gatehouse import FRIDAY, SHOPS, Gatehouse, landing, tolerant

KEYS = [rule for rule in contract_rules(SHOPS) if rule.kind in TABLE_KINDS]
COPY = "shop, day: primaryKey"


def row(shop: str | None, week: int, units: float, town: str = "Kiel") -> tuple[Any, ...]:
    return (shop, FRIDAY + timedelta(weeks=week), units, 10.0, town)


def shops(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["shop", "day", "units", "price", "town"], orient="row")


# Row 5 has too many units, rows 6 and 7 are copies of one key, row 8 has an unknown town.
LANDED = shops(
    *(row("a", week, float(week)) for week in range(4)),
    row("a", 4, 5000.0),
    row("b", 0, 1.0),
    row("b", 0, 2.0),
    row("b", 1, 3.0, "Rom"),
)
FIRST = {5: "units: maximum", 6: COPY, 7: COPY, 8: "town: values"}


def house() -> Gatehouse:
    return Gatehouse(project=tolerant()).validate(landing(LANDED, 3))


def mend(place: Gatehouse, changes: dict[int, dict[str, Any]], **run: Any) -> Gatehouse:
    """Give the rows of ``changes`` back with some values changed, and judge again."""
    given = place.rejected.filter(pl.col(ROW).is_in(list(changes))).drop(RULES)
    for number, values in changes.items():
        hit = pl.col(ROW) == number
        given = given.with_columns(
            pl.when(hit).then(pl.lit(value)).otherwise(name).alias(name)
            for name, value in values.items()
        )
    landed = run.get("landed") or landing(LANDED, 3)
    merged = merged_with(place, given, landed)
    place.repairs = MemoryStore()
    write_repairs(place.repairs, merged.repairs)
    return place.validate(landed)


def merged_with(place: Gatehouse, given: pl.DataFrame, landed: MemoryStore) -> Merged:
    kept = read_repairs(place.repairs)
    return merge_repairs(opened(place, landed), kept, place.rejected, given, KEYS)


def opened(place: Gatehouse, landed: MemoryStore) -> Landing:
    return open_landing(landed, place.contract)


def test_a_mended_row_stands_in_the_place_of_its_original() -> None:
    mended = mend(house(), {5: {"units": 4.0}})
    assert mended.why == {number: FIRST[number] for number in (6, 7, 8)}
    assert mended.rows().filter(pl.col("shop") == "a")["units"].to_list() == [0, 1, 2, 3, 4]
    checks = mended.checks
    assert (checks["read"], checks["kept"], checks["quarantined"], checks["repaired"]) == (
        *(8, 5, 3),
        1,
    )
    assert mended.audit[1] == {
        "step": "repairs",
        "column": None,
        "rows_in": 4,
        "rows_out": 5,
        "changed": 1,
        "why": "mended rows that pass take the places of the originals",
    }


def test_a_row_that_is_still_broken_stays_with_its_new_rules_and_its_new_values() -> None:
    mended = mend(house(), {5: {"units": -500.0, "town": "Rom"}})
    assert mended.why[5] == "units: minimum; town: values"
    assert mended.rejected.filter(pl.col(ROW) == 5)["units"].item() == -500.0
    assert mended.checks["repaired"] == 0


def test_a_repair_of_a_repair_is_known_by_what_landed_first() -> None:
    twice = mend(mend(house(), {5: {"units": -500.0}}), {5: {"units": 4.0}})
    assert twice.why == {number: FIRST[number] for number in (6, 7, 8)}
    kept = read_repairs(twice.repairs)
    assert kept is not None
    assert (kept.original["units"].to_list(), kept.fixed["units"].to_list()) == ([5000.0], [4.0])


def test_repairs_of_two_retries_hold_together() -> None:
    both = mend(mend(house(), {5: {"units": 4.0}}), {8: {"town": "Ulm"}})
    assert (both.why, both.checks["repaired"]) == ({6: COPY, 7: COPY}, 2)


def test_leaving_out_the_wrong_copy_settles_a_duplicate() -> None:
    mended = mend(house(), {7: {}})
    assert mended.why == {number: FIRST[number] for number in (5, 6, 8)}
    assert mended.rows().filter(pl.col("shop") == "b")["units"].to_list() == [2.0]


def test_both_copies_given_back_as_they_were_change_nothing() -> None:
    with pytest.raises(UsageError, match=r"^no row of the file differs from the quarantine"):
        mend(house(), {6: {}, 7: {}})


def test_a_copy_with_another_key_passes_and_the_other_one_waits_for_its_own_repair() -> None:
    mended = mend(house(), {7: {"shop": "c"}})
    assert mended.why == {number: FIRST[number] for number in (5, 6, 8)}
    again = mend(mended, {6: {}})
    assert again.why == {number: FIRST[number] for number in (5, 8)}


def test_a_mended_row_with_the_key_of_a_kept_one_is_set_aside_and_the_kept_one_stays() -> None:
    mended = mend(house(), {5: {"units": 4.0, "day": FRIDAY}})
    assert mended.why == {**FIRST, 5: COPY}
    assert mended.rows().filter(pl.col("shop") == "a")["units"].to_list() == [0, 1, 2, 3]


def test_two_mended_rows_with_one_key_are_both_set_aside() -> None:
    key = {"shop": "z", "day": FRIDAY}
    changes: dict[int, dict[str, Any]] = {5: {"units": 4.0, **key}, 8: {"town": "Ulm", **key}}
    assert mend(house(), changes).why == {5: COPY, 6: COPY, 7: COPY, 8: COPY}


def test_a_mended_row_may_take_the_key_that_a_row_set_aside_has() -> None:
    mended = mend(house(), {5: {"units": 4.0, "shop": "b", "day": FRIDAY + timedelta(weeks=1)}})
    assert mended.why == {number: FIRST[number] for number in (6, 7, 8)}


def test_a_repair_whose_row_has_changed_at_the_source_does_not_apply_and_is_told_of() -> None:
    place = mend(house(), {5: {"units": 4.0}, 8: {"town": "Ulm"}})
    units = pl.when(pl.col("units") == 5000).then(6000.0).otherwise("units").alias("units")
    place.validate(landing(LANDED.with_columns(units), 3))
    assert place.why == {number: FIRST[number] for number in (5, 6, 7)}
    assert place.checks["repairs"] == {"stale": [5], "unneeded": []}
    assert place.notes[-1].endswith("; 1 repair does not apply any more")


def test_a_line_put_in_before_them_leaves_repairs_where_their_rows_are_now() -> None:
    place = mend(house(), {5: {"units": 4.0}, 7: {}, 8: {"town": "Ulm"}})
    assert place.why == {6: COPY}
    before = place.rows()
    place.validate(landing(pl.concat([shops(row("n", 0, 1.0)), LANDED]), 3))
    assert place.why == {7: COPY}
    assert (place.checks["repaired"], place.checks["repairs"]["stale"]) == (3, [])
    assert_frame_equal(place.rows().filter(pl.col("shop") != "n"), before)


def test_a_row_that_moved_can_be_mended_again_and_is_known_by_what_landed_first() -> None:
    place = mend(house(), {5: {"units": -500.0}})
    later = landing(pl.concat([shops(row("n", 0, 1.0)), LANDED]), 3)
    place.validate(later)
    assert place.why[6] == "units: minimum"
    mend(place, {6: {"units": 4.0}}, landed=later)
    assert 6 not in place.why
    kept = read_repairs(place.repairs)
    assert kept is not None
    assert (kept.original["units"].to_list(), kept.fixed["units"].to_list()) == ([5000.0], [4.0])


def test_as_many_of_alike_rows_are_mended_as_were_mended_once() -> None:
    alike = shops(row("a", 0, 1.0), *[row("b", 0, 2.0)] * 3)
    place = Gatehouse(project=tolerant()).validate(landing(alike))
    changes: dict[int, dict[str, Any]] = {3: {"shop": "c"}, 4: {"shop": "d"}}
    mend(place, changes, landed=landing(alike))
    assert sorted(place.rows()["shop"]) == ["a", "c", "d"]
    place.validate(landing(pl.concat([shops(row("n", 0, 1.0)), alike])))
    assert sorted(place.rows()["shop"]) == ["a", "c", "d", "n"]
    place.validate(landing(alike.head(2)))
    assert place.rows()["shop"].to_list() == ["a", "b"]
    assert place.checks["repairs"] == {"stale": [4], "unneeded": [2]}


def test_a_row_given_as_it_was_never_drives_out_one_that_is_kept() -> None:
    place = mend(house(), {6: {}})
    kept = place.rows()
    mend(place, {7: {}, 5: {"units": 4.0}})
    assert place.why == {7: COPY, 8: FIRST[8]}
    assert_frame_equal(place.rows().join(kept, on=kept.columns, how="semi"), kept)


def test_a_row_mended_later_never_drives_out_one_that_was_mended_before() -> None:
    place = mend(house(), {5: {"units": 4.0, "shop": "z"}})
    kept = place.rows()
    mend(place, {8: {"town": "Ulm", "shop": "z", "day": FRIDAY + timedelta(weeks=4)}})
    assert place.why == {6: COPY, 7: COPY, 8: COPY}
    assert_frame_equal(place.rows(), kept)


def test_rows_given_are_told_apart_as_mended_chosen_unchanged_and_mended_before() -> None:
    place = mend(house(), {5: {"units": 4.0}})
    given = LANDED.with_row_index(ROW, offset=1).filter(pl.col(ROW).is_in([5, 7, 8]))
    fixed = pl.when(pl.col(ROW) == 5).then(4.0).otherwise("units").alias("units")
    merged = merged_with(place, given.with_columns(fixed), landing(LANDED, 3))
    assert (merged.mended, merged.chosen) == ((), (7,))
    assert (merged.unchanged, merged.already) == ((8,), (5,))
    with pytest.raises(UsageError, match=r"^row 5 is mended already, by an earlier retry"):
        merged_with(place, given.with_columns(fixed).head(1), landing(LANDED, 3))
    mended_and_not = given.with_columns(fixed).filter(pl.col(ROW) != 7)
    with pytest.raises(UsageError, match=r"^row 5 is mended .* in 1 other row nothing is mended"):
        merged_with(place, mended_and_not, landing(LANDED, 3))
    with pytest.raises(DataError, match=r"^row 5 is mended already, with other values"):
        merged_with(place, given, landing(LANDED, 3))


def test_rows_set_aside_before_the_files_were_read_again_are_not_mended() -> None:
    other = LANDED.with_columns(pl.col("units") + 1)
    with pytest.raises(UsageError, match=r"^the files were read again since"):
        mend(house(), {5: {"units": 4.0}}, landed=landing(other, 3))


def test_repairs_are_taken_back_row_by_row() -> None:
    place = mend(house(), {5: {"units": 4.0}, 8: {"town": "Ulm"}})
    landed, kept = landing(LANDED, 3), read_repairs(place.repairs)
    assert kept is not None
    left = without_repairs(opened(place, landed), kept, [8])
    place.repairs = MemoryStore()
    write_repairs(place.repairs, left)
    assert place.validate(landed).why == {number: FIRST[number] for number in (6, 7, 8)}
    with pytest.raises(DataError, match=r"^row 8 is not mended, so there is nothing to take back"):
        without_repairs(opened(place, landed), left, [8])


def test_a_repair_of_a_row_that_passes_by_now_is_left_alone() -> None:
    place = mend(house(), {5: {"units": 4.0}})
    lenient = replace(
        SHOPS.columns["units"], options=replace(SHOPS.columns["units"].options, maximum=9999)
    )
    columns = tuple(lenient if name == "units" else c for name, c in SHOPS.columns.items())
    place.contract = replace(SHOPS, schema=(replace(SHOPS.schema[0], properties=columns),))
    place.validate(landing(LANDED, 3))
    assert 5000.0 in place.rows()["units"].to_list()
    assert (place.checks["repairs"], place.checks["repaired"]) == (
        {"stale": [], "unneeded": [5]},
        0,
    )


def test_repairs_of_other_columns_are_stale() -> None:
    place = mend(house(), {5: {"units": 4.0}})
    columns = tuple(c for name, c in SHOPS.columns.items() if name != "price")
    schema = replace(SHOPS.schema[0], properties=columns, quality=())
    place.contract = replace(SHOPS, schema=(schema,))
    roles = {name: role for name, role in place.project.columns.items() if name != "price"}
    place.project = replace(place.project, columns=roles)
    place.validate(landing(LANDED.drop("price"), 3))
    assert place.checks["repairs"]["stale"] == [5]
    assert place.why == FIRST


def test_a_mended_row_is_checked_though_only_a_sample_is() -> None:
    place = mend(house(), {5: {"units": -500.0}})
    place.project = replace(place.project, gate=Gate(sample=1))
    place.validate(landing(LANDED, 3))
    assert place.why[5] == "units: minimum"


@pytest.mark.parametrize(
    ("rows", "what"),
    [([5, 5], "row 5 is given more than once"), ([2, 3], "rows 2, 3 are not in quarantine")],
)
def test_rows_that_quarantine_does_not_hold_once_are_refused(rows: list[int], what: str) -> None:
    landed = LANDED.with_row_index(ROW, offset=1).cast({ROW: pl.UInt64})
    given = pl.concat([landed.filter(pl.col(ROW) == number) for number in rows])
    with pytest.raises(DataError) as refused:
        merged_with(house(), given, landing(LANDED, 3))
    assert refused.value.what == what


ANY_ROW = st.builds(
    row,
    st.none() | st.sampled_from("ab"),
    st.integers(0, 3),
    st.sampled_from([1.0, 5000.0]),
    st.sampled_from(["Ulm", "Rom"]),
)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), rows=st.lists(ANY_ROW, min_size=1, max_size=12))
def test_however_rows_are_mended_none_is_lost_and_no_key_is_kept_twice(
    data: st.DataObject, rows: list[tuple[Any, ...]]
) -> None:
    frame = shops(*(row("z", week, 1.0) for week in range(4)), *rows).cast({"shop": pl.String})
    place = Gatehouse(project=tolerant()).validate(landing(frame, 3))
    passed, first, ever = place.rows(), {*place.rejected[ROW].to_list()}, set[int]()
    for _ in range(2):
        aside = place.rejected[ROW].to_list()
        picked = data.draw(st.lists(st.sampled_from(aside), unique=True)) if aside else []
        changes = {
            number: {"shop": data.draw(st.sampled_from("abz")), "units": 1.0, "town": "Ulm"}
            for number in picked
        }
        try:
            mend(place, changes, landed=landing(frame, 3))
        except UsageError:
            continue
        checks = place.checks
        assert checks["kept"] + checks["quarantined"] == checks["read"] == frame.height
        kept = place.rows()
        assert kept.select("shop", "day").n_unique() == kept.height == checks["kept"]
        still = passed.join(kept, on=passed.columns, how="semi", nulls_equal=True)
        assert_frame_equal(still, passed, check_row_order=False)
        ever |= {*picked}
        assert {*place.rejected[ROW].to_list()} - ever == first - ever
