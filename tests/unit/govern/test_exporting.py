import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.errors import UsageError
from foresell.govern.chain import canonical
from foresell.govern.exporting import export_history, verify_export
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import read_history
from foresell.govern.rolling_back import roll_back
from foresell.govern.verifying import Verification
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import small_registry

CHANGES = 700


def exported() -> bytes:
    registry = small_registry(versions=3)
    for version in (1, 2, 3):
        promote(registry, "toy", version, "prod", reason="größer")
    roll_back(registry, "toy", reason="no")
    return export_history(registry, "toy")


CONTENT = exported()
LINES = CONTENT.splitlines(keepends=True)


def test_an_export_is_each_transition_and_a_seal() -> None:
    registry = small_registry(versions=2)
    *lines, seal = export_history(registry, "toy").splitlines()
    history = read_history(registry, "toy")
    assert lines == [canonical(one) for one in history]
    told = json.loads(seal)
    assert (told["project"], told["number"], told["hash"]) == ("toy", 2, history[-1].hash)


def test_an_export_verifies() -> None:
    assert verify_export(CONTENT) == Verification(
        project="toy", problems=(), transitions=7, versions=3
    )


def test_equal_histories_are_exported_as_equal_bytes() -> None:
    assert exported() == CONTENT


def test_no_byte_of_an_export_changes_unseen() -> None:
    chance = random.Random(17)
    for _ in range(CHANGES):
        content = bytearray(CONTENT)
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        assert not verify_export(bytes(content)).sound, bytes(content)


def test_a_number_that_became_infinite_is_found_and_no_crash() -> None:
    small = small_bundle(metadata={"scores": {"bias": -1.5e-14}})
    registry = small_registry(versions=0)
    register(registry, "toy", stored(small), reason="a small number")
    content = export_history(registry, "toy")
    assert content.count(b"-1.5e-14") == 1
    found = verify_export(content.replace(b"-1.5e-14", b"-1.5e914"))
    assert [one.where for one in found.problems] == ["line 1"]


def test_every_byte_of_the_seal_counts() -> None:
    begins = len(CONTENT) - len(LINES[-1])
    for place in range(begins, len(CONTENT)):
        content = bytearray(CONTENT)
        content[place] ^= 1
        assert not verify_export(bytes(content)).sound, place


@settings(max_examples=100)
@given(place=st.integers(0, len(CONTENT)), more=st.binary(min_size=1, max_size=3))
def test_bytes_put_in_anywhere_are_found(place: int, more: bytes) -> None:
    assert not verify_export(CONTENT[:place] + more + CONTENT[place:]).sound


@settings(max_examples=100)
@given(begin=st.integers(0, len(CONTENT) - 1), length=st.integers(1, 200))
def test_bytes_taken_away_anywhere_are_found(begin: int, length: int) -> None:
    assert not verify_export(CONTENT[:begin] + CONTENT[begin + length :] or b"{}").sound


@given(st.permutations(range(len(LINES))).filter(lambda order: order != sorted(order)))
def test_lines_in_another_order_are_found(order: list[int]) -> None:
    assert not verify_export(b"".join(LINES[place] for place in order)).sound


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_line_taken_away_or_put_in_twice_is_found(place: int) -> None:
    assert not verify_export(b"".join([*LINES[:place], *LINES[place + 1 :]])).sound
    assert not verify_export(b"".join([*LINES[: place + 1], *LINES[place:]])).sound


def test_other_line_ends_are_found() -> None:
    assert not verify_export(CONTENT.replace(b"\n", b"\r\n")).sound
    assert not verify_export(CONTENT.removesuffix(b"\n")).sound


def test_each_line_that_cannot_be_read_is_named() -> None:
    spoilt = b"".join([LINES[0], b"{}\n", *LINES[2:4], b"\xff\n", *LINES[5:]])
    assert [one.where for one in verify_export(spoilt).problems] == ["line 2", "line 5"]


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (b"".join(LINES[:4]), "line 4: the seal that ends an export is missing, so the file was"),
        (CONTENT[:-9], "line 8: this is no seal, and the seal that ends an export is missing"),
        (b"".join(LINES[:4])[:-9], "line 4: this is no seal, and the seal that ends an export is"),
    ],
)
def test_an_export_that_was_cut_is_said_to_miss_its_seal(kept: bytes, said: str) -> None:
    (problem,) = verify_export(kept).problems
    assert f"{problem.where}: {problem.what}".startswith(said)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_an_empty_file_is_no_export(content: bytes) -> None:
    with pytest.raises(UsageError, match="the file is empty") as caught:
        verify_export(content)
    assert caught.value.mend.endswith("foresell registry export PROJECT --out FILE")


@pytest.mark.parametrize("content", [b"hello", b"{}", b"[]\n", b'{"project": 1}', b"[" * 100_000])
def test_another_file_is_no_sound_export(content: bytes) -> None:
    assert not verify_export(content).sound


def test_a_history_that_was_changed_is_exported_as_it_is_and_does_not_verify() -> None:
    registry = small_registry(versions=2)
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger._rows["toy"][0]["who"] = "eve"
    content = export_history(registry, "toy")
    assert b'"who":"eve"' in content
    assert [one.where for one in verify_export(content).problems] == ["transition 1"]


def test_a_project_that_nothing_is_known_of_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        export_history(small_registry(versions=1), "tooy")
