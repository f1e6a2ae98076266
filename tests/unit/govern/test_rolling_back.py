from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import DataError, MachineError, UsageError
from foresell.govern.approving import reject
from foresell.govern.exporting import export_history, verify_export
from foresell.govern.promoting import promote
from foresell.govern.registry import Registry, read_history, read_state
from foresell.govern.rolling_back import roll_back
from foresell.govern.verifying import verify
from foresell.spec.registry import ALIASES, Alias
from tests.unit.govern.histories import Oracle
from tests.unit.govern.registries import Mute, Overtaken, small_registry

VERSIONS = 4


def promoted(*order: int, alias: Alias = "prod") -> Registry:
    """Four versions, and promotions in this order."""
    registry = small_registry(versions=VERSIONS)
    for version in order:
        promote(registry, "toy", version, alias, reason="now")
    return registry


def live(registry: Registry, alias: Alias = "prod") -> int | None:
    return read_state(registry, "toy").aliases[alias]


def test_a_rollback_points_the_alias_to_what_it_pointed_to_before() -> None:
    registry = promoted(1, 2, 3)
    move = roll_back(registry, "toy", reason="too many errors")
    made = move.transition
    assert made is not None
    assert (made.action, made.alias, made.before, made.after, made.version) == (
        "roll back",
        "prod",
        3,
        2,
        2,
    )
    assert (made.evidence, made.reason, move.notes) == ({"steps": 1}, "too many errors", ())
    assert move.state.stacks["prod"] == (1, 2)


@pytest.mark.parametrize("alias", ALIASES)
def test_rolling_back_twice_goes_two_back(alias: Alias) -> None:
    registry = promoted(1, 2, 3, alias=alias)
    for _ in range(2):
        roll_back(registry, "toy", alias=alias, reason="no")
    assert live(registry, alias) == 1


def test_two_steps_go_where_two_rollbacks_go() -> None:
    assert live(promoted(1, 2, 3)) == 3
    registry = promoted(1, 2, 3)
    move = roll_back(registry, "toy", steps=2, reason="no")
    assert move.transition is not None
    assert (move.state.aliases["prod"], move.transition.evidence) == (1, {"steps": 2})


def test_a_promotion_after_a_rollback_is_what_the_next_rollback_takes_back() -> None:
    registry = promoted(1, 2)
    roll_back(registry, "toy", reason="no")
    promote(registry, "toy", 3, "prod", reason="mended")
    roll_back(registry, "toy", reason="not mended")
    assert live(registry) == 1


def test_one_alias_is_rolled_back_and_the_other_stays() -> None:
    registry = promoted(1, 2)
    promote(registry, "toy", 3, "staging", reason="next")
    roll_back(registry, "toy", reason="no")
    assert read_state(registry, "toy").aliases == {"prod": 1, "staging": 3}


def test_rejected_versions_are_passed_over_and_told() -> None:
    registry = promoted(1, 2, 3, 4)
    reject(registry, "toy", 3, reason="wrong data")
    reject(registry, "toy", 2, reason="wrong data")
    move = roll_back(registry, "toy", reason="no")
    assert move.transition is not None
    assert (move.state.aliases["prod"], move.transition.evidence) == (1, {"steps": 3})
    assert move.notes == (
        "version 3 is passed over: it was rejected",
        "version 2 is passed over: it was rejected",
    )


def test_what_would_change_nothing_is_no_step_back() -> None:
    registry = promoted(4, 1, 2, 1)
    reject(registry, "toy", 2, reason="wrong data")
    assert roll_back(registry, "toy", reason="no").state.aliases["prod"] == 4


def test_to_a_version_is_to_its_nearest_earlier_place() -> None:
    registry = promoted(1, 2, 1, 3, 4)
    move = roll_back(registry, "toy", to=1, reason="no")
    assert move.transition is not None
    assert (move.state.stacks["prod"], move.transition.evidence) == ((1, 2, 1), {"steps": 2})


def test_back_to_what_is_live_changes_nothing() -> None:
    registry = promoted(1, 2, 1)
    move = roll_back(registry, "toy", to=1, reason="no")
    assert (move.transition, move.notes) == (None, ("version 1 is prod already",))
    assert len(read_history(registry, "toy")) == VERSIONS + 3


def test_a_version_that_is_no_earlier_one_is_refused_and_can_be_promoted() -> None:
    registry = promoted(1, 2, 3)
    roll_back(registry, "toy", reason="no")
    for version in (3, 4):  # was taken back; was never there
        with pytest.raises(UsageError) as refused:
            roll_back(registry, "toy", to=version, reason="no")
        assert refused.value.args == (
            f"version {version} is none of those before version 2: it was never prod, or that was "
            "taken back",
            "prod of 'toy'",
            f"promote it: foresell registry promote toy {version} --to prod --reason TEXT; "
            "foresell registry history toy shows what was",
        )
    with pytest.raises(UsageError, match="'toy' has no version '9'"):
        roll_back(registry, "toy", to=9, reason="no")


def test_a_rejected_version_is_not_gone_back_to() -> None:
    registry = promoted(1, 2)
    reject(registry, "toy", 1, reason="wrong data")
    with pytest.raises(UsageError, match="version 1 was rejected"):
        roll_back(registry, "toy", to=1, reason="no")
    with pytest.raises(UsageError, match="version 2 is prod, and there is no earlier version to"):
        roll_back(registry, "toy", reason="no")


def test_nothing_earlier_is_said_so() -> None:
    with pytest.raises(UsageError, match="version 2 is prod, and only 1 earlier version can be"):
        roll_back(promoted(1, 2), "toy", steps=2, reason="no")
    with pytest.raises(UsageError) as refused:
        roll_back(promoted(1, alias="staging"), "toy", alias="staging", reason="no")
    assert refused.value.args == (
        "version 1 is staging, and there is no earlier version to go back to",
        "staging of 'toy'",
        "promote another one: foresell registry promote toy VERSION --to staging --reason TEXT; or "
        "take it off: foresell registry rollback toy --alias staging --to none --reason TEXT",
    )
    with pytest.raises(UsageError, match="no version of 'toy' is prod"):
        roll_back(promoted(), "toy", reason="no")


@pytest.mark.parametrize("alias", ALIASES)
def test_to_none_takes_everything_off_and_the_first_version_can_be_rejected(alias: Alias) -> None:
    registry = promoted(2, 1, 2, 1, alias=alias)
    move = roll_back(registry, "toy", alias=alias, to="none", reason="all of them are bad")
    made = move.transition
    assert made is not None
    assert (move.changed, made.action, made.alias, made.before, made.after, made.version) == (
        True,
        "roll back",
        alias,
        1,
        None,
        1,
    )
    assert (made.evidence, move.state.stacks[alias]) == ({"steps": 4}, ())
    assert reject(registry, "toy", 1, reason="it is bad").changed
    again = roll_back(registry, "toy", alias=alias, to="none", reason="all of them are bad")
    assert (again.changed, again.notes) == (False, (f"no version is {alias} already",))
    assert verify(registry, "toy").sound
    assert verify_export(export_history(registry, "toy")).sound


def test_after_everything_was_taken_off_promotions_begin_anew() -> None:
    registry = promoted(1, 2)
    roll_back(registry, "toy", to="none", reason="bad")
    with pytest.raises(UsageError, match="no version of 'toy' is prod"):
        roll_back(registry, "toy", reason="no")
    promote(registry, "toy", 3, "prod", reason="mended")
    with pytest.raises(UsageError, match="version 3 is prod, and there is no earlier version"):
        roll_back(registry, "toy", reason="no")
    with pytest.raises(UsageError, match="version 2 is none of those before version 3"):
        roll_back(registry, "toy", to=2, reason="no")


def test_what_is_damaged_can_be_taken_off() -> None:
    registry = promoted(1)
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    vault.objects.clear()
    assert roll_back(registry, "toy", to="none", reason="gone").state.aliases["prod"] is None


def test_to_none_takes_off_what_somebody_else_has_promoted_meanwhile() -> None:
    registry = promoted(1)
    others = [lambda: promote(registry, "toy", 2, "prod", reason="quicker")]
    raced = replace(registry, ledger=Overtaken(ledger=registry.ledger, others=[*others]))
    move = roll_back(raced, "toy", to="none", reason="bad")
    assert move.transition is not None
    assert (move.transition.before, move.transition.evidence) == (2, {"steps": 2})


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"steps": 1, "to": 1}, "steps and a version are both given"),
        ({"steps": 0}, "0 steps back"),
        ({"steps": -1}, "-1 steps back"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(asked: dict[str, int], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        roll_back(promoted(1, 2), "toy", reason="no", steps=asked.get("steps"), to=asked.get("to"))


def test_a_damaged_version_is_not_gone_back_to_and_another_can_be() -> None:
    registry = promoted(1, 2, 3)
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    del vault.objects[read_state(registry, "toy").versions[1].digest]
    with pytest.raises(DataError, match="version 2 of 'toy' is damaged"):
        roll_back(registry, "toy", reason="no")
    assert live(registry) == 3
    assert roll_back(registry, "toy", to=1, reason="no").state.aliases["prod"] == 1


def test_what_is_live_may_be_damaged_when_it_is_rolled_back() -> None:
    registry = promoted(1, 2)
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    del vault.objects[read_state(registry, "toy").versions[1].digest]
    assert roll_back(registry, "toy", reason="it is gone").state.aliases["prod"] == 1


@pytest.mark.parametrize("after", [True, False], ids=["after the write", "before it"])
def test_a_rollback_whose_answer_is_lost_goes_one_back_or_none(*, after: bool) -> None:
    registry = promoted(1, 2, 3)
    mute = replace(registry, ledger=Mute(ledger=registry.ledger, after=after))
    if after:
        move = roll_back(mute, "toy", reason="no")
        assert move.transition == read_history(registry, "toy")[-1]
        assert move.state.stacks["prod"] == (1, 2)
    else:
        with pytest.raises(MachineError, match="the connection was lost"):
            roll_back(mute, "toy", reason="no")
    assert live(registry) == (2 if after else 3)


def test_where_nobody_can_say_whether_it_was_written_that_is_said() -> None:
    registry = promoted(1, 2, 3)
    mute = replace(registry, ledger=Mute(ledger=registry.ledger, after=True, for_good=True))
    with pytest.raises(MachineError, match="whether it was written before that is not known") as it:
        roll_back(mute, "toy", reason="no")
    assert it.value.mend == "try again; look before asking again: foresell registry history toy"
    assert live(registry) == 2


@settings(max_examples=25)
@given(
    order=st.lists(st.integers(1, VERSIONS), min_size=1, max_size=6),
    rejected=st.sets(st.integers(1, VERSIONS), max_size=2),
    steps=st.integers(1, 3),
)
def test_so_many_steps_go_where_a_simple_reader_goes(
    order: list[int], rejected: set[int], steps: int
) -> None:
    registry, oracle = promoted(*order), Oracle()
    for _ in range(VERSIONS):
        oracle.register(approval=False)
    for version in order:
        oracle.promote(version, "prod")
    for version in rejected - {order[-1]}:
        reject(registry, "toy", version, reason="no")
        oracle.reject(version)
    if oracle.roll_back("prod", steps):
        roll_back(registry, "toy", steps=steps, reason="no")
    else:
        with pytest.raises(UsageError, match="earlier version"):
            roll_back(registry, "toy", steps=steps, reason="no")
    assert list(read_state(registry, "toy").stacks["prod"]) == oracle.places["prod"]


@settings(max_examples=15)
@given(order=st.lists(st.integers(1, VERSIONS), min_size=2, max_size=6, unique=True))
def test_each_rollback_undoes_one_promotion_until_there_is_none(order: list[int]) -> None:
    registry = promoted(*order)
    for version in reversed(order[:-1]):
        assert roll_back(registry, "toy", reason="no").state.aliases["prod"] == version
    with pytest.raises(UsageError):
        roll_back(registry, "toy", reason="no")
