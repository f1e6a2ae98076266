"""Makes the ledger's tables, and brings those of an older foresell up to date."""

from importlib.resources import files

from sqlalchemy import Connection, func, insert, inspect, select

from foresell.adapters.ledger_place import damaged
from foresell.adapters.ledger_rows import shown
from foresell.adapters.ledger_tables import REVISION, REVISION_TABLE, REVISIONS, TABLES
from foresell.errors import MachineError

_FOLDER = files("foresell.adapters") / "migrations"
_MIGRATING = 0x666F7265  # "fore": the advisory lock of PostgreSQL that migrations hold


def found_revision(connection: Connection, label: str) -> str | None:
    """Return the migration the database is at, None where it holds no ledger.

    A ``DataError`` where it holds the tables of one and does not say which, or is a damaged file.
    """
    said = "its tables are those of a registry, and it names no revision"
    if not _has(connection, REVISION_TABLE) and not any(
        _has(connection, one) for one in TABLES.tables
    ):
        said = damage_of(connection)
        if not said:  # it is empty, or somebody else's
            return None
    elif _has(connection, REVISION_TABLE):  # by now: another process may have just made all of them
        found = connection.execute(select(REVISIONS.c.version_num)).scalar_one_or_none()
        if isinstance(found, str):
            return found
    error = damaged(said, label)
    raise error


def _has(connection: Connection, name: str) -> bool:
    """Tell whether there is such a table, now."""
    return inspect(connection).has_table(name)


def damage_of(connection: Connection) -> str:
    """Return what a file of SQLite finds wrong with itself, the first of it; "" for nothing.

    PostgreSQL looks after its own files.
    """
    if connection.dialect.name != "sqlite":
        return ""
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
    return "" if found == ["ok"] else shown(" ".join(" ".join(map(str, found)).split()))


def doubtful_revision(connection: Connection, label: str) -> str:
    """Return why the revision that the database names cannot be its own; "" where it can.

    One that this foresell does not know, over the very tables of this one: a newer one would have
    changed them.
    """
    found = found_revision(connection, label)
    if found in {None, REVISION}:
        return ""
    asked = inspect(connection)
    if any(
        [each["name"] for each in asked.get_columns(name)] != list(table.c.keys())
        for name, table in TABLES.tables.items()
    ):
        return ""
    return f"it names the revision {found!r}, and its tables are those of {REVISION}"


def migrate(connection: Connection, label: str) -> None:
    """Bring the database to the newest migration, within the transaction ``connection`` is in.

    One process at a time: SQLite has one writer anyway. A second one finds nothing left to do.
    A database that a newer foresell has written is a ``MachineError``.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    found = found_revision(connection, label)
    if found is None:
        make(connection)
    elif found != REVISION:
        upgrade_from(found, connection, label)


def make(connection: Connection) -> None:
    """Make what all migrations together make of an empty database, and note that they are done.

    Alembic would take 0.2 s, most of it to be imported; a test holds both to the same tables.
    """
    TABLES.create_all(connection, checkfirst=False)
    file = _FOLDER / "sql" / f"{REVISION}_{connection.dialect.name}.sql"
    for statement in file.read_text("utf-8").split("-- next\n"):
        connection.exec_driver_sql(statement)
    REVISIONS.create(connection, checkfirst=False)
    connection.execute(insert(REVISIONS), {"version_num": REVISION})


def upgrade_from(found: str | None, connection: Connection, label: str) -> None:
    """Do the migrations that come after ``found``; all of them after None.

    Raises:
        MachineError: a newer foresell has been here.
    """
    # Takes 0.1 s, and is needed only where an older foresell has been.
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": REVISION_TABLE})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise MachineError(
            f"the registry is at revision {found}, which this foresell does not know",
            label,
            f"install the newer foresell that wrote it; this one knows {', '.join(sorted(known))}",
        )
    upgrade(config, "head")
