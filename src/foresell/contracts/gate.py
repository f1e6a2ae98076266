"""The gate: every row either passes all rules or is set aside with the rule it broke."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from foresell.contracts.contract import Column, Contract
from foresell.errors import DataError

RULE = "broken_rule"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing a row must satisfy. ``breaks`` is true, never null, where a row does not."""

    name: str
    column: str
    says: str
    breaks: pl.Expr


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate decided: ``kept.height + rejected.height`` is the number of rows read.

    ``rejected`` has the columns of the input and ``broken_rule``, the first rule the row broke.
    ``counts``: rows that break each rule, in rule order (a row may break several).
    """

    kept: pl.DataFrame
    rejected: pl.DataFrame
    counts: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]


def row_rules(contract: Contract) -> tuple[Rule, ...]:
    """Compile the contract into row rules: required, minimum, maximum, pattern, values."""
    return tuple(rule for column in contract.columns.values() for rule in _column_rules(column))


def check_rows(frame: pl.DataFrame, rules: Sequence[Rule]) -> Verdict:
    """Apply ``rules`` to every row; order of rows kept."""
    if not rules:
        empty = frame.clear().with_columns(pl.lit(None, pl.String).alias(RULE))
        return Verdict(kept=frame, rejected=empty, counts={}, examples={})
    flags = frame.select(rule.breaks.alias(rule.name) for rule in rules)
    counts = {name: int(flags[name].sum()) for name in flags.columns}
    hit = [name for name in flags.columns if counts[name]]
    first = pl.coalesce(
        *(pl.when(pl.col(name)).then(pl.lit(name)) for name in hit), pl.lit(None, pl.String)
    )
    marked = pl.concat([frame, flags], how="horizontal").with_columns(first.alias(RULE))
    marked = marked.drop(flags.columns)
    examples = {
        rule.name: [
            str(value) for value in frame.filter(flags[rule.name])[rule.column].head(3).to_list()
        ]
        for rule in rules
        if counts[rule.name]
    }
    return Verdict(
        kept=marked.filter(pl.col(RULE).is_null()).drop(RULE),
        rejected=marked.filter(pl.col(RULE).is_not_null()),
        counts=counts,
        examples=examples,
    )


def refuse_duplicates(frame: pl.DataFrame, key: Sequence[str], where: str) -> None:
    """Refuse rows that share a key; a key with a null in it is left to the rules.

    Raises:
        DataError: at least one key stands on more than one row; up to three are shown.
    """
    whole = frame.drop_nulls(list(key))
    twice = whole.group_by(list(key)).len().filter(pl.col("len") > 1).sort(list(key))
    if twice.height:
        shown = "; ".join(
            ", ".join(f"{name}={row[name]}" for name in key) for row in twice.head(3).to_dicts()
        )
        raise DataError(
            f"{twice.height} key(s) stand on more than one row: {shown}",
            where,
            f"keep one row for each ({', '.join(key)}), or declare what tells them apart",
        )


def _column_rules(column: Column) -> list[Rule]:
    """Compile one column."""
    value, options = pl.col(column.name), column.options
    tests: list[tuple[str, str, pl.Expr]] = []
    if column.required:
        tests.append(("required", "must have a value", value.is_null()))
    limits = (
        ("minimum", "at least", options.minimum, value.__lt__),
        ("maximum", "at most", options.maximum, value.__gt__),
        ("exclusiveMinimum", "above", options.exclusive_minimum, value.__le__),
        ("exclusiveMaximum", "below", options.exclusive_maximum, value.__ge__),
    )
    tests += [
        (kind, f"must be {words} {limit}", beyond(limit))
        for kind, words, limit, beyond in limits
        if limit is not None
    ]
    if options.pattern is not None:
        unlike = ~value.str.contains(f"^(?:{options.pattern})$")
        tests.append(("pattern", f"must match {options.pattern}", unlike))
    if column.domain is not None:
        outside = ~value.is_in(list(column.domain))
        tests.append(("values", f"must be one of {list(column.domain)}", outside))
    return [
        Rule(
            name=f"{column.name}: {kind}",
            column=column.name,
            says=f"{column.name} {says}",
            breaks=breaks.fill_null(value=False),
        )
        for kind, says, breaks in tests
    ]
