"""How stages write JSON: equal values give equal bytes."""

import json
from dataclasses import asdict, is_dataclass


def json_bytes(value: object) -> bytes:
    """Return ``value`` as JSON with sorted keys; dataclasses as mappings, the rest as text."""
    return json.dumps(value, sort_keys=True, default=plain, ensure_ascii=False).encode()


def plain(value: object) -> object:
    """Return what JSON can hold of a declaration: dataclasses as mappings, the rest as text."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)
