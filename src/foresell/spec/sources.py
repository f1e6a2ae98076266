"""The nouns of a project's sources: its files, the rows it is asked for, its generator."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass as plain
from dataclasses import field
from typing import Literal

from pydantic import StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice, template_names

POSTGRES = "postgres:"  # how the name of what PostgreSQL answers begins, among names of files
ASKED = "asked"  # what the rows asked for are called among tables
_WHOLE_NAME = re.compile(r"[^.\s]+\.[^.\s]+")


@plain(frozen=True, kw_only=True)
class Relation:
    """A table, a view or a query of PostgreSQL whose rows a project reads.

    ``name``: as a file of the source, ``postgres:NAME``. Exactly one of ``table``, as
    ``schema.name``, and ``query``, a SELECT, is there. ``columns``: by a column's name there, its
    name in the contract; no other is read. Empty: all are, under their own names. ``first``:
    columns of the contract by which rows are ordered before all others; ``without``: those that are
    dropped, and so never asked for.
    """

    name: str
    table: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The name of the table in the project file."""
        return self.name.removeprefix(POSTGRES)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Table:
    """One table of a source, in one file or many, and how its text is to be read.

    Its rows are in exactly one of ``file``, ``table`` (``schema.name`` of PostgreSQL, a table or a
    view) and ``query`` (a SELECT for PostgreSQL). ``columns``, of the latter two: by a column's
    name there, its name in the contract; then no other is read. Such rows come in the order of
    their values, and stand among the files under the name ``postgres:NAME``.

    ``file``: a file, a glob (``sales/*.csv``, ``sales/**/*.parquet``) or a folder (``sales/``),
    whose files are read in the order of their names. In the path of a file, ``column=value`` (Hive)
    is a column where the contract knows it and the file does not hold it. ``encoding`` lists what
    is tried, in order; the first that decodes every byte of a file is used, and named in the
    report.

    The first table of a project holds the observations; every other one is joined to it, left,
    by the columns ``join_on``, which must be unique in it.
    """

    name: str
    file: str = ""
    table: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    format: Literal["csv", "parquet"] = "csv"
    join_on: tuple[str, ...] = ()
    separator: str = ","
    encoding: tuple[str, ...] = ("utf-8",)
    na: tuple[str, ...] = ()
    true_words: tuple[str, ...] = ("TRUE", "True", "true")
    false_words: tuple[str, ...] = ("FALSE", "False", "false")

    def __post_init__(self) -> None:
        """Refuse a place that is none, an unknown encoding and a separator of several characters.

        Raises:
            SpecError: what the sentence above names.
        """
        where = f"tables, {self.name}"
        if _is_relation(self, self.name, where):
            object.__setattr__(self, "file", f"{POSTGRES}{self.name}")
            object.__setattr__(self, "format", "parquet")
        for encoding in self.encoding:
            try:
                codecs.lookup(encoding)
            except LookupError as error:
                raise SpecError(
                    f"there is no encoding {encoding!r}",
                    where,
                    nearest(encoding, ("utf-8", "utf-16", "latin-1", "cp1252", "cp850")),
                ) from error
        if not self.encoding or len(self.separator.encode()) != 1:
            raise SpecError(
                f"encoding is {list(self.encoding)}, separator is {self.separator!r}",
                where,
                "give at least one encoding, and one character as separator",
            )
        refuse_twice(self.join_on, f"{where}, join_on")

    @property
    def relation(self) -> Relation | None:
        """What PostgreSQL is asked, or None where the rows are in files."""
        return _relation(self)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Asked:
    """The rows a user wants answered by default, and how a row is named in a submission file.

    They are in a ``file``, or in a ``table`` or a ``query`` of PostgreSQL, as those of a ``Table``.
    ``id`` is a template over columns, as in ``"{Store}_{Dept}_{Date}"``; ``id_column`` and
    ``value_column`` are the two column names of that file.
    """

    file: str = ""
    table: str | None = None
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    na: tuple[str, ...] = ()
    id: str | None = None
    id_column: str = "Id"
    value_column: str = "prediction"

    def __post_init__(self) -> None:
        """Refuse a place that is none, a template with a loose brace, two columns of one name."""
        if _is_relation(self, ASKED, "asked"):
            object.__setattr__(self, "file", f"{POSTGRES}{ASKED}")
        template_names(self.id or "", "asked.id")
        refuse_twice((self.id_column, self.value_column), "asked: id_column, value_column")

    @property
    def relation(self) -> Relation | None:
        """What PostgreSQL is asked, or None where the rows are in a file."""
        return _relation(self)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Synthetic:
    """Data made by foresell's own generator, never a stand-in for a missing file."""

    stores: StrictInt
    products: StrictInt
    start: str
    end: str
    seed: StrictInt


def _relation(place: Table | Asked) -> Relation | None:
    """Return what PostgreSQL is asked for the rows of ``place``."""
    if place.table is None and place.query is None:
        return None
    return Relation(
        name=place.file, table=place.table, query=place.query, columns=dict(place.columns)
    )


def _is_relation(place: Table | Asked, name: str, where: str) -> bool:
    """Tell whether the rows are in PostgreSQL; refuse a place that is none, or more than one.

    Raises:
        SpecError: what the sentence above names, with what belongs there.
    """
    told = {"table": place.table, "query": place.query}
    if place.file not in {"", f"{POSTGRES}{name}"}:  # the latter is set below, and kept in a copy
        told["file"] = place.file
    given = [noun for noun, text in told.items() if text is not None]
    if len(given) != 1:
        raise SpecError(
            f"{' and '.join(given) or 'none of file, table, query'} "
            f"{'say' if given else 'says'} where the rows are",
            where,
            "keep one of file: train.csv, table: schema.name, query: SELECT ...",
        )
    if place.file.startswith(POSTGRES) and "file" in told:
        raise SpecError(
            f"file is {place.file!r}, which is no file",
            where,
            "write table: schema.name, or query: SELECT ...",
        )
    if place.table is not None and not _WHOLE_NAME.fullmatch(place.table):
        raise SpecError(
            f"table is {place.table!r}",
            where,
            "name it with its schema, such as public.sales; for any other name use query:",
        )
    if place.query is not None and not place.query.strip(" \t\r\n;"):
        raise SpecError("query is empty", where, "write a SELECT")
    _check_renamed(place, where)
    return "file" not in told


def _check_renamed(place: Table | Asked, where: str) -> None:
    """Refuse names for the columns of files, and one name for two columns.

    Raises:
        SpecError: what the sentence above names.
    """
    if place.columns and place.table is None and place.query is None:
        raise SpecError(
            "columns gives names to what is read from PostgreSQL, and this is a file",
            f"{where}, columns",
            "take it out: a file has the contract's names",
        )
    refuse_twice(tuple(place.columns.values()), f"{where}, columns")
