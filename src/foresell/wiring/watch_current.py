"""What a version is asked now: the log of servers, a file, a folder of raw files, or the layer."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import polars as pl

from foresell.adapters.s3_uris import bucket_and_key, is_s3
from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import MemoryWorkspace
from foresell.answer.requests import used_columns
from foresell.contracts.contract import Contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.loose import LooseFile, read_loosely, type_word
from foresell.errors import DataError, UsageError, counted
from foresell.monitor.predictions import ANSWER
from foresell.monitor.same_season import PERIOD, in_season
from foresell.monitor.schema import SchemaColumn
from foresell.pipeline.graph import stages_of
from foresell.pipeline.layer import read_layer
from foresell.pipeline.runner import Runner
from foresell.settings import Settings
from foresell.spec.monitoring import NothingToCompareError
from foresell.spec.project import ProjectSpec
from foresell.wiring.buckets import bucket_source
from foresell.wiring.origins import Given
from foresell.wiring.request_log import read_requests_log
from foresell.wiring.runs import request, workspace
from foresell.wiring.watch_expected import asked_for, expected_columns
from foresell.wiring.watch_served import Watch

_FILES = (".csv", ".parquet", ".txt", ".tsv")
_GATE = "validate"
_LATE, _ENOUGH = 91, 500  # days, and rows of them
_NAMED, _LONG = 8, 60  # columns that are told, and characters of each
_OPTION = "--current"


@dataclass(frozen=True, kw_only=True)
class Current:
    """Rows that a version is asked, or that came after those it learnt from.

    ``told``: in words where they are from; no folder of a machine is in it. ``rows`` (n,): columns
    of the contract, in its types. ``expected`` and ``found``: columns as they are declared for such
    rows, and as they were found, in their order. ``answers``: what the version answered, None where
    that is still to be asked: the rows' keys and time where they have them, and ``prediction``.
    """

    kind: Literal["log", "file", "folder", "layer"]
    told: str
    rows: pl.DataFrame
    expected: tuple[SchemaColumn, ...]
    found: tuple[SchemaColumn, ...]
    answers: pl.DataFrame | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


def read_logged(watch: Watch, since: datetime, settings: Settings) -> Current:
    """Return what servers have logged of a project's requests since then.

    Of a panel each series and day counts once, as it was asked last. The answers are those of the
    version itself; of a table they stand in the rows (`ANSWER`), and where others have a time, with
    the week in which they were asked (`PERIOD`).

    Raises:
        NothingToCompareError: there are none.
    """
    name, spec = watch.spec.name, watch.spec
    logged = read_requests_log(name, settings, since)
    if logged.answers.is_empty():
        raise NothingToCompareError(
            f"no request of {name!r} has been logged since {since:%Y-%m-%d %H:%M} UTC",
            "--since",
            f"serve it with a log: foresell serve {name} --request-log 1.0; or look further back: "
            f"--since 30d; or give rows: {_OPTION} FILE",
        )
    wanted = [one for one in used_columns(spec) if one in logged.features.columns]
    asked = logged.features.select(wanted).with_columns(
        logged.answers["prediction"],
        logged.answers["digest"],
        logged.answers["timestamp"].dt.date().dt.truncate("1w").alias(PERIOD),
    )
    if spec.kind == "panel":
        by = [*spec.keys, spec.time]
        asked = asked.unique(by, keep="last", maintain_order=True)
    mine = pl.col("digest") == watch.version.digest
    own = asked.filter(mine)
    asked = asked.with_columns(pl.when(mine).then("prediction").alias(ANSWER))
    beside = [] if spec.kind == "panel" else [ANSWER, *([PERIOD] if spec.timed else [])]
    told = [one for one in wanted if asked[one].count()]
    others = asked.height - own.height
    planned = spec.with_role("known_future") if spec.kind == "panel" else ()
    untold = [one for one in planned if one not in told]
    notes = []
    if others:
        notes.append(f"{counted(others, 'row')} answered by other versions count as asked")
    if untold:
        notes.append(
            f"no request told {', '.join(untold)}: what is planned is compared where it is told"
        )
    needed = _needed(spec, watch.contract)
    free = spec.kind == "panel"  # what is usual for a series need not be told
    expected = [one for one in wanted if one in told or one in needed or not free]
    return Current(
        kind="log",
        told=f"the log of requests, {counted(logged.answers.height, 'answered row')}",
        rows=asked.select(*told, *beside),
        expected=_columns(watch.contract, expected, watch, required=needed),
        found=_columns(watch.contract, told, watch),
        answers=own.select(*_names(spec, own), "prediction"),
        notes=tuple(notes),
    )


def refuse_absent(given: str | Path) -> None:
    """Refuse a place on this machine that is not there; nothing else has to be read for that.

    Raises:
        UsageError: there is no such file or folder.
    """
    if not is_s3(given) and not Path(given).exists():
        raise UsageError(
            f"there is no file or folder {str(given)!r}",
            _OPTION,
            "give a CSV or Parquet file with columns of the contract, or a folder of raw files",
        )


def read_given(watch: Watch, given: str | Path, settings: Settings) -> Current:
    """Return the rows of a file, or of a folder of raw files, here or in S3.

    A ``UsageError``: there is no such place. A ``DataError``: it cannot be read.
    """
    refuse_absent(given)
    if is_s3(given):
        if not str(given).lower().endswith(_FILES):
            return _folder(watch, given, settings)
        bucket, key = bucket_and_key(str(given), _OPTION)
        above, _, name = key.rpartition("/")
        source = bucket_source(watch.spec, f"s3://{bucket}/{above}", _OPTION)
        with closing(source.open(name)) as content:
            return _file(watch, _read(watch, name, content))
    path = Path(given)
    if path.is_dir():
        return _folder(watch, path, settings)
    with DirectorySource(path.parent).open(path.name) as content:
        return _file(watch, _read(watch, path.name, content))


def read_later(watch: Watch, settings: Settings) -> Current | None:
    """Return the processed rows later than all that the version learnt from; None without any."""
    spec = watch.spec
    place = workspace(spec.name, settings)
    learnt = _learnt(watch)
    if not spec.timed or learnt.is_empty() or place.record(_GATE) is None:
        return None
    rows = read_layer(place.output("processed"))
    if rows.schema.get(spec.time) != learnt.schema[spec.time]:  # the project says otherwise now
        return None
    later = rows.filter(pl.col(spec.time) > learnt[spec.time].max())
    if later.is_empty():
        return None
    return _processed(watch, later, "layer", "processed rows later than the training rows")


def _read(watch: Watch, name: str, content: BinaryIO) -> LooseFile:
    """Return a file as far as it goes; text is read as that of the table of this name, or first.

    Raises:
        DataError: it cannot be read.
    """
    spec = watch.spec
    table = next((one for one in spec.tables if one.file == name), spec.tables[0])
    words = tuple(dict.fromkeys(word for one in spec.tables for word in one.na))
    loose = table if table.file == name else replace(table, na=words)
    try:
        return read_loosely(content, name, loose, watch.contract, spec.cleaning)
    except DataError as error:
        if "encoding" not in error.mend:
            raise
        likely = " or ".join(loose.encoding)  # of a project's own table the declaration is mended
        mend = f"save the file as {likely}, as the tables of {spec.name} are, or as Parquet"
        raise DataError(error.what, error.where, mend) from error


def _file(watch: Watch, read: LooseFile) -> Current:
    """Return the rows of a file.

    Raises:
        UsageError: its rows are not those that are forecast, or nothing in it is known.
    """
    spec, contract = watch.spec, watch.contract
    if not read.frame.width:
        raise UsageError(
            f"{read.name} has no column of the contract that can be read; it has "
            f"{', '.join(repr(one[:_LONG]) for one in read.columns[:_NAMED]) or 'none'}",
            _OPTION,
            f"give a file with some of {', '.join(used_columns(spec))}, "
            f"parted by {spec.tables[0].separator!r}",
        )
    lacks = [key for key in spec.keys if key not in read.frame.columns]
    if spec.grouping is not None and lacks:
        raise UsageError(
            f"the rows of {read.name} are not those that are forecast: they lack {lacks}",
            _OPTION,
            "give the folder of all raw files, whose rows are summed up as a run does",
        )
    expected = expected_columns(read, spec, contract, _learnt(watch))
    return Current(
        kind="file",
        told=read.name,
        rows=read.frame,
        expected=_columns(
            contract, expected, watch, renamed=read.frame if read.others.width else None
        ),
        found=tuple(
            SchemaColumn(
                name=name,
                type=read.types[name],
                values=read.others[name] if name in read.others.columns else None,
            )
            for name in read.columns
        ),
        notes=tuple(
            f"{counted(count, 'value')} of {name} {'is' if count == 1 else 'are'} of no such type, "
            "and counted as missing"
            for name, count in read.wrong.items()
        ),
    )


def _folder(watch: Watch, place: str | Path, settings: Settings) -> Current:
    """Return the rows of raw files, read, joined and checked as a run does; nothing is kept.

    A ``DataError`` or ``GateError`` as of a run.
    """
    spec = watch.spec
    asked = request(spec.name, Given(data=place), "default", None, settings)
    stages = stages_of(asked.project)
    until = [stage.name for stage in stages].index(_GATE)
    house = MemoryWorkspace()
    Runner(workspace=house, clock=lambda: 0.0, listen=lambda _: None).run(
        stages[: until + 1], asked
    )
    return _processed(watch, read_layer(house.output("processed")), "folder", "raw files")


def _processed(
    watch: Watch, rows: pl.DataFrame, kind: Literal["folder", "layer"], told: str
) -> Current:
    """Return rows that have passed the gate, as far as they are of the types that were learnt."""
    spec, contract, learnt = watch.spec, watch.contract, _learnt(watch).schema
    dropped = dropped_columns(contract, spec.cleaning)
    expected = [name for name in spec.columns if name in contract.columns and name not in dropped]
    there = [name for name in rows.columns if name in expected]
    fit = [name for name in there if learnt.get(name, rows.schema[name]) == rows.schema[name]]
    ordered = [*there, *(name for name in expected if name not in there)]
    return Current(
        kind=kind,
        told=told,
        rows=rows.select(fit),
        expected=_columns(contract, ordered, watch),
        found=tuple(
            one if one.name in fit else replace(one, type=type_word(rows[one.name]))
            for one in _columns(contract, there, watch)
        ),
    )


def _columns(
    contract: Contract,
    names: Sequence[str],
    watch: Watch,
    required: Sequence[str] | None = None,
    *,
    renamed: pl.DataFrame | None = None,
) -> tuple[SchemaColumn, ...]:
    """Return columns as the contract declares them, with values that training held.

    Every column that models learn from is ``required`` where it is not said: a file without one
    that may be null is read as if nobody knew it. Rows to be answered need no target, but where a
    column may be one that was ``renamed``: the rows without such columns.
    """
    learnt = _latest(watch)
    season = _of_season(watch, renamed)
    free = () if renamed is not None else watch.spec.with_role("target")
    if required is None:
        learns = {one for one, role in watch.spec.columns.items() if role != "excluded"}
        required = [one for one in names if one in learns and one not in free]
    return tuple(
        SchemaColumn(
            name=name,
            type=contract.columns[name].logical_type,
            required=name in required,
            values=learnt[name] if name in learnt.columns else None,
            season=season[name] if name in season.columns else None,
        )
        for name in names
    )


def _of_season(watch: Watch, rows: pl.DataFrame | None) -> pl.DataFrame:
    """Return the training rows of the season of ``rows``, none where that is not known.

    A temperature is known again by last summer's, and not by that of the spring before.
    """
    spec, learnt = watch.spec, _learnt(watch)
    time = spec.time if spec.timed else ""
    if rows is None or time not in rows.columns or time not in learnt.columns:
        return pl.DataFrame()
    return in_season(learnt, rows, time) if rows[time].count() else pl.DataFrame()


def _learnt(watch: Watch) -> pl.DataFrame:
    """Return the training rows that the bundle keeps."""
    return watch.bundle.history if watch.spec.kind == "panel" else watch.bundle.snapshot


def _latest(watch: Watch) -> pl.DataFrame:
    """Return the training rows of the last months, all where they are few or have no time.

    By its values a renamed column is known again, and prices and rates of long ago are others.
    """
    spec, learnt = watch.spec, _learnt(watch)
    if not spec.timed or spec.time not in learnt.columns:
        return learnt
    late = learnt.filter(pl.col(spec.time) > pl.col(spec.time).max() - pl.duration(days=_LATE))
    return late if late.height >= _ENOUGH else learnt


def _needed(spec: ProjectSpec, contract: Contract) -> list[str]:
    """Return the columns that no request can leave out."""
    planned = spec.with_role("known_future") if spec.kind == "panel" else ()
    return [name for name in asked_for(spec, contract) if name not in planned]


def _names(spec: ProjectSpec, rows: pl.DataFrame) -> Sequence[str]:
    """Return the columns that name a row of a panel, none for a table."""
    named = (*spec.keys, spec.time) if spec.kind == "panel" else ()
    return [name for name in named if name in rows.columns]
