import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError, UsageError
from foresell.govern.chain import canonical, fingerprint, linked, problems_of, transition_of
from foresell.spec.registry import GENESIS, Head, Problem, Transition
from tests.unit.govern.histories import random_history
from tests.unit.govern.test_state import history, moved, registered

CHANGES = 400  # of one byte, one at a time
WRITTEN = random_history(7, 30)
SOUND = tuple(WRITTEN.transitions)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def first(**told: Any) -> Transition:
    known = {
        "project": "toy",
        "at": "2026-11-21T09:00:00.000000+00:00",
        "who": "ann",
        "action": "register",
        "version": 1,
        "reason": "café",
        "evidence": {"digest": "ab" * 32, "score": 0.1},
    }
    return linked(Head(), **{**known, **told})


def relinked(transitions: Sequence[Transition]) -> list[Transition]:
    """A forged chain: whatever its links say, every number and hash is right."""
    head, made = Head(), []
    for one in transitions:
        told = {name: getattr(one, name) for name in Transition.__dataclass_fields__}
        told = {k: v for k, v in told.items() if k not in {"number", "previous", "hash"}}
        made.append(linked(head, **told))
        head = Head(number=made[-1].number, hash=made[-1].hash)
    return made


def end(transitions: Sequence[Transition]) -> Head:
    return Head(number=transitions[-1].number, hash=transitions[-1].hash)


def test_the_first_link_is_numbered_one_and_hangs_on_nothing() -> None:
    made = first()
    assert (made.number, made.previous, made.hash) == (1, GENESIS, fingerprint(made))


def test_each_link_names_the_hash_of_the_one_before() -> None:
    assert [one.previous for one in SOUND[1:]] == [one.hash for one in SOUND[:-1]]
    assert [one.number for one in SOUND] == list(range(1, 31))


def test_the_hash_is_that_of_the_fields_as_json_in_their_order() -> None:
    """Pinned: a chain that was written must verify with every later foresell."""
    assert canonical(first()) == (
        b'{"action":"register","after":null,"alias":null,"at":"2026-11-21T09:00:00.000000+00:00",'
        b'"before":null,"evidence":{"digest":"' + b"ab" * 32 + b'","score":0.1},'
        b'"hash":"3b364582ec558ed62c8887ad565b9041c409a93b2f03dd04685a20ea210a88f0",'
        b'"number":1,"previous":"' + b"0" * 64 + b'","project":"toy","reason":"caf\\u00e9",'
        b'"version":1,"who":"ann"}'
    )


OTHERS: dict[str, Any] = {
    "project": "toys",
    "number": 2,
    "at": "2026-11-21T09:00:00.000001+00:00",
    "who": "bob",
    "action": "approve",
    "version": 2,
    "alias": "prod",
    "before": 0,
    "after": 0,
    "reason": "cafe",
    "evidence": {"digest": "ab" * 32, "score": 0.10000000000000002},
    "previous": "1" + "0" * 63,
}


@pytest.mark.parametrize("name", OTHERS)
def test_no_field_changes_without_the_hash(name: str) -> None:
    assert fingerprint(replace(first(), **{name: OTHERS[name]})) != first().hash
    assert set(OTHERS) == set(Transition.__dataclass_fields__) - {"hash"}


@given(reason=st.text(), who=st.text(), evidence=st.dictionaries(st.text(), plain, max_size=4))
def test_a_line_is_read_as_the_transition_it_was_written_for(
    reason: str, who: str, evidence: dict[str, Any]
) -> None:
    made = first(reason=reason, who=who, evidence=evidence)
    line = canonical(made)
    assert b"\n" not in line
    assert transition_of(line) == made
    assert fingerprint(transition_of(line)) == made.hash


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_evidence_that_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="the evidence is not plain JSON"):
        first(evidence={"value": value})


def test_evidence_is_kept_as_json_gives_it_back() -> None:
    assert first(evidence={"of": (1, 2)}).evidence == {"of": [1, 2]}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        canonical(first()) + b" ",
        canonical(first()).replace(b'"number":1', b'"number":1.0'),
        canonical(first()).replace(b'"number":1', b'"number":true'),
        canonical(first()).replace(b'"version":1', b'"version":"1"'),
        canonical(first()).replace(b"\\u00e9", "é".encode()),
        canonical(first()).replace(b'"who"', b'"whom"'),
        canonical(first()).replace(b'"who":"ann"', b'"who":"ann","who":"ann"'),
    ],
)
def test_a_line_that_nobody_wrote_is_refused(line: bytes) -> None:
    with pytest.raises(DataError, match="no transition as foresell writes it"):
        transition_of(line)


def test_no_byte_of_a_line_changes_unseen() -> None:
    chance, lines = random.Random(1), [canonical(one) for one in SOUND]
    for _ in range(CHANGES):
        line = bytearray(chance.choice(lines))
        line[chance.randrange(len(line))] ^= chance.randrange(1, 256)
        try:
            read = transition_of(bytes(line))
        except DataError:
            continue
        assert fingerprint(read) != read.hash, bytes(line)


def test_a_sound_chain_has_no_problems() -> None:
    assert problems_of("toy", SOUND, WRITTEN.head) == ()
    assert problems_of("toy", (), Head()) == ()
    assert problems_of("toy", relinked(SOUND), WRITTEN.head) == ()


def test_random_histories_have_no_problems() -> None:
    for seed in range(30):
        written = random_history(seed, 30)
        assert problems_of("toy", written.transitions, written.head) == ()


@settings(max_examples=200)
@given(place=st.integers(0, 29), name=st.sampled_from([*OTHERS, "hash"]), data=st.data())
def test_a_field_changed_anywhere_is_found_there(
    place: int, name: str, data: st.DataObject
) -> None:
    now = getattr(SOUND[place], name)
    other: st.SearchStrategy[Any] = {
        int: st.integers(), str: st.text(max_size=70), dict: st.dictionaries(st.text(), plain),
        type(None): st.integers() | st.text(),
    }[type(now)]  # fmt: skip
    changed = data.draw(other.filter(lambda value: value != now))
    spoilt = [*SOUND[:place], replace(SOUND[place], **{name: changed}), *SOUND[place + 1 :]]
    wheres = {one.where for one in problems_of("toy", spoilt, WRITTEN.head)}
    assert f"transition {place + 1}" in wheres


@given(place=st.integers(0, 29))
def test_a_transition_taken_away_is_found(place: int) -> None:
    assert problems_of("toy", [*SOUND[:place], *SOUND[place + 1 :]], WRITTEN.head)


@given(keep=st.integers(0, 29))
def test_an_end_taken_away_is_found_by_the_head(keep: int) -> None:
    last = SOUND[keep - 1].hash if keep else GENESIS
    assert problems_of("toy", SOUND[:keep], WRITTEN.head) == (
        Problem(
            where="head",
            what=f"the list ends with 30 {WRITTEN.head.hash[:12]}, and the transitions with "
            f"{keep} {last[:12]}: some were taken away or added",
        ),
    )


@given(st.permutations(range(30)).filter(lambda order: order != list(range(30))))
def test_another_order_is_found(order: list[int]) -> None:
    assert problems_of("toy", [SOUND[place] for place in order], WRITTEN.head)


@given(place=st.integers(0, 30), copied=st.integers(0, 29))
def test_a_transition_put_in_is_found(place: int, copied: int) -> None:
    extra = SOUND[copied]
    forged = linked(
        end(SOUND[:place]) if place else Head(), project="toy", at=extra.at, who="eve",
        action="register", version=1, reason="mine", evidence={"digest": "cd" * 32},
    )  # fmt: skip
    for one in (extra, forged):
        assert problems_of("toy", [*SOUND[:place], one, *SOUND[place:]], WRITTEN.head)


@given(place=st.integers(0, 28))
def test_a_transition_that_stands_for_another_is_found_by_the_one_after(place: int) -> None:
    """Its own number, link and hash are right."""
    forged = relinked([*SOUND[:place], replace(SOUND[place], reason="mine")])
    assert problems_of("toy", [*forged, *SOUND[place + 1 :]], WRITTEN.head) == (
        Problem(
            where=f"transition {place + 2}",
            what="it does not follow the one before: its hash is another one",
        ),
    )


def test_a_history_of_another_project_is_found() -> None:
    found = problems_of("other", SOUND, WRITTEN.head)
    assert found[0] == Problem(where="transition 1", what="it is of the project 'toy'")


def test_a_time_that_runs_back_is_found_though_the_chain_is_right() -> None:
    made = history(registered(1), registered(2), registered(3))
    forged = relinked([made[0], replace(made[1], at=made[2].at), replace(made[2], at=made[1].at)])
    assert problems_of("toy", forged, end(forged)) == (
        Problem(
            where="transition 3",
            what="its time, 2026-11-21T09:00:01.000000+00:00, is before that of the one before",
        ),
    )


@pytest.mark.parametrize(
    "at",
    [
        "",
        "yesterday",
        "2026-11-21",
        "2026-11-21T09:00:00+00:00",
        "2026-11-21T09:00:00.000000+01:00",
    ],
)
def test_a_time_in_other_words_is_found(at: str) -> None:
    made = first(at=at)
    assert problems_of("toy", [made], end([made])) == (
        Problem(where="transition 1", what=f"{at!r} is no time in UTC with microseconds"),
    )


FORGED: dict[str, tuple[list[dict[str, object]], str]] = {
    "no gate": (
        [registered(1), moved("promote", "prod", None, 1, gate={"passed": False}, override=False)],
        "no gate was passed, and none was overridden",
    ),
    "an override in words": (
        [registered(1), moved("promote", "prod", None, 1, override="yes")],
        "no gate was passed, and none was overridden",
    ),
    "a digest of nothing": ([registered(1, digest="ab")], "'ab' is no digest of a bundle"),
    "a rule": (
        [registered(1), moved("promote", "prod", 1, 1)],
        "it moves prod to 1, not to its own version",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_no_rule_allows_is_found_though_the_chain_is_right(name: str) -> None:
    told, what = FORGED[name]
    made = history(*told)
    assert problems_of("toy", made, end(made)) == (
        Problem(where=f"transition {len(made)}", what=what),
    )


def test_an_overridden_gate_is_no_problem() -> None:
    proof = {"gate": {"passed": False}, "override": True}
    made = history(registered(1), moved("promote", "prod", None, 1, **proof))
    assert problems_of("toy", made, end(made)) == ()


def test_after_an_impossible_transition_the_chain_is_still_held_against_itself() -> None:
    made = history(registered(1), registered(3), registered(2), registered(4))
    made[3] = replace(made[3], who="eve")
    assert [one.where for one in problems_of("toy", made, end(made))] == [
        "transition 2",
        "transition 4",
    ]


@pytest.mark.parametrize("field", ["who", "reason"])
def test_a_transition_that_nobody_stands_behind_is_found(field: str) -> None:
    made = first(**{field: " "})
    assert problems_of("toy", [made], end([made])) == (
        Problem(where="transition 1", what="nobody, or no reason, stands behind it"),
    )
