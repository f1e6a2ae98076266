"""The folder of one run of a scheduler: raw files put into it, and all of it taken away."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from foresell.adapters.run_folder import Cleaned, refuse_odd_run
from foresell.adapters.s3_uris import is_s3
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError
from foresell.settings import Settings, read_settings
from foresell.wiring import extracting as wiring
from foresell.wiring import runs
from foresell.wiring.extracting import Extracted, ExtractedTable, Wanted
from foresell.wiring.origins import Given, placed
from foresell.wiring.staging import find_source

__all__ = ["Cleaned", "CleanedRun", "Extracted", "ExtractedTable", "cleanup", "extract"]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True)
class CleanedRun:
    """What became of the ``folder`` of a run: ``files`` and ``bytes`` that were taken away.

    ``kept``: what others put there, for which the folder stays; a folder with nothing in it has a
    ``/`` behind its name. ``found``: whether there was such a folder at all.
    """

    run: str
    folder: Path
    found: bool
    files: int = 0
    bytes: int = 0
    kept: tuple[str, ...] = ()


def extract(
    project: str,
    *,
    run: str,
    data: str | Path | None = None,
    max_files: int = 0,
    start: str | date | None = None,
    end: str | date | None = None,
    home: str | Path | None = None,
) -> Extracted:
    """Put the raw files of ``project``, or some of them, into a folder of the run ``run``.

    The folder is the ``data`` of `run`. ``data``: where the files are, by default as a run finds
    them. ``max_files``: the newest so many of the first table, 0 for all. ``start``, ``end``: the
    first and the last day of rows, as ``2024-02-01``; None or empty for all. Asked without any of
    these the files are the same bytes. Asked again, it is made anew, and what was there stays until
    the new files stand. ``home``: where all state lives.

    A name of a run, a number or a day that is none, a span without rows, or the run's own folder as
    ``data``, is a ``UsageError``.
    """
    refuse_odd_run(run)
    wanted = _wanted(max_files, start, end)
    settings = _settings(home)
    folder = wiring.run_folder(run, settings)
    _refuse_own(data, folder.root)
    texts, declared = runs.declaration(project, settings)
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    spec = placed(declared, contract, Given(data=data))
    source = find_source(spec, data, settings, command="extract")
    return wiring.extract(spec, contract, source, folder, wanted)


def cleanup(run: str, *, home: str | Path | None = None) -> CleanedRun:
    """Take away what was made for the run ``run`` in its folder, and nothing else.

    What others put there stays, and is named. A folder that foresell did not make, or in which a
    link stands in the place of what it made, is a ``DataError``, and nothing is taken away then.
    ``home``: where all state lives.
    """
    refuse_odd_run(run)
    folder = wiring.run_folder(run, _settings(home))
    found = folder.root.is_dir()
    gone = folder.remove()
    return CleanedRun(
        run=run,
        folder=folder.root,
        found=found,
        files=gone.files,
        bytes=gone.bytes,
        kept=gone.kept,
    )


def _refuse_own(data: str | Path | None, root: Path) -> None:
    """Refuse to make the files of a run from themselves.

    Raises:
        UsageError: ``data`` is the run's folder ``root``, or in it.
    """
    if data is not None and not is_s3(data) and Path(data).resolve().is_relative_to(root.resolve()):
        raise UsageError(
            "the files of a run cannot be extracted from its own folder",
            "--data",
            "name the folder where they came from, or give the run another name",
        )


def _wanted(max_files: int, start: str | date | None, end: str | date | None) -> Wanted:
    """Return what is wanted of the source.

    Raises:
        UsageError: it makes no sense.
    """
    if max_files < 0:
        raise UsageError(
            f"{max_files} files cannot be taken", "--max-files", "use 0 for all, or a number"
        )
    first, last = _day(start, "--start"), _day(end, "--end")
    if first is not None and last is not None and first > last:
        raise UsageError(
            f"the span ends on {last}, before it begins on {first}", "--start, --end", "swap them"
        )
    return Wanted(newest=max_files, start=first, end=last)


def _day(word: str | date | None, option: str) -> date | None:
    """Return the day that a word means; None where nothing is said.

    Raises:
        UsageError: it means none.
    """
    if word is None or isinstance(word, date):
        return word
    if not word.strip():
        return None
    text = word.strip()
    try:
        found = date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError as error:
        raise UsageError(f"{word!r} is no day", option, "write it as 2024-02-01") from error
    return found


def _settings(home: str | Path | None) -> Settings:
    """Return the settings with this home."""
    return read_settings(Path(home) if home is not None else None)
