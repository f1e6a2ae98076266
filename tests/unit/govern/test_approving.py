import pytest

from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import DataError, GateError, UsageError
from foresell.govern.approving import approve, reject
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry, read_history, read_state
from foresell.govern.rolling_back import roll_back
from tests.unit.govern.registries import add, bundle_of, small_registry


def approvals(registry: Registry) -> list[str]:
    return [one.approval for one in read_state(registry, "toy").versions]


def test_a_version_that_waits_is_approved_by_somebody_for_a_reason() -> None:
    registry = small_registry(versions=1, approval=True, who="bob")
    made = approve(registry, "toy", 1, reason="looked at it").transition
    assert made is not None
    assert (made.action, made.version, made.alias, made.who, made.reason) == (
        "approve",
        1,
        None,
        "bob",
        "looked at it",
    )
    assert approvals(registry) == ["Approved"]


def test_approving_changes_nothing_but_the_one_version() -> None:
    registry = small_registry(versions=3, approval=True)
    before = read_state(registry, "toy")
    after = approve(registry, "toy", 2, reason="fine").state
    assert approvals(registry) == ["PendingManualApproval", "Approved", "PendingManualApproval"]
    assert (after.versions[0], after.versions[2]) == (before.versions[0], before.versions[2])
    assert after.versions[1].record == before.versions[1].record


def test_the_same_decision_again_changes_nothing() -> None:
    registry = small_registry(versions=2)
    assert approve(registry, "toy", 1, reason="fine").transition is None
    reject(registry, "toy", 2, reason="no")
    move = reject(registry, "toy", 2, reason="no")
    assert (move.transition, move.notes) == (None, ("version 2 is rejected already",))
    assert len(read_history(registry, "toy")) == 3


def test_what_was_approved_can_be_withdrawn_and_what_was_rejected_is_for_good() -> None:
    registry = small_registry(versions=1, approval=True)
    approve(registry, "toy", 1, reason="fine")
    reject(registry, "toy", 1, reason="not fine")
    with pytest.raises(GateError, match="the version was rejected, which is final"):
        approve(registry, "toy", 1, reason="fine after all")
    assert approvals(registry) == ["Rejected"]


def test_after_a_rejection_the_bundle_can_be_registered_anew() -> None:
    registry = small_registry(versions=1)
    reject(registry, "toy", 1, reason="by mistake")
    assert not add(registry, 1).new
    again = register(registry, "toy", bundle_of(1), reason="once more", force=True)
    assert (again.version.version, again.version.approval) == (2, "Approved")


def test_what_is_prod_cannot_be_rejected_until_it_is_not() -> None:
    registry = small_registry(versions=2)
    promote(registry, "toy", 1, "prod", reason="a")
    promote(registry, "toy", 2, "prod", reason="b")
    with pytest.raises(GateError, match="what is live cannot be rejected") as refused:
        reject(registry, "toy", 2, reason="no")
    assert refused.value.mend.endswith(
        "where there is no other, rollback --to none takes it off prod"
    )
    roll_back(registry, "toy", reason="no")
    assert reject(registry, "toy", 2, reason="no").state.aliases["prod"] == 1


def test_a_rejection_takes_the_version_off_staging_to_what_was_there_before() -> None:
    registry = small_registry(versions=3)
    for version in (1, 2, 3):
        promote(registry, "toy", version, "staging", reason="next")
    reject(registry, "toy", 2, reason="no")
    move = reject(registry, "toy", 3, reason="no")
    made = move.transition
    assert made is not None
    assert (made.alias, made.before, made.after, made.evidence) == ("staging", 3, 1, {"steps": 2})
    assert (move.state.aliases["staging"], move.notes) == (
        1,
        ("staging was version 3 and is 1 now",),
    )


def test_a_rejection_does_not_take_staging_back_to_files_that_are_damaged() -> None:
    registry = small_registry(versions=2)
    for version in (1, 2):
        promote(registry, "toy", version, "staging", reason="next")
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    lost = vault.objects.pop(read_state(registry, "toy").versions[0].digest)
    with pytest.raises(DataError, match="version 1 of 'toy' is damaged"):
        reject(registry, "toy", 2, reason="no")
    assert read_state(registry, "toy").aliases["staging"] == 2
    vault.put(lost)
    assert reject(registry, "toy", 2, reason="no").state.aliases["staging"] == 1


def test_the_only_version_on_staging_can_be_rejected_while_it_waits() -> None:
    registry = small_registry(versions=1, approval=True)
    promote(registry, "toy", 1, "staging", reason="a run")
    move = reject(registry, "toy", 1, reason="no")
    assert move.state.stacks == {"prod": (), "staging": ()}
    assert move.notes == ("staging was version 1 and is none now",)
    add(registry, 2, approval=True)
    assert promote(registry, "toy", 2, "staging", reason="a run").state.aliases["staging"] == 2


@pytest.mark.parametrize("decide", [approve, reject])
def test_a_decision_needs_a_reason_and_a_version_that_is_there(decide: object) -> None:
    assert decide in {approve, reject}
    act = approve if decide is approve else reject
    registry = small_registry(versions=1, approval=True)
    with pytest.raises(UsageError, match="where: reason"):
        act(registry, "toy", 1, reason="")
    with pytest.raises(UsageError, match="'toy' has no version '2'"):
        act(registry, "toy", 2, reason="fine")
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        act(registry, "toi", 1, reason="fine")
