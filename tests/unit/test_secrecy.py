"""No password is part of anything that is shown: settings, places, errors, reports, JSON."""

import io
import json
import logging
import pickle
import string
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from foresell.adapters.postgres_link import adbc_uri, opened, saying_trouble
from foresell.errors import ForesellError
from foresell.settings import Settings
from foresell.spec.database import DatabasePlace, DatabaseWords
from foresell.wiring.databases import database_place, examine_database
from tests.guarded import place_of

# Long enough to stand nowhere by chance; with all that some syntax gives a meaning.
secrets = st.text(string.ascii_letters + "@:/?#%&=+ '\"\\${}é", min_size=4, max_size=12).map(
    lambda some: f"Zq7{some}xK9"
)


def shown(error: BaseException) -> Iterator[str]:
    """Every text that somebody may see of an error."""
    yield str(error)
    yield repr(error)
    yield "".join(traceback.format_exception(error))
    yield json.dumps([str(part) for part in error.args])
    yield pickle.dumps(error).decode("latin-1")
    lines = io.StringIO()
    logger = logging.Logger("seen")
    logger.addHandler(logging.StreamHandler(lines))
    logger.error("failed", exc_info=error)
    yield lines.getvalue()


def hidden(secret: str, texts: Iterator[str] | list[str]) -> None:
    for text in texts:
        for form in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]):
            assert form not in text
        assert repr(secret)[1:-1] not in text


@given(secret=secrets)
def test_settings_and_places_show_no_password(secret: str) -> None:
    words = DatabaseWords(host="db", name="sales", user="jo", password=secret)
    told = Settings(
        home=Path("home"),
        projects=(),
        registry=f"postgresql://jo:{quote(secret, safe='')}@db/models",
        tracking=f"http://jo:{quote(secret, safe='')}@mlflow",
        database=words,
    )
    place = database_place(told)
    assert place.password == secret
    hidden(secret, [repr(told), str(told), repr(words), repr(place), str(place), place.label])


@given(
    secret=secrets, said=st.sampled_from(["{}", "no {} here", "a\n{}\nb", "postgresql://x:{}@y"])
)
def test_an_error_shows_no_password_whatever_a_library_says(secret: str, said: str) -> None:
    place = DatabasePlace(host="db", name="sales", user="jo", password=secret)
    for written in (secret, quote(secret, safe=""), json.dumps(secret), adbc_uri(place)):
        with pytest.raises(ForesellError) as error, saying_trouble(place):
            raise OperationalError(
                said.format(written),
                status_code=AdbcStatusCode.IO,
                sqlstate="XX000",
            )
        hidden(secret, shown(error.value))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=secrets)
def test_an_error_of_a_real_server_shows_no_password(emptied: str, secret: str) -> None:
    here = replace(place_of(emptied), password=secret)
    say = sql.SQL("DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = {}, DETAIL = {}; END $$").format(
        sql.Literal(f"refused {secret}"), sql.Literal(adbc_uri(here))
    )
    for statement in (say, sql.SQL("SELECT {}::int").format(sql.Literal(secret))):
        with pytest.raises(ForesellError) as error, opened(here) as connection:
            connection.execute(statement)
        hidden(secret, shown(error.value))
    for wrong in (replace(here, name="nowhere"), replace(here, user=secret, name="nowhere")):
        with pytest.raises(ForesellError) as error, opened(wrong):
            pass
        hidden(secret, shown(error.value))


@pytest.mark.parametrize(
    "words",
    [
        {"port": "SECRET"},
        {"sslmode": "SECRET"},
        {"host": "postgresql://jo:SECRET@db"},
        {"host": "SECRET@db"},
    ],
)
def test_a_password_in_the_wrong_variable_is_not_repeated_whole(words: Mapping[str, str]) -> None:
    secret = "hunter2-hunter2-hunter2"  # noqa: S105 - of nothing
    said = {name: value.replace("SECRET", secret) for name, value in words.items()}
    database = DatabaseWords(**{"host": "db", "name": "sales", "user": "jo", **said})
    told = Settings(home=Path("home"), projects=(), database=database)
    check = json.dumps(asdict(examine_database(told)))
    assert secret not in check
