import hashlib
import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.adapters.store import MemoryStore
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import CHECKSUMS, Bundle, read_bundle, read_files, write_bundle
from foresell.errors import DataError, UsageError
from foresell.govern.keeping import Kept, keep_bundle, keep_files, kept_bundle
from foresell.spec.ports import PROVENANCE
from tests.small_bundles import small_bundle, stored


def parts(bundle: Bundle) -> tuple[object, ...]:
    return bundle.metadata, bundle.project_text, bundle.contract_text, bundle.model


def test_a_kept_bundle_is_read_as_it_was_written() -> None:
    vault, made = MemoryVault(), small_bundle()
    read = read_bundle(kept_bundle(vault, keep_bundle(stored(made), vault)))
    assert parts(read) == parts(made)
    assert_frame_equal(read.judged, made.judged, check_exact=True)
    assert_frame_equal(read.history, made.history, check_exact=True)


def test_a_bundle_is_named_by_the_identity_it_was_written_with() -> None:
    store = MemoryStore()
    identity = write_bundle(small_bundle(), store)
    assert keep_bundle(store, MemoryVault()) == identity


def test_each_file_lies_under_its_own_sha256_and_nothing_else_lies_there() -> None:
    vault, store = MemoryVault(), stored(small_bundle())
    keep_bundle(store, vault)
    contents = [store.read_bytes(name) for name in store.list()]
    assert vault.objects == {hashlib.sha256(content).hexdigest(): content for content in contents}


def test_equal_files_of_two_bundles_are_kept_once() -> None:
    vault, one, other = MemoryVault(), stored(small_bundle()), stored(small_bundle(seed=2))
    keep_bundle(one, vault)
    keep_bundle(other, vault)
    assert len(vault.list()) == len({*one.files.values(), *other.files.values()})
    assert len(vault.list()) < len(one.files) + len(other.files)


def test_keeping_a_bundle_again_changes_nothing() -> None:
    vault, store = MemoryVault(), stored(small_bundle())
    first = keep_bundle(store, vault)
    before = dict(vault.objects)
    assert (keep_bundle(store, vault), vault.objects) == (first, before)


def test_the_listing_is_put_last_so_that_it_names_only_what_is_there() -> None:
    class Slow(MemoryVault):
        def put(self, content: bytes) -> str:
            order.append(content)
            return super().put(content)

    order: list[bytes] = []
    store = stored(small_bundle())
    keep_bundle(store, Slow())
    assert order[-1] == store.read_bytes(CHECKSUMS)
    assert len(order) == len(store.files)


def test_what_was_kept_is_told_in_files_and_bytes() -> None:
    store = stored(small_bundle())
    sizes = [len(content) for name, content in store.files.items() if name != CHECKSUMS]
    identity = hashlib.sha256(store.read_bytes(CHECKSUMS)).hexdigest()
    kept = keep_files(read_files(store), MemoryVault())
    assert kept == Kept(digest=identity, files=len(sizes), bytes=sum(sizes))


def test_the_provenance_that_a_run_adds_is_no_part_of_a_bundle() -> None:
    store = stored(small_bundle())
    store.write_bytes(PROVENANCE, b"{}")
    vault = MemoryVault()
    assert PROVENANCE not in kept_bundle(vault, keep_bundle(store, vault)).list()


def test_no_changed_byte_of_a_bundle_is_kept() -> None:
    chance, sound = random.Random(3), stored(small_bundle()).files
    for _ in range(150):
        store = MemoryStore(files=dict(sound))
        name = chance.choice(sorted(sound))
        content = bytearray(store.files[name])
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        store.files[name] = bytes(content)
        vault = MemoryVault()
        with pytest.raises(DataError):
            keep_bundle(store, vault)
        assert vault.objects == {}


def test_each_file_of_a_bundle_is_read_once() -> None:
    class Counting(MemoryStore):
        def read_bytes(self, name: str) -> bytes:
            asked.append(name)
            return super().read_bytes(name)

    asked: list[str] = []
    store = Counting(files=stored(small_bundle()).files)
    keep_bundle(store, MemoryVault())
    assert sorted(asked) == store.list()


def test_what_a_vault_has_compared_is_not_compared_again() -> None:
    class Trusted(MemoryVault):
        def get(self, digest: str) -> bytes:
            asked.append(digest)
            return self.objects[digest]

    asked: list[str] = []
    vault = Trusted()
    kept = kept_bundle(vault, keep_bundle(stored(small_bundle()), vault))
    vault.objects[kept.sums["model/ridge/weights.txt"]] = b"1 2 4\n"
    with pytest.raises(DataError, match=r"model/ridge/weights\.txt is not the file"):
        read_bundle(kept)
    asked.clear()
    assert read_bundle(kept, verified=True).model["ridge/weights.txt"] == b"1 2 4\n"
    assert sorted(asked) == sorted(kept.sums.values())


def test_a_kept_bundle_cannot_be_written_to() -> None:
    vault = MemoryVault()
    kept = kept_bundle(vault, keep_bundle(stored(small_bundle()), vault))
    with pytest.raises(UsageError, match="a registered bundle never changes"):
        kept.write_bytes("metadata.json", b"{}")
    with pytest.raises(UsageError, match="a registered bundle never changes"):
        kept.write_frame("history.parquet", pl.DataFrame())


def test_a_kept_bundle_lists_what_the_store_did() -> None:
    vault, store = MemoryVault(), stored(small_bundle())
    kept = kept_bundle(vault, keep_bundle(store, vault))
    assert kept.list() == store.list()
    assert {name: kept.read_bytes(name) for name in kept.list()} == store.files
    assert_frame_equal(kept.read_frame("judged.parquet"), store.read_frame("judged.parquet"))


def test_a_name_that_is_not_listed_is_missing() -> None:
    vault = MemoryVault()
    kept = kept_bundle(vault, keep_bundle(stored(small_bundle()), vault))
    with pytest.raises(DataError, match=r"model/other.txt is missing"):
        kept.read_bytes("model/other.txt")


def test_a_digest_of_nothing_and_one_of_a_file_are_no_bundles() -> None:
    vault = MemoryVault()
    with pytest.raises(DataError):
        kept_bundle(vault, "ab" * 32)
    for content in (b"tree\n", b'{"seed": 1}', b"[1]", b"[" * 100_000):
        digest = vault.put(content)
        with pytest.raises(DataError, match=f"{digest} names a file, not a bundle"):
            kept_bundle(vault, digest)
