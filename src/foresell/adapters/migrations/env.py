"""What Alembic runs to migrate: on the connection it was handed, in the transaction it is in."""

from alembic import context


def migrate() -> None:
    """Run the migrations that are due."""
    asked = context.config.attributes
    context.configure(connection=asked["connection"], version_table=asked["version_table"])
    context.run_migrations()


if __name__ == "env_py":  # the name Alembic loads it by; whoever else imports it migrates nothing
    migrate()
