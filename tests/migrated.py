"""A warehouse for tests: walmart's declaration, a schema that was made of it, and its looks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from foresell.adapters.warehouse.schema import migrate
from foresell.settings import Settings
from foresell.spec.database import DatabasePlace
from foresell.spec.warehouse_schema import Migrated
from foresell.wiring.warehouse import Kept, kept_project

NOWHERE = Settings(home=Path("nowhere"), projects=())
WALMART = kept_project("walmart", NOWHERE)
ROW: Mapping[str, Any] = {
    "store_id": 1,
    "dept_id": 1,
    "week_date": "2010-02-05",
    "weekly_sales": 24924.5,
    "isholiday": False,
    "temperature": 42.31,
    "fuel_price": 2.572,
    "store_type": "A",
    "store_size": 151315,
}


def place_of(url: str, user: str = "postgres") -> DatabasePlace:
    """Return the place that a URL of the tests' server names."""
    read = make_url(url)
    port = int(str(read.query.get("port", 5432)))
    return DatabasePlace(
        host=str(read.query["host"]), port=port, name=str(read.database), user=user
    )


@contextmanager
def connected(url: str, user: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction, committed at the end of the block."""
    place = place_of(url, user)
    with psycopg.connect(
        host=place.host, port=place.port, dbname=place.name, user=place.user
    ) as connection:
        yield connection


def migrated(url: str, kept: Kept = WALMART) -> Migrated:
    """Bring the warehouse of ``kept`` up to date."""
    with connected(url) as connection:
        return migrate(connection, kept.project.name, kept.warehouse, kept.contract)


def put(connection: psycopg.Connection[Any], **changed: object) -> None:
    """Put one row into the facts, beside its store and department."""
    connection.execute(
        """
        WITH store AS (
            INSERT INTO retailds.dim_store VALUES (%(store_id)s, %(store_type)s, %(store_size)s)
            ON CONFLICT DO NOTHING
        ), dept AS (
            INSERT INTO retailds.dim_dept VALUES (%(dept_id)s) ON CONFLICT DO NOTHING
        )
        INSERT INTO retailds.fact_sales_weekly
            (store_id, dept_id, week_date, weekly_sales, isholiday, temperature, fuel_price)
        VALUES (%(store_id)s, %(dept_id)s, %(week_date)s, %(weekly_sales)s, %(isholiday)s,
                %(temperature)s, %(fuel_price)s)
        """,
        {**ROW, **changed},
    )


def looks(url: str) -> list[tuple[Any, ...]]:
    """Return all that can be seen of the schema: columns, constraints, views, rights."""
    with connected(url) as connection:
        return connection.execute(
            """
            SELECT c.relname, c.relkind, c.relpersistence, c.relacl::TEXT, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                obj_description(c.oid), col_description(c.oid, a.attnum),
                CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = to_regnamespace('retailds')
            UNION ALL
            SELECT conrelid::regclass::TEXT, contype, NULL, conname, pg_get_constraintdef(oid),
                NULL, convalidated, NULL, NULL, NULL, NULL
            FROM pg_constraint WHERE connamespace = to_regnamespace('retailds')
            ORDER BY 1, 2, 4, 5
            """
        ).fetchall()
