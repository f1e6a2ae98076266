"""What a load looks at after it went in: its own weeks; a look at the warehouse sees all of it."""

import foresell
from tests.warehouse_loads import Warehouse
from tests.warehouse_toy import ROWS, TOY, Load, check, do

HEADER, *LINES = TOY["train.csv"].splitlines(keepends=True)
LAST = b"".join([HEADER, *(line for line in LINES if b"2010-06-18" in line)])
ORPHANS = (
    "ALTER TABLE retailds.{table} DROP CONSTRAINT {table}_dept_id_fkey; "
    "UPDATE retailds.{table} SET dept_id = 8 WHERE dept_id = 2 AND week_date < '2010-04-01'"
)


def test_a_hole_far_from_the_weeks_of_a_part_is_seen_by_a_look_at_all_alone(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    do(warehouse, "DELETE FROM retailds.fact_sales_weekly WHERE week_date = '2010-03-05'")

    part = load(train=LAST, partial=True)

    assert part.failed == ()
    assert check(part, "view").says == "4 rows in the view, 4 in the facts of these weeks"
    names = [one.name for one in foresell.validate_warehouse().failed]
    assert names == ["fact_continuity"]


def test_rows_that_no_foreign_key_holds_any_more_are_looked_for_by_each_load(
    warehouse: Warehouse, load: Load
) -> None:
    load()
    do(warehouse, ORPHANS.format(table="fact_sales_weekly"))

    found = check(load(train=LAST, partial=True), "foreign_keys")

    assert (found.verdict, found.count) == ("failed", 2 * 8)
    assert found.examples == ({"table_name": "fact_sales_weekly", "rows": 2 * 8},)


def test_where_all_foreign_keys_hold_every_row_has_its_partners(
    warehouse: Warehouse, load: Load
) -> None:
    report = load()

    assert check(report, "foreign_keys").verdict == "passed"
    assert check(report, "view").says == (
        f"{ROWS} rows in the view, {ROWS} in the facts of these weeks"
    )
