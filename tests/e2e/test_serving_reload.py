"""Versions that change under a server that is being asked, over a real socket and registry."""

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import Bundle
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from foresell.govern.rolling_back import roll_back
from foresell.serving.factory import create_app
from foresell.serving.site import Options
from foresell.settings import Settings, read_settings
from foresell.wiring.registry import registry
from foresell.wiring.serving import Asked, make_site
from tests.e2e.order_rows import LINE
from tests.ledger_files import file_of
from tests.live_server import Live, live
from tests.row_bundles import make_bundle
from tests.served_bundles import ROW, answering_bundle
from tests.small_bundles import stored
from tests.tabular_files import order_files, order_lines

CYCLES = 5  # fifty, at 300 requests a second, are in benchmarks/serving_reload.py
VISIBLE_S = 3.0  # a second is the promise, which a busy machine may not keep
ROWS = {"rows": [ROW, ROW, ROW]}
WHY = "a test"


@dataclass(frozen=True)
class Shop:
    """A server of toys and the registry behind it."""

    live: Live
    registry: Registry
    settings: Settings

    def register(self, answer: float, project: str = "toy", **changed: Any) -> None:
        bundle: Bundle = replace(answering_bundle(project, answer), **changed)
        register(self.registry, project, stored(bundle), reason=WHY)

    def promote(self, version: int, project: str = "toy") -> None:
        promote(self.registry, project, version, "prod", reason=WHY)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        got = self.live.ask(method, path, json.dumps(body).encode() if body is not None else None)
        assert got.status == 200, got.body
        return got.json

    def answer(self, project: str = "toy") -> float:
        path = f"/projects/{project}/predict"
        return float(self.ask("POST", path, dict(ROW))["prediction"])

    def health(self, project: str = "toy") -> tuple[str, str | None, str | None]:
        told = self.ask("GET", f"/projects/{project}/health")
        return told["status"], told["model_version"], told["trouble"]


@contextmanager
def shop(folder: Path, *projects: str, alias: str = "prod") -> Iterator[Shop]:
    """A server of ``projects``, whose versions 1 and 2 answer 100 and 200; 1 is prod."""
    settings = Settings(
        home=folder,
        projects=(),
        registry=f"sqlite:///{folder / 'registry.db'}",
        artifacts=str(folder / "objects"),
        who="jo",
    )
    kept = registry(settings)
    for project in projects:
        for answer in (100.0, 200.0):
            register(kept, project, stored(answering_bundle(project, answer)), reason=WHY)
        promote(kept, project, 1, "prod", reason=WHY)
    made = make_site(Asked(projects=projects, version=alias, options=Options(log="off")), settings)
    made.reloading.begin()
    try:
        with live(create_app(made.site)) as server:
            yield Shop(server, kept, settings)
    finally:
        made.end()


def seconds_until(true: Callable[[], bool]) -> float:
    """Seconds until it is true, asked as often as can be."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < 20
        time.sleep(0.01)
    return time.monotonic() - began


@dataclass
class Caller(threading.Thread):
    """Asks for three rows on one connection again and again, and keeps what is wrong with it."""

    port: int
    over: threading.Event
    seen: set[str] = field(default_factory=set)
    wrong: list[Any] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.over.wait(0.005):
            try:
                line.request(
                    "POST",
                    "/predict/batch",
                    json.dumps(ROWS),
                    {"Content-Type": "application/json"},
                )
                got = line.getresponse()
                told = json.loads(got.read())
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
                return
            self.count += 1
            answers = {one["prediction"] for one in told.get("predictions", ())}
            if got.status != 200 or answers != {100.0 * int(told["model_version"])}:
                self.wrong.append(told)
            self.seen.add(str(told.get("model_version")))
        line.close()


def test_versions_change_under_load_without_a_failed_or_a_mixed_answer(tmp_path: Path) -> None:
    over = threading.Event()
    with shop(tmp_path, "toy") as toys:
        callers = [Caller(toys.live.port, over) for _ in range(4)]
        for caller in callers:
            caller.start()
        visible = []
        try:
            for _ in range(CYCLES):
                toys.promote(2)
                visible.append(seconds_until(lambda: toys.answer() == 200.0))
                roll_back(toys.registry, "toy", reason=WHY)
                visible.append(seconds_until(lambda: toys.answer() == 100.0))
        finally:
            over.set()
            for caller in callers:
                caller.join()

    assert [caller.wrong for caller in callers] == [[]] * 4
    assert all(caller.count > CYCLES for caller in callers)
    assert set().union(*(caller.seen for caller in callers)) == {"1", "2"}
    assert max(visible) < VISIBLE_S


def test_a_broken_version_is_reported_and_the_one_before_answers_on(tmp_path: Path) -> None:
    with shop(tmp_path, "toy") as toys:
        toys.register(300.0, model={})
        toys.promote(3)
        seconds_until(lambda: toys.health()[0] == "degraded")
        why = "version 3 of 'toy' is damaged: model/plain/learner.json is missing"
        assert toys.health() == ("degraded", "1", f"version 3 is refused: {why}")
        assert toys.answer() == 100.0
        reloaded = toys.ask("POST", "/admin/reload")
        assert (reloaded["outcome"], reloaded["model_version"], reloaded["wanted_version"]) == (
            "refused",
            "1",
            "3",
        )
        assert reloaded["why"] == why
        told = toys.live.ask("GET", "/metrics").body.decode()
        assert 'outcome="refused"' in told

        toys.promote(2)
        seconds_until(lambda: toys.answer() == 200.0)
        assert toys.health() == ("ok", "2", None)


def test_the_last_version_answers_while_the_registry_is_gone(tmp_path: Path) -> None:
    with shop(tmp_path, "toy") as toys:
        database = file_of(toys.settings.registry)
        away = database.with_name("away.db")
        database.rename(away)
        database.mkdir()
        seconds_until(lambda: toys.health()[0] == "degraded")
        assert toys.answer() == 100.0
        assert str(tmp_path) not in str(toys.health())
        assert toys.live.ask("GET", "/health/ready").status == 200

        database.rmdir()
        away.rename(database)
        toys.promote(2)
        seconds_until(lambda: toys.answer() == 200.0)
        assert toys.health() == ("ok", "2", None)


def test_a_promotion_of_one_project_leaves_the_other_as_it_is(tmp_path: Path) -> None:
    with shop(tmp_path, "toy", "shop") as toys:
        toys.promote(2, "shop")
        seconds_until(lambda: toys.answer("shop") == 200.0)

        assert (toys.answer("toy"), toys.answer("shop")) == (100.0, 200.0)
        assert toys.health("toy")[1] == "1"


def test_who_promotes_and_asks_to_reload_is_answered_by_the_new_version_at_once(
    tmp_path: Path,
) -> None:
    with shop(tmp_path, "toy") as toys:
        assert toys.ask("POST", "/admin/reload")["outcome"] == "unchanged"
        toys.promote(2)
        told = toys.ask("POST", "/admin/reload")

        assert told["outcome"] in {"loaded", "unchanged"}  # the thread may have been quicker
        assert (told["model_version"], told["wanted_version"], told["why"]) == ("2", "2", None)
        assert toys.answer() == 200.0


def test_a_server_waits_for_the_first_promotion_and_then_answers(tmp_path: Path) -> None:
    paths = ("/v2/health/ready", "/health/ready", "/ping")
    with shop(tmp_path, "toy", alias="staging") as toys:
        before = [toys.live.ask("GET", path).status for path in paths]
        assert toys.health() == (
            "waiting",
            None,
            "no version of 'toy' is staging",
        )
        promote(toys.registry, "toy", 2, "staging", reason=WHY)
        seconds_until(lambda: toys.health()[0] == "ok")

        assert before == [503] * 3
        assert [toys.live.ask("GET", path).status for path in paths] == [200] * 3
        assert toys.answer() == 200.0


def test_a_registry_that_somebody_holds_is_told_of_soon_and_keeps_no_batch_waiting(
    tmp_path: Path,
) -> None:
    rows = {"rows": [ROW] * 500}  # so many are answered in a thread
    with (
        shop(tmp_path, "toy") as toys,
        ThreadPoolExecutor(7) as threads,
        closing(sqlite3.connect(file_of(toys.settings.registry))) as holder,
    ):
        holder.isolation_level = None
        holder.execute("BEGIN EXCLUSIVE")
        reloads = [threads.submit(toys.live.ask, "POST", "/admin/reload") for _ in range(7)]
        told = seconds_until(lambda: toys.health()[0] == "degraded")
        reloads += [threads.submit(toys.live.ask, "POST", "/admin/reload") for _ in range(7)]
        began = time.monotonic()
        batch = toys.ask("POST", "/predict/batch", rows)
        waited = time.monotonic() - began
        seen = toys.live.ask("GET", "/metrics").body.decode()
        held = [one.result() for one in reloads]

    assert told < VISIBLE_S
    assert (len(batch["predictions"]), waited < 2.0) == (500, True)
    assert 'foresell_registry_unreachable{project="toy"} 1.0' in seen
    assert {one.status for one in held} <= {200, 503}
    assert {one.json["outcome"] for one in held if one.status == 200} == {"unreachable"}


def test_an_explanation_is_of_the_version_that_answers_and_never_of_the_other(
    tmp_path: Path,
) -> None:
    settings = read_settings(tmp_path)
    kept = registry(settings)
    for lines in (150, 90):
        (content,) = order_files(order_lines(lines)).values()
        folder = make_bundle("sales_orders", content, tmp_path / f"orders {lines}")
        register(kept, "sales_orders", DirectoryStore(folder), reason=WHY)
    promote(kept, "sales_orders", 1, "prod", reason=WHY)
    made = make_site(Asked(projects=("sales_orders",), options=Options(log="off")), settings)
    made.reloading.begin()
    try:
        with live(create_app(made.site)) as server:
            toys = Shop(server, kept, settings)

            def said() -> tuple[str, float, float]:
                told = toys.ask("POST", "/explain", LINE)
                total = told["base_value"] + sum(told["contributions"].values())
                return told["model_version"], told["prediction"], total

            def predicted() -> float:
                return float(toys.ask("POST", "/predict", LINE)["prediction"])

            found = []
            for number in (1, 2, 1):
                promote(kept, "sales_orders", number, "prod", reason=WHY, override=True)
                toys.ask("POST", "/admin/reload")
                found.append((*said(), predicted()))
    finally:
        made.end()

    assert [version for version, *_ in found] == ["1", "2", "1"]
    assert found[0] == found[2]
    assert abs(found[0][3] - found[1][3]) > 1.0  # or nobody would see an answer of the other
    for _, prediction, total, answer in found:
        assert prediction == answer
        assert abs(total - answer) < 1e-6 * abs(answer)
