"""The contract as people read it: every column, what it means and what its values must be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from foresell.contracts.compiled.page import ColumnRow, RowRule, column_rows, row_rules
from foresell.contracts.contract import Contract
from foresell.contracts.rules import contract_rules
from foresell.dashboard.data.gate import WHOLE, quarantine_at
from foresell.dashboard.data.reading import Checks
from foresell.dashboard.reading.shown import Declared
from foresell.report.wording import count, typeset

_ROLES: Mapping[str, str] = {
    "key": "key of the series",
    "time": "time",
    "target": "target",
    "feature": "feature",
    "known_future": "known ahead",
    "past_only": "known up to today",
    "static": "the same for a series",
    "weight": "weight",
    "group": "group",
    "excluded": "not used",
}


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule of a column that rows broke, and where they are, "" for a rule of the whole column."""

    says: str
    href: str


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """A column. ``role``: what the project does with it, "" where it has none."""

    told: ColumnRow
    role: str
    broken: tuple[Broken, ...]


@dataclass(frozen=True, kw_only=True)
class ShownContract:
    """A contract. ``changed``: what is to be done as the rows were checked by other rules."""

    title: str
    purpose: str
    limitations: str
    rules: int
    columns: tuple[ShownColumn, ...]
    over_rows: tuple[RowRule, ...]
    facts: tuple[tuple[str, str], ...]
    changed: str


def contract_of(project: str, declared: Declared, checks: Checks | None) -> ShownContract:
    """Return the contract as it is declared now, beside what broke it where ``checks`` tells."""
    contract, rows = declared.contract, declared.contract.schema[0]
    broken = _broken_by_column(project, checks) if checks is not None else {}
    rules = len(contract_rules(contract))
    return ShownContract(
        title=rows.description or rows.name,
        purpose=contract.description.get("purpose", ""),
        limitations=contract.description.get("limitations", ""),
        rules=rules,
        columns=tuple(
            ShownColumn(
                told=replace(told, limits=typeset(told.limits)),
                role=_role(declared.spec.columns.get(told.name, "")),
                broken=broken.get(told.name, ()),
            )
            for told in column_rows(contract)
        ),
        over_rows=tuple(row_rules(contract)),
        facts=_facts(contract, rules),
        changed=_changed(project, contract, checks) if checks is not None else "",
    )


def _role(role: str) -> str:
    """Return a role in words."""
    return _ROLES.get(role, role.replace("_", " "))


def _broken_by_column(project: str, checks: Checks) -> Mapping[str, tuple[Broken, ...]]:
    """Return the rules that were broken, by column; those over several columns stand at none."""
    found: dict[str, tuple[Broken, ...]] = {}
    for rule in checks.rules:
        if rule.broken and len(rule.columns) == 1:
            name, kind = rule.columns[0], rule.rule.rpartition(": ")[2]
            one = Broken(
                says=f"{count(rule.broken, 'row')} broke {kind}",
                href="" if rule.kind == WHOLE else quarantine_at(project, rule.rule),
            )
            found[name] = (*found.get(name, ()), one)
    return found


def _facts(contract: Contract, rules: int) -> tuple[tuple[str, str], ...]:
    """Return what is to be known of a contract beside its columns."""
    personal = [column.name for column in contract.columns.values() if column.personal]
    found = {
        "Contract": contract.id,
        "Version": f"{contract.version}, {contract.status}",
        "Rules": f"{rules}, sha256 {contract.digest}",
        "Key": ", ".join(contract.key) or "none: rows are not told apart",
        "Owner": _owner(contract),
        "Domain": contract.domain,
        "Personal data": (
            f"{', '.join(personal)}: dropped when the data is read, unless the project keeps it "
            "by name"
            if personal
            else ""
        ),
        "Standard": f"Open Data Contract Standard {contract.api_version}",
    }
    return tuple((name, said) for name, said in found.items() if said)


def _owner(contract: Contract) -> str:
    """Return who answers for the data."""
    team = contract.team
    if team is None:
        return ""
    return f"{team.name}: {team.description}" if team.description else team.name


def _changed(project: str, contract: Contract, checks: Checks) -> str:
    """Return what is to be said where the rows were checked by other rules than these."""
    held = checks.contract
    if held["sha256"] == contract.digest:
        return ""
    return (
        f"The rows were checked by other rules, those of version {held['version']}. Hold them "
        f"against these: foresell run {project}"
    )
