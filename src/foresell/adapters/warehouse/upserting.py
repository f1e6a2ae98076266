"""Staged rows into the star schema: new ones put in, others corrected, equal ones left alone."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from foresell.adapters.warehouse.asking import ask_one, change
from foresell.spec.warehouse import Changes


def upsert(connection: Connection[Any], batch: str, *, whole: bool) -> Changes:
    """Let the staged rows of ``batch`` in, and count what became of each.

    A row that stands there as it was delivered is not written again. A ``whole`` delivery holds
    all of the plan: planned rows that it does not have are taken out. No other row ever is.
    """
    # Those that others refer to first.
    counts = {
        "dim_store": ask_one(connection, "upsert_stores", batch=batch),
        "dim_dept": ask_one(connection, "upsert_depts", batch=batch),
        "fact_sales_weekly": _facts(connection, batch),
        "plan_sales_weekly": ask_one(connection, "upsert_plan", batch=batch, whole=whole),
    }
    inserted, updated, unchanged, removed = (
        {table: found.get(kind, 0) for table, found in counts.items()}
        for kind in ("inserted", "updated", "unchanged", "removed")
    )
    return Changes(inserted=inserted, updated=updated, unchanged=unchanged, removed=removed)


def _facts(connection: Connection[Any], batch: str) -> Mapping[str, int]:
    """Let the facts in: one look tells what there is to write, and often there is nothing."""
    found = ask_one(connection, "compare_facts", batch=batch)
    return {
        "updated": change(connection, "update_facts", batch=batch) if found["changed"] else 0,
        "inserted": change(connection, "insert_facts", batch=batch) if found["new"] else 0,
        "unchanged": found["same"],
    }
