"""How long one row takes over HTTP: a server of each project, asked by one caller in turn."""

import http.client
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from foresell.answer.varied import varied_rows
from foresell.bundle.bundle import Bundle
from foresell.errors import MachineError, UsageError
from foresell.govern.registry import Registry, read_state, read_version, resolve
from foresell.settings import Settings
from foresell.spec.commands import promote_command
from foresell.spec.registry import Alias, Version
from foresell.wiring.load_summary import QUANTILES
from foresell.wiring.own_server import own_server, refuse_unready
from foresell.wiring.quality import latency_file, write
from foresell.wiring.registry import registry

_WHERE = "foresell quality --measure"
_WARM_UP = 20  # requests that are not counted: the first ones wait for what later ones find ready
_LEAST = 20  # with fewer, p95 would be the slowest one
_SEED = 20_261_122
_PATIENCE_S = 30.0
_REASONS = 5


def keep_latencies(
    projects: Sequence[str], count: int, alias: str | None, settings: Settings, *, every: bool
) -> tuple[str, ...]:
    """Ask a server of each project for one row, ``count`` times, and keep what came.

    ``alias``: the version that answers, or its number; by default prod, else staging. ``every``:
    each project has to have such a version; otherwise those that have none are passed over, and
    returned. A server that does not start or answer is a ``MachineError``.

    Raises:
        UsageError: there is no project, no version that could answer, or too few requests.
    """
    if count < _LEAST:
        raise UsageError(f"{count} requests tell no p95", "--requests", f"ask for {_LEAST} or more")
    if not projects:
        raise UsageError("no project was run", "--measure", "run one: foresell run retail")
    kept = registry(settings)
    served = [name for name in projects if every or _answers(kept, name, alias)]
    for name in served:
        which, version = _version(kept, name, alias)
        bundle = read_version(kept, version)
        told = measure(version, which, bundle, count, settings, datetime.now(UTC))
        text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        write(latency_file(name, settings), f"{text}\n".encode())
    return tuple(name for name in projects if name not in served)


def _answers(kept: Registry, name: str, alias: str | None) -> bool:
    """Tell whether a project has a version on ``alias``, by default on any."""
    found = [
        number
        for one, number in read_state(kept, name).aliases.items()
        if alias is None or one == alias
    ]
    return not found or any(number is not None for number in found)  # no alias: a number


def _version(kept: Registry, name: str, alias: str | None) -> tuple[str, Version]:
    """Return what the version is asked for by that answers, and the version.

    Raises:
        UsageError: there is none.
    """
    state = read_state(kept, name)
    live: Sequence[Alias] = ("prod", "staging")
    which = alias or next((one for one in live if state.aliases.get(one) is not None), None)
    if which is None:
        raise UsageError(
            f"no version of {name!r} is on prod or staging",
            "--measure",
            f"promote one: {promote_command(name)}",
        )
    return which, resolve(state, which)


def measure(
    version: Version, alias: str, bundle: Bundle, count: int, settings: Settings, at: datetime
) -> Mapping[str, Any]:
    """Ask a server that answers with a version for one row, ``count`` times; return what came.

    The rows differ, as far as there are others. One connection, one request after the other, timed
    from its first byte to the last one of the reply, after a warm-up that is not counted. A server
    that does not start or answer is a ``MachineError``.
    """
    project = version.project
    path = f"/projects/{project}/predict"
    rows = varied_rows(bundle, count, _SEED)
    asked = [rows[number % len(rows)] for number in range(_WARM_UP + count)]
    with own_server([project], alias, settings, _WHERE) as url:
        refuse_unready(url, [project], "")
        replies = _ask(url, path, asked)
    counted = replies[_WARM_UP:]
    times = pl.Series([milliseconds for milliseconds, _, _ in counted])
    failed = [f"{status}: {text[:200]}" for _, status, text in counted if status != 200]
    return {
        "project": project,
        "version": version.version,
        "digest": version.digest,
        "alias": alias,
        "endpoint": f"POST {path}",
        "requests": count,
        "different_rows": min(len(rows), count),
        "warm_up": _WARM_UP,
        "failures": len(failed),
        "reasons": list(dict.fromkeys(failed))[:_REASONS],
        **{name: _rounded(times.quantile(share, "higher")) for name, share in QUANTILES.items()},
        "max_ms": _rounded(times.max()),
        "measured_at": at.isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "sample": {
            "asked": asked[_WARM_UP],
            "status": counted[0][1],
            "answered": _told(counted[0][2]),
        },
    }


def _ask(url: str, path: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[float, int, str]]:
    """Return milliseconds, status and body of the reply to each row, in order.

    Raises:
        MachineError: the server went away.
    """
    parts = urlsplit(url)
    found = []
    link = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_PATIENCE_S)
    try:
        link.connect()
        for row in rows:
            body = json.dumps(row).encode()
            began = time.perf_counter()
            link.request("POST", path, body=body, headers={"Content-Type": "application/json"})
            reply = link.getresponse()
            content = reply.read()
            took = 1000 * (time.perf_counter() - began)
            found.append((took, reply.status, content.decode(errors="replace")))
    except (OSError, http.client.HTTPException) as error:
        raise MachineError(
            f"the server stopped answering: {type(error).__name__}", url, "try it: foresell serve"
        ) from error
    finally:
        link.close()
    return found


def _told(text: str) -> Any:
    """Return the body of a reply, as JSON where it is some."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _rounded(value: Any) -> float:
    return round(float(value), 3)
