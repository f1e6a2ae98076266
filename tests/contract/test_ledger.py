"""What every Ledger promises, whichever place it keeps transitions in."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresell.adapters.ledger import open_ledger
from foresell.adapters.ledger_memory import MemoryLedger
from foresell.errors import ConflictError, UsageError
from foresell.spec.ports import Ledger
from foresell.spec.registry import Head, Transition

Opening = Callable[[], Ledger]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def after(head: Head, project: str = "toy", **told: Any) -> Transition:
    """A transition that follows ``head``; who it is by tells its hash."""
    number = head.number + 1
    fields = {
        "project": project,
        "number": number,
        "at": f"2026-01-01T00:00:{number % 60:02d}.000001+00:00",
        "who": "jo",
        "action": "register",
        "version": number,
        "reason": "why not",
        "previous": head.hash,
        **told,
    }
    return Transition(**{
        "hash": sha256(f"{project} {number} {fields['who']}".encode()).hexdigest(),
        **fields,
    })


def keep(ledger: Ledger, count: int, project: str = "toy") -> list[Transition]:
    """Append ``count`` transitions and return them."""
    kept = []
    for _ in range(count):
        kept.append(after(ledger.head(project), project))
        ledger.append(kept[-1])
    return kept


def head_of(transition: Transition) -> Head:
    return Head(number=transition.number, hash=transition.hash)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Open one and the same place, as often as it is called."""
    if request.param == "memory":
        ledger = MemoryLedger()
        return lambda: ledger
    url = f"sqlite:///{tmp_path / 'folder' / 'registry.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("emptied")
    return lambda: open_ledger(url)


@pytest.fixture
def ledger(opened: Opening) -> Ledger:
    return opened()


def test_a_new_ledger_is_empty(ledger: Ledger) -> None:
    found = (ledger.projects(), ledger.head("toy"), ledger.transitions("toy"))
    assert [list(found[0]), found[1], list(found[2])] == [[], Head(), []]


def test_transitions_come_back_whole_in_order_and_to_whoever_opens_it(opened: Opening) -> None:
    first = after(Head(), reason='a "reason" with ümläuts, \\ and % and :colons', evidence={"a": 1})
    second = after(
        head_of(first), action="promote", version=1, alias="prod", after=1, who="", evidence={}
    )
    third = after(head_of(second), action="roll back", version=1, alias="prod", before=1)
    writer, earlier = opened(), opened()
    for each in (first, second, third):
        writer.append(each)
    for reader in (writer, earlier, opened()):
        assert list(reader.transitions("toy")) == [first, second, third]
        assert reader.head("toy") == Head(number=3, hash=third.hash)


def test_projects_are_kept_apart_and_listed_sorted(ledger: Ledger) -> None:
    kept = {name: keep(ledger, count, name) for name, count in (("b", 2), ("Z", 1), ("a", 3))}
    assert list(ledger.projects()) == ["Z", "a", "b"]
    assert {name: list(ledger.transitions(name)) for name in kept} == kept
    assert ledger.transitions("A") == ()


def wrong_successors(last: Transition) -> Sequence[Transition]:
    """What must not be appended after ``last``, which is the third."""
    right = after(head_of(last))
    return (
        last,
        after(Head()),
        replace(right, previous="0" * 64),
        replace(right, number=3),
        replace(right, number=5),
    )


@pytest.mark.parametrize("which", range(5))
def test_what_does_not_follow_the_last_one_is_refused_and_leaves_no_trace(
    ledger: Ledger, which: int
) -> None:
    kept = keep(ledger, 3)
    with pytest.raises(ConflictError, match=r"somebody else wrote first"):
        ledger.append(wrong_successors(kept[-1])[which])
    assert (list(ledger.transitions("toy")), ledger.head("toy")) == (kept, head_of(kept[-1]))
    keep(ledger, 1)


def test_a_first_transition_that_is_not_the_first_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ConflictError, match=r"transition 2 of toy does not follow"):
        ledger.append(after(Head(number=1, hash="ab")))
    assert (list(ledger.projects()), list(ledger.transitions("toy"))) == ([], [])


def test_of_eight_writers_at_once_one_wins_each_number(opened: Opening) -> None:
    def write(who: int) -> int:
        ledger, lost = opened(), 0
        for _ in range(5):
            while True:
                try:
                    ledger.append(after(ledger.head("toy"), who=f"writer {who}"))
                    break
                except ConflictError:
                    lost += 1
        return lost

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    kept = opened().transitions("toy")
    assert [each.number for each in kept] == list(range(1, 41))
    assert [each.previous for each in kept[1:]] == [each.hash for each in kept[:-1]]
    assert sorted(each.who for each in kept) == sorted(
        f"writer {i}" for i in range(8) for _ in "12345"
    )


@pytest.mark.parametrize("evidence", [{"x": float("nan")}, {"x": {1}}, {"x": Path("a")}])
def test_evidence_that_is_not_plain_json_is_refused(
    ledger: Ledger, evidence: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=r"^the evidence is not plain JSON: "):
        ledger.append(after(Head(), evidence=evidence))
    assert list(ledger.projects()) == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_text_that_no_database_can_hold_is_refused(ledger: Ledger, text: str) -> None:
    with pytest.raises(UsageError, match=r"^reason holds a character that cannot be kept"):
        ledger.append(after(Head(), reason=text))
    assert list(ledger.projects()) == []


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    evidence=st.dictionaries(st.text(), JSON, max_size=4),
    reason=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
def test_any_evidence_and_any_reason_come_back_as_they_were_kept(
    ledger: Ledger, evidence: dict[str, Any], reason: str
) -> None:
    kept = after(ledger.head("toy"), evidence=evidence, reason=reason)
    ledger.append(kept)
    assert repr(ledger.transitions("toy")[-1].evidence) == repr(dict(sorted_deep(evidence)))
    assert ledger.transitions("toy")[-1] == kept


def sorted_deep(value: Any) -> Any:
    """Put keys in the order in which they are kept, so that ``repr`` tells 1 from 1.0 and True."""
    if isinstance(value, dict):
        return {key: sorted_deep(value[key]) for key in sorted(value)}
    return [sorted_deep(each) for each in value] if isinstance(value, list) else value


def test_changing_evidence_after_it_was_kept_changes_nothing(ledger: Ledger) -> None:
    evidence: dict[str, Any] = {"scores": [1, 2]}
    ledger.append(after(Head(), evidence=evidence))
    evidence["scores"].append(3)
    seen = ledger.transitions("toy")[0].evidence
    assert seen == {"scores": [1, 2]}
    seen["scores"].append(4)
    assert ledger.transitions("toy")[0].evidence == {"scores": [1, 2]}
