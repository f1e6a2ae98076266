"""A contract as a page that people read: Markdown, and HTML that needs nothing beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined

from foresell.contracts.condition import Condition
from foresell.contracts.contract import Column, Contract
from foresell.contracts.rules import Rule, contract_rules

_SIGNS: Mapping[str, str] = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
}
_TYPES: Mapping[str, str] = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "date": "day",
}


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """One column as the page shows it; every entry is text, empty where there is nothing to say.

    ``marks``: key, personal, unique. ``domain`` and ``examples``: values as text.
    """

    name: str
    title: str
    kind: str
    unit: str
    missing: str
    limits: str
    pattern: str
    domain: Sequence[str]
    examples: Sequence[str]
    marks: Sequence[str]
    description: str

    @property
    def values(self) -> str:
        """What a value must be, on one line."""
        pattern = f"matches {self.pattern}" if self.pattern else ""
        domain = f"one of {', '.join(self.domain)}" if self.domain else ""
        return "; ".join(part for part in (self.limits, pattern, domain) if part)


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """One rule over several columns: its name, what it says, what a broken row looks like."""

    name: str
    says: str
    sql: str


def markdown(contract: Contract) -> str:
    """Return the page as Markdown; equal contracts give equal text."""
    return _pages().get_template("contract.md").render(_context(contract))


def html(contract: Contract) -> str:
    """Return the page as one HTML file: no script, no address, no clock; light and dark."""
    pages = _pages()
    pages.autoescape = True
    return pages.get_template("contract.html").render(_context(contract))


def column_rows(contract: Contract) -> list[ColumnRow]:
    """Return what the page says of each column, in the order of the contract."""
    rules = contract_rules(contract)
    return [
        _row(column, [rule for rule in rules if rule.columns == (column.name,)], contract.key)
        for column in contract.columns.values()
    ]


def row_rules(contract: Contract) -> list[RowRule]:
    """Return what the page says of each rule over several columns, in the order of the contract."""
    return [
        RowRule(name=rule.name.removesuffix(": condition"), says=rule.says, sql=rule.limit.sql)
        for rule in contract_rules(contract)
        if isinstance(rule.limit, Condition)
    ]


def _pages() -> Environment:
    """Return the templates that ship with the package."""
    pages = Environment(
        loader=PackageLoader("foresell.contracts"),
        autoescape=False,  # noqa: S701 - Markdown; `html` turns it on
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters["cell"] = _cell
    return pages


def _cell(text: str) -> str:
    """Return ``text`` as a cell of a Markdown table."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _context(contract: Contract) -> dict[str, object]:
    """Return what both templates read."""
    rules = contract_rules(contract)
    return {
        "contract": contract,
        "rows": contract.schema[0],
        "columns": column_rows(contract),
        "count": len(rules),
        "over_rows": row_rules(contract),
        "personal": [column.name for column in contract.columns.values() if column.personal],
    }


def _row(column: Column, rules: Sequence[Rule], key: Sequence[str]) -> ColumnRow:
    """Return one column as the page shows it."""
    by_kind = {rule.kind: rule.limit for rule in rules}
    bounds = [f"{sign} {_shown(by_kind[kind])}" for kind, sign in _SIGNS.items() if kind in by_kind]
    if set(_SIGNS).intersection(by_kind) == {"minimum", "maximum"}:
        bounds = [f"{_shown(by_kind['minimum'])} to {_shown(by_kind['maximum'])}"]
    marks = ["key"] if column.name in key else []
    marks += ["unique"] if column.unique else []
    marks += ["personal"] if column.personal else []
    return ColumnRow(
        name=column.name,
        title=column.business_name,
        kind=_TYPES[column.logical_type],
        unit=column.unit,
        missing=_missing(column),
        limits=", ".join([*bounds, *_length(column)]),
        pattern=column.options.pattern or "",
        domain=[str(value) for value in column.domain or ()],
        examples=[str(value) for value in column.examples],
        marks=marks,
        description=column.description,
    )


def _missing(column: Column) -> str:
    """Return whether a value may be missing, in words."""
    if column.required:
        return "required"
    share = column.most_missing
    return "may be missing" if share is None else f"missing in at most {100 * share:g} %"


def _length(column: Column) -> list[str]:
    """Return the limits of a text's length in words."""
    low, high = column.options.min_length, column.options.max_length
    if low is None and high is None:
        return []
    if low == high:
        return [f"{low} characters"]
    if high is None:
        return [f"{low} characters or more"]
    return [f"{low} to {high} characters" if low else f"up to {high} characters"]


def _shown(limit: object) -> str:
    """Return a limit as people write it: thousands apart (no year has any), days in ISO form."""
    if isinstance(limit, int | float) and abs(limit) >= 10_000:
        return f"{limit:,}"
    return limit.isoformat() if isinstance(limit, date) else str(limit)
