"""The nouns of a project's sources: its files, the rows it is asked for, its generator."""

import codecs
from typing import Annotated, Literal

from pydantic import Field, StrictInt
from pydantic.dataclasses import dataclass

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import STRICT
from foresell.spec.refusals import refuse_twice, template_names

FileName = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Table:
    """One table of a source, in one file or many, and how its text is to be read.

    ``file``: a file, a glob (``sales/*.csv``, ``sales/**/*.parquet``) or a folder (``sales/``),
    whose files are read in the order of their names. In the path of a file, ``column=value`` (Hive)
    is a column where the contract knows it and the file does not hold it. ``encoding`` lists what
    is tried, in order; the first that decodes every byte of a file is used, and named in the
    report.

    The first table of a project holds the observations; every other one is joined to it, left,
    by the columns ``join_on``, which must be unique in it.
    """

    name: str
    file: FileName
    format: Literal["csv", "parquet"] = "csv"
    join_on: tuple[str, ...] = ()
    separator: str = ","
    encoding: tuple[str, ...] = ("utf-8",)
    na: tuple[str, ...] = ()
    true_words: tuple[str, ...] = ("TRUE", "True", "true")
    false_words: tuple[str, ...] = ("FALSE", "False", "false")

    def __post_init__(self) -> None:
        """Refuse an encoding that does not exist and a separator that is no single character.

        Raises:
            SpecError: what the sentence above names.
        """
        where = f"tables, {self.name}"
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


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Asked:
    """The rows a user wants answered by default, and how a row is named in a submission file.

    ``id`` is a template over columns, as in ``"{Store}_{Dept}_{Date}"``; ``id_column`` and
    ``value_column`` are the two column names of that file.
    """

    file: FileName
    na: tuple[str, ...] = ()
    id: str | None = None
    id_column: str = "Id"
    value_column: str = "prediction"

    def __post_init__(self) -> None:
        """Refuse a template with a loose brace, and two columns of one name."""
        template_names(self.id or "", "asked.id")
        refuse_twice((self.id_column, self.value_column), "asked: id_column, value_column")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Synthetic:
    """Data made by foresell's own generator, never a stand-in for a missing file."""

    stores: StrictInt
    products: StrictInt
    start: str
    end: str
    seed: StrictInt
