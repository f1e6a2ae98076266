"""Where the log of requests lies, and what monitoring reads there: no server is needed for that."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from foresell.adapters.projects import read_declaration
from foresell.adapters.rotating_lines import files_of
from foresell.answer.requests import used_columns
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError, UsageError
from foresell.serving.logged_rows import (
    ANSWERS,
    FEATURES,
    Kinds,
    in_kinds,
    logged_kinds,
    read_lines,
)
from foresell.settings import Settings
from foresell.spec.reading import parse_project

SERVING = "_serving"  # the folder under home; no project has a name that begins with _
STEM, _FOLDER = "requests", "requests"
_LINES, PARQUET = ".jsonl", ".parquet"


@dataclass(frozen=True, kw_only=True)
class LoggedRequests:
    """Rows that were asked and answered, oldest first.

    ``answers`` (rows,): ``timestamp`` in UTC, ``request_id``, ``row`` (in its request, from 1),
    ``route``, ``project``, ``version``, ``digest``, ``prediction``, ``p10`` and ``p90`` in the unit
    of the target, ``unseen`` and ``outside``: the columns whose text, or whose number or day,
    training did not hold. ``features`` (rows,): what was asked, in the types of the contract, in
    declared order; null where nothing was told. No column of it is personal.
    """

    answers: pl.DataFrame
    features: pl.DataFrame


def log_folder(settings: Settings, project: str) -> Path:
    """Return the folder of a project's log of requests; it may not be there."""
    return settings.home.absolute() / SERVING / project / _FOLDER


def read_requests_log(
    project: str, settings: Settings, since: datetime | None = None
) -> LoggedRequests:
    """Return what servers have logged of a project's requests, from ``since`` on, else all.

    The columns and types are those of the project as it is declared now. A server may be writing;
    what was whole a moment ago is read. No log is no rows.

    A ``DataError`` where a file is broken, or holds a value of another type than the contract has.

    Raises:
        UsageError: there is no such project, or ``since`` tells no time zone.
    """
    if since is not None and since.tzinfo is None:
        raise UsageError(f"{since} is in no time zone", "since", "give it one, such as UTC")
    texts = read_declaration(project, settings.projects)
    spec = parse_project(texts.project_text, f"{texts.where}/project.yaml")
    contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
    kinds = logged_kinds(contract, used_columns(spec))
    parts = [read_lines(b"", kinds, project)]
    parts += [_rows(file, kinds) for file in _written_since(log_folder(settings, project), since)]
    found = pl.concat(parts)
    if since is not None:
        found = found.filter(pl.col("timestamp") >= since)
    found = found.sort("timestamp", "request_id", "row", maintain_order=True)
    return LoggedRequests(
        answers=found.select([*ANSWERS]), features=found[FEATURES].struct.unnest()
    )


def _written_since(folder: Path, since: datetime | None) -> list[Path]:
    """Return the files that were written to since then, of lines or what has taken their place."""
    found = files_of(folder, STEM)
    kept = {file for file in found if file.suffix == PARQUET}
    return [
        file
        for file in found
        if (file in kept or file.with_suffix(PARQUET) not in kept)
        and (since is None or _written_at(file) >= since.timestamp())
    ]


def _written_at(file: Path) -> float:
    """Return when a file was last written to, now where a server has just put it elsewhere."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _rows(file: Path, kinds: Kinds) -> pl.DataFrame:
    """Return the rows of a file; none of one that a server has just taken away for its age.

    Raises:
        DataError: it cannot be read.
    """
    try:
        content, kept = file.read_bytes(), file
    except FileNotFoundError:
        kept = file.with_suffix(PARQUET)  # what has just taken the place of lines
        content = kept.read_bytes() if kept.is_file() else b""
    if kept.suffix == _LINES or not content:
        return read_lines(content, kinds, str(file))
    try:
        held = pl.read_parquet(content)
        answers = held.select([*ANSWERS])
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the log of requests cannot be read: {str(error).splitlines()[0]}",
            str(kept),
            "move the file away",
        ) from error
    features = in_kinds(held, kinds, str(kept))
    return answers.with_columns(features.to_struct(FEATURES))
