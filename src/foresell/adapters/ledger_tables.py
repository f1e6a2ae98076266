"""The tables of the ledger as queries see them; migrations make them."""

from sqlalchemy import Column, Integer, MetaData, PrimaryKeyConstraint, String, Table, Text

REVISION_TABLE = "registry_revision"  # not alembic_version: MLflow may share the database
REVISION = "r0001"  # the newest migration; asking Alembic would cost every command 0.1 s

TABLES = MetaData()
HEADS = Table(
    "heads",
    TABLES,
    Column("project", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)
TRANSITIONS = Table(
    "transitions",
    TABLES,
    Column("project", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("alias", Text),
    Column("before_version", Integer),
    Column("after_version", Integer),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
REVISIONS = Table(  # as Alembic makes it
    REVISION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{REVISION_TABLE}_pkc"),
)
