"""What each group may do in the warehouse, tried one thing at a time, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from foresell.adapters.warehouse.schema import migrate
from foresell.spec.warehouse import MEASURES
from tests.migrated import WALMART, connected, looks, migrated, put

STAR = ("dim_store", "dim_dept", "fact_sales_weekly", "plan_sales_weekly")
STAGING = ("stg_sales_weekly", "stg_sales_plan")
VIEWS = ("vw_sales_analytics", "vw_sales_plan")
BOOKS = ("schema_migrations", "contracts", "contract_checks")
RELATIONS = (*STAR, *STAGING, *VIEWS, *BOOKS, "load_history")
COLUMN = {
    **dict.fromkeys((*STAR, *STAGING, *VIEWS), "dept_id"),
    **{"dim_store": "store_size", "schema_migrations": "name", "contracts": "contract_version"},
    **{"contract_checks": "rule", "load_history": "source"},
}
TRIED = {
    "SELECT": "SELECT * FROM retailds.{relation}",
    "INSERT": "INSERT INTO retailds.{relation} DEFAULT VALUES",
    "UPDATE": "UPDATE retailds.{relation} SET {column} = {column}",
    "DELETE": "DELETE FROM retailds.{relation}",
    "TRUNCATE": "TRUNCATE retailds.{relation} CASCADE",
    "DROP": "DROP TABLE retailds.{relation} CASCADE",
    "RENAME": "ALTER TABLE retailds.{relation} RENAME TO other",
    "COLUMN": "ALTER TABLE retailds.{relation} ADD COLUMN other INT",
    "INDEX": "CREATE INDEX ON retailds.{relation} ({column})",
    "TRIGGER": "CREATE TRIGGER other BEFORE DELETE ON retailds.{relation} "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
}
ELSEWHERE = {
    "a table": "CREATE TABLE retailds.other (id INT)",
    "a view": "CREATE VIEW retailds.other AS SELECT 1",
    "a schema": "CREATE SCHEMA other",
    "no schema": "DROP SCHEMA retailds CASCADE",
    "a role": "CREATE ROLE other",
    "a group": "GRANT ingest TO read",
    "a file": "COPY retailds.vw_sales_plan TO '/tmp/other'",
    "a program": "COPY (SELECT 1) TO PROGRAM 'true'",
}
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    "ingest": {
        **dict.fromkeys(STAR, frozenset({"SELECT", "INSERT"})),
        "dim_store": frozenset({"SELECT", "INSERT", "UPDATE"}),
        "plan_sales_weekly": frozenset({"SELECT", "INSERT", "DELETE"}),
        **dict.fromkeys(STAGING, frozenset({"SELECT", "INSERT", "DELETE"})),
        **dict.fromkeys((*VIEWS, *BOOKS), frozenset({"SELECT"})),
        "load_history": frozenset({"SELECT", "INSERT"}),
    },
    "read": dict.fromkeys((*STAR, *VIEWS, *BOOKS, "load_history"), frozenset({"SELECT"})),
    "app": dict.fromkeys((*VIEWS, *BOOKS, "load_history"), frozenset({"SELECT"})),
}


MEASURED = {  # what ingest may correct: a key never
    "dim_store": {"store_type", "store_size"},
    "dim_dept": set(),
    "fact_sales_weekly": {*MEASURES, "isholiday"},
    "plan_sales_weekly": {"isholiday"},
}
STRANGE = {
    "LOGIN": "it can log in",
    "SUPERUSER": "it is a superuser",
    "CREATEROLE": "it may make roles",
    "CREATEDB": "it may make databases",
    "REPLICATION": "it may replicate",
    "BYPASSRLS": "it passes row security by",
    "ROLE postgres": "it has members",
    "IN ROLE pg_monitor": "it is a member of another role",
}


@pytest.fixture
def filled(emptied: str) -> str:
    """The URL of a warehouse with a row."""
    migrated(emptied)
    with connected(emptied) as connection:
        put(connection)
    return emptied


@pytest.mark.parametrize("role", RIGHTS)
def test_a_group_may_do_this_to_each_table_and_nothing_else(filled: str, role: str) -> None:
    with connected(filled) as connection:
        connection.execute(f"SET ROLE {role}".encode())

        assert _allowed(connection) == _wanted(role)
        assert [name for name, asked in ELSEWHERE.items() if _may(connection, asked)] == []
        connection.rollback()


@pytest.mark.parametrize("role", RIGHTS)
def test_a_user_who_is_granted_a_group_may_do_the_same(filled: str, role: str) -> None:
    with _user(filled, "somebody", role), connected(filled, "somebody") as connection:
        assert _allowed(connection) == _wanted(role)
        assert [name for name, asked in ELSEWHERE.items() if _may(connection, asked)] == []
        assert not _may(connection, "SET ROLE postgres")
        connection.rollback()


def test_a_user_who_is_granted_nothing_may_do_nothing(filled: str) -> None:
    with _user(filled, "somebody"), connected(filled, "somebody") as connection:
        assert _allowed(connection) == set()
        connection.rollback()


def test_what_was_measured_may_be_corrected_and_a_key_may_not(filled: str) -> None:
    with connected(filled) as connection:
        columns = {
            table: [
                name
                for (name,) in connection.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
                    [f"retailds.{table}"],
                )
            ]
            for table in STAR
        }
        connection.execute("SET ROLE ingest")
        corrected = {
            table: {
                name
                for name in names
                if _may(connection, TRIED["UPDATE"].format(relation=table, column=name))
            }
            for table, names in columns.items()
        }
        connection.rollback()

    assert corrected == MEASURED


@pytest.mark.parametrize("word", STRANGE)
@pytest.mark.parametrize("group", RIGHTS)
def test_a_role_that_has_the_name_and_rights_of_its_own_is_not_taken_over(
    emptied: str, group: str, word: str
) -> None:
    with connected(emptied) as connection:
        _set_aside(connection)
        connection.execute(f"CREATE ROLE {group} {word}".encode())
        with pytest.raises(psycopg.errors.DuplicateObject) as refused:
            migrate(connection, "walmart", WALMART.warehouse, WALMART.contract)
        connection.rollback()

    assert refused.value.diag.message_primary == (
        f"the role {group} was there before and is not ours: {STRANGE[word]}"
    )
    assert looks(emptied) == []


def test_a_role_that_has_only_the_name_is_taken_and_is_ours_from_then_on(emptied: str) -> None:
    with connected(emptied) as connection:
        _set_aside(connection)
        connection.execute("CREATE ROLE app")
        migrate(connection, "walmart", WALMART.warehouse, WALMART.contract)
        connection.execute("DROP SCHEMA retailds CASCADE; GRANT app TO postgres")
        done = migrate(connection, "walmart", WALMART.warehouse, WALMART.contract)
        marks = connection.execute(
            "SELECT DISTINCT shobj_description(oid, 'pg_authid') FROM pg_roles "
            "WHERE rolname IN ('ingest', 'read', 'app')"
        ).fetchall()
        connection.rollback()

    assert done.applied[-1] == "0005_roles"
    assert marks == [("foresell: a group of the warehouse retailds; nobody logs in as it",)]


def test_who_made_the_groups_is_no_member_of_them(emptied: str) -> None:
    with connected(emptied) as connection:
        _set_aside(connection)
        connection.execute("CREATE ROLE maker CREATEROLE; GRANT maker TO postgres")
        connection.execute(
            "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO maker', "
            "current_database()); END $$"
        )
        connection.execute("SET ROLE maker")
        connection.execute("CREATE ROLE read")
        done = migrate(connection, "walmart", WALMART.warehouse, WALMART.contract)
        connection.rollback()

    assert done.applied[-1] == "0005_roles"


def test_nobody_logs_in_as_a_group_and_none_has_more_than_its_rights(filled: str) -> None:
    with connected(filled) as connection:
        found = connection.execute(
            "SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb "
            "OR rolreplication OR rolbypassrls FROM pg_roles "
            "WHERE rolname IN ('ingest', 'read', 'app') ORDER BY 1"
        ).fetchall()

    assert found == [("app", False), ("ingest", False), ("read", False)]


def test_no_group_can_hand_its_rights_on(filled: str) -> None:
    with connected(filled) as connection:
        found = connection.execute(
            "SELECT relname, grantee::regrole::TEXT, privilege_type FROM pg_class, "
            "aclexplode(relacl) WHERE relnamespace = 'retailds'::regnamespace "
            "AND is_grantable AND grantee <> relowner"
        ).fetchall()

    assert found == []


def test_who_puts_in_can_have_staging_analysed(filled: str) -> None:
    with connected(filled) as connection:
        if connection.info.server_version < 170000:
            pytest.skip("the right to ANALYZE can be granted from PostgreSQL 17 on")
    notices: list[str] = []
    with _user(filled, "somebody", "ingest"), connected(filled, "somebody") as connection:
        connection.add_notice_handler(lambda said: notices.append(str(said.message_primary)))
        connection.execute("ANALYZE retailds.stg_sales_weekly, retailds.stg_sales_plan")

    assert notices == []


def _set_aside(connection: psycopg.Connection[Any]) -> None:
    """Let no role of the server bear a group's name, until the transaction is rolled back."""
    for name in RIGHTS:
        there = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        if there is not None:
            connection.execute(f"ALTER ROLE {name} RENAME TO {name}_before".encode())


def _wanted(role: str) -> set[tuple[str, str]]:
    return {(relation, verb) for relation, verbs in RIGHTS[role].items() for verb in verbs}


def _allowed(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """Return what may be done to which relation: each thing tried, and taken back."""
    return {
        (relation, verb)
        for relation in RELATIONS
        for verb, text in TRIED.items()
        if _may(connection, text.format(relation=relation, column=COLUMN[relation]))
    }


def _may(connection: psycopg.Connection[Any], asked: str) -> bool:
    """Tell whether a statement may be asked; one that is not about such a relation may not."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(asked.encode())
    except (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.WrongObjectType,
        psycopg.errors.ObjectNotInPrerequisiteState,  # a view over two tables takes no rows
    ):
        return False
    except psycopg.errors.NotNullViolation:
        return True
    return True


@contextmanager
def _user(url: str, name: str, role: str = "") -> Iterator[None]:
    """Keep a user for as long as the block lasts."""
    with connected(url) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN {f'IN ROLE {role}' if role else ''}".encode())
    try:
        yield
    finally:
        with connected(url) as owner:
            owner.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())
