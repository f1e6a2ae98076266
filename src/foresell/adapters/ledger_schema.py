"""Makes the ledger's tables, and brings those of an older foresell up to date."""

from importlib.resources import files

from sqlalchemy import Connection, func, inspect, select

from foresell.adapters.ledger_tables import REVISION, REVISION_TABLE, REVISIONS
from foresell.errors import MachineError

_MIGRATING = 0x666F7265  # "fore": the advisory lock of PostgreSQL that migrations hold


def found_revision(connection: Connection) -> str | None:
    """Return the migration the database is at, None where it holds no ledger."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(select(REVISIONS.c.version_num)).scalar_one_or_none()


def migrate(connection: Connection, label: str) -> None:
    """Bring the database to the newest migration, within the transaction ``connection`` is in.

    One process at a time: SQLite has one writer anyway. A second one finds nothing left to do.

    Raises:
        MachineError: a newer foresell has been here.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    found = found_revision(connection)
    if found == REVISION:
        return
    # Alembic takes 0.1 s to import and is needed once in the life of a database.
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    folder = str(files("foresell.adapters") / "migrations")
    config = Config(attributes={"connection": connection, "version_table": REVISION_TABLE})
    config.set_main_option("script_location", folder.replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise MachineError(
            f"the registry is at revision {found}, which this foresell does not know",
            label,
            f"install the newer foresell that wrote it; this one knows {', '.join(sorted(known))}",
        )
    upgrade(config, "head")
