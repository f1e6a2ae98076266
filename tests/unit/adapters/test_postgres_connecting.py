"""Who gets a connection to PostgreSQL, by psycopg and ADBC, and what is said to who does not."""

import ssl
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg import sql

from foresell.adapters.postgres_link import adbc_uri, opened, saying_trouble
from foresell.errors import ForesellError, MachineError, UsageError
from foresell.spec.database import DatabasePlace
from tests.guarded import guarded
from tests.held_service import free_port
from tests.numbers_table import SECRET, add, numbered
from tests.relay import relay


@pytest.fixture
def place(emptied: str) -> DatabasePlace:
    """An empty database with one table of numbers."""
    return numbered(emptied)


def refusal(place: DatabasePlace) -> ForesellError:
    """Return what both libraries say of a place: they say alike, and never with its password."""
    with pytest.raises(ForesellError) as said, opened(place):
        pass
    with (
        pytest.raises(ForesellError) as other,
        saying_trouble(place),
        adbc.connect(adbc_uri(place)),
    ):
        pass
    assert type(other.value) is type(said.value)
    assert other.value.mend == said.value.mend
    assert said.value.where == other.value.where == place.label
    for error in (said.value, other.value):
        shown = "".join(traceback.format_exception(error))
        assert not place.password or place.password not in shown
    return said.value


def test_a_database_that_is_not_there_is_a_matter_of_its_name(place: DatabasePlace) -> None:
    found = refusal(replace(place, name="nix"))
    assert (type(found), found.mend) == (UsageError, "create it, or check DB_NAME")


def test_a_user_who_is_not_there_is_a_matter_of_the_name(place: DatabasePlace) -> None:
    found = refusal(replace(place, user="nobody", password=SECRET))
    assert type(found) is UsageError
    assert found.mend == "check DB_USER and DB_PASSWORD, or the secret that RDS_SECRET_NAME names"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "127.0.0.1", "port": free_port()},
        {"host": "no.such.host.invalid"},
        {"host": "/no/such/folder"},
    ],
)
def test_a_server_that_does_not_answer_is_a_fault_of_the_machine(elsewhere: Any) -> None:
    found = refusal(DatabasePlace(**elsewhere, name="sales", user="jo", password=SECRET))
    assert (type(found), found.exit_code) == (MachineError, 3)
    assert found.what.startswith("the database does not answer: ")
    assert found.mend == "see that the server runs, and that DB_HOST and DB_PORT name it"


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_a_server_that_cannot_encrypt_is_refused_where_that_is_asked(
    place: DatabasePlace, mode: str
) -> None:
    with relay(place.host) as way:
        found = refusal(replace(place, host="127.0.0.1", port=way.port, sslmode=mode))
    assert type(found) is UsageError
    assert found.what.startswith("the connection cannot be encrypted as asked")
    assert "DB_SSLMODE" in found.mend


@pytest.mark.parametrize("secret", [SECRET, "a b", "%41", "x" * 200])
def test_any_password_gets_in_by_both_libraries(place: DatabasePlace, secret: str) -> None:
    with guarded(place, secret) as guest:
        with opened(guest, reading=True) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("guest",)
        with saying_trouble(guest), adbc.connect(adbc_uri(guest)) as link, link.cursor() as cursor:
            cursor.execute("SELECT current_user::text")
            assert cursor.fetchone() == ("guest",)


def test_a_wrong_password_is_refused_and_shown_nowhere(place: DatabasePlace) -> None:
    with guarded(place, SECRET) as guest:
        for wrong in ("another w@rd%", ""):
            found = refusal(replace(guest, password=wrong))
            assert type(found) is UsageError
            assert found.what.startswith("the database refuses the user or the password")


def test_a_user_without_a_right_is_told_so(place: DatabasePlace) -> None:
    with guarded(place, SECRET) as guest, pytest.raises(UsageError) as said:
        add(guest, 1)
    assert said.value.what == "the user has no right to this: permission denied for table numbers"
    assert said.value.mend == (
        "let the owner grant it: GRANT ingest TO the user who loads, GRANT read TO one who reads "
        "(docs/warehouse.md)"
    )


def test_what_the_server_repeats_of_a_password_is_not_told_on(place: DatabasePlace) -> None:
    known = replace(place, password=SECRET)
    for say in (SECRET, adbc_uri(known)):
        with pytest.raises(ForesellError) as said, opened(known) as connection:
            connection.execute(
                sql.SQL("DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = {}; END $$").format(
                    sql.Literal(say)
                )
            )
        shown = "".join(traceback.format_exception(said.value))
        assert SECRET not in shown
        assert adbc_uri(known) not in shown
        assert "***" in shown


def certificate(folder: Path, host: str) -> Path:
    """Write a certificate of its own authority for ``host``, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509
        .CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[str], tuple[Path, ssl.SSLContext]]:
    def made(host: str) -> tuple[Path, ssl.SSLContext]:
        file = certificate(tmp_path, host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return file, context

    return made


def test_a_server_is_known_by_its_certificate_where_that_is_asked(
    place: DatabasePlace,
    certified: Callable[[str], tuple[Path, ssl.SSLContext]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, context = certified("localhost")
    other, _ = certified("other.example")
    with relay(place.host, tls=context) as way:
        secure = replace(place, host="localhost", port=way.port, sslmode="verify-full")
        monkeypatch.setenv("PGSSLROOTCERT", str(own))
        with opened(secure, reading=True) as connection:
            assert connection.pgconn.ssl_in_use
        with saying_trouble(secure), adbc.connect(adbc_uri(secure)) as link:
            assert link.adbc_get_info()["vendor_name"] == "PostgreSQL"
        # By another name than the certificate's, and by another authority's certificate.
        assert "DB_SSLMODE" in refusal(replace(secure, host="127.0.0.1")).mend
        monkeypatch.setenv("PGSSLROOTCERT", str(other))
        found = refusal(secure)
        assert type(found) is UsageError
        assert found.what.startswith("the connection cannot be encrypted as asked: ")
        monkeypatch.setenv("PGSSLROOTCERT", str(own.parent / "nowhere.pem"))
        assert "PGSSLROOTCERT" in refusal(secure).mend
