"""What a report of data is made of: what it is of, and its sections."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from foresell.report.figures import Figure
from foresell.report.tables import Table
from foresell.report.wording import name
from foresell.spec.project import Kind


@dataclass(frozen=True, kw_only=True)
class EdaFacts:
    """What a report is of. ``rows``: which; ``told_rows`` of ``of_rows`` are told of.

    ``cutoff``: the last date of the rows that a panel learns from; None of a table.
    ``fingerprint``: of the rows, the contract and the cut; ``raw``: of the raw files, as the report
    of a run has it. ``report_version``: empty for the one every run makes.
    """

    project: str
    title: str
    kind: Kind
    target: str
    unit: str
    frequency: str
    keys: tuple[str, ...]
    synthetic: bool
    rows: Literal["train", "all"]
    told_rows: int
    of_rows: int
    cutoff: date | None
    report_version: str
    fingerprint: str
    raw: str
    contract_version: str
    contract_sha256: str
    foresell: str
    libraries: Mapping[str, str]

    @property
    def every(self) -> str:
        """What a period of a panel is called; that of a table is a month."""
        if self.kind == "tabular":
            return "month"
        return "day" if self.frequency == "D" else "week"

    @property
    def measured(self) -> str:
        """The target with its unit."""
        words = name(self.target)
        return f"{words}, {self.unit}" if self.unit not in {"", words} else words

    @property
    def command(self) -> str:
        """What makes this report again, where the rows have passed the gate."""
        words = f"foresell eda {self.project}"
        if self.rows == "all":
            words += " --rows all"
        own = "all" if self.rows == "all" else ""  # what it is called where no name is given
        named = self.report_version != own
        return f"{words} --report-version {self.report_version}" if named else words

    def told(self) -> dict[str, object]:
        """Return it as every JSON file of the report has it."""
        return {
            "project": self.project,
            "report_version": self.report_version or None,
            "rows": self.rows,
            "told_rows": self.told_rows,
            "of_rows": self.of_rows,
            "synthetic": self.synthetic,
            "fingerprint": self.fingerprint,
            "raw_fingerprint": self.raw,
            "contract": {"version": self.contract_version, "sha256": self.contract_sha256},
            "foresell": self.foresell,
            "libraries": dict(self.libraries),
        }


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the report: a heading, a sentence, figures and tables.

    Figures stand ``wide``, over the whole page, ``half``, two in a row, or ``series``, three.
    ``files``: the tables it was made from, by name; ``note`` says what a number is.
    """

    name: str
    title: str
    lead: str = ""
    wide: tuple[Figure, ...] = ()
    half: tuple[Figure, ...] = ()
    series: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    files: tuple[str, ...] = ()
    note: str = ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure, in the order in which they stand."""
        return (*self.wide, *self.half, *self.series)

    @property
    def filled(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.figures or self.tables)
