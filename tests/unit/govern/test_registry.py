import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import DataError, GateError, MachineError, UsageError
from foresell.govern.approving import approve, reject
from foresell.govern.chain import problems_of
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry, load, read_history, read_state, resolve
from foresell.govern.rolling_back import roll_back
from foresell.govern.state import state_of
from foresell.spec.ports import Vault
from foresell.spec.registry import Alias
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.histories import Oracle
from tests.unit.govern.registries import START, Overtaken, Seconds, add, small_registry


def overtaken(versions: int) -> tuple[Registry, Registry, Overtaken]:
    """A registry in which another one, of bob's, can write first."""
    bob = small_registry(versions=versions, who="bob")
    ledger = Overtaken(ledger=bob.ledger)
    return replace(bob, ledger=ledger, who="ann"), bob, ledger


@pytest.mark.parametrize(
    ("which", "version"),
    [
        (1, 1),
        ("2", 2),
        ("prod", 2),
        ("champion", 2),
        ("staging", 3),
        ("challenger", 3),
        ("latest", 4),
    ],
)
def test_a_version_is_named_by_number_alias_or_latest(which: str | int, version: int) -> None:
    registry = small_registry(versions=4)
    promote(registry, "toy", 2, "prod", reason="now")
    promote(registry, "toy", 3, "staging", reason="now")
    assert resolve(read_state(registry, "toy"), which).version == version
    assert load(registry, "toy", which)[0].version == version


@pytest.mark.parametrize("which", [0, 5, "-1", "1.0", "", "²", "produ", "v1", "1" * 5000])
def test_what_names_no_version_is_refused_with_what_there_is(which: str | int) -> None:
    registry = small_registry(versions=4)
    promote(registry, "toy", 2, "prod", reason="now")
    with pytest.raises(UsageError) as caught:
        resolve(read_state(registry, "toy"), which)
    assert caught.value.what == f"'toy' has no version {str(which)!r}"
    assert caught.value.mend == "there are 4 versions, 1 to 4; prod is 2"


def test_an_alias_that_points_nowhere_is_refused() -> None:
    with pytest.raises(UsageError, match="no version of 'toy' is staging"):
        load(small_registry(versions=1), "toy", "staging")


def test_a_project_without_versions_has_none_to_load() -> None:
    with pytest.raises(UsageError, match="'toy' has no versions"):
        load(small_registry(), "toy", "latest")
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        load(small_registry(versions=1), "troy", "latest")


def test_a_version_is_loaded_as_it_was_registered() -> None:
    version, bundle = load(small_registry(versions=2), "toy", 2)
    made = small_bundle(seed=2)
    assert version.version == 2
    assert (bundle.metadata, bundle.model) == (made.metadata, made.model)


def test_no_changed_byte_of_a_version_is_loaded() -> None:
    chance, registry = random.Random(5), small_registry(versions=2)
    sound = {digest: registry.vault.get(digest) for digest in registry.vault.list()}
    for _ in range(150):
        objects = dict(sound)
        digest = chance.choice(sorted(sound))
        content = bytearray(objects[digest])
        content[chance.randrange(len(content))] ^= chance.randrange(1, 256)
        objects[digest] = bytes(content)
        spoilt = replace(registry, vault=MemoryVault(objects))
        damaged = []
        for version in (1, 2):
            try:
                loaded = load(spoilt, "toy", version)[1]
            except DataError as error:
                damaged.append(error.what.partition(" damaged: ")[0])
            else:
                assert loaded.metadata["seed"] == version
        assert damaged
        assert set(damaged) <= {f"version {version} of 'toy' is" for version in (1, 2)}


def test_a_state_of_another_time_is_read() -> None:
    registry = small_registry(versions=3)
    assert len(read_state(registry, "toy", START + timedelta(seconds=1)).versions) == 2
    with pytest.raises(UsageError, match="names no time zone"):
        read_state(registry, "toy", datetime(2026, 11, 21))


def test_who_is_overtaken_reads_again_and_writes_after() -> None:
    ann, bob, ledger = overtaken(versions=3)
    ledger.others = [
        lambda: promote(bob, "toy", 1, "prod", reason="bob's"),
        lambda: promote(bob, "toy", 2, "prod", reason="bob's again"),
    ]
    made = promote(ann, "toy", 3, "prod", reason="ann's").transition
    assert made is not None
    assert (made.number, made.before, made.after, made.who) == (6, 2, 3, "ann")
    assert made.evidence["against_live"]["version"] == 2
    assert read_state(ann, "toy").stacks["prod"] == (1, 2, 3)


def test_who_is_overtaken_by_the_same_request_has_nothing_to_do() -> None:
    ann, bob, ledger = overtaken(versions=1)
    ledger.others = [lambda: promote(bob, "toy", 1, "prod", reason="bob's")]
    move = promote(ann, "toy", 1, "prod", reason="ann's")
    assert (move.transition, move.state.aliases["prod"]) == (None, 1)


def test_what_is_said_is_said_once_however_often_others_are_quicker() -> None:
    ann, bob, ledger = overtaken(versions=1)
    ledger.others = [lambda: add(bob, 2), lambda: add(bob, 3)]
    move = promote(ann, "toy", 1, "prod", reason="ann's", override=True)
    assert move.notes == ("the gate passed: there was nothing to override",)


def test_a_bundle_that_somebody_registers_meanwhile_is_registered_once() -> None:
    ann, bob, ledger = overtaken(versions=0)
    ledger.others = [lambda: add(bob, 1)]
    found = add(ann, 1)
    assert (found.new, found.version.who, len(read_history(ann, "toy"))) == (False, "bob", 1)


def test_a_registration_that_is_overtaken_gets_the_next_number() -> None:
    ann, bob, ledger = overtaken(versions=0)
    ledger.others = [lambda: add(bob, 2)]
    found = add(ann, 1)
    assert (found.new, found.version.version) == (True, 2)


def test_a_rollback_that_is_overtaken_goes_back_from_where_it_is_then() -> None:
    ann, bob, ledger = overtaken(versions=3)
    for version in (1, 2, 3):
        promote(ann, "toy", version, "prod", reason="now")
    ledger.others = [lambda: roll_back(bob, "toy", reason="bob's")]
    move = roll_back(ann, "toy", reason="ann's")
    assert move.state.aliases["prod"] == 1


def test_a_rejection_that_was_quicker_stops_a_promotion() -> None:
    ann, bob, ledger = overtaken(versions=1)
    ledger.others = [lambda: reject(bob, "toy", 1, reason="bob's")]
    with pytest.raises(GateError, match="the version was rejected"):
        promote(ann, "toy", 1, "prod", reason="ann's")


def test_files_are_verified_once_however_often_others_are_quicker() -> None:
    class Counting(MemoryVault):
        def get(self, digest: str) -> bytes:
            asked.append(digest)
            return super().get(digest)

    asked: list[str] = []
    ann, bob, ledger = overtaken(versions=2)
    promote(bob, "toy", 2, "prod", reason="live")
    vault: Vault = Counting(dict(bob.vault.objects))  # type: ignore[attr-defined]
    ledger.others = [lambda seed=seed: add(bob, seed) for seed in range(3, 6)]  # type: ignore[misc]
    other = stored(small_bundle(seed=9, rows=11))  # shares no file of its evidence with version 2
    register(bob, "toy", other, reason="another")
    vault.objects.update(bob.vault.objects)  # type: ignore[attr-defined]
    promote(replace(ann, vault=vault), "toy", 3, "prod", reason="now")
    assert len(asked) == len(set(asked))


def test_who_is_overtaken_for_ever_gives_up_and_says_so() -> None:
    ann, bob, ledger = overtaken(versions=2)
    turns = [1, 2] * 60
    ledger.others = [
        lambda version=version: promote(bob, "toy", version, "staging", reason="bob's")  # type: ignore[misc]
        for version in turns
    ]
    with pytest.raises(MachineError, match="100 times in a row"):
        promote(ann, "toy", 1, "prod", reason="ann's")
    assert len(ledger.others) == 20


Request = tuple[str, int, Alias, int]
requests = st.lists(
    st.tuples(
        st.sampled_from(["register", "promote", "promote", "roll back", "approve", "reject"]),
        st.integers(1, 4),
        st.sampled_from(["prod", "staging"]),
        st.integers(1, 2),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=80)
@given(asked=requests)
def test_whatever_is_asked_the_registry_says_what_a_simple_reader_says(
    asked: list[Request],
) -> None:
    """After each request, whether it is granted or refused; and at each time afterwards."""
    clock = Seconds()
    registry, oracle = replace(small_registry(), clock=clock), Oracle()
    add(registry, 1, approval=True)
    oracle.register(approval=True)
    seen = []
    for request in asked:
        granted = grant(oracle, *request)
        try:
            ask(registry, *request)
            refused = False
        except (UsageError, GateError):
            refused = True
        state = read_state(registry, "toy")
        assert refused is not granted, request
        assert {one.version: one.approval for one in state.versions} == oracle.approvals
        assert {alias: list(stack) for alias, stack in state.stacks.items()} == oracle.places
        seen.append((clock.now - timedelta(microseconds=1), oracle.seen()))
    history = read_history(registry, "toy")
    for when, (approvals, aliases) in seen:
        then = state_of("toy", history, when)
        assert ({one.version: one.approval for one in then.versions}, then.aliases) == (
            approvals,
            aliases,
        )
    assert problems_of("toy", history, registry.ledger.head("toy")) == ()


def ask(registry: Registry, action: str, version: int, alias: Alias, steps: int) -> None:
    """Ask the registry."""
    if action == "register":
        add(registry, version, approval=version % 2 == 1)
    elif action == "promote":
        promote(registry, "toy", version, alias, reason="why not")
    elif action == "roll back":
        roll_back(registry, "toy", alias=alias, steps=steps, reason="why not")
    else:
        act = approve if action == "approve" else reject
        act(registry, "toy", version, reason="why not")


def grant(oracle: Oracle, action: str, version: int, alias: Alias, steps: int) -> bool:
    """Ask the oracle; return whether it had no objection. Versions are registered by seed."""
    if action == "register":
        seeds = oracle.__dict__.setdefault("seeds", {1: 1})
        if version not in seeds:
            seeds[version] = oracle.register(approval=version % 2 == 1)
        return True
    if action == "promote":
        live = oracle.live(alias) == version
        return live or (oracle.may_promote(version, alias) and oracle.promote(version, alias))
    if action == "roll back":
        return oracle.live(alias) is not None and oracle.roll_back(alias, steps)
    return decide(oracle, action, version)


def decide(oracle: Oracle, action: str, version: int) -> bool:
    """Have the oracle approve or reject; return whether it had no objection."""
    known = oracle.approvals.get(version)
    if action == "approve":
        if known == "PendingManualApproval":
            oracle.approvals[version] = "Approved"
        return known in {"Approved", "PendingManualApproval"}
    if oracle.may_reject(version):
        oracle.reject(version)
        return True
    return known == "Rejected"
