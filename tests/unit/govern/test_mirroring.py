"""What another registry shows, held against ours and put right."""

from dataclasses import replace

import pytest

from foresell.adapters.mirror_memory import MemoryMirror
from foresell.adapters.mirror_rows import DIGEST, NUMBER
from foresell.errors import ConflictError, DataError
from foresell.govern.mirroring import Difference, differences, mend
from foresell.spec.ports import Store
from foresell.spec.registry import Head, Mirrored, State, Version
from tests.mirrors import state_with, version_of
from tests.small_bundles import small_bundle, stored

BUNDLE = stored(small_bundle())
FIRST = version_of(BUNDLE, 1)
SECOND = replace(FIRST, version=2)
BOTH = state_with([FIRST, SECOND], {"prod": 2}, "toy")


def bundle_of(version: Version) -> Store:
    return BUNDLE


def test_each_kind_of_difference_has_its_sentence_versions_before_aliases_before_strangers() -> (
    None
):
    third, fourth = replace(FIRST, version=3), replace(FIRST, version=4)
    state = state_with([FIRST, SECOND, third, fourth], {"prod": 2, "staging": 3}, "toy")
    mirrored = Mirrored(
        versions={2: "ab" * 32, 3: FIRST.digest, 4: "", 9: "cd" * 32},
        approvals={3: "Rejected", 9: "Approved"},
        aliases={"prod": 9, "staging": None},
        doubled=(3,),
        strangers=("its own version 7",),
    )
    ours = FIRST.digest[:12]
    assert [(one.kind, one.what) for one in differences(state, mirrored)] == [
        ("missing", "version 1 is missing"),
        ("changed", f"version 2 shows the bundle abababababab instead of {ours}"),
        ("doubled", "version 3 is shown more than once"),
        ("approval", "version 3 shows Rejected instead of Approved"),
        ("changed", f"version 4 shows no bundle instead of {ours}"),
        ("unknown", "version 9 is unknown to the registry"),
        ("alias", "prod points to version 9 instead of version 2"),
        ("alias", "staging points to nothing instead of version 3"),
        ("stranger", "its own version 7 was not put there by foresell"),
    ]


def test_what_was_mended_is_told_as_such_and_what_people_made_is_told_and_left() -> None:
    mirror = MemoryMirror()
    mirror.create("toy", {})
    mirror.create("toy", {NUMBER: "9", DIGEST: "ab" * 32})
    found = [(one.kind, one.version, one.mended) for one in mend(lambda: BOTH, mirror, bundle_of)]
    assert found == [
        ("missing", 1, True),
        ("missing", 2, True),
        ("alias", 2, True),
        ("unknown", 9, False),
        ("stranger", None, False),
    ]
    assert [row.number for row in mirror.rows("toy").rows] == [1, 2, 3, 4]


def test_an_alias_that_was_emptied_is_taken_off_in_the_mirror() -> None:
    mirror = MemoryMirror()
    mend(lambda: BOTH, mirror, bundle_of)
    emptied = replace(BOTH, stacks={"prod": ()}, head=Head(number=10))
    assert [(one.what, one.mended) for one in mend(lambda: emptied, mirror, bundle_of)] == [
        ("prod points to version 2 instead of nothing", True)
    ]
    assert mirror.state("toy").aliases == {"prod": None, "staging": None}


def test_an_alias_moved_by_somebody_quicker_wins_over_our_older_word() -> None:
    """The other process moves prod to 1, here and there, while we are pointing it to 2."""
    mirror = MemoryMirror()
    mend(lambda: BOTH, mirror, bundle_of)
    moved = replace(BOTH, stacks={"prod": (2, 1)}, head=Head(number=10))
    reads = [BOTH, moved, moved, moved]
    mirror.aliases["toy"]["prod"] = 1
    mend(lambda: reads.pop(0), mirror, bundle_of)
    assert mirror.state("toy").aliases == {"prod": 1, "staging": None}


def test_a_registry_that_never_stands_still_is_an_error_that_says_what_to_do() -> None:
    numbers = iter(range(1000))

    def moving() -> State:
        return replace(BOTH, head=Head(number=next(numbers)))

    with pytest.raises(ConflictError, match=r"^the registry of toy changed 20 times") as error:
        mend(moving, MemoryMirror(), bundle_of)
    assert error.value.mend == "when it is quiet: foresell registry reconcile toy"


def test_a_bundle_that_cannot_be_read_keeps_no_other_version_from_being_shown() -> None:
    def damaged(version: Version) -> Store:
        if version.version == 2:
            raise DataError("bundle.txt has changed", "vault", "restore it")
        return BUNDLE

    mirror = MemoryMirror()
    left = [one for one in mend(lambda: BOTH, mirror, damaged) if not one.mended]
    missing = Difference(
        project="toy",
        kind="missing",
        what="version 2 is missing",
        version=2,
        why="bundle.txt has changed",
    )
    words = "prod points to nothing instead of version 2"
    assert left == [missing, replace(missing, kind="alias", what=words, alias="prod")]
    assert list(mirror.state("toy").versions) == [1]


def test_the_approval_of_a_version_is_shown_though_its_bundle_cannot_be_read() -> None:
    def damaged(version: Version) -> Store:
        raise DataError("bundle.txt has changed", "vault", "restore it")

    mirror = MemoryMirror()
    mend(lambda: BOTH, mirror, bundle_of)
    rejected = replace(BOTH, versions=(replace(FIRST, approval="Rejected"), SECOND))
    (told,) = mend(lambda: rejected, mirror, damaged)
    assert (told.kind, told.mended, told.mendable) == ("approval", True, True)
    assert told.what == "version 1 shows Approved instead of Rejected"
    assert differences(rejected, mirror.state("toy")) == ()
