"""Contracts: checked, shown, compiled, tried on data, compared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.contracts.compiled.page import ColumnRow, column_rows
from foresell.contracts.contract import Contract
from foresell.contracts.difference import Change, compare, verdict
from foresell.contracts.lint import Finding
from foresell.contracts.rules import Rule, contract_rules
from foresell.errors import UsageError
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.wiring import contracts as wiring


@dataclass(frozen=True, kw_only=True)
class ContractSummary:
    """What a contract says. ``digest``: the sha256 of its rules; ``rules`` in checking order."""

    contract: Contract
    version: str
    digest: str
    columns: tuple[ColumnRow, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class ContractTest:
    """What the gate made of data.

    ``checks``: rows read, kept and set aside, with every rule, its count and examples, as
    ``checks.json`` holds them. ``failure``: why a run would stop at these rows, or None.
    """

    project: str
    checks: dict[str, Any]
    failure: str | None

    @property
    def passed(self) -> bool:
        """Whether no row broke a rule, and nothing else would stop a run."""
        return self.allowed and not any(rule["broken"] for rule in self.checks["rules"])

    @property
    def allowed(self) -> bool:
        """Whether no more was broken than the project allows, so that a run would go on."""
        return self.failure is None


@dataclass(frozen=True, kw_only=True)
class ContractDifference:
    """What became of a contract: ``old`` and ``new`` are its versions.

    ``verdict``: what a run says whose rows passed the old one. ``changes``: those that break most
    first.
    """

    old: str
    new: str
    verdict: str
    changes: tuple[Change, ...]


def lint_contract(target: str | Path) -> tuple[Finding, ...]:
    """Return what is wrong with the contract of a project, or of a file or folder; nothing, best.

    Asked are the published schema of the standard, the contract's own sense, and, where a
    project.yaml is beside it, whether the two agree.
    """
    return wiring.lint(str(target), read_settings())


def contract(target: str | Path) -> ContractSummary:
    """Return what the contract of a project, or of a file or folder, says.

    >>> contract("walmart").contract.key
    ('Store', 'Dept', 'Date')
    """
    found = wiring.find_contract(str(target), read_settings())
    return ContractSummary(
        contract=found,
        version=found.version,
        digest=found.digest,
        columns=tuple(column_rows(found)),
        rules=contract_rules(found),
    )


def compile_contract(target: str | Path, to: str) -> str:
    """Return the text that a contract is compiled to.

    ``to``: pandera or pydantic (a Python module), postgres (SQL), gx or gx-features (a suite of
    Great Expectations), json-schema, markdown or html. ``gx-features`` needs a panel project.

    >>> compile_contract("walmart", "postgres").splitlines()[0]
    'CREATE TABLE "weekly_sales" ('
    """
    return wiring.compiled(str(target), to, read_settings())


def try_contract(
    project: str,
    *,
    data: str | Path | None = None,
    sample: int | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> ContractTest:
    """Read the data of ``project`` and run the gate; no workspace is written or looked at.

    ``data``: folder of the raw files, or ``s3://bucket/prefix``; needed unless the project
    generates its own. ``sample``: how many rows are checked, all by default; keys are compared on
    all rows in either case. ``home``: where staged files lie.

    Data that cannot be read is a ``DataError``.

    Raises:
        UsageError: the sample is empty.
    """
    if sample is not None and sample < 1:
        raise UsageError(f"sample is {sample}", "--sample", "use 1 or more rows")
    settings = read_settings(Path(home) if home is not None else None)
    checks, failure = wiring.tried(project, data, sample, settings, listen)
    return ContractTest(
        project=project, checks=dict(checks), failure=None if failure is None else failure.what
    )


def compare_contracts(old: str | Path, new: str | Path) -> ContractDifference:
    """Return every difference of two contracts, each with whom it concerns, and what a run says.

    ``old`` and ``new``: a project, a file or a folder.

    >>> compare_contracts("walmart", "walmart").verdict
    'the same rules, the same version'
    """
    settings = read_settings()
    before = wiring.find_contract(str(old), settings)
    after = wiring.find_contract(str(new), settings)
    changes = compare(before, after)
    return ContractDifference(
        old=before.version,
        new=after.version,
        verdict=verdict(before, after, changes),
        changes=changes,
    )
