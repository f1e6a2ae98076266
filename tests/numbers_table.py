"""One table of numbers in PostgreSQL, for tests of connections, and a password to try them with."""

from foresell.adapters.postgres_link import opened
from foresell.spec.database import DatabasePlace
from tests.guarded import place_of

SECRET = "p@ss:w/o rd%20'\"\\é?#"  # noqa: S105 - of nothing; characters that some syntax minds


def numbered(url: str) -> DatabasePlace:
    """Make the table in an empty database, where nobody needs a password."""
    place = place_of(url)
    with opened(place) as connection:
        connection.execute("CREATE TABLE public.numbers (n BIGINT PRIMARY KEY)")
    return place


def add(place: DatabasePlace, number: int) -> None:
    """Add a number, in a transaction of its own."""
    with opened(place) as connection:
        connection.execute("INSERT INTO numbers VALUES (%s)", [number])


def numbers(place: DatabasePlace) -> list[int]:
    """Return all that is kept, in order."""
    with opened(place, reading=True) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM numbers ORDER BY n")]
