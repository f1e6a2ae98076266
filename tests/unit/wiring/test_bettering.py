"""A version is put on prod where it is better, and left where it is not; why is said."""

from collections.abc import Sequence
from typing import Literal

import pytest

from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError
from foresell.govern.approving import approve, reject
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry, read_history, read_state
from foresell.govern.rolling_back import roll_back
from foresell.spec.reading import parse_project
from foresell.wiring.bettering import Promotion, promote_if_better
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import small_registry
from tests.unit.wiring.test_challenging import panel

OLD, BETTER = panel(10.0, seed=1), panel(5.0, seed=2)


def registry_of(bundles: Sequence[Bundle], **aliases: int) -> Registry:
    registry = small_registry()
    for one in bundles:
        register(registry, "toy", stored(one), reason="a run")
    for alias, version in aliases.items():
        promote(registry, "toy", version, alias, reason="before", override=True)  # type: ignore[arg-type]
    return registry


def asked(registry: Registry, bundle: Bundle, which: int | str = "staging") -> Promotion:
    return promote_if_better(registry, parse_project(bundle.project_text, "toy"), which, "weekly")


def test_with_nothing_on_prod_the_gate_alone_decides() -> None:
    registry = registry_of([OLD], staging=1)
    found = asked(registry, OLD)
    assert found.to_json() == {
        "project": "toy",
        "version": 1,
        "live": None,
        "promoted": True,
        "says": "nothing was prod",
        "beside": None,
    }
    assert read_state(registry, "toy").aliases["prod"] == 1
    assert read_history(registry, "toy")[-1].reason == "weekly; nothing was prod"


def test_who_beats_prod_beyond_doubt_takes_its_place_and_the_numbers_are_in_the_history() -> None:
    registry = registry_of([OLD, BETTER], prod=1, staging=2)
    found = asked(registry, BETTER)
    assert (found.promoted, found.version, found.live) == (True, 2, 1)
    assert found.beside is not None
    assert found.beside["n"] == 48
    assert read_state(registry, "toy").aliases["prod"] == 2
    reason = read_history(registry, "toy")[-1].reason
    assert reason.startswith("weekly; better than version 1 on 48 rows that both were judged on: ")
    again = asked(registry, BETTER)
    assert (again.promoted, again.says, again.live) == (False, "it is prod already", 2)


def test_who_is_not_better_stays_where_it_is_and_why_is_said() -> None:
    registry = registry_of([BETTER, OLD], prod=1, staging=2)
    before = read_history(registry, "toy")
    found = asked(registry, OLD)
    assert (found.promoted, found.version, found.live) == (False, 2, 1)
    assert "its errors there are not smaller" in found.says
    assert read_history(registry, "toy") == before


def test_nothing_on_staging_is_told_and_is_no_error() -> None:
    found = asked(registry_of([OLD]), OLD)
    assert (found.promoted, found.version) == (False, None)
    assert found.says == "nothing is on staging: no run has made a version that passed its gate"


def test_who_did_not_pass_its_gate_is_not_promoted_though_it_is_on_staging() -> None:
    failed = small_bundle(passed=False)
    registry = registry_of([failed], staging=1)
    found = asked(registry, failed)
    assert not found.promoted
    assert found.says.startswith("the gate did not pass: ")
    assert read_state(registry, "toy").aliases["prod"] is None


def test_an_approval_is_waited_for_and_a_rejection_is_final() -> None:
    waits = small_bundle(approval=True)
    registry = registry_of([waits], staging=1)
    found = asked(registry, waits)
    assert not found.promoted
    assert found.says.startswith("the version waits for approval")
    assert "foresell registry approve toy 1 --reason TEXT" in found.says
    approve(registry, "toy", 1, reason="looked at")
    assert asked(registry, waits).promoted
    other = registry_of([waits])
    reject(other, "toy", 1, reason="no")
    assert asked(other, waits, 1).says.startswith("the version was rejected, which is final")


@pytest.mark.parametrize("which", ["staging", 2])
@pytest.mark.parametrize(("to", "live"), [(1, 1), ("none", None)])
def test_a_version_that_a_person_took_off_prod_is_left_alone_until_it_is_promoted_by_hand(
    to: int | Literal["none"], live: int | None, which: int | str
) -> None:
    registry = registry_of([OLD, BETTER], prod=1, staging=2)
    assert asked(registry, BETTER).promoted
    roll_back(registry, "toy", reason="it sold wrong prices", to=to)
    before = read_history(registry, "toy")
    found = asked(registry, BETTER, which)
    assert (found.promoted, found.version, found.live) == (False, 2, live)
    assert found.says == (
        "a rollback took it off prod: it sold wrong prices; to have it there again: "
        "foresell registry promote toy 2 --reason TEXT"
    )
    assert read_history(registry, "toy") == before
    promote(registry, "toy", 2, "prod", reason="prices were right", override=True)
    promote(registry, "toy", 1, "prod", reason="to compare", override=True)
    assert asked(registry, BETTER, which).promoted


def test_each_version_that_a_rollback_of_several_steps_took_off_is_left_alone() -> None:
    third = panel(7.0, seed=3)
    registry = registry_of([OLD, BETTER, third], prod=1)
    for version in (3, 2):
        promote(registry, "toy", version, "prod", reason="tried", override=True)
    roll_back(registry, "toy", reason="both were wrong", to=1)
    for bundle, version in ((BETTER, 2), (third, 3)):
        assert asked(registry, bundle, version).says.startswith("a rollback took it off prod: both")
    assert read_state(registry, "toy").aliases["prod"] == 1


def test_who_was_gone_back_to_is_no_version_that_was_taken_back() -> None:
    registry = registry_of([OLD, BETTER], prod=2)
    promote(registry, "toy", 1, "prod", reason="tried", override=True)
    roll_back(registry, "toy", reason="it was worse")  # 2 is prod again
    promote(registry, "toy", 1, "prod", reason="tried again", override=True)
    assert asked(registry, BETTER, 2).promoted


def test_a_version_can_be_named_and_one_that_is_not_there_is_an_error() -> None:
    registry = registry_of([OLD, BETTER], prod=1)
    assert asked(registry, BETTER, "latest").promoted
    with pytest.raises(UsageError):
        asked(registry, BETTER, 7)
