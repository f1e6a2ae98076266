"""Whether the columns that a project names outside its roles exist, and are not dropped."""

from collections.abc import Collection, Iterator, Mapping

from foresell.contracts.contract import Contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.rules import contract_rules
from foresell.errors import SpecError, nearest
from foresell.spec.project import ProjectSpec


def refuse_unknown(name: str, known: Collection[str], where: str) -> None:
    """Refuse a name that is no column of the contract.

    Raises:
        SpecError: the nearest column is named.
    """
    if name not in known:
        raise SpecError(f"{name!r} is no column of the contract", where, nearest(name, known))


def check_named_columns(project: ProjectSpec, contract: Contract) -> None:
    """Refuse an unknown column in joins, cleaning or leakage, and one that is needed and dropped.

    What is dropped as it is read (personal columns, ``cleaning.drop``) cannot be joined on, grouped
    by, filled in, or read by a rule over several columns; and a key cannot be dropped.

    Raises:
        SpecError: what the sentences above name.
    """
    for where, names in _named(project):
        for name in names:
            refuse_unknown(name, contract.columns, where)
    for name in project.cleaning.keep_personal:
        if not contract.columns[name].personal:
            raise SpecError(
                f"the column {name!r} is not personal",
                "cleaning.keep_personal",
                f"take it out, or set classification: personal for {name!r} in contract.yaml",
            )
    gone = set(dropped_columns(contract, project.cleaning))
    for where, names in _needed(project, contract):
        for name in names:
            if name in gone:
                raise SpecError(
                    f"the column {name!r} is needed and dropped when it is read",
                    where,
                    "do without it, or keep it: "
                    + (
                        "take it out of cleaning.drop"
                        if name in project.cleaning.drop
                        else f"cleaning: {{keep_personal: [{name}]}}"
                    ),
                )


def _named(project: ProjectSpec) -> Iterator[tuple[str, Collection[str]]]:
    """Yield the places where a project names columns of the contract, and the names."""
    for table in project.tables:
        yield f"tables, {table.name}, join_on", table.join_on
    cleaning = project.cleaning
    yield "cleaning.drop", cleaning.drop
    yield "cleaning.keep_personal", cleaning.keep_personal
    yield "cleaning.fill", tuple(cleaning.fill)
    yield "cleaning.outliers.columns", cleaning.outliers.columns if cleaning.outliers else ()
    yield "leakage.allow", project.leakage.allow


def _needed(project: ProjectSpec, contract: Contract) -> Iterator[tuple[str, Collection[str]]]:
    """Yield the places that need a column to be read, and the names."""
    yield "primary key of the contract", contract.key
    for rule in contract_rules(contract):
        if rule.kind == "condition":
            yield f"contract rule {rule.name.removesuffix(': condition')!r}", rule.columns
    if project.grouping is not None:
        yield "grouping.by", project.grouping.by
        yield "grouping.columns", tuple(project.grouping.columns)
    kept: Mapping[str, Collection[str]] = {
        where: names
        for where, names in _named(project)
        if where not in {"cleaning.drop", "cleaning.keep_personal"}
    }
    yield from kept.items()
