"""MLflow is down, dies, or the sender is killed: training ends well, and all arrives, once."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import foresell
from foresell.adapters.outbox import Outbox
from foresell.api import RunResult
from foresell.errors import MachineError
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.wiring import runs as wiring
from foresell.wiring.origins import Given
from foresell.wiring.tracking import TrackedRun
from tests.builders import write_files
from tests.e2e.mlflow_home import look
from tests.held_service import free_port
from tests.killed_senders import loose
from tests.services import MlflowServer
from tests.tabular_files import order_files

PROGRAM = str(Path(sys.executable).parent / "foresell")
STAGES = ["train", "evaluate", "register", "report"]


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """A run whose MLflow server is not there: its home, with all that waits."""
    folder = tmp_path_factory.mktemp("untold")
    data = write_files(folder / "data", order_files())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"http://jo:secret@127.0.0.1:{free_port()}")
        result = foresell.run(
            "sales_orders",
            data=data,
            preset="fast",
            until="report",
            override="a test",
            home=folder / "home",
            track=True,
        )
    return folder, result


@pytest.fixture
def home(untold: tuple[Path, RunResult], tmp_path: Path) -> Path:
    """A home of one's own in which that run's notes wait."""
    shutil.copytree(untold[0] / "home", tmp_path / "home")
    return tmp_path / "home"


def sync(home: Path, uri: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PROGRAM, "track", "sync", *words],
        env={**os.environ, "FORESELL_HOME": str(home), "MLFLOW_TRACKING_URI": uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def arrived(home: Path, uri: str) -> None:
    """Fail unless everything that was told is there once, and nothing waits."""
    box, there = Outbox(home / "_tracking"), look(uri, "sales_orders")
    (state,) = [foresell.versions("sales_orders", home=home)]
    assert [letter.stage for letter in box.letters()] == STAGES
    assert box.waiting() == []
    assert {f"foresell.stage.{stage}" for stage in STAGES} <= set(there.run.data.tags)
    assert len(there.candidates) == len(there.run.data.params["candidates"].split(", "))
    assert there.versions() == {one.version: one.digest for one in state.versions}
    assert [one.tags["foresell.digest"] for one in there.bundles()] == list(
        there.versions().values()
    )
    history = there.client.get_metric_history(there.run.info.run_id, "rmse")
    assert len(history) == 1


def test_without_a_server_the_run_ends_well_and_says_what_to_do(
    untold: tuple[Path, RunResult],
) -> None:
    folder, result = untold
    told = result.tracking

    assert (told.state, told.waiting, told.run) == ("failed", 4, "")
    assert told.why.startswith("MLflow is out of reach")
    assert "foresell track sync" in told.mend
    assert "secret" not in f"{told.why}{told.where}{told.mend}"
    assert result.version == 1
    assert foresell.load("sales_orders", "staging", home=folder / "home").metadata["champion"]
    (status,) = foresell.tracking("sales_orders", home=folder / "home")
    assert (status.trainings, status.sent, status.waiting) == (1, 0, 4)
    assert status.why == told.why


def test_a_sync_without_a_server_is_the_machines_trouble_and_loses_nothing(home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(MachineError, match=r"^0 notes sent, 4 still waiting: MLflow is out"):
            foresell.sync_tracking(home=home)

    assert len(Outbox(home / "_tracking").waiting()) == 4


def test_without_mlflow_the_sync_says_what_to_install(home: Path) -> None:
    hide = "import sys; sys.modules['mlflow'] = None; from foresell.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hide, "track", "sync"],
        env={**os.environ, "FORESELL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "4 still waiting: MLflow is not installed" in done.stderr
    assert 'pip install "foresell[tracking]"' in done.stderr


def test_a_server_that_dies_in_the_middle_gets_the_rest_when_it_is_back(
    home: Path, mlflow_server: MlflowServer
) -> None:
    box = Outbox(home / "_tracking")

    first = sync(home, mlflow_server.uri)
    while first.poll() is None and len(box.waiting()) == 4:
        time.sleep(0.01)
    mlflow_server.stop()
    _, err = first.communicate()
    assert (first.returncode, "still waiting: MLflow is out of reach" in err) == (3, True)
    left = len(box.waiting())
    assert 0 < left < 4

    mlflow_server.start()
    said = [sync(home, mlflow_server.uri).communicate()[0] for _ in range(2)]
    assert said[0].startswith(f"{left} note")
    assert said[1] == "nothing to send\n"
    arrived(home, mlflow_server.uri)


def test_a_sender_that_is_killed_fails_the_tracking_and_says_so(home: Path, tmp_path: Path) -> None:
    shutil.rmtree(home / "_tracking")  # as if nobody had tracked: what lies there is told now
    settings = read_settings(home)
    place = wiring.workspace("sales_orders", settings)
    request = wiring.request("sales_orders", Given(data=tmp_path), "fast", "a test", settings)
    with TrackedRun(settings, place, request, "", on=True) as run:
        for stage in STAGES:
            run.hear(Event(kind="kept", stage=stage))
        (sender,) = senders_of(os.getpid())
        os.kill(sender, signal.SIGKILL)
        told = run.finish(unheard)

    assert (told.state, told.mend) == ("failed", "foresell track sync")
    assert told.why == "the process that sends was killed by signal 9"
    assert 0 < told.waiting <= 4
    assert [one.stage for one in Outbox(home / "_tracking").letters()] == STAGES


def senders_of(parent: int) -> list[int]:
    """The processes that send beside a run of ``parent``."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return [
        int(child)
        for child in children
        if b"foresell.wiring.sending" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_senders_killed_at_random_lose_nothing_and_double_nothing(home: Path) -> None:
    kills = loose(home, "sales_orders", seed=6)

    assert kills >= 3
    foresell.sync_tracking(home=home)
    arrived(home, f"sqlite:///{home / 'mlflow.db'}")
