import random
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from foresell.errors import DataError, UsageError
from foresell.govern.chain import linked
from foresell.govern.state import stamp, state_of
from foresell.spec.registry import Alias, Head, State, Transition, Version
from tests.unit.govern.histories import DIGEST, PASSED, Written, random_history
from tests.unit.govern.registries import START

HISTORIES = 200
RECORD = {"digest": DIGEST, "run_id": "run 1", "approval": "Approved"}
PENDING = RECORD | {"approval": "PendingManualApproval"}


def history(*told: dict[str, object]) -> list[Transition]:
    """Transitions a second apart; of each only what it says of itself."""
    head, made = Head(), []
    for place, one in enumerate(told):
        at = stamp(START + timedelta(seconds=place))
        made.append(linked(head, project="toy", at=at, who="ann", reason="why not", **one))  # type: ignore[arg-type]
        head = Head(number=made[-1].number, hash=made[-1].hash)
    return made


def registered(version: int, **record: str) -> dict[str, object]:
    return {"action": "register", "version": version, "evidence": {**RECORD, **record}}


def emptied(version: int, before: int | None, **proof: object) -> dict[str, object]:
    """A rollback of prod after which no version is live."""
    told: dict[str, object] = {"action": "roll back", "version": version, "alias": "prod"}
    return told | {"before": before, "evidence": proof}


def moved(
    action: str, alias: str, before: int | None, after: int, **proof: object
) -> dict[str, object]:
    return {
        "action": action,
        "version": after,
        "alias": alias,
        "before": before,
        "after": after,
        "evidence": proof or PASSED,
    }


def told(state: State) -> tuple[dict[int, str], dict[Alias, int | None]]:
    return {one.version: one.approval for one in state.versions}, dict(state.aliases)


def test_nothing_happened_to_a_project_without_transitions() -> None:
    state = state_of("toy", ())
    assert state == State(project="toy", stacks={"staging": (), "prod": ()})
    assert state.aliases == {"prod": None, "staging": None}


def test_a_state_is_what_its_transitions_have_come_to() -> None:
    transitions = history(
        registered(1, approval="PendingManualApproval"),
        {"action": "approve", "version": 1},
        moved("promote", "prod", None, 1),
        registered(2, run_id="run 2"),
        moved("promote", "prod", 1, 2),
        moved("roll back", "prod", 2, 1, steps=1),
    )
    assert state_of("toy", transitions) == State(
        project="toy",
        versions=(
            Version(
                project="toy",
                version=1,
                digest=DIGEST,
                registered_at="2026-11-21T09:00:00.000000+00:00",
                who="ann",
                run_id="run 1",
                approval="Approved",
                record=PENDING,
            ),
            Version(
                project="toy",
                version=2,
                digest=DIGEST,
                registered_at="2026-11-21T09:00:03.000000+00:00",
                who="ann",
                run_id="run 2",
                approval="Approved",
                record=RECORD | {"run_id": "run 2"},
            ),
        ),
        stacks={"prod": (1,), "staging": ()},
        head=Head(number=6, hash=transitions[-1].hash),
    )


@pytest.mark.parametrize("block", range(8))
def test_the_state_at_any_time_is_what_was_true_then(block: int) -> None:
    """200 random histories, at every moment that something happened, around it, and between."""
    for seed in range(block, HISTORIES, 8):
        chance = random.Random(seed)
        written = random_history(seed, chance.randint(1, 40))
        whens = [when for when, *_ in written.seen]
        around = [when + timedelta(microseconds=by) for when in whens for by in (-1, 0, 1)]
        spread = (whens[-1] - whens[0]).total_seconds()
        between = [whens[0] + timedelta(seconds=chance.random() * spread) for _ in range(10)]
        for moment in (*around, *between):
            assert told(state_of("toy", written.transitions, moment)) == written.at(moment), seed
        assert told(state_of("toy", written.transitions)) == written.at(whens[-1])


def test_random_histories_hold_every_action_on_both_aliases() -> None:
    """What the test above is worth."""
    made = [one for seed in range(HISTORIES) for one in random_history(seed, 40).transitions]
    assert {(one.action, one.alias) for one in made} == {
        ("register", None),
        ("approve", None),
        ("reject", None),
        ("reject", "staging"),
        ("promote", "prod"),
        ("promote", "staging"),
        ("roll back", "prod"),
        ("roll back", "staging"),
    }
    assert max(one.evidence["steps"] for one in made if one.action == "roll back") > 3
    emptied = {one.alias for one in made if one.action == "roll back" and one.after is None}
    assert emptied == {"staging", "prod"}


def test_a_time_is_the_same_in_every_zone() -> None:
    transitions = history(registered(1), registered(2))
    there = (START + timedelta(milliseconds=500)).astimezone(timezone(timedelta(hours=5)))
    assert [one.version for one in state_of("toy", transitions, there).versions] == [1]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="2026-11-21T09:00:00 names no time zone"):
        state_of("toy", (), datetime(2026, 11, 21, 9))


def test_stamps_sort_as_their_times_do() -> None:
    moments = [datetime(2026, 1, 1, 0, 0, 0, micro, tzinfo=UTC) for micro in (0, 1, 999_999)]
    assert sorted(map(stamp, moments)) == list(map(stamp, moments))


IMPOSSIBLE = {
    "an unknown action": (
        [registered(1)],
        {"action": "sell", "version": 1},
        "nothing called 'sell'",
    ),
    "a gap": ([registered(1)], registered(3), "it registers version 3, and 2 is the next"),
    "a number twice": ([registered(1)], registered(1), "it registers version 1, and 2 is the next"),
    "born rejected": ([], registered(1, approval="Rejected"), "no version begins as 'Rejected'"),
    "nobody": ([registered(1)], moved("promote", "prod", None, 2), "there is no version 2 yet"),
    "not approved": (
        [registered(1, approval="PendingManualApproval")],
        moved("promote", "prod", None, 1),
        "version 1 is PendingManualApproval: it cannot be prod",
    ),
    "rejected": (
        [registered(1), {"action": "reject", "version": 1}],
        moved("promote", "staging", None, 1),
        "version 1 is Rejected: it cannot be staging",
    ),
    "live already": (
        [registered(1), moved("promote", "prod", None, 1)],
        moved("promote", "prod", 1, 1),
        "it moves prod to 1, not to its own version",
    ),
    "from elsewhere": (
        [registered(1), registered(2)],
        moved("promote", "prod", 2, 1),
        "it moves prod from 2, which is None",
    ),
    "no alias": ([registered(1)], moved("promote", "best", None, 1), "there is no alias 'best'"),
    "too far": (
        [registered(1), moved("promote", "prod", None, 1)],
        moved("roll back", "prod", 1, 1, steps=1),
        "prod cannot go 1 back",
    ),
    "true for one": (
        [
            registered(1),
            registered(2),
            moved("promote", "prod", None, 1),
            moved("promote", "prod", 1, 2),
        ],
        moved("roll back", "prod", 2, 1, steps=True),
        "prod cannot go True back",
    ),
    "to another": (
        [
            registered(1),
            registered(2),
            moved("promote", "prod", None, 1),
            moved("promote", "prod", 1, 2),
        ],
        moved("roll back", "prod", 2, 2, steps=1),
        "1 back is version 1, not 2",
    ),
    "none already": ([registered(1)], emptied(1, None, steps=0), "prod is none already"),
    "not all taken off": (
        [
            registered(1),
            registered(2),
            moved("promote", "prod", None, 1),
            moved("promote", "prod", 1, 2),
        ],
        emptied(2, 2, steps=1),
        "prod is none after 2 steps back, not 1",
    ),
    "true for all": (
        [registered(1), moved("promote", "prod", None, 1)],
        emptied(1, 1, steps=True),
        "prod is none after 1 steps back, not True",
    ),
    "another taken off": (
        [registered(1), registered(2), moved("promote", "prod", None, 1)],
        emptied(2, 1, steps=1),
        "it takes version 1 off prod, not 2",
    ),
    "approved twice": (
        [registered(1)],
        {"action": "approve", "version": 1},
        "version 1 is Approved already",
    ),
    "approval that moves": (
        [registered(1, approval="PendingManualApproval")],
        {"action": "approve", "version": 1, "alias": "prod", "after": 1},
        "a transition to 'approve' moves no alias",
    ),
    "live rejected": (
        [registered(1), moved("promote", "prod", None, 1)],
        {"action": "reject", "version": 1},
        "version 1 is prod: it cannot be rejected",
    ),
    "staged and left there": (
        [registered(1), moved("promote", "staging", None, 1)],
        {"action": "reject", "version": 1},
        "version 1 is staging, which is to become None, 1 back",
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_transition_that_no_rule_allows_is_no_history(name: str) -> None:
    before, last, why = IMPOSSIBLE[name]
    made = history(*before, last)
    with pytest.raises(DataError) as caught:
        state_of("toy", made)
    assert why in caught.value.what
    assert caught.value.where == f"registry of 'toy', transition {len(made)}"


def test_a_transition_of_another_project_is_no_history_of_this_one() -> None:
    with pytest.raises(DataError, match="it is of the project 'toy'"):
        state_of("other", history(registered(1)))


def test_ten_thousand_transitions_take_less_than_a_fifth_of_a_second() -> None:
    written = Written(transitions=long_history(10_000))
    seconds = []
    for _ in range(3):  # the quickest, of this process alone: others work on this machine
        began = time.process_time()
        state = state_of("toy", written.transitions)
        seconds.append(time.process_time() - began)
    assert state.head.number == 10_000
    assert min(seconds) < 0.2


def long_history(length: int) -> list[Transition]:
    """Two versions and a list of promotions and rollbacks, so that it is quickly made."""
    steps = [registered(1), registered(2), moved("promote", "prod", None, 1)]
    while len(steps) < length:
        steps.append(moved("promote", "prod", 1, 2))
        steps.append(moved("roll back", "prod", 2, 1, steps=1))
    return history(*steps[:length])
