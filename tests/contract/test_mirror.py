"""One specification for every mirror: in memory, and MLflow's registry over SQLite."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.mirror_rows import APPROVAL, DIGEST, NUMBER, RETIRED, RUN
from foresell.errors import DataError
from foresell.govern.mirroring import differences, mend
from foresell.settings import calm_mlflow
from foresell.spec.ports import Store
from foresell.spec.registry import ALIASES, Mirrored, Version
from tests.mirrors import Hands, MemoryHands, MlflowHands, state_with, version_of
from tests.small_bundles import small_bundle, stored

PROJECTS = count()
NOTHING = Mirrored(aliases={"prod": None, "staging": None})
BUNDLES = [stored(small_bundle(seed=seed)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def in_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Hands:
    calm_mlflow()
    from foresell.adapters.mlflow_registry import MlflowMirror  # noqa: PLC0415 - takes seconds

    home = tmp_path_factory.mktemp("a home")
    uri = f"sqlite:///{home}/mlflow.db"
    mirror = MlflowMirror(uri, str(home / "_mlflow"), lambda *_: nullcontext())
    mirror.state("nobody")  # makes the database
    return MlflowHands(uri, mirror)


@pytest.fixture(params=["memory", "mlflow"])
def hands(request: pytest.FixtureRequest) -> Hands:
    if request.param == "memory":
        return MemoryHands()
    found: Hands = request.getfixturevalue("in_mlflow")
    return found


@pytest.fixture
def project() -> str:
    return f"toy_{next(PROJECTS)}"


@pytest.fixture
def first(project: str) -> Version:
    return version_of(BUNDLES[0], 1, project)


def test_a_project_that_was_never_shown_shows_nothing(hands: Hands, project: str) -> None:
    assert hands.mirror.state(project) == NOTHING


def test_a_version_is_shown_once_with_its_digest_however_often_it_is_added(
    hands: Hands, project: str, first: Version
) -> None:
    first = replace(first, run_id="T1")
    for _ in range(2):
        hands.mirror.add(first, BUNDLES[0])
    assert hands.mirror.state(project) == replace(
        NOTHING, versions={1: first.digest}, approvals={1: "Approved"}
    )
    (row,) = hands.rows(project).rows
    assert row.tags == {NUMBER: "1", DIGEST: first.digest, RUN: "T1", APPROVAL: "Approved"}


def test_aliases_move_and_are_taken_away_and_those_of_other_people_stay(
    hands: Hands, project: str, first: Version
) -> None:
    for number in (1, 2):
        hands.mirror.add(replace(first, version=number), BUNDLES[0])
    hands.alias(project, "mine", 1)
    seen = []
    for alias, version in (
        ("prod", 1),
        ("staging", 1),
        ("prod", 2),
        ("prod", None),
        ("prod", None),
    ):
        hands.mirror.point(project, alias, version)  # type: ignore[arg-type]
        seen.append(hands.rows(project).aliases)
    both = {"mine": 1, "prod": 1}
    assert seen == [
        both,
        {**both, "staging": 1},
        {"mine": 1, "prod": 2, "staging": 1},
        *[{"mine": 1, "staging": 1}] * 2,
    ]
    assert hands.mirror.state(project).aliases == {"prod": None, "staging": 1}


def test_an_alias_cannot_point_to_a_version_that_is_not_shown(hands: Hands, project: str) -> None:
    with pytest.raises(DataError, match=r"^version 7 of toy_\d+ is not shown there\n"):
        hands.mirror.point(project, "prod", 7)


def test_what_people_made_by_hand_is_told_by_its_name_there(
    hands: Hands, project: str, first: Version
) -> None:
    number = hands.create(project, {"colour": "red", NUMBER: "one"})
    hands.alias(project, "prod", number)
    hands.mirror.add(first, BUNDLES[0])
    assert hands.mirror.state(project) == Mirrored(
        versions={1: first.digest},
        approvals={1: "Approved"},
        aliases={"prod": "its own version 1", "staging": None},
        strangers=("its own version 1",),
    )


def test_a_version_that_shows_another_bundle_is_retired_and_shown_anew(
    hands: Hands, project: str, first: Version
) -> None:
    hands.mirror.add(first, BUNDLES[0])
    hands.tag(project, 1, DIGEST, "ab" * 32)
    assert hands.mirror.state(project).versions == {1: "ab" * 32}
    hands.mirror.add(first, BUNDLES[0])
    assert hands.mirror.state(project) == replace(
        NOTHING, versions={1: first.digest}, approvals={1: "Approved"}
    )
    old, new = hands.rows(project).rows
    assert (old.tags[RETIRED], NUMBER in old.tags, new.tags[NUMBER]) == ("1", False, "1")


def test_of_a_version_that_is_shown_three_times_one_is_left_and_one_that_people_point_to(
    hands: Hands, project: str, first: Version
) -> None:
    hands.mirror.add(first, BUNDLES[0])
    for _ in range(2):
        hands.create(project, {NUMBER: "1", DIGEST: first.digest})
    hands.alias(project, "mine", 3)
    assert hands.mirror.state(project).doubled == (1,)
    hands.mirror.add(first, BUNDLES[0])
    assert hands.mirror.state(project) == replace(
        NOTHING, versions={1: first.digest}, approvals={1: "Approved"}
    )
    assert [row.number for row in hands.rows(project).rows] == [1, 3]
    assert hands.rows(project).aliases == {"mine": 3}


def test_a_version_that_somebody_removed_is_shown_again_under_a_new_number(
    hands: Hands, project: str, first: Version
) -> None:
    hands.mirror.add(first, BUNDLES[0])
    hands.remove(project, 1)
    assert hands.mirror.state(project) == NOTHING
    hands.mirror.add(first, BUNDLES[0])
    assert [row.number for row in hands.rows(project).rows] == [2]


def test_the_approval_of_a_version_is_shown_and_follows_ours(
    hands: Hands, project: str, first: Version
) -> None:
    hands.mirror.add(replace(first, approval="PendingManualApproval"), BUNDLES[0])
    seen = [hands.rows(project).rows[0].tags[APPROVAL]]
    for word in ("Approved", "Rejected"):
        state = state_with([replace(first, approval=word)], {}, project)
        (told,) = mend([state, state].pop, hands.mirror, lambda _: BUNDLES[0])
        assert (told.kind, told.what, told.mended) == (
            "approval",
            f"version 1 shows {seen[-1]} instead of {word}",
            True,
        )
        (row,) = hands.rows(project).rows
        seen.append(row.tags[APPROVAL])
    assert seen == ["PendingManualApproval", "Approved", "Rejected"]


def test_the_approval_of_what_is_not_shown_cannot_be_shown(
    hands: Hands, project: str, first: Version
) -> None:
    with pytest.raises(DataError, match=r"^version 1 of toy_\d+ is not shown there\n"):
        hands.mirror.mark(first)


MESS = st.lists(
    st.tuples(
        st.sampled_from(["ours", "stranger", "remove", "digest", "number", "alias"]),
        st.integers(0, 5),
        st.integers(1, 4),
        st.sampled_from([*ALIASES, "mine"]),
    ),
    max_size=6,
)


def make_mess(hands: Hands, project: str, mess: list[tuple[str, int, int, str]]) -> None:
    """Do at random what people might."""
    for deed, place, number, alias in mess:
        rows = hands.rows(project).rows
        row = rows[place % len(rows)].number if rows else None
        if deed == "ours":
            digest = version_of(BUNDLES[place % 2]).digest
            hands.create(project, {NUMBER: str(number), DIGEST: digest})
        elif deed == "stranger" or row is None:
            hands.create(project, {})
        elif deed == "remove":
            hands.remove(project, row)
        elif deed == "alias":
            hands.alias(project, alias, row)
        else:
            name, value = (DIGEST, "00") if deed == "digest" else (NUMBER, str(number))
            hands.tag(project, row, name, value)


def check_that_mending_leaves_only_what_is_not_ours(
    hands: Hands,
    project: str,
    said: tuple[list[int], list[int]],
    mess: list[tuple[str, int, int, str]],
) -> None:
    kept, live = said
    versions = [version_of(BUNDLES[which], k, project) for k, which in enumerate(kept, 1)]
    pointed = {alias: n for alias, n in zip(ALIASES, live, strict=False) if 0 < n <= len(versions)}
    state = state_with(versions, pointed, project)
    bundles: dict[str, Store] = {version_of(bundle).digest: bundle for bundle in BUNDLES}
    make_mess(hands, project, mess)
    theirs = {name: n for name, n in hands.rows(project).aliases.items() if name == "mine"}

    told = mend(lambda: state, hands.mirror, lambda version: bundles[version.digest])
    left = differences(state, hands.mirror.state(project))
    assert [one.kind for one in left if one.mendable] == []
    assert [one for one in told if not one.mended] == list(left)
    assert {n: row for n, row in hands.rows(project).aliases.items() if n == "mine"} == theirs

    before = hands.rows(project)
    assert mend(lambda: state, hands.mirror, lambda version: bundles[version.digest]) == left
    assert hands.rows(project) == before


SAID = st.tuples(
    st.lists(st.integers(0, 1), max_size=4), st.lists(st.integers(0, 4), min_size=2, max_size=2)
)


@settings(max_examples=150)
@given(said=SAID, mess=MESS)
def test_mending_any_mess_in_memory_leaves_only_what_is_not_ours(
    said: tuple[list[int], list[int]], mess: list[tuple[str, int, int, str]]
) -> None:
    check_that_mending_leaves_only_what_is_not_ours(MemoryHands(), "toy", said, mess)


def test_mending_any_mess_in_mlflow_leaves_only_what_is_not_ours(in_mlflow: Hands) -> None:
    """One project, messed up again and again: what was left by one example is there in the next."""

    @settings(max_examples=8, database=None)
    @given(said=SAID, mess=MESS)
    def checked(said: tuple[list[int], list[int]], mess: list[tuple[str, int, int, str]]) -> None:
        check_that_mending_leaves_only_what_is_not_ours(in_mlflow, "messy", said, mess)

    run: Callable[[], None] = checked
    run()
