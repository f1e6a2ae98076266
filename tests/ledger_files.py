"""A ledger's database, as somebody else opens it."""

from pathlib import Path

from sqlalchemy import create_engine, text


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run SQL as a person would; return the rows of the last statement."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            done = [connection.execute(text(each)) for each in statements][-1]
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()
