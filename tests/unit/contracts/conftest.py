from collections.abc import Callable
from typing import Any

import pytest
import yaml

from foresell.contracts.contract import Contract, parse_contract

Make = Callable[..., Contract]


def contract_text(*columns: dict[str, Any], **top: object) -> str:
    """A contract whose key is ``id``; each column adds to, or replaces, what stands there."""
    key = {"name": "id", "logicalType": "string", "required": True, "primaryKey": True}
    properties = {column["name"]: column for column in (key, *columns)}
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "c",
        "version": "1.0.0",
        "schema": [{"name": "rows", "properties": list(properties.values())}],
    }
    return yaml.safe_dump(document | top, sort_keys=False)


@pytest.fixture
def make() -> Make:
    return lambda *columns: parse_contract(contract_text(*columns), "contract.yaml")
