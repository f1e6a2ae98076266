"""The gate: every row either passes all rules or is set aside with the rules it broke.

The rules of a contract become Polars expressions once; a batch of rows is then judged in one pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.contracts.condition import Condition, condition_expr
from foresell.contracts.contract import Contract
from foresell.contracts.pattern import whole
from foresell.contracts.rules import Rule, contract_rules

ROW = "__row"
RULES = "broken_rules"
BETWEEN = "; "  # between the names of the rules that one row broke
SHOWN = 3
TABLE_KINDS = ("unique", "primaryKey", "missing")
# What a broken value looks like, by kind of rule; null, which breaks nothing, where it is null.
_BREAKS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "required": lambda value, _: value.is_null(),
    "minimum": lambda value, limit: value < limit,
    "maximum": lambda value, limit: value > limit,
    "exclusiveMinimum": lambda value, limit: value <= limit,
    "exclusiveMaximum": lambda value, limit: value >= limit,
    "minLength": lambda value, limit: value.str.len_chars() < limit,
    "maxLength": lambda value, limit: value.str.len_chars() > limit,
    "pattern": lambda value, limit: ~value.str.contains(whole(limit)),
    "values": lambda value, limit: ~value.is_in(list(limit)),
}


@dataclass(frozen=True, kw_only=True)
class RowCheck:
    """A rule that judges a row by itself, compiled.

    ``breaks`` is true where a row breaks it, false or null where it does not. ``shown``: the
    columns whose values may stand in an example; those of personal columns may not.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    says: str
    breaks: pl.Expr


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate decided: ``kept.height + rejected.height`` is the number of rows read.

    ``kept`` and ``rejected`` have the columns of the input, in its order; ``rejected`` has
    ``broken_rules`` as well, all rules that the row broke. ``counts``: rows that break each rule,
    in rule order. ``examples``: up to three values a rule, of the rules that were broken.
    """

    kept: pl.DataFrame
    rejected: pl.DataFrame
    counts: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]


def row_checks(contract: Contract) -> tuple[RowCheck, ...]:
    """Compile the rules of ``contract`` that judge a row by itself, in the contract's order."""
    return tuple(
        RowCheck(
            name=rule.name,
            kind=rule.kind,
            columns=rule.columns,
            shown=shown_columns(rule, contract),
            says=rule.says,
            breaks=_breaks(rule),
        )
        for rule in contract_rules(contract)
        if rule.kind not in TABLE_KINDS
    )


def shown_columns(rule: Rule, contract: Contract) -> tuple[str, ...]:
    """Return the columns of ``rule`` whose values may be shown."""
    return tuple(name for name in rule.columns if not contract.columns[name].personal)


def check_rows(frame: pl.DataFrame, checks: Sequence[RowCheck]) -> Verdict:
    """Apply ``checks`` to every row; order of rows kept."""
    if not checks:
        return _all_kept(frame, checks)
    flags = frame.select(check.breaks.alias(check.name) for check in checks)
    counts = dict(zip(flags.columns, map(int, flags.sum().row(0)), strict=True))
    hit = [check for check in checks if counts[check.name]]
    if not hit:
        return _all_kept(frame, checks)
    names = [check.name for check in hit]
    broken = flags.select(pl.any_horizontal(names).fill_null(value=False)).to_series()
    rejected, why = frame.filter(broken), flags.filter(broken)
    said = why.select(
        pl.concat_str(
            [pl.when(pl.col(name)).then(pl.lit(name)) for name in names],
            separator=BETWEEN,
            ignore_nulls=True,
        ).alias(RULES)
    )
    return Verdict(
        kept=frame.filter(~broken),
        rejected=rejected.with_columns(said.to_series()),
        counts=counts,
        examples={
            check.name: examples(rejected.filter(why[check.name]).head(SHOWN), check.shown)
            for check in hit
        },
    )


def examples(rows: pl.DataFrame, shown: Sequence[str]) -> tuple[str, ...]:
    """Return what ``rows`` hold in the columns ``shown``, in words; one text a row.

    A value stands alone; several are named. A rule on personal columns shows row numbers.
    """
    if not shown:
        return tuple(f"row {row}" for row in rows[ROW]) if ROW in rows.columns else ()
    if len(shown) == 1:
        return tuple(_word(value) for value in rows[shown[0]])
    return tuple(
        ", ".join(f"{name}={_word(row[name])}" for name in shown)
        for row in rows.select(shown).to_dicts()
    )


def _word(value: object) -> str:
    """Return a value as a person reads it."""
    return "nothing" if value is None else str(value)


def _all_kept(frame: pl.DataFrame, checks: Sequence[RowCheck]) -> Verdict:
    """Return the verdict on rows that break nothing."""
    return Verdict(
        kept=frame,
        rejected=frame.clear().with_columns(pl.lit(None, pl.String).alias(RULES)),
        counts={check.name: 0 for check in checks},
        examples={},
    )


def _breaks(rule: Rule) -> pl.Expr:
    """Compile one row rule."""
    if isinstance(rule.limit, Condition):
        return condition_expr(rule.limit)
    made: pl.Expr = _BREAKS[rule.kind](pl.col(rule.columns[0]), rule.limit)
    return made
