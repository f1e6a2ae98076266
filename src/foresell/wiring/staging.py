"""Raw files put in place, and where a run finds them: given, staged, or made by the generator."""

import json
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from foresell.adapters.archives import open_archive
from foresell.adapters.joined_sources import JoinedSource
from foresell.adapters.s3_uris import SCHEME, is_s3
from foresell.adapters.sources import DirectorySource
from foresell.contracts.contract import Contract
from foresell.errors import DataError, MachineError, UsageError, nearest
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.extras import DATABASE, need
from foresell.spec.ports import Source
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Relation
from foresell.wiring.buckets import (
    bucket_source,
    kept_in_bucket,
    names_objects,
    object_source,
    refuse_no_file_names,
)
from foresell.wiring.places import lying_files, project_workspace

_RECORD = "_staged.json"  # beside the files; its name keeps it out of every pattern
_PIECE = 2**20
_ELSEWHERE = {"warehouse load": "or --from s3://BUCKET/PREFIX, "}  # by command


@dataclass(frozen=True, kw_only=True)
class StagedFile:
    """One file in its place; ``name`` is relative to it, with forward slashes."""

    name: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Staged:
    """The raw files of a project, in place.

    ``synthetic``: our generator made some of them. ``personal``: the columns that the contract
    calls personal; only ``kept_personal`` of them will be in what is made from the files.
    """

    project: str
    folder: Path
    origin: str
    synthetic: bool
    personal: tuple[str, ...]
    kept_personal: tuple[str, ...]
    files: tuple[StagedFile, ...]


def stage_files(
    project: ProjectSpec, contract: Contract, place: str | Path, settings: Settings
) -> Staged:
    """Put the files of the declared tables in place, from a folder, a zip or S3; all or none.

    Nothing else is taken. What was staged before is gone when the new files stand. A ``DataError``
    says which file is missing.

    Raises:
        UsageError: nothing of the project is in files.
    """
    wanted = _file_names(project)
    if not wanted and (project.asked is None or project.asked.relation is not None):
        raise UsageError(
            f"every table of the project {project.name!r} is in PostgreSQL or named by URI",
            str(place),
            f"there is nothing to stage: foresell run {project.name}",
        )
    source = _given(project, place, wanted)
    asked = project.asked
    if asked is not None and asked.relation is None and source.files(asked.file):
        wanted.append(asked.file)
    raw = _raw(project.name, settings)
    workspace = project_workspace(project.name, settings)
    with workspace.locked():
        draft = workspace.draft("raw").root
        names = dict.fromkeys(name for pattern in wanted for name in _names(source, pattern))
        refuse_no_file_names(names, source.label)
        files = [StagedFile(name=n, bytes=_copy(source, n, draft / n)) for n in names]
        synthetic = made_by_generator(DirectorySource(draft), project)
        record = {"origin": str(place).rstrip("/").rpartition("/")[2], "synthetic": synthetic}
        (draft / _RECORD).write_bytes(json_bytes(record))
        _replace(raw, draft)
    return Staged(
        project=project.name,
        folder=raw,
        origin=str(place),
        synthetic=synthetic,
        personal=tuple(name for name, column in contract.columns.items() if column.personal),
        kept_personal=project.cleaning.keep_personal,
        files=tuple(files),
    )


def find_source(
    project: ProjectSpec,
    data: str | Path | None,
    settings: Settings,
    dropped: Sequence[str] = (),
    command: str = "run",
) -> Source:
    """Return where the rows of ``project`` are: files, PostgreSQL, or some here and some there.

    Files lie in the folder or S3 prefix given, else they are the staged ones, else those that lie
    in ``DATA_DIR``, else those of the project's own generator; a table that names its file by URI
    has it from S3. Data that our generator made is called synthetic wherever it lies. Tables and
    queries are asked of the database that the environment names, when they are read and not before;
    ``dropped`` columns are never asked for. ``command``: who reads them, for errors.

    Raises:
        UsageError: no folder was given, nothing is staged, and the project has no generator; a
            folder was given, and nothing is read from files; or no database is named.
    """
    asked = project.asked
    in_files = [each for each in (*project.tables, asked) if each and each.relation is None]
    relations = _relations(project, dropped)
    if not relations:
        return _find_files(project, data, settings, command)
    need(DATABASE, "the tables and queries of the project", "postgres")
    from foresell.adapters.postgres_source import PostgresSource  # noqa: PLC0415 - an extra
    from foresell.wiring.databases import database_place  # noqa: PLC0415

    found = PostgresSource(database_place(settings), relations)
    if data is not None and not in_files:
        raise UsageError(
            "a place of files is given, and every table of the project is in PostgreSQL",
            "--data",
            "leave it out",
        )
    if data is None and in_files in ([], [asked]) and not names_objects(project):
        staged = _staged(project, settings) if in_files else None
        return found if staged is None else JoinedSource(found, staged)
    return JoinedSource(found, _find_files(project, data, settings, command))


def _relations(project: ProjectSpec, dropped: Sequence[str]) -> list[Relation]:
    """Return what PostgreSQL is asked for the rows of ``project``, in the order of its keys."""
    found = [table.relation for table in project.tables]
    found += [project.asked.relation] if project.asked is not None else []
    first = project.with_role("key", "time")
    return [replace(one, first=first, without=tuple(dropped)) for one in found if one is not None]


def _find_files(
    project: ProjectSpec, data: str | Path | None, settings: Settings, command: str
) -> Source:
    """Return the files of ``project``: in one place, or some beside those that are named by URI."""
    if not names_objects(project):
        return _find_place(project, data, settings, command)
    objects = object_source(project)
    if data is None and not _file_names(project):
        return objects
    return JoinedSource(objects, _find_place(project, data, settings, command), SCHEME)


def _find_place(
    project: ProjectSpec, data: str | Path | None, settings: Settings, command: str
) -> Source:
    """Return what was given, else the staged files, else what lies in ``DATA_DIR``, else our own.

    Raises:
        UsageError: no folder was given, nothing is staged, and the project has no generator.
    """
    if isinstance(data, str) and is_s3(data):
        return bucket_source(project, data, "the place of the raw files")
    if data is not None:
        given = DirectorySource(Path(data))
        return DirectorySource(Path(data), synthetic=made_by_generator(given, project))
    if (staged := _staged(project, settings)) is not None:
        return staged
    if project.synthetic is None:
        asked = (
            [f"{project.asked.file} (the rows to answer, if you have them)"]
            if project.asked and not project.asked.relation
            else []
        )
        files = ", ".join([*_file_names(project), *asked])
        raise UsageError(
            f"the project {project.name!r} needs data",
            f"foresell {command} {project.name}",
            f"add --data DIR, the folder that holds {files}, "
            f"{_ELSEWHERE.get(command, '')}"
            f"or put them in place once: foresell stage {project.name} DIR",
        )
    from foresell.wiring.synthetic import generated  # noqa: PLC0415 - only where asked for by name

    place = generated(project.name, project.synthetic, project.horizon, settings)
    return DirectorySource(place, synthetic=True)


def _staged(project: ProjectSpec, settings: Settings) -> Source | None:
    """Return the files that were put in place, or lie in ``DATA_DIR``; None where none do."""
    raw = _raw(project.name, settings)
    _mend(raw)
    if (raw / _RECORD).is_file():
        record = json.loads((raw / _RECORD).read_bytes())
        return DirectorySource(raw, synthetic=record["synthetic"])
    if (lying := lying_files(project, settings)) is not None:
        return DirectorySource(lying, made_by_generator(DirectorySource(lying), project))
    return kept_in_bucket(project, settings.raw) if settings.raw else None


def _file_names(project: ProjectSpec) -> list[str]:
    """Return the files and patterns of the tables that are in files, but for those in S3 by URI."""
    names = [table.file for table in project.tables if table.relation is None]
    return [name for name in names if not is_s3(name)]


def made_by_generator(source: Source, project: ProjectSpec) -> bool:
    """Tell whether a Parquet file of the project says of itself that it is synthetic."""
    tables = [table for table in project.tables if table.format == "parquet"]
    firsts = [source.files(table.file)[:1] for table in tables if table.relation is None]
    return any(_is_marked(source, file.name) for files in firsts for file in files)


def _is_marked(source: Source, name: str) -> bool:
    """Tell whether a file has the mark of the generator; one that is no Parquet has none."""
    with closing(source.open(name)) as content:
        try:
            return pl.read_parquet_metadata(content).get("synthetic") == "true"
        except (pl.exceptions.PolarsError, OSError):
            return False


def _given(project: ProjectSpec, place: str | Path, wanted: list[str]) -> Source:
    """Return the folder, the archive or the S3 prefix at ``place``."""
    if isinstance(place, str) and is_s3(place):
        return bucket_source(project, place, f"foresell stage {project.name}")
    path = Path(place)
    return _folder(path, wanted) if path.is_dir() else _archive(path, wanted)


def _folder(place: Path, wanted: list[str]) -> Source:
    """Return the folder ``place``, or the one directly in it, that has all of ``wanted``.

    Raises:
        DataError: none does, or two folders in it do.
    """
    source = DirectorySource(place)
    lacks = [pattern for pattern in wanted if not source.files(pattern)]
    if not lacks:
        return source
    below = [path for path in sorted(place.iterdir()) if path.is_dir() and path.name[0] not in "._"]
    inner = [DirectorySource(path) for path in below]
    whole = [each for each in inner if all(map(each.files, wanted))]
    if len(whole) > 1:
        raise DataError(
            f"{len(whole)} folders hold the files: {', '.join(each.root.name for each in whole)}",
            str(place),
            "give one of them",
        )
    if whole:
        return whole[0]
    if not below or (place / lacks[0]).is_symlink() or (place / lacks[0]).is_dir():
        source.open(lacks[0]).close()  # raises, and says what is there
    raise DataError(
        f"{', '.join(lacks)} {'is' if len(lacks) == 1 else 'are'} missing",
        f"{place}, and each folder in it",
        f"put it there, or give the folder that has it; "
        f"{nearest(lacks[0], [path.name for path in place.iterdir()], 20)}",
    )


def _archive(place: Path, wanted: list[str]) -> Source:
    """Return the archive at ``place``.

    Raises:
        UsageError: there is nothing of that name.
    """
    if not place.exists():
        raise UsageError(
            "there is no such folder or archive",
            str(place),
            f"give the folder or the zip that holds {', '.join(wanted)}",
        )
    return open_archive(place, wanted)


def _names(source: Source, pattern: str) -> list[str]:
    """Return the names of the files of one table, at least one."""
    found = source.files(pattern)
    if not found:
        source.open(pattern).close()  # raises, and says what is there
    return [file.name for file in found]


def _copy(source: Source, name: str, path: Path) -> int:
    """Copy one file; return its size.

    Raises:
        DataError: it is damaged in its archive.
        MachineError: the disk is full, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(source.open(name)) as content, path.open("wb") as file:
            shutil.copyfileobj(content, file, _PIECE)
            return file.tell()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(
            f"the member {name} is damaged", source.label, "get the archive again"
        ) from error
    except OSError as error:
        raise MachineError(
            f"{name} cannot be put in place: {error.strerror}",
            str(path.parent),
            "free the disk, mend the rights, or set FORESELL_HOME or DATA_DIR to another folder",
        ) from error


def _replace(raw: Path, draft: Path) -> None:
    """Make ``draft`` the staged folder; one of the two stands whenever this is interrupted."""
    _mend(raw)
    old = _old(raw)
    if raw.exists():
        raw.rename(old)
    draft.rename(raw)
    shutil.rmtree(old, ignore_errors=True)


def _mend(raw: Path) -> None:
    """Put back what was staged before, where a replacement was interrupted half way."""
    old = _old(raw)
    if old.exists() and not raw.exists():
        old.rename(raw)
    shutil.rmtree(old, ignore_errors=True)


def _old(raw: Path) -> Path:
    """Return where the staged folder waits while it is replaced."""
    return raw.with_name("raw.old")


def _raw(name: str, settings: Settings) -> Path:
    """Return the folder of the staged files of a project."""
    return project_workspace(name, settings).folder("raw")
