"""Raw files put in place, and where a run finds them: given, staged, or made by the generator."""

import json
import shutil
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from foresell.adapters.archives import open_archive
from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.contract import Contract
from foresell.errors import DataError, MachineError, UsageError, nearest
from foresell.pipeline.writing import json_bytes
from foresell.settings import Settings
from foresell.spec.ports import Source
from foresell.spec.project import ProjectSpec

_RECORD = "_staged.json"  # beside the files; its name keeps it out of every pattern
_PIECE = 2**20


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
    project: ProjectSpec, contract: Contract, place: Path, settings: Settings
) -> Staged:
    """Put the files of the declared tables in place, from a folder or a zip; all or none.

    Nothing else is taken. What was staged before is gone when the new files stand. A ``DataError``
    says which file is missing.
    """
    wanted = [table.file for table in project.tables]
    source = _folder(place, wanted) if place.is_dir() else _archive(place, wanted)
    if project.asked is not None and source.files(project.asked.file):
        wanted.append(project.asked.file)
    raw = _raw(project.name, settings)
    workspace = DirectoryWorkspace(settings.home / project.name)
    with workspace.locked():
        draft = workspace.draft("raw").root
        names = dict.fromkeys(name for pattern in wanted for name in _names(source, pattern))
        files = [StagedFile(name=n, bytes=_copy(source, n, draft / n)) for n in names]
        synthetic = made_by_generator(DirectorySource(draft), project)
        (draft / _RECORD).write_bytes(json_bytes({"origin": place.name, "synthetic": synthetic}))
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


def find_source(project: ProjectSpec, data: Path | None, settings: Settings) -> Source:
    """Return the folder given, else the staged files, else those of the project's own generator.

    Data that our generator made is called synthetic wherever it lies.

    Raises:
        UsageError: no folder was given, nothing is staged, and the project has no generator.
    """
    raw = _raw(project.name, settings)
    if data is not None:
        given = DirectorySource(data)
        return DirectorySource(data, synthetic=made_by_generator(given, project))
    _mend(raw)
    if (raw / _RECORD).is_file():
        record = json.loads((raw / _RECORD).read_bytes())
        return DirectorySource(raw, synthetic=record["synthetic"])
    if project.synthetic is None:
        asked = (
            [f"{project.asked.file} (the rows to answer, if you have them)"]
            if project.asked
            else []
        )
        files = ", ".join([*(table.file for table in project.tables), *asked])
        raise UsageError(
            f"the project {project.name!r} needs data",
            f"foresell run {project.name}",
            f"add --data DIR, the folder that holds {files}, "
            f"or put them in place once: foresell stage {project.name} DIR",
        )
    from foresell.wiring.synthetic import generated  # noqa: PLC0415 - only where asked for by name

    place = generated(project.name, project.synthetic, project.horizon, settings)
    return DirectorySource(place, synthetic=True)


def made_by_generator(source: Source, project: ProjectSpec) -> bool:
    """Tell whether a Parquet file of the project says of itself that it is synthetic."""
    tables = [table for table in project.tables if table.format == "parquet"]
    firsts = [source.files(table.file)[:1] for table in tables]
    return any(_is_marked(source, file.name) for files in firsts for file in files)


def _is_marked(source: Source, name: str) -> bool:
    """Tell whether a file has the mark of the generator; one that is no Parquet has none."""
    with closing(source.open(name)) as content:
        try:
            return pl.read_parquet_metadata(content).get("synthetic") == "true"
        except (pl.exceptions.PolarsError, OSError):
            return False


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
            "free the disk, mend the rights, or set FORESELL_HOME to another folder",
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
    return settings.home / name / "raw"
