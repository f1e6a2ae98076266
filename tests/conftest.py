"""What tests need of the machine, and the one line that says what this one lacks."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from foresell.spec.directories import DIRECTORIES

# A busy machine is slow, and that is no failure of what is tested.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

pytest_plugins = [
    "tests.services",
    "tests.airflow_home",
    "tests.dvc_repo",
    "tests.retail_runs",
    "tests.walmart_runs",
    "tests.browser",
    "tests.looked_homes",
]

DATA = "FORESELL_TEST_DATA"
SPARK = Path(__file__).parents[1] / ".venv-spark" / "bin"
JDBC = Path("/usr/share/java/postgresql.jar")  # where Debian's libpostgresql-jdbc-java puts it
DVC = Path(__file__).parents[1] / ".venv-dvc" / "bin"
AIRFLOW = Path(__file__).parents[1] / ".venv-airflow" / "bin"
REQUIRE = "FORESELL_REQUIRE"


def _missing() -> Mapping[str, str]:
    """Return, by marker, why this machine cannot run the tests that carry it."""
    lacks = {}
    folder = os.environ.get(DATA)
    if not folder:
        lacks["realdata"] = f"{DATA} is not set"
    elif not (Path(folder) / "walmart" / "train.csv").is_file():
        lacks["realdata"] = f"{DATA}={folder} holds no walmart/train.csv"
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        lacks["browser"] = "no chromium on the path"
    if not shutil.which("java"):
        lacks["spark"] = "no java on the path"
    elif not JDBC.is_file():
        lacks["spark"] = f"no {JDBC} (Debian: libpostgresql-jdbc-java)"
    elif not (SPARK / "spark-submit").is_file():
        lacks["spark"] = "no .venv-spark: make spark"
    if not (DVC / "dvc").is_file():
        lacks["dvc"] = "no .venv-dvc: make dvc"
    return lacks | _missing_of_airflow()


def _missing_of_airflow() -> dict[str, str]:
    lacks = {}
    if not (AIRFLOW / "airflow").is_file():
        lacks["airflow"] = "no .venv-airflow: make airflow"
    if not shutil.which("redis-server"):
        lacks["redis"] = "no redis-server on the path"
    return lacks


def pytest_configure(config: pytest.Config) -> None:
    """Start the count of tests passed over; track no run but where a test says so."""
    config.stash[_PASSED_OVER] = {}
    # A run starts MLflow beside itself, which takes seconds: only where that is what is tested.
    os.environ["FORESELL_TRACKING"] = "off"
    for name in DIRECTORIES:  # a developer's own would take what tests look for away
        os.environ.pop(name, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that this machine cannot run; keep them where all are required."""
    if os.environ.get(REQUIRE) == "all":
        return
    lacks, over = _missing(), config.stash[_PASSED_OVER]
    kept: list[pytest.Item] = []
    gone: list[pytest.Item] = []
    for item in items:
        lacking = [name for name in lacks if item.get_closest_marker(name)]
        for name in lacking:
            over[name] = over.get(name, 0) + 1
        (gone if lacking else kept).append(item)
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail, and say why, a test that is required here and cannot run."""
    for name, reason in _missing().items():
        if item.get_closest_marker(name):
            pytest.fail(f"{name}: {reason}, and {REQUIRE}=all", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the process that reports, where tests run in several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["passed_over"] = session.config.stash[_PASSED_OVER]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the count of a worker; every worker collects the same tests."""
    node.config.stash[_PASSED_OVER].update(getattr(node, "workeroutput", {}).get("passed_over", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print one line for each kind of test passed over."""
    lacks = _missing()
    for name, count in sorted(config.stash[_PASSED_OVER].items()):
        terminalreporter.write_line(f"{name}: {lacks[name]}; {count} test(s) passed over")


@pytest.fixture(autouse=True)
def _as_wide_as_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed does not hang on the terminal that the tests were started from."""
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="session")
def walmart_data() -> Path:
    """Return the folder of the real Walmart files; for tests marked ``realdata``."""
    return Path(os.environ[DATA]) / "walmart"


_PASSED_OVER = pytest.StashKey[dict[str, int]]()
