"""The ledger: heads, transitions that nobody can change, and a view for people who ask in SQL."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, the triggers and the view."""
    op.create_table(
        "heads",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "transitions",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("alias", sa.Text),
        sa.Column("before_version", sa.Integer),
        sa.Column("after_version", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    dialect = op.get_bind().dialect.name
    folder = files("foresell.adapters") / "migrations" / "sql"
    text = (folder / f"{revision}_{dialect}.sql").read_text("utf-8")
    for statement in text.split("-- next\n"):
        op.get_bind().exec_driver_sql(statement)
