"""One byte changed in what a registry keeps: every such change is found, and no model is loaded.

The changes are drawn at random from a fixed seed: 700 in artifacts, 300 in cells of the database,
and 300 anywhere in its file, tables, indexes and what SQLite notes for itself.
What changes exports and the chain itself is in tests/unit/govern.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    create_engine,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from foresell.adapters.ledger import open_ledger
from foresell.adapters.ledger_tables import HEADS, TRANSITIONS
from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.adapters.vault import DirectoryVault
from foresell.adapters.vault_contents import path_of
from foresell.api import registry as public
from foresell.bundle.bundle import read_bundle, write_bundle
from foresell.errors import DataError
from foresell.govern.keeping import kept_bundle
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry, load
from foresell.govern.rolling_back import roll_back
from foresell.govern.verifying import verify
from foresell.settings import Settings
from foresell.wiring.registry import registry as wired
from tests.e2e.command import Foresell
from tests.small_bundles import small_bundle, stored

SEED = 20261121
ARTIFACTS = 700
CELLS = 300
FLIPS = 300
COMMANDS = 40
DATABASE = "registry.db"
TRIGGERS = text("SELECT name FROM sqlite_schema WHERE type = 'trigger'")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, orders_home: Path) -> tuple[Registry, Path]:
    """A registry on disk: a real bundle as version 1 of ``orders``, small ones that were live."""
    folder = tmp_path_factory.mktemp("registry")
    registry = wired(
        Settings(
            home=folder,
            projects=(),
            registry=f"sqlite:///{folder / DATABASE}",
            artifacts=str(folder / "objects"),
            who="ann",
        )
    )
    real = DirectoryStore(orders_home / "sales_orders" / "bundle")
    register(registry, "sales_orders", real, reason="a real one")
    for seed in (1, 2, 3):
        register(registry, "toy", stored(small_bundle(seed=seed)), reason=f"made by {seed}")
        promote(registry, "toy", seed, "prod", reason="better")
    roll_back(registry, "toy", reason="it was not")
    assert verify(registry, "sales_orders").problems == ()
    assert verify(registry, "toy").problems == ()
    return registry, folder


def spoilt(content: bytes, chance: random.Random) -> tuple[bytes, int]:
    """Return the content with one byte that is any other, and where."""
    place = chance.randrange(len(content))
    other = content[place] ^ chance.randrange(1, 256)
    return content[:place] + bytes([other]) + content[place + 1 :], place


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Have other content in a file for a while."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def test_any_byte_changed_in_an_artifact_is_found_and_its_model_is_not_loaded(
    kept: tuple[Registry, Path],
) -> None:
    registry, folder = kept
    version, _ = load(registry, "sales_orders", 1)
    listing = kept_bundle(registry.vault, version.digest)
    digests = sorted({*listing.sums.values(), version.digest})
    chance = random.Random(SEED)
    for number in range(ARTIFACTS):
        # One in eight in the listing: it names the others, and its own sha256 is all that holds it.
        digest = version.digest if number % 8 == 0 else chance.choice(digests)
        path = folder / "objects" / str(path_of(digest))
        content, place = spoilt(path.read_bytes(), chance)
        with changed(path, content):
            problems = verify(registry, "sales_orders").problems
            assert any(digest[:12] in one.what for one in problems), f"byte {place} of {digest}"
            with pytest.raises(DataError):
                load(registry, "sales_orders", 1)
    assert verify(registry, "sales_orders").problems == ()
    assert load(registry, "sales_orders", 1)[0] == version


def test_an_artifact_with_a_byte_more_or_less_or_none_at_all_is_found(
    kept: tuple[Registry, Path],
) -> None:
    registry, folder = kept
    version, _ = load(registry, "toy", "prod")
    digests = {*kept_bundle(registry.vault, version.digest).sums.values(), version.digest}
    paths = [folder / "objects" / str(path_of(digest)) for digest in digests]
    spoils = [
        (path, content)
        for path in paths
        for content in {path.read_bytes() + b"\0", path.read_bytes()[:-1], b""}
        if content != path.read_bytes()
    ]
    for path, content in spoils:
        with changed(path, content):
            assert verify(registry, "toy").problems
            with pytest.raises(DataError):
                load(registry, "toy", "prod")
    assert verify(registry, "toy").problems == ()


def test_two_artifacts_that_change_places_are_found(kept: tuple[Registry, Path]) -> None:
    registry, folder = kept
    digests = [load(registry, "toy", number)[0].digest for number in (1, 2)]
    one, two = (folder / "objects" / str(path_of(digest)) for digest in digests)
    first, second = one.read_bytes(), two.read_bytes()
    with changed(one, second), changed(two, first):
        assert len(verify(registry, "toy").problems) >= 2
        for number in (1, 2):
            with pytest.raises(DataError):
                load(registry, "toy", number)


Cell = tuple[Table, tuple[object, ...], str]  # a table, the key of a row, a column


def cells(database: Connection) -> list[Cell]:
    """Return every cell that holds something."""
    return [
        (table, tuple(row[key.name] for key in table.primary_key), name)
        for table in (HEADS, TRANSITIONS)
        for row in database.execute(select(table).order_by(*table.primary_key)).mappings()
        for name, value in row.items()
        if value not in {None, ""}
    ]


def change(database: Connection, cell: Cell, chance: random.Random) -> str:
    """Change one byte of a text, which need be none after that, or a bit of a number; tell it."""
    table, key, name = cell
    mine = [column == value for column, value in zip(table.primary_key, key, strict=True)]
    before = database.execute(select(table.c[name]).where(*mine)).scalar_one()
    if isinstance(before, int):
        after: ColumnElement[object] = literal(before ^ 1 << chance.randrange(32))
    else:
        after = cast(literal(spoilt(before.encode(), chance)[0]), Text)
    database.execute(update(table).where(*mine).values({name: after}))
    return f"{table.name}.{name} of {key}: {before!r} -> {after!r}"


def test_any_byte_changed_in_a_cell_of_the_database_is_found(kept: tuple[Registry, Path]) -> None:
    registry, folder = kept
    file, chance = folder / DATABASE, random.Random(SEED)
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    whole = file.read_bytes()
    with engine.begin() as database:
        for name in database.execute(TRIGGERS).scalars().all():  # as whoever has the file could
            database.exec_driver_sql(f"DROP TRIGGER {name}")
        places = cells(database)
    bare = file.read_bytes()
    seen = 0
    while seen < CELLS:
        cell = chance.choice(places)
        with suppress(IntegrityError), engine.begin() as database:  # another row has that key
            done = change(database, cell, chance)
        if file.read_bytes() == bare:
            continue
        seen += 1
        project = str(cell[1][0])
        assert not verify(registry, project).sound, done
        with pytest.raises(DataError):
            load(registry, project, 1)
        file.write_bytes(bare)
    file.write_bytes(whole)
    assert {name for _, _, name in places} == {
        *("project", "at", "who", "action", "reason", "evidence", "previous", "hash", "alias"),
        *("number", "version", "before_version", "after_version"),
    }
    assert verify(registry, "toy").problems == ()


PROJECTS = ("sales_orders", "toy")


def said(file: Path, *projects: str) -> list[object]:
    """Return all that the ledger in a file says of ``projects``."""
    ledger = open_ledger(f"sqlite:///{file}")
    return [(ledger.head(name), repr(ledger.transitions(name))) for name in projects]


def flipped(file: Path, count: int, seed: int) -> Iterator[str]:
    """Have one byte of a database changed, so often; tell which.

    Half of them where SQLite notes how the file is to be read: its head, the beginnings of pages,
    the texts of tables; the others anywhere.
    """
    whole, chance = file.read_bytes(), random.Random(seed)
    size = int.from_bytes(whole[16:18])
    structure = [
        place
        for place in range(len(whole))
        if place < 100 or place % size < 40 or (place < 2 * size and whole[place])
    ]
    for number in range(count):
        content = bytearray(whole)
        place = chance.choice(structure) if number % 2 else chance.randrange(len(whole))
        content[place] ^= chance.randrange(1, 256)
        with changed(file, bytes(content)):
            yield f"byte {place}: {whole[place]} -> {content[place]}"
        for left in file.parent.glob(f"{file.name}-*"):  # as a flip in the head may demand them
            left.unlink()


@pytest.fixture
def at_home(kept: tuple[Registry, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the public verbs ask that registry; return its database."""
    _, folder = kept
    monkeypatch.setenv("FORESELL_HOME", str(folder))
    monkeypatch.setenv("FORESELL_REGISTRY", f"sqlite:///{folder / DATABASE}")
    monkeypatch.setenv("FORESELL_ARTIFACTS", str(folder / "objects"))
    return folder / DATABASE


def test_any_byte_changed_in_the_file_of_the_database_is_found_or_changes_nothing_it_says(
    at_home: Path,
) -> None:
    sound, found, same = said(at_home, *PROJECTS), 0, 0
    for done in flipped(at_home, FLIPS, SEED):
        problems = [one for name in PROJECTS for one in public.verify(name).problems]
        if problems:
            found += 1
            assert all(one.where and one.what.isprintable() for one in problems), done
        else:
            same += 1
            assert said(at_home, *PROJECTS) == sound, done
            assert [one.project for one in public.registries()] == [*PROJECTS], done
    assert (found + same, found > FLIPS // 4, same > FLIPS // 10) == (FLIPS, True, True)
    assert said(at_home, *PROJECTS) == sound


def test_the_command_ends_with_1_where_a_byte_of_the_database_was_changed(
    at_home: Path, foresell: Foresell
) -> None:
    sound, ends = said(at_home, "toy"), set()
    for done in flipped(at_home, COMMANDS, SEED + 1):
        ran = foresell("registry", "verify", "toy")
        ends.add(ran.code)
        assert ran.code in {0, 1}, done
        if ran.code == 0:
            assert said(at_home, "toy") == sound, done
        else:
            assert "what is wrong" in ran.out, done
    assert ends == {0, 1}


def test_a_bundle_that_is_forged_whole_is_not_the_one_that_was_registered(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path)
    forged = MemoryStore()
    write_bundle(replace(small_bundle(), model={"learner.json": b"{}"}), forged)
    registered = stored(small_bundle())
    for name in registered.list():
        vault.put(registered.read_bytes(name))
    digest = vault.put(registered.read_bytes("checksums.json"))
    path = tmp_path / str(path_of(digest))
    path.write_bytes(forged.read_bytes("checksums.json"))
    for name in forged.list():
        vault.put(forged.read_bytes(name))

    with pytest.raises(DataError, match="is not the one that was put there"):
        read_bundle(kept_bundle(vault, digest))
