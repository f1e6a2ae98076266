"""The generator meets the disk: files of an invented retailer, whole or not at all."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from foresell.adapters.store import DirectoryStore
from foresell.data.synthetic.files import (
    block_files,
    blocks,
    described,
    metadata_files,
    parquet_bytes,
)
from foresell.data.synthetic.shop import HORIZON, World, make_world
from foresell.errors import MachineError
from foresell.pipeline.fingerprint import digest, libraries
from foresell.pipeline.work import Event, unheard
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.sources import Synthetic
from foresell.wiring.freshness import code_in
from foresell.wiring.places import project_workspace

SUMS = "checksums.json"
DESCRIPTION = "metadata/generator.json"
_GENERATOR = "foresell.data.synthetic"
_BYTES_A_ROW = 12  # of a store, product and day, in all tables, compressed; measured: about 8


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """One file as it was written; ``name`` is relative to the folder, with forward slashes."""

    name: str
    rows: int
    bytes: int
    sha256: str


def write_synthetic(
    settings: Synthetic,
    out: Path,
    *,
    horizon: int = HORIZON,
    processes: int = 1,
    listen: Callable[[Event], None] = unheard,
) -> Sequence[WrittenFile]:
    """Write the files of a retailer to the folder ``out``; return them in the order of their names.

    They are made in a folder beside it, ``<out>.draft``, which takes its place when all are whole:
    what stood in ``out`` is gone then. ``checksums.json`` has the sha256 of each. The files are
    the same for any number of ``processes``. Settings that make no sense end in a ``SpecError``,
    before anything is touched.

    Raises:
        MachineError: the disk has no room or cannot be written, or a process was killed.
    """
    world = make_world(settings, horizon)
    draft = out.with_name(f"{out.name}.draft")
    _refuse_full_disk(world, draft)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        store = DirectoryStore(draft)
        made = [*_metadata(world, store, listen), *_parts(world, store, processes, listen)]
        description = json_bytes(described(settings, horizon))
        store.write_bytes(DESCRIPTION, description)
        made.append(_written(DESCRIPTION, 0, description))
        made.sort(key=lambda file: file.name)
        store.write_bytes(SUMS, json_bytes({file.name: file.sha256 for file in made}))
        if out.is_dir():
            shutil.rmtree(out)
        draft.rename(out)
    except BrokenProcessPool as error:
        raise MachineError(
            "a process that made files was killed",
            f"{processes} processes",
            "free memory, or use fewer processes",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return made


def generated(name: str, made: Synthetic, horizon: int, settings: Settings) -> Path:
    """Return the folder with the files of the project ``name``.

    They are made once for each seed, size and generator. A file that was altered or lost since is
    not what the generator made: all are made again.
    """
    identity = digest([made, horizon, code_in(settings.home)(_GENERATOR), libraries()])[:16]
    place = project_workspace(name, settings).folder("synthetic") / identity
    if not is_intact(place):
        write_synthetic(made, place, horizon=horizon)
    return place


def is_intact(place: Path) -> bool:
    """Tell whether the files in the folder ``place`` are all there and are those written."""
    store = DirectoryStore(place)
    names = store.list()
    if SUMS not in names:
        return False
    found = {name: _sha256(store.read_bytes(name)) for name in names if name != SUMS}
    return store.read_bytes(SUMS) == json_bytes(found)


def _refuse_full_disk(world: World, draft: Path) -> None:
    """Make the folder of ``draft``, and refuse a retailer that the disk has no room for.

    Raises:
        MachineError: the folder cannot be made, or too little is free.
    """
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(draft.parent).free
    except OSError as error:
        raise MachineError(
            f"the folder cannot be made: {error.strerror}", str(draft.parent), "choose another"
        ) from error
    rows = world.settings.stores * world.settings.products * world.history.count
    if rows * _BYTES_A_ROW > free:
        raise MachineError(
            f"{rows:,} rows take about {rows * _BYTES_A_ROW / 1e9:,.1f} GB, "
            f"and {free / 1e9:,.1f} GB are free",
            str(draft.parent),
            "free the disk, choose another, or make fewer rows",
        )


def _metadata(
    world: World, store: DirectoryStore, listen: Callable[[Event], None]
) -> Iterator[WrittenFile]:
    """Write the tables that are one file each."""
    listen(Event(kind="started", stage="metadata", text="stores, products, weather, effects"))
    begun, rows = time.perf_counter(), 0
    for name, frame in metadata_files(world):
        rows += frame.height
        yield _write(store, name, frame)
    _done(listen, "metadata", rows, begun)


def _parts(
    world: World, store: DirectoryStore, processes: int, listen: Callable[[Event], None]
) -> Iterator[WrittenFile]:
    """Write the parts of every block, here or in several processes."""
    count = blocks(world)
    if processes == 1 or count == 1:
        for number in range(count):
            yield from _block(world, number, store, listen)
        return
    # A forked process would inherit the locks of Polars' threads.
    with ProcessPoolExecutor(min(processes, count), mp_context=get_context("spawn")) as pool:
        begun = time.perf_counter()
        ready = pool.map(
            _block_apart,
            *zip(
                *((world.settings, world.horizon, number, store.root) for number in range(count)),
                strict=True,
            ),
        )
        for number, files in enumerate(ready):
            _done(listen, _called("block", number, count), sum(f.rows for f in files), begun)
            yield from files


def _block_apart(
    settings: Synthetic, horizon: int, number: int, root: Path
) -> Sequence[WrittenFile]:
    """Write the parts of one block, in a process of its own."""
    return list(_block(make_world(settings, horizon), number, DirectoryStore(root), unheard))


def _block(
    world: World, number: int, store: DirectoryStore, listen: Callable[[Event], None]
) -> Iterator[WrittenFile]:
    """Write the parts of one block of shops, month by month."""
    begun = time.perf_counter()
    for month, files in groupby(block_files(world, number), key=lambda file: _month(file[0])):
        stage, rows = _called(month, number, blocks(world)), 0
        for name, frame in files:
            listen(Event(kind="started", stage=stage, text=name.split("/year=", maxsplit=1)[0]))
            rows += frame.height
            yield _write(store, name, frame)
        _done(listen, stage, rows, begun)
        begun = time.perf_counter()


def _month(name: str) -> str:
    """Return the month of a part.

    >>> _month("sales/year=2024/month=02/part-0.parquet")
    '2024-02'
    """
    year, month = (part.partition("=")[2] for part in name.split("/")[-3:-1])
    return f"{year}-{month}"


def _called(what: str, number: int, count: int) -> str:
    """Return what a step is called: with the number of its block where there are several."""
    return what if count == 1 else f"{what} {number + 1}/{count}"


def _done(listen: Callable[[Event], None], stage: str, rows: int, begun: float) -> None:
    """Tell that a step is done."""
    listen(Event(kind="note", stage=stage, text=f"{rows:,} rows"))
    listen(Event(kind="done", stage=stage, seconds=time.perf_counter() - begun))


def _write(store: DirectoryStore, name: str, frame: pl.DataFrame) -> WrittenFile:
    """Write one frame."""
    content = parquet_bytes(frame)
    store.write_bytes(name, content)
    return _written(name, frame.height, content)


def _written(name: str, rows: int, content: bytes) -> WrittenFile:
    """Describe one file."""
    return WrittenFile(name=name, rows=rows, bytes=len(content), sha256=_sha256(content))


def _sha256(content: bytes) -> str:
    """Return the sha256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


def planned_until(settings: Synthetic, horizon: int = HORIZON) -> date:
    """Return the last day of what is known in advance: promotions, closures, the calendar."""
    return make_world(settings, horizon).planned.last


def table_of(name: str) -> str:
    """Return the table a file belongs to.

    >>> table_of("truth/demand/year=2024/month=02/part-0.parquet")
    'truth/demand'
    >>> table_of("metadata/asked.parquet")
    'metadata/asked'
    """
    return name.split("/year=", maxsplit=1)[0].removesuffix(".parquet")


def sums(files: Sequence[WrittenFile]) -> Mapping[str, Mapping[str, int]]:
    """Return files, rows and bytes of each table, in the order of their names.

    What describes the generator is no table.
    """
    found: dict[str, dict[str, int]] = {}
    for file in files:
        if file.name == DESCRIPTION:
            continue
        table = found.setdefault(table_of(file.name), {"files": 0, "rows": 0, "bytes": 0})
        table["files"] += 1
        table["rows"] += file.rows
        table["bytes"] += file.bytes
    return found
