"""Whether project and contract fit together: asked once, before any file is read."""

from collections.abc import Collection, Mapping, Sequence

from foresell.contracts.contract import Column, Contract, LogicalType
from foresell.contracts.headers import dropped_columns
from foresell.contracts.named_columns import (
    check_cleaned_types,
    check_named_columns,
    refuse_unknown,
)
from foresell.errors import SpecError, nearest
from foresell.spec.cleaning import Aggregate, Grouping
from foresell.spec.monitoring import check_watched
from foresell.spec.project import Kind, ProjectSpec, Role

_ANY: tuple[LogicalType, ...] = ("string", "integer", "number", "boolean", "date")
_NUMBERS: tuple[LogicalType, ...] = ("integer", "number")
_NUMERIC: tuple[LogicalType, ...] = ("integer", "number", "boolean")
_TYPES: Mapping[Role, tuple[LogicalType, ...]] = {
    "key": ("string", "integer", "boolean", "date"),
    "time": ("date",),
    "target": _NUMBERS,
    "static": _ANY,
    "known_future": _NUMERIC,
    "past_only": _NUMERIC,
    "feature": ("string", "integer", "number", "boolean"),
    "group": ("string", "integer", "boolean", "date"),
    "weight": _NUMBERS,
    "excluded": _ANY,
}
_ROLES: Mapping[Kind, frozenset[Role]] = {
    "panel": frozenset(_TYPES) - {"feature", "group", "weight"},
    "tabular": frozenset(_TYPES) - {"static", "known_future", "past_only"},
}
_TAKES: Mapping[Aggregate, tuple[LogicalType, ...]] = {
    "sum": _NUMERIC,
    "mean": _NUMERIC,
    "max": _ANY,
    "min": _ANY,
    "first": _ANY,
}
_BITS = frozenset({0, 1})


def check_agreement(project: ProjectSpec, contract: Contract) -> None:
    """Refuse a project whose names, types and keys are not those of ``contract``.

    Looks at the two declarations alone, in this order: events, columns named in joins, cleaning and
    leakage, grouping, the columns with a role after the grouping, their types, those of columns
    that are cleaned or that numbers of a table are made of, those that are watched, the holiday
    weight, and, in a panel, what tells one row from another. Columns that are dropped as
    they are read need no role. A tabular project may have rows that nothing tells apart.
    A contradiction is a ``SpecError`` that names the nearest right name where there is one.
    """
    if any(event.holiday is not None for event in project.events):
        from foresell.spec.holiday_names import check_holidays  # noqa: PLC0415 - 0.1 s, if needed

        check_holidays(project.events)
    check_named_columns(project, contract)
    dropped = dropped_columns(contract, project.cleaning)
    if project.grouping is not None:
        _check_grouping(project.grouping, _read_types(project, contract))
        _check_grouped_by(project.grouping, contract)
    columns = role_types(project, contract)
    _check_roles(project, columns, dropped)
    _check_types(project, columns)
    check_cleaned_types(project, columns)
    _check_numbers(project, columns)
    _check_segments(project, columns)
    check_watched(project.monitoring, project.risk, project.columns)
    for segment in project.risk.segments if project.risk is not None else ():
        for name in segment:
            refuse_unknown(name, columns, "risk.segments")
    _check_holiday_weight(project, contract, columns)
    if project.kind == "panel":
        _check_keys(project, contract)


def role_types(project: ProjectSpec, contract: Contract) -> Mapping[str, LogicalType]:
    """Return the types of the columns that can have a role: those read, after the grouping."""
    columns = _read_types(project, contract)
    return columns if project.grouping is None else _grouped(project.grouping, columns)


def _read_types(project: ProjectSpec, contract: Contract) -> Mapping[str, LogicalType]:
    """Return the types of the columns that are read, not dropped."""
    dropped = dropped_columns(contract, project.cleaning)
    return {
        name: column.logical_type
        for name, column in contract.columns.items()
        if name not in dropped
    }


def _check_grouped_by(grouping: Grouping, contract: Contract) -> None:
    """Refuse to group by a column that may be missing: such rows belong to no series.

    Raises:
        SpecError: the first such column.
    """
    for name in grouping.by:
        if not contract.columns[name].required:
            raise SpecError(
                f"rows are grouped by {name!r}, which may be missing",
                f"contract.yaml, column {name!r}",
                "set required: true, so that a row without it goes to quarantine",
            )


def _check_grouping(grouping: Grouping, columns: Mapping[str, LogicalType]) -> None:
    """Refuse a grouping by or of unknown columns, or with a verb that a type cannot have.

    Raises:
        SpecError: what the sentence above names, or a column that is grouped by and summed up.
    """
    for name in grouping.by:
        refuse_unknown(name, columns, "grouping.by")
    for name, verb in grouping.columns.items():
        where = f"grouping.columns.{name}"
        refuse_unknown(name, columns, "grouping.columns")
        if name in grouping.by:
            raise SpecError(
                f"the column {name!r} is grouped by and has the verb {verb!r}",
                where,
                "name it in grouping.by or in grouping.columns",
            )
        if columns[name] not in _TAKES[verb]:
            fit = [verb for verb, types in _TAKES.items() if columns[name] in types]
            raise SpecError(
                f"there is no {verb} of {name!r}, whose type is {columns[name]}",
                where,
                f"use {_either(fit)}",
            )


def _grouped(grouping: Grouping, columns: Mapping[str, LogicalType]) -> Mapping[str, LogicalType]:
    """Return the columns that the grouping leaves, and their types."""
    return {name: columns[name] for name in grouping.by} | {
        name: _made(verb, columns[name]) for name, verb in grouping.columns.items()
    }


def _made(verb: Aggregate, kind: LogicalType) -> LogicalType:
    """Return the type of what ``verb`` makes of values of type ``kind``."""
    if verb == "mean":
        return "number"
    return "integer" if (verb, kind) == ("sum", "boolean") else kind


def _check_roles(
    project: ProjectSpec, columns: Mapping[str, LogicalType], dropped: Collection[str]
) -> None:
    """Refuse a role for a column that is not there, and a column without a role.

    Raises:
        SpecError: what the sentence above names; of a column that is dropped, how to keep it.
    """
    where = f"project.yaml of the project {project.name!r}, columns"
    for name, role in project.columns.items():
        if name in dropped and role != "excluded":
            raise SpecError(
                f"the column {name!r} has the role {role!r} and is dropped when it is read",
                where,
                "take the role out, or keep the column: "
                + (
                    "take it out of cleaning.drop"
                    if name in project.cleaning.drop
                    else f"cleaning: {{keep_personal: [{name}]}}"
                ),
            )
        if name not in columns and name not in dropped:
            raise SpecError(
                f"the column {name!r} has a role and stands in no table",
                where,
                nearest(name, columns),
            )
    usual = "past_only" if project.kind == "panel" else "feature"
    for name in columns:
        if name not in project.columns:
            raise SpecError(
                f"the column {name!r} has no role",
                where,
                f"add '{name}: {usual}', or another role ('excluded' leaves it out)",
            )


def _check_types(project: ProjectSpec, columns: Mapping[str, LogicalType]) -> None:
    """Refuse a column whose type its role cannot have.

    Raises:
        SpecError: the types that fit the role, and the roles that fit the type, are named.
    """
    own = _ROLES[project.kind]
    for name, role in project.columns.items():
        kind = columns.get(name)
        if kind is not None and kind not in _TYPES[role]:
            others = [other for other, types in _TYPES.items() if kind in types and other in own]
            raise SpecError(
                f"the column {name!r} has the role {role!r} and the type {kind}",
                f"project.yaml of the project {project.name!r}, columns",
                f"a column with that role is of type {_either(_TYPES[role])}; "
                f"a {kind} can be {_either(others)}",
            )


def _check_numbers(project: ProjectSpec, columns: Mapping[str, LogicalType]) -> None:
    """Refuse a number of a row of a table that is made of text, or text that is cut in bands.

    Raises:
        SpecError: it names the nearest feature that is a number.
    """
    features = project.features
    numbers = [name for name in project.with_role("feature") if columns[name] in _NUMERIC]
    for key, names in (
        ("features.products", (name for of in features.products for name in of)),
        ("features.ratios", (name for of in features.ratios for name in of)),
        ("features.steps", features.steps),
        ("features.months", features.months),
        ("features.coordinates", features.coordinates),
        ("models.relative_to", project.models.relative_to),
        ("bands", project.bands),
    ):
        for name in names:
            if name not in numbers:
                raise SpecError(
                    f"the column {name!r} is text, and {key} takes numbers",
                    f"project {project.name!r}, {key}",
                    nearest(name, numbers) if numbers else "take it out: no feature is a number",
                )


def _check_segments(project: ProjectSpec, columns: Mapping[str, LogicalType]) -> None:
    """Refuse to tell the rows of a table apart by a number with decimals: each is its own part.

    Raises:
        SpecError: the first such column.
    """
    if project.kind == "panel":
        return
    for name in project.segments:
        if columns[name] == "number":
            raise SpecError(
                f"the segment {name!r} is a number with decimals: nearly every row has its own",
                f"project {project.name!r}, segments",
                f"use bands, which cut it where you say: 'bands: {{{name}: [100]}}'",
            )


def _check_holiday_weight(
    project: ProjectSpec, contract: Contract, columns: Mapping[str, LogicalType]
) -> None:
    """Refuse a holiday weight on a column that holds more than yes and no.

    Raises:
        SpecError: the column is neither boolean nor an integer limited to 0 and 1.
    """
    weighted = project.holiday_weight
    if weighted is None or columns[weighted.column] == "boolean":
        return
    verb = project.grouping.columns.get(weighted.column) if project.grouping is not None else None
    column = contract.columns[weighted.column]
    if column.logical_type == "integer" and verb not in {"sum", "mean"} and _is_bit(column):
        return
    raise SpecError(
        f"the column {weighted.column!r} of the holiday weight can be other than yes or no",
        f"project.yaml of the project {project.name!r}, holiday_weight",
        "make it boolean, or an integer from 0 to 1, in contract.yaml, and where it is grouped "
        "use max, min or first",
    )


def _either(names: Sequence[str]) -> str:
    """Return ``names`` as a choice in words."""
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _is_bit(column: Column) -> bool:
    """Tell whether the contract of an integer column allows 0 and 1 only."""
    if column.domain is not None and set(column.domain) <= _BITS:
        return True
    return (column.options.minimum, column.options.maximum) == (0, 1)


def _check_keys(project: ProjectSpec, contract: Contract) -> None:
    """Refuse a project in which two rows would be one: the later would overwrite the earlier.

    Raises:
        SpecError: the columns that tell rows apart are not the keys and the time.
    """
    if not contract.key:
        raise SpecError(
            "no column of the contract is part of the primary key",
            f"project.yaml of the project {project.name!r}",
            "set primaryKey: true in contract.yaml for the columns that tell rows apart",
        )
    named = (*project.keys, project.time)
    where = f"project.yaml of the project {project.name!r}, columns"
    grouping = project.grouping
    apart = contract.key if grouping is None else grouping.by
    for name in apart:
        if name not in named:
            raise SpecError(
                f"rows are told apart by {name!r}, which is neither a key nor the time",
                where,
                f"declare grouping, or give the column the role key: '{name}: key'"
                if grouping is None
                else f"give the column the role key ('{name}: key'), or take it out of grouping.by",
            )
    for name in named:
        if name not in apart:
            raise SpecError(
                f"the column {name!r} is a key or the time, and rows are told apart without it",
                where,
                f"set primaryKey: true for {name!r} in contract.yaml, or give it another role"
                if grouping is None
                else f"add {name!r} to grouping.by, or give it another role",
            )
