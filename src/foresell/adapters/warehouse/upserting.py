"""Staged rows into the star schema: new ones put in, others corrected, equal ones left alone."""

from typing import Any

from psycopg import Connection

from foresell.adapters.warehouse.asking import ask_one, change
from foresell.spec.warehouse import Changes, Volumes

# By table, those that others refer to first: what corrects rows of it, and what puts new ones in.
_TABLES = {
    "dim_store": ("update_stores", "insert_stores"),
    "dim_dept": (None, "insert_depts"),
    "fact_sales_weekly": ("update_facts", "insert_facts"),
    "plan_sales_weekly": ("update_plan", "insert_plan"),
}


def upsert(connection: Connection[Any], batch: str, volumes: Volumes, planned: int) -> Changes:
    """Let the staged rows of ``batch`` in, which hold ``volumes`` and ``planned`` rows to come.

    A row that stands there as it was delivered is not written again.
    """
    held = {
        "dim_store": volumes.stores,
        "dim_dept": ask_one(connection, "count_depts", batch=batch)["depts"],
        "fact_sales_weekly": volumes.rows,
        "plan_sales_weekly": planned,
    }
    updated, inserted = {}, {}
    for table, (update, insert) in _TABLES.items():
        updated[table] = change(connection, update, batch=batch) if update else 0
        inserted[table] = change(connection, insert, batch=batch)
    return Changes(
        inserted=inserted,
        updated=updated,
        unchanged={table: held[table] - updated[table] - inserted[table] for table in held},
    )
