"""A writer killed wherever it writes: the registry is as before or as after, and never between."""

from pathlib import Path

import pytest

from tests.registry_kills import Act, Found, kill_everywhere

ACTS: tuple[Act, ...] = ("register first", "register by force", "promote", "roll back")
LEAST = {"register first": 80, "register by force": 30, "promote": 12, "roll back": 12}

LEAST_STATEMENTS = {"register first": 30, "promote": 12}


def judge(found: list[Found]) -> None:
    """Each kill left one of the two histories, sound; asking again left the new one."""
    assert [one for one in found if one.left == "other" or one.again != "new"] == []
    assert [one for one in found if one.problems] == []
    assert {one.left for one in found} == {"old", "new"}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_a_kill_at_any_write_point_leaves_the_old_or_the_new_and_asking_again_ends_it(
    act: Act, tmp_path: Path
) -> None:
    found = kill_everywhere(tmp_path, act)
    judge(found)
    assert len({one.point for one in found}) > LEAST[act]


@pytest.mark.slow
@pytest.mark.parametrize("act", ["register first", "promote"])
def test_a_kill_at_any_statement_to_postgresql_does_so_too(
    act: Act, tmp_path: Path, emptied: str
) -> None:
    found = kill_everywhere(tmp_path, act, emptied)
    judge(found)
    assert len({one.point for one in found}) > LEAST_STATEMENTS[act]
