"""The contract: columns, types, nulls, ranges, domains and keys, in one place."""

from pydantic import TypeAdapter

from foresell.contracts.contradictions import refuse_contradictions
from foresell.contracts.document import (
    Arguments,
    Atom,
    Bound,
    Column,
    ColumnQuality,
    Contract,
    CustomProperty,
    LogicalType,
    RowQuality,
    SchemaObject,
    Team,
    TypeOptions,
)
from foresell.spec.yaml_border import parse_yaml

__all__ = [
    "Arguments",
    "Atom",
    "Bound",
    "Column",
    "ColumnQuality",
    "Contract",
    "CustomProperty",
    "LogicalType",
    "RowQuality",
    "SchemaObject",
    "Team",
    "TypeOptions",
    "parse_contract",
]
_CONTRACT = TypeAdapter(Contract)


def parse_contract(text: str, where: str) -> Contract:
    """Parse the YAML ``text`` found at ``where`` into a contract.

    Refused, with a ``SpecError``: an unknown key, a value of the wrong kind, a version that is no
    MAJOR.MINOR.PATCH, two columns of one name, a key that may be null or is personal, and a rule
    that contradicts another, or that a column of that type cannot have.
    """
    contract = parse_yaml(_CONTRACT, text, where)
    refuse_contradictions(contract, where)
    return contract
