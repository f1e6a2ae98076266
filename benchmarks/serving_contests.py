"""What the servers of `benchmarks.serving` are asked, in turn, and the figures of it."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.serving_client import Plan, ask_openly, post
from benchmarks.serving_ground import Ground, Rival, guarded, mlflow, peer, served, started
from benchmarks.serving_processes import Server, hammer, lines

CONNECTIONS = 16
_BATCH = 100
_WARM_S = 1.0


def closed(ground: Ground) -> dict[str, Any]:
    """Return what each server answers in a closed loop, a row a request."""
    ours = Rival(
        name="foresell",
        words=served(),
        path="/predict",
        bodies=ground.rows,
        ready="/health/ready",
        headers=[ground.secret],
        env=ground.env,
    )
    rivals = [
        ours,
        *(
            Rival(name=name, words=peer(kind, ground.graph), path="/predict", bodies=ground.rows)
            for name, kind in (
                ("FastAPI, dict in and out", "fastapi"),
                ("FastAPI, body by hand", "fastapi-bare"),
                ("plain ASGI, orjson", "asgi"),
            )
        ),
        mlflow(ground, "frame"),
        mlflow(ground, "tensors"),
    ]
    return _contest(ground, rivals)


def batch(ground: Ground) -> dict[str, Any]:
    """Return the same for 100 rows a request."""
    bodies = [
        {"rows": ground.rows[at : at + _BATCH]}
        for at in range(0, len(ground.rows) - _BATCH + 1, _BATCH // 2)
    ]
    ours = Rival(
        name="foresell",
        words=served(),
        path="/predict/batch",
        bodies=bodies,
        ready="/health/ready",
        headers=[ground.secret],
        env=ground.env,
    )
    bare = [
        Rival(name=name, words=peer("asgi", graph), path="/predict", bodies=bodies)
        for name, graph in (
            ("plain ASGI, orjson", ground.graph),
            ("plain ASGI, orjson, our graph", ground.whole_graph),
        )
    ]
    return _contest(ground, [ours, *bare])


def _contest(ground: Ground, rivals: Sequence[Rival]) -> dict[str, Any]:
    """Return the medians of each rival; all run, and each is asked in turn, for some rounds."""
    with ExitStack() as stack:
        servers = [stack.enter_context(started(rival)) for rival in rivals]
        files = [
            lines(ground.folder / f"bodies-{at}.jsonl", rival.bodies)
            for at, rival in enumerate(rivals)
        ]
        loads: dict[str, list[dict[str, float]]] = {rival.name: [] for rival in rivals}
        for number in range(ground.rounds + 1):
            for rival, server, file in zip(rivals, servers, files, strict=True):
                seconds = ground.seconds if number else _WARM_S
                load = _hammered(rival, server, file, seconds)
                loads[rival.name] += [load] if number else []
        return {
            "rivals": {
                rival.name: _middle(loads[rival.name]) | _standing(server)
                for rival, server in zip(rivals, servers, strict=True)
            }
        }


def _hammered(rival: Rival, server: Server, file: Path, seconds: float) -> dict[str, float]:
    """Return what a rival answered in one closed loop, and the CPU time of one answer."""
    before = server.cpu_s
    load = hammer(
        server.port,
        rival.path,
        file,
        connections=CONNECTIONS,
        seconds=seconds,
        headers=rival.headers,
    )
    return {
        "per_second": load.per_second,
        "p50_ms": load.p50_ms,
        "p90_ms": load.p90_ms,
        "p99_ms": load.p99_ms,
        "max_ms": load.max_ms,
        "cpu_us": (server.cpu_s - before) / max(1, load.requests) * 1e6,
        "failed": load.failed,
    }


def _standing(server: Server) -> dict[str, float]:
    """Return what a server took to start, and the memory it holds."""
    own = re.search(r'"ready_after_s": ([\d.]+)', server.log.read_text("utf-8")[:20_000])
    told = {"first_answer_s": round(server.ready_s, 2), "resident_mb": round(server.resident_mb)}
    return told | ({"ready_after_imports_s": float(own[1])} if own else {})


def opened(ground: Ground) -> dict[str, Any]:
    """Return latencies at 500 requests a second, whatever the server does."""
    found: dict[str, Any] = {}
    asgi = Rival(
        name="plain ASGI, orjson", words=peer("asgi", ground.graph), path="/predict", bodies=()
    )
    with started(guarded(ground)) as ours, started(asgi) as bare:
        runs: dict[str, list[dict[str, float]]] = {"foresell": [], asgi.name: []}
        for number in range(ground.rounds + 1):
            for name, server in (("foresell", ours), (asgi.name, bare)):
                told = _paced(ground, server, 500, ground.seconds if number else _WARM_S)
                runs[name] += [told] if number else []
        found = {name: _middle(told) for name, told in runs.items()}
    return {"per_second": 500, "rivals": found}


def shadowed(ground: Ground) -> dict[str, Any]:
    """Return latencies at 300 requests a second with a shadow and without, in turn."""
    with (
        started(guarded(ground)) as off,
        started(guarded(ground, "--shadow", "staging")) as on,
    ):
        runs: dict[str, list[dict[str, float]]] = {"shadow off": [], "shadow on": []}
        for number in range(ground.rounds + 1):
            pair = [("shadow off", off), ("shadow on", on)]
            for name, server in pair if number % 2 else reversed(pair):
                told = _paced(ground, server, 300, ground.seconds if number else _WARM_S)
                runs[name] += [told] if number else []
    return {"per_second": 300, "rivals": {name: _middle(told) for name, told in runs.items()}}


def _paced(ground: Ground, server: Server, per_second: float, seconds: float) -> dict[str, float]:
    """Return what came of one run of the open loop."""
    asked = [
        post(server.port, "/predict", json.dumps(row).encode(), [ground.secret])
        for row in ground.rows
    ]
    plan = Plan(port=server.port, requests=asked, per_second=per_second, seconds=seconds)
    before = server.cpu_s
    told = ask_openly(plan)
    return {
        "p50_ms": told.at(0.5),
        "p99_ms": told.at(0.99),
        "p999_ms": told.at(0.999),
        "cpu_us": (server.cpu_s - before) / max(1, len(told.seconds)) * 1e6,
        "client_late_ms": told.late_s * 1e3,
        "failed": len(told.others),
    }


def _middle(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of every figure over runs; failures are added up."""
    told = {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}
    return {**told, "failed": sum(run["failed"] for run in runs)}
