import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.contracts.uniqueness import repeated, split_by_key

Key = tuple[int | None, str | None]
KEYS = st.lists(
    st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["", "a", "b"])),
    max_size=40,
)


def rows(keys: list[Key]) -> pl.DataFrame:
    frame = pl.DataFrame(keys, schema={"a": pl.Int64, "b": pl.String}, orient="row")
    return frame.with_row_index("__row", offset=1)


@settings(deadline=None)
@given(keys=KEYS)
def test_every_row_that_shares_its_key_is_returned_and_a_null_shares_nothing(
    keys: list[Key],
) -> None:
    wanted = [
        number for number, key in enumerate(keys, 1) if None not in key and keys.count(key) > 1
    ]
    assert repeated(rows(keys), ["a", "b"])["__row"].to_list() == wanted


@settings(deadline=None)
@given(keys=KEYS, buckets=st.integers(1, 5))
def test_bucket_by_bucket_the_same_rows_are_found_as_at_once(keys: list[Key], buckets: int) -> None:
    parts = split_by_key(rows(keys), ["a", "b"], buckets)
    found = [repeated(part, ["a", "b"]) for part in parts.values()]
    at_once = repeated(rows(keys), ["a", "b"])
    assert_frame_equal(pl.concat([at_once.clear(), *found]).sort("__row"), at_once)


def test_rows_with_equal_keys_are_in_one_bucket_and_rows_keep_their_order() -> None:
    frame = rows([(i % 7, "ab"[i % 2]) for i in range(50)])
    parts = split_by_key(frame, ["a", "b"], 4)
    keys = [set(part.select("a", "b").iter_rows()) for part in parts.values()]
    assert len(parts) > 1
    assert sum(map(len, keys)) == len(set().union(*keys)) == 14
    assert all(part["__row"].is_sorted() for part in parts.values())
