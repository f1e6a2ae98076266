"""The warehouse from Python: its schema brought up to date, and how it stands.

The database is the one that ``DB_*`` or ``RDS_SECRET_NAME`` name, in the environment or in
``.env``. ``project`` may be left out where only one declares a warehouse, as ``walmart`` does.
"""

from collections.abc import Callable

from foresell.settings import read_settings
from foresell.spec.warehouse_schema import Migrated, SchemaStatus
from foresell.wiring import warehouse as wiring

__all__ = ["Migrated", "SchemaStatus", "migrate_warehouse", "warehouse_status"]


def migrate_warehouse(
    project: str | None = None, *, waiting: Callable[[], object] = lambda: None
) -> Migrated:
    """Bring the schema ``retailds`` up to date, with the contract's rules as its CHECKs.

    All of it or nothing, in one transaction; a second time changes nothing, and two at once are one
    after the other. No row is ever removed. Rows that a new rule refuses are a ``GateError`` that
    names and counts them; a schema that a newer foresell has made is a ``MachineError``.
    ``waiting`` is called where a load or another migration has to end first.
    """
    return wiring.migrate(project, read_settings(), waiting)


def warehouse_status(project: str | None = None) -> SchemaStatus:
    """Return which migrations were run, whose rules are held, how many rows there are.

    A database without a warehouse is no error: everything is pending then.
    """
    return wiring.status(project, read_settings())
