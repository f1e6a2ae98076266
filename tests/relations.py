"""Relations of a real PostgreSQL, as the tests of its source make them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest

from foresell.adapters.postgres_source import PostgresSource
from foresell.errors import ForesellError
from foresell.spec.sources import Relation
from tests.migrated import connected, place_of

NAME = "postgres:x"
HIDDEN = "s3cret/word"
SALES = """
CREATE TABLE public.sales (shop BIGINT, day DATE, pieces DOUBLE PRECISION, note TEXT);
INSERT INTO public.sales VALUES
    (2, '2024-01-02', 0.1, 'b'), (1, '2024-01-02', 2.5, 'ä'), (1, '2024-01-01', NULL, 'B'),
    (1, '2024-01-01', NULL, 'a')
"""


def relation_of(url: str) -> Callable[..., PostgresSource]:
    """Return what runs statements, then returns the source of one relation of the database."""

    def made(statements: str = "", **relation: Any) -> PostgresSource:
        with connected(url) as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement.encode())
        return PostgresSource(place_of(url), [Relation(name=NAME, **relation)])

    return made


def rows(source: PostgresSource) -> pl.DataFrame:
    with source.open(NAME) as content:
        return pl.read_parquet(content)


def read(source: PostgresSource) -> bytes:
    with source.open(NAME) as content:
        return content.read()


def trouble(source: PostgresSource) -> ForesellError:
    with pytest.raises(ForesellError) as caught:
        source.files(NAME)
    return caught.value


def change(url: str, *statements: str) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def in_a_while(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(seconds, act)
    timer.start()
    try:
        yield
    finally:
        timer.join()
