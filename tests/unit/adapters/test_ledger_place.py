"""Places of a ledger: which URLs name one, and what is said of those that cannot be used."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from foresell.adapters.ledger import open_ledger
from foresell.adapters.ledger_place import read_place
from foresell.errors import MachineError, UsageError
from tests.contract.test_ledger import keep
from tests.held_service import free_port

SECRET = "s3cr3t-w0rd"  # noqa: S105 - of nothing


@pytest.mark.parametrize(
    ("url", "driver", "label"),
    [
        ("sqlite:////data/registry.db", "sqlite+pysqlite", "/data/registry.db"),
        ("sqlite:///registry.db", "sqlite+pysqlite", "registry.db"),
        ("postgres://db/models", "postgresql+psycopg", "postgresql://db/models"),
        (
            "postgresql+psycopg2://jo:s3cr3t-w0rd@db:5433/models?sslmode=require",
            "postgresql+psycopg",
            "postgresql://db:5433/models",
        ),
        (
            "postgresql:///models?host=/run/pg&password=s3cr3t-w0rd",
            "postgresql+psycopg",
            "postgresql:///run/pg/models",
        ),
        ("postgresql:///models", "postgresql+psycopg", "postgresql://localhost/models"),
    ],
)
def test_a_url_names_a_place_and_its_label_tells_no_secret(
    url: str, driver: str, label: str
) -> None:
    place = read_place(url)
    assert (place.url.drivername, place.label) == (driver, label)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "the registry's URL cannot be read"),
        (f"no url but {SECRET}", "the registry's URL cannot be read"),
        (f"postgresql://jo:{SECRET}@db:port/x", "the registry's URL cannot be read"),
        (f"mysql://jo:{SECRET}@db/x", "a registry cannot be kept in 'mysql'"),
        ("sqlite+aiosqlite:///a.db", "a registry cannot be kept in 'sqlite+aiosqlite'"),
        ("sqlite://", "the registry's URL names no file"),
        ("sqlite:///:memory:", "the registry's URL names no file"),
        ("sqlite:///file:a.db?uri=true", "the registry's URL names no file"),
    ],
)
def test_a_url_that_names_no_place_is_refused_without_its_secret(url: str, what: str) -> None:
    with pytest.raises(UsageError) as said:
        open_ledger(url)
    assert said.value.what.startswith(what)
    assert SECRET not in str(said.value)
    assert "PASSWORD@" not in said.value.mend  # a password belongs in PGPASSWORD
    assert said.value.__cause__ is None


def test_what_the_errors_offer_stands_in_the_documents() -> None:
    page = (Path(__file__).parents[3] / "docs" / "registry.md").read_text("utf-8")
    with pytest.raises(UsageError) as said:
        open_ledger("mysql://db/x")
    assert said.value.mend == (
        "write sqlite:////folder/registry.db or postgresql://USER@HOST:5432/DATABASE"
    )
    assert "`sqlite:////folder/registry.db`" in page
    assert "`postgresql://user@host:5432/database`" in page


def test_a_server_that_is_down_is_a_fault_of_the_machine() -> None:
    port = free_port()
    with pytest.raises(MachineError, match=r"^the registry cannot be used: .*refused") as said:
        open_ledger(f"postgresql://jo:{SECRET}@127.0.0.1:{port}/models")
    assert said.value.where == f"postgresql://127.0.0.1:{port}/models"
    assert SECRET not in str(said.value)
    assert "see that the server runs" in said.value.mend


def test_a_server_that_is_not_known_is_a_fault_of_the_machine() -> None:
    with pytest.raises(MachineError, match=r"^the registry cannot be used: ") as said:
        open_ledger(f"postgresql://jo:{SECRET}@no.such.host.invalid/models")
    assert SECRET not in str(said.value)


def test_a_database_that_is_not_there_is_named(emptied: str) -> None:
    url = make_url(emptied).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(MachineError, match='database "nowhere" does not exist'):
        open_ledger(url)


@pytest.fixture
def guarded(emptied: str) -> Iterator[str]:
    """A database that a role without rights may enter by its password alone."""
    url = make_url(emptied)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE guest LOGIN PASSWORD '{SECRET}'".encode())
        found = admin.execute("SHOW hba_file").fetchone()
        assert found is not None
        rules = Path(found[0])
        before = rules.read_text()
        rules.write_text(f"local {url.database} guest scram-sha-256\n{before}")
        admin.execute("SELECT pg_reload_conf()")
        yield url.set(username="guest", password=SECRET).render_as_string(hide_password=False)
        rules.write_text(before)
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("DROP ROLE guest")


def test_a_wrong_password_is_said_and_not_shown(guarded: str) -> None:
    with pytest.raises(MachineError, match="password authentication failed") as said:
        open_ledger(guarded.replace(SECRET, "an0ther-w0rd"))
    assert "an0ther-w0rd" not in str(said.value)


def test_a_role_without_rights_may_look_and_is_told_what_it_lacks(guarded: str) -> None:
    ledger = open_ledger(guarded)
    assert ledger.projects() == []
    with pytest.raises(MachineError, match="permission denied for schema public") as said:
        keep(ledger, 1)
    assert said.value.mend.startswith("let the database's owner grant the right")
    assert SECRET not in str(said.value)


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    ledger = open_ledger(f"sqlite:///{tmp_path / 'file' / 'deeper' / 'registry.db'}")
    with pytest.raises(MachineError, match=r"^the registry's folder cannot be made: Not a dir"):
        keep(ledger, 1)


def test_a_folder_where_the_file_should_be_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"cannot be used: unable to open database file"):
        open_ledger(f"sqlite:///{tmp_path}")


def test_without_psycopg_the_extra_is_named() -> None:
    ask = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from foresell.adapters.ledger import open_ledger\n"
        "from foresell.errors import MachineError\n"
        "try: open_ledger('postgresql://db/models')\n"
        "except MachineError as error: print(error.what, '|', error.mend)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    what, mend = done.stdout.strip().split(" | ")
    assert what.startswith("a registry in PostgreSQL needs psycopg: ")
    assert mend == "pip install 'foresell[postgres]'"
