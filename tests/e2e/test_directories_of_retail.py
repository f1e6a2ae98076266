"""The embedded project through its graph, every directory moved, the program itself read-only."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.request import Request, urlopen

import polars as pl
import pytest

import foresell
from foresell.settings import environment
from foresell.spec.directories import DIRECTORIES
from tests.e2e.test_directories import STATE

_MAIN = "from foresell.cli import main; main()"
_SERIES, _DAYS = 40, 28  # that are forecast
_KNOWN = 1096  # days of each series
_WHERE = "import foresell; print(foresell.__file__)"
_BOUND = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@dataclass(frozen=True)
class Elsewhere:
    """A program that nobody may write to, a working folder, and a folder for each variable."""

    program: Path
    standing: Path
    root: Path

    @property
    def variables(self) -> dict[str, str]:
        """What the environment says, and nothing of what a developer's own does."""
        moved = {name: str(self.root / name.lower()) for name in DIRECTORIES}
        return environment(
            **moved,
            FORESELL_HOME=str(self.root / "home"),
            FORESELL_TRACKING="on",
            MLFLOW_TRACKING_URI=f"sqlite:///{self.root}/tracking/runs.db",
            PYTHONPATH=str(self.program),
            PYTHONPYCACHEPREFIX="",
            PYTHONDONTWRITEBYTECODE="",
        )

    def words(self, *asked: str | Path, said: str = _MAIN) -> Sequence[str]:
        """What starts the command line, in a view of the disk where the program is read-only."""
        command = [sys.executable, "-c", said, *map(str, asked)]
        return [*bound(self.program), *command]

    def ran(self, *asked: str | Path, said: str = _MAIN) -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            self.words(*asked, said=said),
            cwd=self.standing,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def bound(program: Path) -> Sequence[str]:
    """Return what keeps even root from writing to ``program``; nothing for others, by its mode."""
    if os.geteuid() != 0:
        return []
    words = ["unshare", "-m", "sh", "-c", _BOUND, str(program)]
    tried = subprocess.run([*words, "touch", str(program / "x")], capture_output=True, check=False)
    able = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    assert not able or tried.returncode != 0
    return words if able else []


def listed(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder below ``folder``, with its size and when it was last changed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.stat()
        found[str(path.relative_to(folder))] = (state.st_size, state.st_mtime_ns)
    return found


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """A copy of the program without any byte code in it; each file and folder read-only."""
    root = tmp_path_factory.mktemp("elsewhere")
    source = Path(foresell.__file__).parent
    program = root / "program"
    shutil.copytree(source, program / "foresell", ignore=shutil.ignore_patterns("__pycache__"))
    paths = [program, *program.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    (root / "standing").mkdir()
    (root / "state" / "tracking").mkdir(parents=True)
    yield Elsewhere(program, root / "standing", root / "state")
    for path in paths:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_the_whole_pipeline_writes_only_where_the_variables_say_and_is_asked_there(
    elsewhere: Elsewhere,
) -> None:
    before, root = listed(elsewhere.program), elsewhere.root
    assert elsewhere.ran(said=_WHERE) == f"{elsewhere.program}/foresell/__init__.py\n"

    ran = json.loads(elsewhere.ran("run", "retail", "--preset", "fast", "--format", "json"))

    assert (ran["passed"], ran["tracking"]["state"]) == (True, "sent")
    assert ran["report"] == str(root / "reports_dir/retail/report/report.html")
    _refuse_anything_else(elsewhere)
    _ask(elsewhere)
    _ask_a_server(elsewhere)
    _refuse_anything_else(elsewhere)
    assert listed(elsewhere.program) == before


@pytest.mark.realdata
def test_real_files_are_staged_where_the_variable_says(
    elsewhere: Elsewhere, walmart_data: Path
) -> None:
    before = listed(elsewhere.program)
    put = json.loads(elsewhere.ran("stage", "walmart", walmart_data, "--format", "json"))

    assert put["folder"] == str(elsewhere.root / "data_dir/walmart/raw")
    assert list(elsewhere.standing.iterdir()) == []
    assert listed(elsewhere.program) == before


def _refuse_anything_else(elsewhere: Elsewhere) -> None:
    """Nothing lies where it would by default, and each directory holds exactly what is its own."""
    root = elsewhere.root
    assert list(elsewhere.standing.iterdir()) == []
    assert {path.name for path in (root / "home" / "retail").iterdir()} == STATE
    held = {"_mlflow", "_pipeline", "_registry", "_tracking", "_serving", "retail"}
    assert {path.name for path in (root / "home").iterdir()} <= held
    assert {path.name for path in (root / "home/_registry").iterdir()} == {"registry.db"}
    places = {*DIRECTORIES, "home", "tracking"}
    assert {path.name.upper() for path in root.iterdir()} == {name.upper() for name in places}
    optional = {"raw", "repairs", "risk", "warehouse"} | {
        "eda_reports",
        "monitor",
        "segment_risk",
    }
    for variable, outputs in DIRECTORIES.items():
        found = {path.name for path in (root / variable.lower() / "retail").iterdir()}
        assert found - optional == {*outputs, ".lock"} - optional, variable


def _ask(elsewhere: Elsewhere) -> None:
    """The commands that read what a run left."""
    answers = elsewhere.standing.parent / "answers.parquet"
    elsewhere.ran("forecast", "retail", "--out", answers)
    assert pl.read_parquet(answers).height == _SERIES * _DAYS
    counted = json.loads(
        elsewhere.ran("sql", "retail", "SELECT count(*) AS n FROM retail", "--format", "json")
    )
    assert counted == [{"n": _SERIES * _KNOWN}]
    shown = json.loads(elsewhere.ran("registry", "show", "retail", "--format", "json"))
    assert '"version": 1' in json.dumps(shown)
    set_aside = json.loads(elsewhere.ran("quarantine", "show", "retail", "--format", "json"))
    assert (set_aside["project"], set_aside["rows"]) == ("retail", [])
    again = json.loads(elsewhere.ran("run", "retail", "--preset", "fast", "--format", "json"))
    assert (again["version"], again["registration"]["new"]) == (1, False)


def _ask_a_server(elsewhere: Elsewhere) -> None:
    """A server answers from the registered version, whose files were moved as well."""
    words = ["serve", "retail", "--alias", "staging", "--no-keys", "--port", "0"]
    with subprocess.Popen(
        elsewhere.words(*words, "--log", "off", "--format", "json"),
        cwd=elsewhere.standing,
        env=elsewhere.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            told = "".join(takewhile(lambda line: line != "}\n", server.stdout)) + "}"
            where = json.dumps({"where": {"store_id": "S0001", "category": "apparel"}}).encode()
            asked = Request(  # noqa: S310 - our own server
                f"{json.loads(told)['url']}/forecast",
                data=where,
                headers={"Content-Type": "application/json"},
            )
            with urlopen(asked, timeout=60) as answer:  # noqa: S310
                assert json.load(answer)["count"] == _DAYS
        finally:
            server.terminate()
            server.wait(60)
