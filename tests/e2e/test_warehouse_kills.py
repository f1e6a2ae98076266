"""A load killed wherever it is: the warehouse is as before or as after, and never between."""

from collections.abc import Callable
from pathlib import Path

import pytest

import foresell
from foresell.spec.warehouse import PHASES
from tests.warehouse_kills import Found, Plan, kill_everywhere
from tests.warehouse_loads import Warehouse, deliveries, filled


def judge(found: list[Found]) -> None:
    """Each kill left one of the two warehouses; loading again, after all of them, left the new."""
    *disturbed, last = found
    assert [one for one in disturbed if one.left == "other" or not one.killed] == []
    assert {one.left for one in disturbed} == {"before", "after"}
    assert last.left == "after"


@pytest.mark.slow
def test_a_kill_at_any_point_of_a_load_leaves_the_warehouse_before_or_after_it(
    postgres: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = deliveries(tmp_path)
    before = filled(postgres(), tmp_path, monkeypatch)

    found = kill_everywhere(Plan(host=before.host, before=before.name, data=str(data["second"])))

    judge(found)
    points = {one.point.split(" ", 1)[1] for one in found[:-1]}
    assert {f"phase {phase}" for phase in PHASES} <= points
    assert {"commit", "change insert_facts", "change update_facts", "as_csv", "the end"} <= points


@pytest.mark.slow
@pytest.mark.realdata
def test_so_does_a_kill_in_the_middle_of_the_longest_phases_of_421570_rows(
    postgres: Callable[[], str],
    tmp_path: Path,
    walmart_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = Warehouse.at(postgres())
    before.name_it(monkeypatch)
    foresell.migrate_warehouse("walmart")

    plan = Plan(host=before.host, before=before.name, data=str(walmart_data), timed=2)
    *disturbed, last = kill_everywhere(plan)

    assert [one for one in disturbed if one.left == "other"] == []
    assert len({one.point.split()[2].strip(",") for one in disturbed} & set(PHASES)) == 2
    assert last.left == "after"
