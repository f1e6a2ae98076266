"""Rows that keep the contract and still have no answer: nothing can be derived from them.

A model computes with numbers of 32 bits and, where a project says so, learns the target relative to
a product above 0. A contract may allow more than that: no bound on a number, or a quantity of 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from foresell.contracts.contract import Contract, LogicalType
from foresell.features.rows import RowColumn, derive, factor, row_columns
from foresell.spec.project import ProjectSpec

MAGNITUDE, RELATIVE = "magnitude", "relative_to"  # the kinds of refusal
_WITHIN = "must lie within 3.4e38 of 0, as all that the model computes with"
_ABOVE = "must be above 0 and finite: the target is learnt relative to it"
_WORDS = {
    "number": "",
    "product": "their product ",
    "ratio": "their ratio ",
    "months": "their count of months ",
    "turned": "the place they name ",
}


@dataclass(frozen=True, kw_only=True)
class Derivable:
    """What is derived of a row. ``columns``: those that can be infinite in 32 bits.

    ``relative_to``: the columns whose product must be finite and above 0; none where empty.
    """

    columns: tuple[RowColumn, ...]
    relative_to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why some rows have no answer. ``rows``: (n,) whether it is true of a row.

    ``fields``: the raw columns at fault. ``says`` follows their names.
    """

    fields: tuple[str, ...]
    rule: str
    says: str
    rows: pl.Series

    def __str__(self) -> str:
        """Return it as one line that names the columns."""
        return f"{', '.join(self.fields)}{': ' if len(self.fields) > 1 else ' '}{self.says}"


def derivable(project: ProjectSpec, contract: Contract) -> Derivable:
    """Return what is derived of a row of ``project``; nothing of a panel's."""
    if project.kind == "panel":
        return Derivable(columns=(), relative_to=())
    kinds = {name: contract.columns[name].logical_type for name in project.with_role("feature")}
    return Derivable(
        columns=tuple(one for one in row_columns(project, kinds) if _may_overflow(one, kinds)),
        relative_to=project.models.relative_to,
    )


def refusals(
    frame: pl.DataFrame, rules: Derivable, wrong: Mapping[str, pl.Series]
) -> Iterator[Refusal]:
    """Yield why some rows of ``frame`` (n, raw columns in the contract's types) have no answer.

    ``wrong``: by column, the rows (n,) in which it is refused already; nothing else that is made of
    it is told of these.
    """
    told = dict(wrong)
    found = derive(frame, rules.columns) if rules.columns else pl.DataFrame()
    beyond: dict[tuple[tuple[str, ...], str], pl.Series] = {}
    for column in rules.columns:
        flag, kind = found[column.name].is_infinite(), (column.of, column.how)
        beyond[kind] = beyond[kind] | flag if kind in beyond else flag
    for (fields, how), flag in beyond.items():
        rows = _without(flag, fields, told)
        if rows.any():
            yield Refusal(fields=fields, rule=MAGNITUDE, says=f"{_WORDS[how]}{_WITHIN}", rows=rows)
            told |= {fields[0]: told.get(fields[0], rows) | rows} if len(fields) == 1 else {}
    if rules.relative_to:
        rows = _without(~has_factor(frame, rules.relative_to), rules.relative_to, told)
        if rows.any():
            whose = _WORDS["product"] if len(rules.relative_to) > 1 else ""
            yield Refusal(
                fields=rules.relative_to, rule=RELATIVE, says=f"{whose}{_ABOVE}", rows=rows
            )


def has_factor(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Series:
    """Return (n,) whether the product of the columns ``names`` is known, finite and above 0.

    >>> has_factor(pl.DataFrame({"a": [2.0, 0, 1e308], "b": [3, 3, 30]}), ("a", "b")).to_list()
    [True, False, False]
    """
    product = factor(frame, names)
    return ((product > 0) & product.is_finite()).fill_null(value=False)


def _may_overflow(column: RowColumn, kinds: Mapping[str, LogicalType]) -> bool:
    """Tell whether a derived number can be infinite: a whole number, a day, a step never is."""
    if column.how in {"category", "step", "place"}:
        return False
    return len(column.of) > 1 or kinds[column.of[0]] == "number"


def _without(flag: pl.Series, fields: tuple[str, ...], told: Mapping[str, pl.Series]) -> pl.Series:
    """Return ``flag`` without the rows of which one of ``fields`` is refused already."""
    for name in fields:
        flag = flag & ~told[name] if name in told else flag
    return flag
