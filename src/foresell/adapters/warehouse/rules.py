"""The rules of the project's contract, asked of staged rows before PostgreSQL holds them to it."""

from collections.abc import Iterator, Sequence

from psycopg import sql
from psycopg.rows import dict_row

from foresell.adapters.warehouse.asking import EXAMPLES, composed
from foresell.adapters.warehouse.delivery import Delivery
from foresell.adapters.warehouse.findings import Asker, found, passed
from foresell.contracts.compiled.warehouse import StagingRule, staging_rules
from foresell.errors import counted
from foresell.spec.warehouse import KEY, PLAN_COLUMNS, SCHEMA, Check

_SALES, _PLAN = "stg_sales_weekly", "stg_sales_plan"


def check_rules(asker: Asker, delivery: Delivery) -> Iterator[Check]:
    """Yield each rule that staged sales or planned rows break; one check where they keep all."""
    rules = staging_rules(delivery.contract, delivery.warehouse)
    planned = [rule for rule in rules if set(rule.columns) <= set(PLAN_COLUMNS)]
    broken = [
        *_broken(asker, _SALES, rules, "row"),
        *_broken(asker, _PLAN, planned, "planned row"),
    ]
    yield from broken
    if not broken:
        version = delivery.contract.version
        yield passed("contract", f"{counted(len(rules), 'rule')} of version {version} hold")


def _broken(asker: Asker, table: str, rules: Sequence[StagingRule], noun: str) -> Iterator[Check]:
    """Yield the rules of which more rows of ``table`` than may be are broken."""
    if not rules:
        return
    counts = _counts(asker, table, rules)
    rows = counts[-1]
    for rule, count in zip(rules, counts[:-1], strict=True):
        if count > rule.most * rows:
            says = f"{rule.says}; {counted(count, noun)} not"
            yield found(rule.name, "failed", says, count, _examples(asker, table, rule))


def _counts(asker: Asker, table: str, rules: Sequence[StagingRule]) -> tuple[int, ...]:
    """Return how many rows break each rule, and how many rows there are."""
    searches = [sql.SQL("count(*) FILTER (WHERE {})").format(_condition(rule)) for rule in rules]
    question = composed(
        "rule_counts",
        broken=sql.SQL(", ").join(searches),
        table=sql.Identifier(SCHEMA, table),
    )
    row = asker.connection.execute(question, {"batch": asker.batch}).fetchone()
    return tuple(row or ())


def _examples(asker: Asker, table: str, rule: StagingRule) -> tuple[dict[str, object], ...]:
    """Return the first rows that break ``rule``: their key, and what it reads."""
    names = dict.fromkeys((*KEY, *rule.columns))
    question = composed(
        "rule_examples",
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        table=sql.Identifier(SCHEMA, table),
        broken=_condition(rule),
        keys=sql.SQL(", ").join(map(sql.Identifier, KEY)),
    )
    with asker.connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(question, {"batch": asker.batch, "examples": EXAMPLES}).fetchall()
    return asker.shown(rows)


def _condition(rule: StagingRule) -> sql.Composable:
    """Return what is true of a broken row; its text comes from the contract's compiler alone."""
    return sql.SQL(rule.broken_sql.replace("%", "%%"))
