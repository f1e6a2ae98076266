"""Whether the columns that a project names outside its roles exist, and are not dropped."""

from collections.abc import Collection, Iterator, Mapping

from foresell.contracts.contract import Contract, LogicalType
from foresell.contracts.headers import dropped_columns
from foresell.contracts.rules import contract_rules
from foresell.errors import SpecError, nearest
from foresell.spec.project import ProjectSpec

_NUMBERS = ("integer", "number")


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


def check_cleaned_types(project: ProjectSpec, types: Mapping[str, LogicalType]) -> None:
    """Refuse fences and middle values of columns that hold no numbers.

    ``types``: of the columns that are cleaned, after the grouping.

    Raises:
        SpecError: what the sentence above names.
    """
    cleaning = project.cleaning
    for name in cleaning.outliers.columns if cleaning.outliers is not None else ():
        if types.get(name, "number") not in _NUMBERS:
            raise SpecError(
                f"there are no outliers of {name!r}, whose type is {types[name]}",
                "cleaning.outliers.columns",
                "name columns of type integer or number only",
            )
    for name, fill in cleaning.fill.items():
        if fill.statistic in {"median", "mean"} and types.get(name, "number") not in _NUMBERS:
            raise SpecError(
                f"there is no {fill.statistic} of {name!r}, whose type is {types[name]}",
                "cleaning.fill",
                "use statistic: mode, or a value",
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
