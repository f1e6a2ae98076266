"""``foresell track ui``: MLflow's page, over HTTP and as Chromium shows it."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from foresell.errors import MachineError, UsageError
from foresell.settings import Settings, read_settings
from foresell.wiring.tracking_page import Page, open_page
from tests.held_service import free_port

# A process that was started in the background ignores Ctrl-C, and so would those it starts.
_COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import polars  # it has the system resume what Ctrl-C interrupts
from foresell.cli import main
main()
"""
QUIET = [
    *("--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-default-apps"),
]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Opened:
    """The command as it runs, and where its page is."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, **headers: str) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)  # noqa: S310 - http
        with _DIRECT.open(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content


def chromium() -> str:
    """Where the browser is."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next(path for path in found if path)


@contextmanager
def opened(home: Path) -> Iterator[Opened]:
    """The command in a process of its own, killed at the end if it still runs."""
    env = {"FORESELL_HOME": str(home), "PATH": "/usr/bin:/bin", "HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "track", "ui", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    with process, process.stdout:
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            yield Opened(process, url)
        finally:
            process.kill()


def left_of(url: str) -> list[str]:
    """The processes that have the page's port among their words, after some time to end."""
    port = url.rpartition(":")[2]
    end = time.monotonic() + 30
    while True:
        listed = subprocess.check_output(["ps", "-A", "-o", "args="], text=True)
        left = [line for line in listed.splitlines() if f"--port {port}" in line]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.2)


def falls_silent(page: Opened) -> bool:
    """Whether nobody answers at the page's address, after some time to end."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            page.get("/health")
        except OSError:  # refused, or cut off
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a training is tracked, and its bundle mirrored as two versions."""
    from tests import mlflow_mirrors, mlflow_senders  # noqa: PLC0415 - takes seconds

    home = tmp_path_factory.mktemp("tracked")
    place = (f"sqlite:///{home}/mlflow.db", str(home / "_mlflow"))
    mlflow_senders.send(*place, "toy")
    mlflow_mirrors.show(*place, "toy")
    return home


@pytest.fixture(scope="module")
def page(tracked: Path) -> Iterator[Opened]:
    with opened(tracked) as found:
        yield found


def asked(page: Opened, path: str, **question: object) -> Any:
    """What MLflow's own API answers."""
    body = json.dumps(question).encode()
    request = urllib.request.Request(  # noqa: S310 - http
        f"{page.url}/api/2.0/mlflow/{path}", body, {"Content-Type": "application/json"}
    )
    with _DIRECT.open(request, timeout=30) as answer:
        return json.load(answer)


def test_the_page_answers_with_the_runs_and_versions_of_the_home(page: Opened) -> None:
    assert b"<title>MLflow</title>" in page.get("/")
    experiments = asked(page, "experiments/search", max_results=10)["experiments"]
    (ours,) = [one for one in experiments if one["name"] == "foresell/toy"]
    runs = asked(page, "runs/search", experiment_ids=[ours["experiment_id"]])["runs"]
    assert {run["info"]["run_name"] for run in runs} == {"ridge T1", "ridge"}
    model = json.loads(page.get("/api/2.0/mlflow/registered-models/get?name=toy"))
    assert model["registered_model"]["aliases"] == [{"alias": "prod", "version": "2"}]


def test_an_artifact_of_a_run_is_shown(page: Opened) -> None:
    runs = asked(page, "runs/search", experiment_ids=["1"], filter="attributes.run_name='ridge T1'")
    run = runs["runs"][0]["info"]["run_id"]
    assert page.get(f"/get-artifact?path=r&run_uuid={run}") == b"<p>all</p>"


def test_a_page_of_another_name_is_not_answered(page: Opened) -> None:
    with pytest.raises(HTTPError, match="403"):
        page.get("/", Host="evil.example")


def test_it_listens_on_one_address_of_this_machine_alone(page: Opened) -> None:
    port = int(page.url.rpartition(":")[2])
    with pytest.raises(OSError, match=r"refused|assign"):
        socket.create_connection(("127.0.0.2", port), timeout=5)
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


@pytest.mark.slow
@pytest.mark.browser
def test_chromium_shows_runs_below_trainings_and_versions_with_aliases(page: Opened) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - where there is a browser

    hosts = set()
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium(), args=QUIET)
        view = browser.new_page(viewport={"width": 1400, "height": 900})
        view.set_default_timeout(90_000)
        view.on("request", lambda asked: hosts.add(urlsplit(asked.url).netloc))
        view.goto(f"{page.url}/#/experiments")
        view.get_by_role("link", name="foresell/toy").first.wait_for()
        view.goto(f"{page.url}/#/experiments/1/runs")
        view.get_by_role("link", name="ridge T1").wait_for()
        assert view.get_by_role("link", name="ridge", exact=True).count() == 0
        view.locator("[role=row]:has-text('ridge T1') button").first.click()
        view.get_by_role("link", name="ridge", exact=True).wait_for()
        view.goto(f"{page.url}/#/models/toy")
        row = view.get_by_role("row", name="Version 2")
        row.wait_for()
        assert "prod" in row.inner_text()
        assert "prod" not in view.get_by_role("row", name="Version 1").inner_text()
        browser.close()
    assert hosts == {urlsplit(page.url).netloc}


def test_a_port_that_is_taken_is_an_error_that_says_so(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(MachineError, match=rf"^port {port} cannot be used: Address already"):
            open_page(read_settings(tmp_path), port, "127.0.0.1", print)


@pytest.mark.parametrize(
    ("port", "host", "tracking", "words"),
    [
        (5000, "10.0.0.1", "", r"^the page has no password, so it is not shown on 10\.0\.0\.1\n"),
        (0, "localhost", "", r"^there is no port 0\n"),
        (5000, "localhost", "postgresql://me:secret@there/db", r"^the page of a postgresql store"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_anything_is_started(
    tmp_path: Path, port: int, host: str, tracking: str, words: str
) -> None:
    settings = Settings(
        home=tmp_path / "home", projects=(), tracking=tracking or "sqlite:///none.db"
    )
    with pytest.raises(UsageError, match=words) as error:
        open_page(settings, port, host, print)
    assert "secret" not in str(error.value)
    assert not settings.home.exists()


def test_where_runs_are_tracked_on_a_server_its_address_is_all_there_is(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "home", projects=(), tracking="https://jo:secret@mlflow.example/team"
    )
    heard: list[Page] = []
    open_page(settings, 5000, "127.0.0.1", heard.append)
    assert heard == [Page(url="https://mlflow.example/team", started=False)]
    assert not settings.home.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_is_left_when_it_is_stopped_or_killed(
    tracked: Path, number: signal.Signals, code: int
) -> None:
    with opened(tracked) as page:
        page.process.send_signal(number)
        assert page.process.wait(30) == code
        assert left_of(page.url) == []
        assert falls_silent(page)
