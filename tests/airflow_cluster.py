"""Airflow as it runs in earnest: PostgreSQL, a worker of Celery on Redis, and its own servers."""

import json
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import make_url

from tests import held_tree
from tests.airflow_home import variables
from tests.conftest import AIRFLOW
from tests.held_service import SLOW_S, answers, free_port

# Airflow waits in its loops as a server should that runs for months; a test does not.
_HASTE = {
    "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
    "AIRFLOW__CELERY__WORKER_ENABLE_REMOTE_CONTROL": "False",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CORE__PARALLELISM": "2",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
}
_T = TypeVar("_T")


@dataclass
class Cluster:
    """An Airflow that runs. ``env``: of its processes; ``folder``: of their logs."""

    folder: Path
    env: Mapping[str, str]
    port: int
    holder: "subprocess.Popen[str]"
    worker: int = field(default=0, init=False)
    _token: str = field(default="", init=False)

    def start(self, name: str, *words: str | Path) -> int:
        """Start a program that ends with the cluster; its process. Logs go to ``NAME.log``."""
        assert self.holder.stdin is not None
        assert self.holder.stdout is not None
        log = str(self.folder / f"{name}.log")
        asked = {"words": [*map(str, words)], "log": log}
        self.holder.stdin.write(f"{json.dumps(asked)}\n")
        self.holder.stdin.flush()
        return int(self.holder.stdout.readline())

    def start_worker(self) -> None:
        """Start a worker that does one task at a time."""
        lean = ("--skip-serve-logs", "--without-gossip", "--without-mingle", "--concurrency", "1")
        self.worker = self.start("worker", AIRFLOW / "airflow", "celery", "worker", *lean)

    def kill_worker(self) -> list[int]:
        """Kill the worker and the task it is at, as when its machine is lost; their processes."""
        return held_tree.kill_tree(self.worker)

    def at_work(self) -> list[str]:
        """Return what the processes below the worker are, as they were called."""
        called = []
        for process in held_tree.below(self.worker):
            with suppress(OSError):  # it has just ended
                words = Path(f"/proc/{process}/cmdline").read_bytes()
                called.append(words.replace(b"\0", b" ").decode())
        return called

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Ask its API; the JSON that it answers. A refusal raises `HTTPError`."""
        if not self._token:
            self._token = self._send("GET", "/auth/token", None)["access_token"]
        return self._send(method, f"/api/v2{path}", body)

    def _send(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(asked, timeout=30) as answer:
            return json.load(answer)

    def switch_on(self, *dags: str) -> None:
        """Let the scheduler run these, once they were read."""
        self.until(f"{dags} are known", lambda: set(dags) <= set(self.dags()))
        for dag_id in dags:
            self.ask("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def dags(self) -> list[str]:
        """Return the DAGs it knows, by name."""
        return sorted(one["dag_id"] for one in self.ask("GET", "/dags?limit=100")["dags"])

    def runs(self, dag_id: str) -> dict[str, str]:
        """Return the runs of a DAG with their states, the oldest first."""
        told = self.ask("GET", f"/dags/{dag_id}/dagRuns?order_by=id")["dag_runs"]
        return {one["dag_run_id"]: one["state"] for one in told}

    def tasks(self, dag_id: str, run_id: str) -> dict[str, tuple[str, int]]:
        """Return the tasks of a run, each with its state and the number of tries."""
        told = self.ask("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")
        return {
            one["task_id"]: (one["state"] or "none", one["try_number"])
            for one in told["task_instances"]
        }

    def until(
        self, what: str, found: Callable[[], _T], *, seconds: float = 240, every: float = 0.5
    ) -> _T:
        """Wait for something to be found, and return it; or fail with the end of each log."""
        end = time.monotonic() + seconds
        while not (it := found()):
            assert time.monotonic() < end, f"{what}: not in {seconds:g} s\n{self.ends_of_logs()}"
            time.sleep(every)
        return it

    def said(self, dag_id: str, run_id: str) -> str:
        """Return what the tries of a run's tasks said."""
        tries = self.folder.glob(f"logs/dag_id={dag_id}/run_id={run_id}/task_id=*/*.log")
        return "\n".join(
            f"== {log.parent.name} {log.stem}\n{log.read_text(errors='replace')}"
            for log in sorted(tries)
        )

    def ends_of_logs(self) -> str:
        """Return the last lines of every program, and of every try that failed."""
        ends = [
            f"== {log.name}\n{log.read_text(errors='replace')[-2500:]}"
            for log in sorted(self.folder.glob("*.log"))
        ]
        for log in sorted(self.folder.glob("logs/dag_id=*/*/*/*.log")):
            said = log.read_text(errors="replace")
            ends += [f"== {log.parent.name} {log.stem}\n{said[-2500:]}"] * ('"error"' in said)
        return "\n".join(ends)


@contextmanager
def cluster(database: str, dags: Path, **more: str) -> Iterator[Cluster]:
    """Run Airflow over an empty PostgreSQL for as long as the block lasts; nothing is left of it.

    ``database``: its SQLAlchemy URL. ``more``: variables that reach the tasks.
    """
    with tempfile.TemporaryDirectory(prefix="af") as name:  # short: a socket has 100 characters
        folder, port = Path(name), free_port()
        env = variables(folder, dags, **_HASTE, **_places(folder, database, port), **more)
        holder = subprocess.Popen(
            [sys.executable, held_tree.__file__],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        try:
            made = Cluster(folder, env, port, holder)
            _start(made)
            yield made
        finally:
            assert holder.stdin is not None
            assert holder.stdout is not None
            holder.stdin.close()
            holder.wait(60)
            holder.stdout.close()


def _places(folder: Path, database: str, port: int) -> dict[str, str]:
    url = make_url(database)
    host = url.query.get("host", url.host)
    where = f"{url.username}:{url.password or ''}@/{url.database}?host={host}"
    return {
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__CELERY__BROKER_URL": f"redis+socket://{folder / 'redis.sock'}",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+postgresql+psycopg2://{where}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{where}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{where}",
    }


def _start(made: Cluster) -> None:
    """Start everything; return when the API answers."""
    redis = ("--port", "0", "--unixsocket", made.folder / "redis.sock", "--save", "")
    made.start("redis", "redis-server", *redis, "--dir", made.folder)
    done = subprocess.run(
        [AIRFLOW / "airflow", "db", "migrate"],
        env=made.env,
        cwd=made.folder,
        capture_output=True,
        text=True,
        timeout=10 * SLOW_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    api = ("--host", "127.0.0.1", "--port", str(made.port), "--workers", "1")
    server = made.start("api", AIRFLOW / "airflow", "api-server", *api)
    made.start("processor", AIRFLOW / "airflow", "dag-processor")
    made.start("scheduler", AIRFLOW / "airflow", "scheduler", "--skip-serve-logs")
    made.start_worker()
    health = f"http://127.0.0.1:{made.port}/api/v2/version"
    assert answers(health, Path(f"/proc/{server}").exists), made.ends_of_logs()
