"""Rows of a file, a batch at a time: each one either can be answered or is refused with reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import polars as pl

from foresell.answer.derivable import Derivable, derivable, refusals
from foresell.answer.file_heads import mended_in_itself, refuse_other_files, refuse_unknown
from foresell.answer.given_values import with_whole_texts
from foresell.contracts.contract import Column, Contract, TypeOptions
from foresell.contracts.gate import BETWEEN, RowCheck, row_checks
from foresell.contracts.headers import kept_columns
from foresell.contracts.showing import is_guarded
from foresell.contracts.text import csv_rows
from foresell.contracts.values import TYPES, Held, Place, cast, converted, parsed
from foresell.errors import DataError, counted
from foresell.spec.project import ProjectSpec
from foresell.spec.sources import Table

ROW, REASON = "row", "reason"  # columns of what is written; passed over where a file has them
BATCH = 2**15  # rows that are checked and answered at once
SHOWN = 5  # refused rows that an error names
_KINDS = {"integer": "whole number", "number": "number", "boolean": "truth value", "date": "day"}


@dataclass(frozen=True, kw_only=True)
class RowForm:
    """What the rows of a file may be: the contract, and how the project declares text.

    ``used``: the columns that the model reads. ``keys``: those that name a row, kept beside its
    answer. ``checks``: the rules that concern no other column than those used. ``derivable``: what
    a row must be beyond the contract to have an answer.
    """

    contract: Contract
    table: Table
    used: tuple[str, ...]
    keys: tuple[str, ...]
    checks: tuple[RowCheck, ...]
    derivable: Derivable

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read; whatever else the contract knows is passed over."""
        return tuple(dict.fromkeys((*self.keys, *self.used)))


@dataclass(frozen=True, kw_only=True)
class RowFile:
    """A file, opened. ``rows``: how many it has, None where nobody knows before its end.

    ``stored``: its columns as they are, in batches; ``ignored``: columns the model does not use.
    """

    name: str
    rows: int | None
    ignored: tuple[str, ...]
    stored: Iterator[pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class CheckedRows:
    """One batch. ``rows`` (n,): numbers in the file, from 1, of those that can be answered.

    ``keys`` and ``frame``: their names, and what the model reads, in the contract's types.
    ``refused``: ``row``, ``reason``, and the columns that were read, as the file holds them.
    """

    rows: pl.Series
    keys: pl.DataFrame
    frame: pl.DataFrame
    refused: pl.DataFrame


def row_form(project: ProjectSpec, contract: Contract) -> RowForm:
    """Return what the rows of a file may be; text is read as the first table of the project is."""
    used = project.with_role("feature")
    first = project.tables[0]
    encodings = tuple(dict.fromkeys(("utf-8", *first.encoding)))
    return RowForm(
        contract=contract,
        table=replace(first, name="rows", file="rows", join_on=(), encoding=encodings),
        used=used,
        keys=tuple(name for name in contract.key if not contract.columns[name].personal),
        checks=tuple(one for one in row_checks(contract) if set(one.columns) <= set(used)),
        derivable=derivable(project, contract),
    )


def text_file(content: BinaryIO, name: str, form: RowForm) -> RowFile:
    """Open delimited text.

    A ``DataError``: as `foresell.contracts.text.csv_rows`; the mend is one of the file itself.
    """
    texts = _as_text(form)
    dropped = set(texts.columns) - set(form.read)
    refuse_other_files(content, name, form.table, texts)
    with mended_in_itself():
        opened = csv_rows(content, name, replace(form.table, na=()), texts, dropped)
    _refuse_lacking(opened.columns, form, name)

    def batches() -> Iterator[pl.DataFrame]:
        with mended_in_itself():
            yield from (one for rows in opened.batches for one in rows.iter_slices(BATCH))

    ignored = _ignored(opened.columns, form)
    return RowFile(name=name, rows=None, ignored=ignored, stored=batches())


def parquet_file(stored: pl.LazyFrame, name: str, form: RowForm) -> RowFile:
    """Open a Parquet file that was scanned.

    Raises:
        DataError: it is none, has no rows, lacks a column, or has one that nobody knows.
    """
    try:
        columns = stored.collect_schema().names()
        height = int(stored.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError("not a Parquet file", name, "get the file again") from error
    if not height:
        raise DataError("the file has columns and no rows", name, "get the file again")
    known = _as_text(form)
    refuse_unknown(columns, name, known)
    kept_columns(columns, known, set(known.columns) - set(form.read), name)
    _refuse_lacking(columns, form, name)
    wanted = [column for column in columns if column in form.read]

    def batches() -> Iterator[pl.DataFrame]:
        for start in range(0, height, BATCH):
            try:
                yield stored.select(wanted).slice(start, BATCH).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise DataError("not a Parquet file", name, "get the file again") from error

    return RowFile(name=name, rows=height, ignored=_ignored(columns, form), stored=batches())


def checked(opened: RowFile, form: RowForm) -> Iterator[CheckedRows]:
    """Yield the rows of a file, checked, in their order; a batch may hold none to be answered.

    A ``DataError``: a column is stored as another kind of thing, such as a list.
    """
    first = 1
    for stored in opened.stored:
        yield check_batch(stored, form, opened.name, first)
        first += stored.height


def check_batch(stored: pl.DataFrame, form: RowForm, name: str, first: int) -> CheckedRows:
    """Check one batch whose rows are numbered from ``first``."""
    held = {column: _held(stored[column], form, name) for column in stored.columns}
    values = pl.DataFrame([_value(column, held, form, stored.height) for column in form.read])
    flags = dict(_flags(values, held, form))
    rows = pl.int_range(first, first + stored.height, dtype=pl.UInt64, eager=True).alias(ROW)
    if not flags:
        bad = pl.repeat(False, stored.height, eager=True)  # noqa: FBT003 - a value, no switch
        said = pl.repeat("", stored.height, eager=True)
    else:
        told = pl.DataFrame([flag.alias(says) for says, flag in flags.items()])
        bad = told.select(pl.any_horizontal(told.columns)).to_series()
        said = told.select(
            pl.concat_str(
                [pl.when(pl.col(says)).then(pl.lit(says)) for says in told.columns],
                separator=BETWEEN,
                ignore_nulls=True,
            )
        ).to_series()
    good = values.filter(~bad)
    refused = stored.select(rows, said.alias(REASON), pl.all()).filter(bad)
    return CheckedRows(
        rows=rows.filter(~bad),
        keys=good.select(one for one in form.keys if one in stored.columns),
        frame=good.select(form.used),
        refused=refused,
    )


def refuse_rows(refused: pl.DataFrame, count: int, read: int, name: str) -> None:
    """Refuse a file with ``read`` rows of which ``count`` are ``refused``; the first suffice.

    Raises:
        DataError: it names rows and reasons.
    """
    first = refused.select(ROW, REASON).head(SHOWN)
    lines = "".join(f"\n  row {row}: {reason}" for row, reason in first.iter_rows())
    left = counted(count - first.height, "more row")
    more = f"\n  and {left}" if count > first.height else ""
    raise DataError(
        f"{count:,} of {counted(read, 'row')} {'is' if count == 1 else 'are'} refused, "
        f"so none is answered{lines}{more}",
        f"{name}; rows are counted from 1, without the header",
        "mend them, or answer the others: --skip-bad FILE puts these there, with the reasons",
    )


def _as_text(form: RowForm) -> Contract:
    """Return the contract with text in every column, and the columns that are written beside."""
    table = form.contract.schema[0]
    known = set(form.contract.columns)
    columns = [
        replace(column, logical_type="string", options=TypeOptions(), quality=())
        for column in table.properties
    ]
    columns += [
        Column(name=own, logical_type="string") for own in (ROW, REASON) if own not in known
    ]
    return replace(form.contract, schema=(replace(table, properties=tuple(columns)),))


def _ignored(columns: Sequence[str], form: RowForm) -> tuple[str, ...]:
    """Return the columns of a file that the model does not use, in their order."""
    known = form.contract.columns
    return tuple(name for name in columns if name in known and name not in form.used)


def _refuse_lacking(columns: Sequence[str], form: RowForm, name: str) -> None:
    """Refuse a file without a column that the model reads and the contract requires.

    Raises:
        DataError: it names them.
    """
    required = [one for one in form.used if form.contract.columns[one].required]
    if lacks := [one for one in required if one not in columns]:
        raise DataError(
            f"the file lacks {counted(len(lacks), 'column')} that the model needs: "
            f"{', '.join(lacks)}",
            name,
            "add them, with a value in every row",
        )


def _held(stored: pl.Series, form: RowForm, name: str) -> Held:
    """Return a column of a file as far as it is of its type.

    A ``DataError``: it is stored as another kind of thing.
    """
    column = form.contract.columns[stored.name]
    if stored.dtype == pl.String:
        held = parsed(stored, column, form.table)
        return with_whole_texts(held) if column.logical_type == "integer" else held
    place = Place(file=name, row=lambda row: f"row {row + 1}", guarded=is_guarded(form.contract))
    cast(stored.clear(), column, place)  # refuses a stored type that is another kind of thing
    return converted(stored, column)


def _value(column: str, held: dict[str, Held], form: RowForm, height: int) -> pl.Series:
    """Return the values of a column that is read, null where there is none."""
    kind = TYPES[form.contract.columns[column].logical_type]
    if column not in held:
        return pl.Series(column, [None], dtype=kind).new_from_index(0, height)
    own = held[column]
    failed = own.failed if own.late is None else own.failed | own.late
    return own.found.to_frame("v").select(pl.when(~failed).then("v").alias(column)).to_series()


def _flags(
    values: pl.DataFrame, held: dict[str, Held], form: RowForm
) -> Iterator[tuple[str, pl.Series]]:
    """Yield what is wrong with some rows, in words, and with which (n,).

    A rule is not told of a row whose value in one of its columns is none of the type, and what is
    derived not of one whose value is refused by itself.
    """
    failed: dict[str, pl.Series] = {}
    for name in form.used:
        if (own := held.get(name)) is None:
            continue
        late = own.late is not None and own.late.any()
        wrong = own.failed | own.late if late and own.late is not None else own.failed
        if wrong.any():
            failed[name] = wrong
            kind = _KINDS.get(form.contract.columns[name].logical_type, "text")
            yield f"{name} is no {kind}", wrong
    refused = dict(failed)
    for check, flag in _broken(values, failed, form):
        yield check.says, flag
        if len(check.columns) == 1:
            refused[check.columns[0]] = flag | refused.get(check.columns[0], flag)
    for refusal in refusals(values, form.derivable, refused):
        yield str(refusal), refusal.rows


def _broken(
    values: pl.DataFrame, failed: Mapping[str, pl.Series], form: RowForm
) -> Iterator[tuple[RowCheck, pl.Series]]:
    """Yield the rules that some rows break, and which (n,); none of whose values ``failed``."""
    broken = values.select(
        check.breaks.fill_null(value=False).alias(str(at)) for at, check in enumerate(form.checks)
    )
    for at, check in enumerate(form.checks):
        flag = broken[str(at)]
        for name in check.columns:
            flag = flag & ~failed[name] if name in failed else flag
        if flag.any():
            yield check, flag
