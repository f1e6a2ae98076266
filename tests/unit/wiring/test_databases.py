"""Which database the environment means."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from foresell.errors import UsageError
from foresell.settings import Settings
from foresell.spec.database import DatabasePlace, DatabaseWords
from foresell.wiring.databases import database_place, examine_database
from tests.guarded import guarded, place_of
from tests.held_service import free_port
from tests.services import S3

SECRET = "hunter2@:/%"  # noqa: S105 - of nothing
SAID = {"host": "db.example", "name": "sales", "user": "jo", "password": SECRET}
STORED = {
    "username": "robot",
    "password": SECRET,
    "host": "rds.example",
    "port": 5433,
    "dbname": "shop",
    "engine": "postgres",
}


def saying(**words: str) -> Settings:
    return Settings(home=Path("home"), projects=(), database=DatabaseWords(**words))


@pytest.fixture
def stored(s3: S3) -> Iterator[str]:
    """The name of a secret that holds all."""
    client = boto3.client("secretsmanager")
    client.create_secret(Name="shop", SecretString=json.dumps(STORED))
    yield "shop"
    client.delete_secret(SecretId="shop", ForceDeleteWithoutRecovery=True)
    client.close()


def test_what_is_said_names_the_database() -> None:
    assert database_place(saying(**SAID)) == DatabasePlace(
        host="db.example", name="sales", user="jo", port=5432, password=SECRET, sslmode="prefer"
    )
    assert database_place(saying(**SAID, port="6000", sslmode="verify-full")) == DatabasePlace(
        host="db.example",
        name="sales",
        user="jo",
        port=6000,
        password=SECRET,
        sslmode="verify-full",
    )


def test_a_password_that_is_not_said_is_left_to_libpq() -> None:
    assert database_place(saying(**{**SAID, "password": ""})).password == ""


def test_a_secret_says_all_that_is_left_out(stored: str) -> None:
    assert database_place(saying(secret=stored, sslmode="require")) == DatabasePlace(
        host="rds.example", name="shop", user="robot", port=5433, password=SECRET, sslmode="require"
    )


def test_a_word_that_is_said_wins_over_that_of_the_secret(stored: str) -> None:
    place = database_place(saying(secret=stored, host="127.0.0.1", port="15432", name="copy"))
    assert place == DatabasePlace(
        host="127.0.0.1", name="copy", user="robot", port=15432, password=SECRET
    )


def test_a_secret_is_not_asked_for_where_nothing_is_left_out() -> None:
    place = database_place(saying(**SAID, port="5432", secret="nobody/is/asked"))  # noqa: S106
    assert place.password == SECRET


def test_the_password_of_one_user_is_not_taken_for_that_of_another(stored: str) -> None:
    with pytest.raises(UsageError) as said:
        database_place(saying(secret=stored, user="jo"))
    assert said.value.args == (
        "the password of the secret is that of 'robot', and DB_USER is 'jo'",
        "RDS_SECRET_NAME=shop",
        "leave DB_USER out, or set DB_PASSWORD too",
    )
    both = saying(secret=stored, user="jo", password=f"{SECRET}2")
    assert database_place(both).password == f"{SECRET}2"


@pytest.mark.parametrize(
    ("words", "what", "where"),
    [
        ({}, "no database is named", "DB_*, RDS_SECRET_NAME"),
        ({"password": SECRET}, "no database is named", "DB_*, RDS_SECRET_NAME"),
        (
            {"name": "sales"},
            "the database is named without DB_HOST, DB_USER",
            "DB_HOST",
        ),
        ({**SAID, "port": "0"}, "'0' is no port", "DB_PORT"),
        ({**SAID, "port": "65536"}, "'65536' is no port", "DB_PORT"),
        ({**SAID, "port": "५४"}, "'५४' is no port", "DB_PORT"),
        ({**SAID, "port": f"tcp://{'x' * 50}"}, "'tcp://xxxxxxxxxxxxxx' is no port", "DB_PORT"),
        ({**SAID, "sslmode": "verify_full"}, "'verify_full' is no way to encrypt", "DB_SSLMODE"),
        (
            {**SAID, "host": f"postgresql://jo:{SECRET}@db"},
            "the host is not a host alone",
            "DB_HOST",
        ),
        ({**SAID, "host": f"jo:{SECRET}@db"}, "the host is not a host alone", "DB_HOST"),
        ({**SAID, "host": f"db password={SECRET}"}, "the host is not a host alone", "DB_HOST"),
        ({**SAID, "host": "db hunter"}, "the host is not a host alone", "DB_HOST"),
        *(
            ({**SAID, "name": name}, "the name is not a name alone", "DB_NAME")
            for name in (
                f"postgresql://jo:{SECRET}@db/sales",
                f"password={SECRET}",
                f"jo:{SECRET}@db",
                f"sales {SECRET}",
            )
        ),
    ],
)
def test_words_that_name_no_database_are_refused_and_no_secret_is_shown(
    words: Any, what: str, where: str
) -> None:
    with pytest.raises(UsageError) as said:
        database_place(saying(**words))
    assert (said.value.what, said.value.where) == (what, where)
    assert SECRET not in str(said.value)


def test_without_the_libraries_the_extra_is_named() -> None:
    ask = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path\n"
        "from foresell.settings import Settings\n"
        "from foresell.spec.database import DatabaseWords\n"
        "from foresell.wiring.databases import database_place, examine_database\n"
        "from foresell.errors import MachineError\n"
        "words = DatabaseWords(host='h', name='n', user='u')\n"
        "told = Settings(home=Path('x'), projects=(), database=words)\n"
        "try: database_place(told)\n"
        "except MachineError as error: print(error.what, '|', error.mend)\n"
        "print(examine_database(told).mend)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    install = "pip install 'foresell[postgres]'"
    assert done.stdout == f"the library 'psycopg' is not installed | {install}\n{install}\n"


def test_doctor_says_whether_the_database_answers(emptied: str) -> None:
    found = examine_database(saying())
    assert (found.state, found.mend) == ("ok", "")
    assert found.found.startswith("none is named")
    found = examine_database(saying(host="127.0.0.1", user="jo"))
    assert found.found == "the database is named without DB_NAME"

    with guarded(place_of(emptied), SECRET) as guest:
        words = {"host": guest.host, "name": guest.name, "user": guest.user}
        found = examine_database(saying(**words, password=SECRET))
        assert found.state == "ok"
        assert found.found.startswith(f"{guest.label}, PostgreSQL 18.")
        assert found.found.endswith(", not encrypted")
        found = examine_database(saying(**words, password="wrong"))  # noqa: S106
        assert found.state == "missing"
        assert found.found.startswith("the database refuses the user or the password: ")

    found = examine_database(saying(**{**SAID, "host": "127.0.0.1"}, port=str(free_port())))
    assert (found.state, SECRET in found.found) == ("missing", False)
    assert found.found.startswith("the database does not answer: ")


def test_the_docs_tell_every_variable() -> None:
    page = (Path(__file__).parents[3] / "docs" / "environment.md").read_text("utf-8")
    for name in (
        *("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_SSLMODE"),
        *("RDS_SECRET_NAME", "AWS_REGION", "AWS_ENDPOINT_URL", "MLFLOW_TRACKING_URI"),
    ):
        assert f"`{name}`" in page
