import random
from dataclasses import replace

import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import UsageError
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Draft, Registry, decided, read_state
from foresell.govern.verifying import Verification, verify
from foresell.spec.registry import Problem
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import bundle_of, small_registry


def objects(registry: Registry) -> dict[str, bytes]:
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    return vault.objects


def test_a_sound_registry_is_counted() -> None:
    registry = small_registry(versions=3)
    promote(registry, "toy", 2, "prod", reason="now")
    contents = {one for seed in (1, 2, 3) for one in bundle_of(seed).files.values()}
    assert verify(registry, "toy") == Verification(
        project="toy",
        problems=(),
        transitions=4,
        versions=3,
        objects=len(contents),
        bytes=sum(map(len, contents)),
        unnamed=(),
    )
    assert verify(registry, "toy").sound


def test_files_of_other_projects_are_named_and_not_looked_at() -> None:
    registry = small_registry(versions=1)
    register(registry, "shop", stored(small_bundle("shop")), reason="another")
    alone = verify(small_registry(versions=1), "toy")
    assert verify(registry, "toy") == alone


def test_what_no_version_names_is_told_and_no_problem() -> None:
    registry = small_registry(versions=1)
    left = registry.vault.put(b"of a registration that was interrupted")
    found = verify(registry, "toy")
    assert (found.unnamed, found.sound) == ((left,), True)


def test_where_something_is_damaged_nothing_is_called_unnamed() -> None:
    """Else the other files of the damaged version would be, and somebody might delete them."""
    registry = small_registry(versions=2)
    del objects(registry)[read_state(registry, "toy").versions[0].digest]
    assert verify(registry, "toy").unnamed == ()


def test_damage_in_another_project_is_no_problem_of_this_one_and_nothing_is_called_unnamed() -> (
    None
):
    registry = small_registry(versions=1)
    register(registry, "shop", stored(small_bundle("shop")), reason="another")
    registry.vault.put(b"of a registration that was interrupted")
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger._rows["shop"][0]["reason"] = "an\udcffother"  # as bytes that are no text are read
    found = verify(registry, "toy")
    assert (found.problems, found.unnamed) == ((), ())
    (problem,) = verify(registry, "shop").problems
    assert problem == Problem(
        where="ledger",
        what="reason of a transition is not what was kept (memory, transition 1 of shop)",
    )


def test_no_changed_byte_of_a_kept_file_stays_unseen() -> None:
    chance, registry = random.Random(11), small_registry(versions=2)
    sound = dict(objects(registry))
    for _ in range(200):
        digest = chance.choice(sorted(sound))
        content = bytearray(sound[digest])
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        spoilt = replace(registry, vault=MemoryVault({**sound, digest: bytes(content)}))
        assert not verify(spoilt, "toy").sound, digest


def test_a_file_that_is_gone_is_named_with_its_version() -> None:
    registry = small_registry(versions=2)
    kept = objects(registry)
    del kept[next(name for name, content in kept.items() if content == b'{"seed": 2}')]
    found = verify(registry, "toy").problems
    assert [one.where for one in found] == ["version 2"]
    assert found[0].what.startswith("model/learner.json: ")


def test_a_listing_that_is_gone_is_named_with_its_version() -> None:
    registry = small_registry(versions=2)
    del objects(registry)[read_state(registry, "toy").versions[1].digest]
    found = verify(registry, "toy").problems
    assert [one.where for one in found] == ["version 2"]
    assert found[0].what.startswith("its listing: ")


def test_no_changed_field_of_a_kept_transition_stays_unseen() -> None:
    chance, registry = random.Random(13), small_registry(versions=3)
    promote(registry, "toy", 1, "prod", reason="now")
    promote(registry, "toy", 2, "prod", reason="better")
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    sound = {project: [dict(row) for row in rows] for project, rows in ledger._rows.items()}
    names = [name for name, value in sound["toy"][-1].items() if value not in {None, ""}]
    for _ in range(300):
        rows = [dict(row) for row in sound["toy"]]
        row, name = chance.choice(rows), chance.choice(names)
        text = str(row[name] if row[name] is not None else 0)
        place = chance.randrange(len(text))
        changed = text[:place] + chr(ord(text[place]) ^ chance.randrange(1, 16)) + text[place + 1 :]
        row[name] = int(changed) if isinstance(row[name], int) and changed.isdecimal() else changed
        ledger._rows = {"toy": rows}
        assert not verify(registry, "toy").sound, (name, changed)
    ledger._rows = sound
    assert verify(registry, "toy").sound


def test_a_version_whose_record_is_of_another_bundle_is_a_problem() -> None:
    registry = small_registry(versions=2)
    first, second = read_state(registry, "toy").versions
    mixed = {**first.record, "digest": second.digest, "champion": "mean"}
    decided(
        registry, "toy", lambda _: Draft(action="register", version=3, reason="a", evidence=mixed)
    )
    found = verify(registry, "toy").problems
    assert {one.where for one in found} == {"version 3"}
    assert [one.what for one in found][-1:] == [
        "the record of the registration says another champion than the bundle"
    ]


def test_a_row_that_is_no_transition_is_a_problem_and_no_crash() -> None:
    registry = small_registry(versions=1)
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger._rows["toy"][0]["evidence"] = "{"
    assert [one.where for one in verify(registry, "toy").problems] == ["ledger"]


def test_a_history_that_was_cut_is_a_problem() -> None:
    registry = small_registry(versions=3)
    ledger = registry.ledger
    assert isinstance(ledger, MemoryLedger)
    del ledger._rows["toy"][1]
    found = verify(registry, "toy").problems
    assert Problem(where="transition 2", what="its number is 3") in found


def test_a_project_that_nothing_is_known_of_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        verify(small_registry(versions=1), "tooy")
