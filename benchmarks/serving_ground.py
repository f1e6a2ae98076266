"""What the benchmark of serving asks, and whom: rows, a registry of its own, foresell and peers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import foresell as platform
from benchmarks.serving_peers import write_mlflow
from benchmarks.serving_processes import Server, foresell, running
from foresell.adapters.store import DirectoryStore
from foresell.answer.varied import Row, varied_rows
from foresell.bundle.bundle import read_bundle
from tests.held_service import free_port

PROJECT = "sales_orders"
_MANY = "100000000"  # a rate limit that nobody reaches is still counted
_ROWS = 2000


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all parts ask: rows, the bundle they are of, and a home where its version is live."""

    bundle: Path
    folder: Path
    home: Path
    rows: Sequence[Row]
    key: str
    seconds: float
    rounds: int

    @property
    def graph(self) -> Path:
        """The champion's point graph."""
        told = json.loads((self.bundle / "metadata.json").read_text("utf-8"))
        return self.bundle / "model" / "onnx" / f"{told['champion']}.onnx"

    @property
    def whole_graph(self) -> Path:
        """The graph that foresell runs: the point, and how large a miss is to be expected."""
        return self.bundle / "model" / "served" / "answer.onnx"

    @property
    def env(self) -> Mapping[str, str]:
        """What commands of foresell find."""
        return {"FORESELL_HOME": str(self.home), "FORESELL_TRACKING": "off"}

    @property
    def secret(self) -> str:
        """The header with the API key."""
        return f"Authorization: Bearer {self.key}"


def prepared(
    place: Path, data: Path | None, bundle: Path | None, seconds: float, rounds: int
) -> Ground:
    """Return the ground: a bundle, live in a registry of its own, a key, and rows."""
    home = place / "home"
    if bundle is None:
        run = platform.run(
            PROJECT, data=(data or Path()) / PROJECT, home=place / "run", track=False
        )
        bundle = run.workspace / "bundle"
    env = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}
    reason = ("--reason", "a measurement")
    said(("registry", "register", PROJECT, str(bundle), *reason), env)
    for alias in ("prod", "staging"):
        said(("registry", "promote", PROJECT, "1", "--to", alias, *reason), env)
    scopes = ("--scope", "predict", "--scope", "read")
    token = json.loads(said(("keys", "create", "bench", *scopes, "--format", "json"), env))
    return Ground(
        bundle=bundle,
        folder=place,
        home=home,
        rows=varied_rows(read_bundle(DirectoryStore(bundle)), _ROWS, seed=1),
        key=token["token"],
        seconds=seconds,
        rounds=rounds,
    )


def said(words: Sequence[str], env: Mapping[str, str]) -> str:
    """Return what a command of foresell prints."""
    whole = {**os.environ, **env}
    return subprocess.run(
        foresell(*words), check=True, env=whole, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One server that is asked: its words but the port, where it says it is ready, and how."""

    name: str
    words: Callable[[int], Sequence[str]]
    path: str
    bodies: Sequence[Any]
    ready: str = "/"
    headers: Sequence[str] = ()
    env: Mapping[str, str] | None = None


def served(*more: str) -> Callable[[int], Sequence[str]]:
    """Return the words that serve foresell with all its guards, by the port."""
    words = ("serve", PROJECT, "--keys", "--rate", _MANY, "--log", "json", "--format", "json")
    return lambda port: foresell(*words, "--port", str(port), *more)


def peer(kind: str, graph: Path) -> Callable[[int], Sequence[str]]:
    """Return the words that serve a peer, by the port."""
    module = (sys.executable, "-m", "benchmarks.serving_peers")
    return lambda port: (*module, kind, str(graph), "--port", str(port))


def mlflow(ground: Ground, way: str) -> Rival:
    """Return MLflow's server of the same graph, asked in one of its ways."""
    folder = ground.folder / f"mlflow-{way}"
    write_mlflow(ground.graph, folder, way)
    module = (sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder))
    beside = ("--env-manager", "local", "--host", "127.0.0.1", "--workers", "1")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    split = way == "frame"
    return Rival(
        name="mlflow, dataframe_split" if split else "mlflow, inputs as tensors",
        words=lambda port: (*module, *beside, "--port", str(port)),
        path="/invocations",
        bodies=[_split(row) if split else _tensors(row) for row in ground.rows],
        ready="/ping",
        env={"PATH": programs},
    )


def _floats(row: Row) -> dict[str, Any]:
    return {name: v if isinstance(v, str) else float(v) for name, v in row.items()}


def _split(row: Row) -> Mapping[str, Any]:
    told = _floats(row)
    return {"dataframe_split": {"columns": list(told), "data": [list(told.values())]}}


def _tensors(row: Row) -> Mapping[str, Any]:
    return {"inputs": {name: [[value]] for name, value in _floats(row).items()}}


def guarded(ground: Ground, *more: str) -> Rival:
    """Return foresell's server, with ``more`` options."""
    return Rival(
        name="foresell",
        words=served(*more),
        path="/predict",
        bodies=(),
        ready="/health/ready",
        env=ground.env,
    )


def started(rival: Rival) -> AbstractContextManager[Server]:
    """Return the rival as it runs, a context."""
    port = free_port()
    return running(rival.words(port), port, rival.ready, rival.env)
