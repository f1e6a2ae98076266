from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import DataError, GateError, UsageError
from foresell.govern.approving import approve, reject
from foresell.govern.keeping import kept_bundle
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry, read_history, read_state
from foresell.govern.rolling_back import roll_back
from foresell.spec.registry import ALIASES, Alias
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import Overtaken, add, small_registry


def spoil(registry: Registry, version: int) -> None:
    """Change a byte of the version's listing."""
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    vault.objects[read_state(registry, "toy").versions[version - 1].digest] += b" "


def test_a_promotion_points_the_alias_and_says_who_when_and_why() -> None:
    move = promote(small_registry(versions=2, who="bob"), "toy", 2, "prod", reason=" fewer errors ")
    made = move.transition
    assert made is not None
    assert (made.action, made.version, made.alias, made.before, made.after) == (
        "promote",
        2,
        "prod",
        None,
        2,
    )
    assert (made.who, made.at, made.reason) == (
        "bob",
        "2026-11-21T09:00:02.000000+00:00",
        "fewer errors",
    )
    assert (move.state.aliases, move.notes) == ({"prod": 2, "staging": None}, ())


def test_the_evidence_is_what_the_gate_saw_and_the_live_model_on_the_same_rows() -> None:
    registry = small_registry(versions=1)
    register(registry, "toy", stored(small_bundle(seed=2, error=6.0)), reason="better")
    promote(registry, "toy", 1, "prod", reason="the first")
    made = promote(registry, "toy", 2, "prod", reason="better").transition
    assert made is not None
    assert made.before == 1
    evidence = made.evidence
    assert (evidence["gate"]["passed"], evidence["override"]) == (True, False)
    assert [one["champion"] for one in evidence["gate"]["comparisons"]] == [6.0, 6.0]
    beside = evidence["against_live"]
    assert (beside["version"], beside["n"]) == (1, 12)
    assert (beside["new"]["rmse"], beside["live"]["rmse"]) == (6.0, 8.0)


def test_where_nothing_was_live_the_evidence_says_so() -> None:
    made = promote(small_registry(versions=1), "toy", 1, "prod", reason="the first").transition
    assert made is not None
    assert made.evidence["against_live"] == {"comparable": False, "why": "nothing was live"}


def test_staging_is_held_against_prod() -> None:
    registry = small_registry(versions=2)
    promote(registry, "toy", 1, "prod", reason="live")
    made = promote(registry, "toy", 2, "staging", reason="next").transition
    assert made is not None
    assert (made.before, made.after, made.evidence["against_live"]["version"]) == (None, 2, 1)


@pytest.mark.parametrize("alias", ALIASES)
def test_a_version_that_did_not_pass_is_refused_with_the_numbers(alias: Alias) -> None:
    registry = small_registry(versions=1, passed=False)
    with pytest.raises(GateError) as caught:
        promote(registry, "toy", 1, alias, reason="please")
    assert caught.value.what == (
        "the gate did not pass: "
        "ridge: RMSE 12.50 does not beat 10.00 of the best baseline, mean (-25.0% value added); "
        "ridge: MAE 12.50 does not beat 10.00 of the best baseline, mean (-25.0% value added)"
    )
    assert len(read_history(registry, "toy")) == 1


def test_an_override_is_recorded() -> None:
    registry = small_registry(versions=1, passed=False)
    move = promote(registry, "toy", 1, "prod", reason="the old one is worse", override=True)
    assert move.transition is not None
    assert move.transition.evidence["override"] is True
    assert move.transition.evidence["gate"]["passed"] is False
    assert move.notes == ()


def test_an_override_that_was_not_needed_is_none() -> None:
    move = promote(small_registry(versions=1), "toy", 1, "prod", reason="sure", override=True)
    assert move.transition is not None
    assert move.transition.evidence["override"] is False
    assert move.notes == ("the gate passed: there was nothing to override",)


@pytest.mark.parametrize("gate", [{"passed": True, "override": "mine"}, {}])
def test_a_bundle_that_calls_itself_passed_does_not_pass(gate: dict[str, object]) -> None:
    registry, made = small_registry(), small_bundle(passed=False, metadata={"gate": gate})
    register(registry, "toy", stored(made), reason="a run")
    with pytest.raises(GateError, match="the gate did not pass"):
        promote(registry, "toy", 1, "prod", reason="it says so")


def test_prod_takes_only_what_was_approved_and_staging_what_waits() -> None:
    registry = small_registry(versions=1, approval=True)
    with pytest.raises(GateError) as caught:
        promote(registry, "toy", 1, "prod", reason="now", override=True)
    assert caught.value.what == "the version waits for approval (PendingManualApproval)"
    assert caught.value.mend == "foresell registry approve toy 1 --reason TEXT"
    assert promote(registry, "toy", 1, "staging", reason="look").state.aliases["staging"] == 1
    approve(registry, "toy", 1, reason="looked")
    assert promote(registry, "toy", 1, "prod", reason="now").state.aliases["prod"] == 1


@pytest.mark.parametrize("alias", ALIASES)
def test_a_rejected_version_goes_nowhere(alias: Alias) -> None:
    registry = small_registry(versions=1)
    reject(registry, "toy", 1, reason="wrong data")
    with pytest.raises(GateError, match="the version was rejected, which is final"):
        promote(registry, "toy", 1, alias, reason="now", override=True)


@pytest.mark.parametrize("alias", ALIASES)
def test_promoting_what_is_live_changes_nothing_and_spoils_no_rollback(alias: Alias) -> None:
    registry = small_registry(versions=2)
    promote(registry, "toy", 1, alias, reason="a")
    promote(registry, "toy", 2, alias, reason="b")
    before = read_state(registry, "toy")
    for _ in range(3):
        move = promote(registry, "toy", 2, alias, reason="again")
        assert (move.transition, move.state) == (None, before)
        assert move.notes == (f"version 2 is {alias} already",)
    assert roll_back(registry, "toy", alias=alias, reason="no").state.aliases[alias] == 1


def test_what_is_live_may_be_asked_for_again_though_its_files_are_damaged() -> None:
    registry = small_registry(versions=1)
    promote(registry, "toy", 1, "prod", reason="a")
    spoil(registry, 1)
    assert promote(registry, "toy", 1, "prod", reason="again").transition is None


def test_a_damaged_version_is_never_promoted() -> None:
    registry = small_registry(versions=2)
    spoil(registry, 2)
    with pytest.raises(DataError, match="version 2 of 'toy' is damaged"):
        promote(registry, "toy", 2, "prod", reason="now", override=True)
    assert read_state(registry, "toy").aliases["prod"] is None


def test_a_damaged_live_version_can_be_replaced() -> None:
    registry = small_registry(versions=2)
    promote(registry, "toy", 1, "prod", reason="a")
    spoil(registry, 1)
    made = promote(registry, "toy", 2, "prod", reason="the other is damaged").transition
    assert made is not None
    beside = made.evidence["against_live"]
    assert (beside["comparable"], beside["version"]) == (False, 1)
    assert beside["why"].startswith("version 1 of 'toy' is damaged")


def test_of_what_is_live_only_its_evidence_is_read() -> None:
    class Counting(MemoryVault):
        def get(self, digest: str) -> bytes:
            asked.append(digest)
            return super().get(digest)

    asked: list[str] = []
    registry = small_registry(versions=2)
    promote(registry, "toy", 1, "prod", reason="a")
    vault = registry.vault
    assert isinstance(vault, MemoryVault)
    counting = replace(registry, vault=Counting(dict(vault.objects)))
    promote(counting, "toy", 2, "prod", reason="b")
    live = kept_bundle(vault, read_state(registry, "toy").versions[0].digest)
    new = kept_bundle(vault, read_state(registry, "toy").versions[1].digest)
    assert live.sums["model/learner.json"] not in asked
    evidence = [live.sums[name] for name in ("metadata.json", "project.yaml", "judged.parquet")]
    listings = [one.digest for one in read_state(registry, "toy").versions]
    assert sorted(asked) == sorted([*listings, *evidence, *new.sums.values()])


@pytest.mark.parametrize("version", [0, -1, 3])
def test_a_version_that_is_not_there_is_refused(version: int) -> None:
    with pytest.raises(UsageError, match=f"'toy' has no version '{version}'"):
        promote(small_registry(versions=2), "toy", version, "prod", reason="now")


def test_a_project_that_nothing_is_known_of_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        promote(small_registry(versions=1), "tyo", 1, "prod", reason="now")
    with pytest.raises(UsageError, match="foresell run toy registers one"):
        promote(small_registry(), "toy", 1, "prod", reason="now")


def test_a_promotion_without_a_reason_is_refused() -> None:
    registry = small_registry(versions=1)
    with pytest.raises(UsageError, match="where: reason"):
        promote(registry, "toy", 1, "prod", reason=" ")
    assert len(read_history(registry, "toy")) == 1


@settings(max_examples=15)
@given(order=st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_an_alias_points_to_what_was_promoted_last(order: list[int]) -> None:
    registry = small_registry(versions=4)
    for version in order:
        move = promote(registry, "toy", version, "prod", reason="now")
    distinct = [one for place, one in enumerate(order) if order[place - 1 : place] != [one]]
    assert move.state.stacks["prod"] == tuple(distinct)


def test_time_never_runs_back_though_a_clock_does() -> None:
    registry = small_registry(versions=2)
    slow = replace(registry, clock=small_registry().clock)
    promote(slow, "toy", 1, "prod", reason="now")
    add(slow, 3)
    add(slow, 4)
    seconds = [one.at[17:19] for one in read_history(registry, "toy")]
    assert seconds == ["00", "01", "01", "01", "02"]


def test_a_promotion_that_expects_another_version_there_changes_nothing() -> None:
    registry = small_registry(versions=3)
    promote(registry, "toy", 1, "prod", reason="the first")
    promote(registry, "toy", 2, "prod", reason="somebody was quicker")
    with pytest.raises(GateError) as caught:
        promote(registry, "toy", 3, "prod", reason="better than 1", expected=1)
    assert caught.value.what == "prod was moved meanwhile, from version 1 to version 2"
    assert read_state(registry, "toy").aliases["prod"] == 2
    move = promote(registry, "toy", 3, "prod", reason="better than 2", expected=2)
    assert move.state.aliases["prod"] == 3


def test_what_was_expected_is_looked_at_again_when_another_writes_first() -> None:
    registry = small_registry(versions=3)
    promote(registry, "toy", 1, "prod", reason="the first")

    def somebody() -> None:
        promote(registry, "toy", 2, "prod", reason="somebody was quicker")

    beaten = replace(registry, ledger=Overtaken(registry.ledger, [somebody]))
    with pytest.raises(GateError, match="from version 1 to version 2"):
        promote(beaten, "toy", 3, "prod", reason="better than 1", expected=1)
    assert read_state(registry, "toy").aliases["prod"] == 2
