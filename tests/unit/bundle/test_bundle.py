import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from foresell.adapters.store import MemoryStore
from foresell.bundle.bundle import CHECKSUMS, Bundle, read_bundle, write_bundle
from foresell.errors import DataError

HISTORY = pl.DataFrame({"Store": [1, 2], "Date": [date(2012, 1, 6)] * 2, "units": [1.5, None]})
JUDGED = HISTORY.select("Store", "Date").with_columns(
    pl.Series("y", [1.5, 2.0]),
    pl.Series("prediction", [1.0, 2.5]),
    pl.Series("q0.1", [0.5, 2.0]),
    pl.Series("q0.9", [1.5, 3.0]),
)
FILES = [
    "asked.parquet",
    "checksums.json",
    "contract.yaml",
    "history.parquet",
    "judged.parquet",
    "metadata.json",
    "model/boosted/direct.txt",
    "model/learner.json",
    "project.yaml",
    "published.parquet",
    "snapshot.parquet",
]


def bundle(metadata: Mapping[str, object] | None = None) -> Bundle:
    return Bundle(
        metadata=metadata or {"cutoff": "2012-01-06", "gate": {"passed": True}},
        project_text="name: café\n",
        contract_text="kind: DataContract\n",
        model={"learner.json": b"{}", "boosted/direct.txt": b"tree\n"},
        history=HISTORY,
        asked=HISTORY.head(1),
        judged=JUDGED,
        published=HISTORY.head(1),
        snapshot=HISTORY.tail(1),
    )


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    write_bundle(bundle(), store)
    return store


def test_a_bundle_is_the_listed_plain_files(store: MemoryStore) -> None:
    assert store.list() == FILES


def test_a_bundle_is_read_as_it_was_written(store: MemoryStore) -> None:
    read, wrote = read_bundle(store), bundle()
    assert_frame_equal(read.history, wrote.history, check_exact=True)
    assert_frame_equal(read.asked, wrote.asked, check_exact=True)
    assert_frame_equal(read.judged, wrote.judged, check_exact=True)
    assert_frame_equal(read.published, wrote.published, check_exact=True)
    assert_frame_equal(read.snapshot, wrote.snapshot, check_exact=True)
    assert (read.metadata, read.project_text, read.contract_text, read.model) == (
        wrote.metadata,
        wrote.project_text,
        wrote.contract_text,
        wrote.model,
    )


def test_a_bundle_of_which_nothing_was_judged_has_no_judged_rows() -> None:
    store = MemoryStore()
    write_bundle(replace(bundle(), judged=pl.DataFrame()), store)
    assert read_bundle(store).judged.is_empty()


def test_a_bundle_that_publishes_nothing_has_no_file_of_it() -> None:
    store = MemoryStore()
    write_bundle(replace(bundle(), published=pl.DataFrame()), store)
    assert "published.parquet" not in store.list()
    assert read_bundle(store).published.is_empty()


def test_a_bundle_from_before_there_were_snapshots_is_read_with_an_empty_one() -> None:
    store = MemoryStore()
    write_bundle(replace(bundle(), snapshot=pl.DataFrame()), store)
    assert "snapshot.parquet" not in store.list()
    assert read_bundle(store).snapshot.is_empty()


def test_equal_bundles_have_one_identity_and_one_byte_moves_it() -> None:
    other = bundle({"cutoff": "2012-01-13", "gate": {"passed": True}})
    same, moved = (write_bundle(made, MemoryStore()) for made in (bundle(), other))
    assert write_bundle(bundle(), MemoryStore()) == same
    assert moved != same


def test_writing_over_a_bundle_gives_the_identity_of_writing_it_afresh(store: MemoryStore) -> None:
    assert write_bundle(bundle(), store) == write_bundle(bundle(), MemoryStore())


def test_a_pipeline_for_people_is_checked_and_handed_to_nobody() -> None:
    store, made = MemoryStore(), bundle()
    write_bundle(replace(made, model={**made.model, "joblib/ridge.joblib": b"code"}), store)

    assert "model/joblib/ridge.joblib" in store.list()
    assert read_bundle(store).model == made.model
    store.files["model/joblib/ridge.joblib"] = b"other code"
    with pytest.raises(DataError, match=r"ridge.joblib is not the file that was written"):
        read_bundle(store)


@pytest.mark.parametrize("name", [name for name in FILES if name != CHECKSUMS])
def test_a_changed_file_is_refused_by_name(name: str, store: MemoryStore) -> None:
    store.files[name] += b" "
    with pytest.raises(DataError) as caught:
        read_bundle(store)
    assert caught.value.what == f"{name} is not the file that was written"


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_single_byte_of_any_file_can_change_unseen(data: st.DataObject) -> None:
    store = MemoryStore()
    write_bundle(bundle(), store)
    name = data.draw(st.sampled_from(FILES))
    content = bytearray(store.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    store.files[name] = bytes(content)
    with pytest.raises(DataError):
        read_bundle(store)


def relisted(store: MemoryStore, **files: bytes) -> MemoryStore:
    """Put other files in their places, and list them as if they had always been there."""
    store.files.update(files)
    del store.files[CHECKSUMS]
    sums = {name: hashlib.sha256(one).hexdigest() for name, one in store.files.items()}
    store.write_bytes(CHECKSUMS, json.dumps(sums, sort_keys=True, indent=1).encode())
    return store


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("metadata.json", b"none", "metadata.json is no JSON object"),
        ("metadata.json", b"[]", "metadata.json is no JSON object"),
        ("metadata.json", b"[" * 100_000, "metadata.json is no JSON object"),
        ("metadata.json", b"\xff", "metadata.json is no JSON object"),
        ("project.yaml", b"\xff", "project.yaml is no text in UTF-8"),
        ("contract.yaml", b"\xff", "contract.yaml is no text in UTF-8"),
        ("history.parquet", b"none", "history.parquet is no Parquet file"),
        ("asked.parquet", b"", "asked.parquet is no Parquet file"),
        ("judged.parquet", b"PAR1" * 5, "judged.parquet is no Parquet file"),
        ("published.parquet", b"none", "published.parquet is no Parquet file"),
        ("snapshot.parquet", b"none", "snapshot.parquet is no Parquet file"),
    ],
)
def test_a_file_that_is_not_of_its_kind_is_refused_by_name(
    store: MemoryStore, name: str, content: bytes, what: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_bundle(relisted(store, **{name: content}))
    assert caught.value.what == what


def test_a_listing_without_end_is_refused(store: MemoryStore) -> None:
    store.write_bytes(CHECKSUMS, b"[" * 100_000)
    with pytest.raises(DataError, match=r"^checksums.json is not the file that was written"):
        read_bundle(store)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(name: str, store: MemoryStore) -> None:
    del store.files[name]
    with pytest.raises(DataError) as caught:
        read_bundle(store)
    assert caught.value.what == f"{name} is missing"


def test_a_file_that_nobody_listed_is_refused(store: MemoryStore) -> None:
    store.write_bytes("model/extra.pkl", b"\x80")
    with pytest.raises(DataError) as caught:
        read_bundle(store)
    assert caught.value.what == "files ['model/extra.pkl'] are not part of the bundle"


def test_what_is_not_wanted_is_verified_and_left_where_it_is(store: MemoryStore) -> None:
    kept = read_bundle(store, wanted=lambda name: name == "model/learner.json")

    assert kept.model == {"learner.json": b"{}"}
    assert kept.project_text == bundle().project_text
    assert [kept.history.width, kept.asked.width, kept.judged.width] == [0, 0, 0]
    store.write_bytes("model/boosted/direct.txt", b"another tree\n")
    with pytest.raises(DataError, match=r"model/boosted/direct\.txt is not the file"):
        read_bundle(store, wanted=lambda name: name == "model/learner.json")
