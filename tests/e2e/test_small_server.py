"""The process that serves is small: what it imports, what it unpickles, and the memory it holds."""

import json
import signal
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from foresell.adapters.store import DirectoryStore
from foresell.answer.varied import varied_rows
from foresell.bundle.bundle import read_bundle
from foresell.settings import environment
from tests.live_server import Live

WATCHED = """
import atexit, json, sys
unpickled = []
def look(event, words):
    if event == "pickle.find_class":
        unpickled.append(list(words))
sys.addaudithook(look)
def told():
    names = sorted({name.partition(".")[0] for name in sys.modules})
    open(sys.argv_of_this[0], "w").write(json.dumps({"modules": names, "unpickled": unpickled}))
sys.argv_of_this, sys.argv = sys.argv[1:2], ["foresell", *sys.argv[2:]]
atexit.register(told)
from foresell.cli import main
main()
"""
HEAVY = {"pandas", "mlflow", "sklearn", "lightgbm", "xgboost", "catboost", "joblib", "onnx"}
# What libraries of the extra take where somebody has installed it, and do without elsewhere: the
# first by a .pth file of setuptools, the others by sqlglot and FastAPI.
NOT_ASKED = {"_distutils_hack", "mypy_extensions", "orjson"} | {
    "multipart",  # these four come with Evidently; web libraries take them where they are
    "sniffio",
    "ujson",
    "watchfiles",
}


def needed(name: str, extras: frozenset[str], found: dict[str, frozenset[str]]) -> None:
    """Add what a distribution needs, with its extras, to ``found``."""
    key = canonicalize_name(name)
    if found.get(key, frozenset({"?"})) >= extras and key in found:
        return
    found[key] = found.get(key, frozenset()) | extras
    for line in distribution(name).requires or ():
        asked = Requirement(line)
        wanted = [{"extra": extra} for extra in ("", *extras)]
        if asked.marker is None or any(asked.marker.evaluate(one) for one in wanted):
            needed(asked.name, frozenset(asked.extras), found)


@pytest.fixture(scope="module")
def watched(
    orders_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], int]:
    """What a server of a real bundle imported and unpickled; and its memory, in megabytes."""
    bundle = orders_home / "sales_orders" / "bundle"
    folder = tmp_path_factory.mktemp("watched")
    rows = varied_rows(read_bundle(DirectoryStore(bundle)), 40, seed=1)
    words = ["serve", "--bundle", str(bundle), "--port", "0", "--format", "json"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", WATCHED, str(folder / "told.json"), *words],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(FORESELL_HOME=str(folder), FORESELL_TRACKING="off"),
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            text = ""
            while not text.endswith("\n}\n"):
                line = process.stdout.readline()
                assert line, (folder / "log").read_text()
                text += line
            server = Live(port=int(json.loads(text)["url"].rpartition(":")[2]))
            _use(server, rows)
            status = Path(f"/proc/{process.pid}/status").read_text()
            resident = next(one for one in status.splitlines() if one.startswith("VmRSS"))
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        finally:
            process.kill()
    return json.loads((folder / "told.json").read_text()), int(resident.split()[1]) // 1000


def _use(server: Live, rows: list[dict[str, Any]]) -> None:
    """Ask all that the process itself answers."""
    for path in ("/health", "/metadata", "/metrics", "/openapi.json", "/docs", "/v2"):
        assert server.ask("GET", path).status == 200, path
    asked = {
        "/predict": rows[0],
        "/predict/batch": {"rows": rows},
        "/invocations": {"dataframe_records": rows},
    }
    for path, body in asked.items():
        found = server.ask("POST", path, json.dumps(body).encode())
        assert found.status == 200, (path, found.body)
    assert server.ask("POST", "/predict", b'{"no": 1}').status == 422


def test_a_server_imports_only_what_its_extra_brings(watched: tuple[dict[str, Any], int]) -> None:
    allowed: dict[str, frozenset[str]] = {}
    needed("foresell", frozenset({"serve"}), allowed)
    brought = packages_distributions()
    modules = set(watched[0]["modules"])
    others = {
        name: brought[name]
        for name in modules - set(sys.stdlib_module_names) - NOT_ASKED
        if name in brought and not {canonicalize_name(one) for one in brought[name]} & set(allowed)
    }
    assert others == {}
    assert not HEAVY & modules


def test_a_server_unpickles_nothing(watched: tuple[dict[str, Any], int]) -> None:
    assert watched[0]["unpickled"] == []


def test_a_server_of_a_table_holds_less_than_200_megabytes(
    watched: tuple[dict[str, Any], int],
) -> None:
    assert watched[1] < 200
