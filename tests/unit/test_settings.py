import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from foresell.adapters.ledger_place import read_place
from foresell.errors import UsageError
from foresell.settings import Settings, calm_mlflow, environment, read_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("FORESELL_HOME", "FORESELL_PROJECTS", "FORESELL_REGISTRY", "FORESELL_ARTIFACTS"),
        *("FORESELL_TRACKING", "FORESELL_USER", "FORESELL_KEYS", "MLFLOW_TRACKING_URI"),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")


def in_folder(home: Path) -> Settings:
    """Return the settings where nothing but ``home`` is said."""
    whole = home.absolute()
    return Settings(
        home=home,
        projects=(Path("projects"),),
        registry=f"sqlite:///{whole}/_registry/registry.db",
        artifacts=f"{whole}/_registry/objects",
        tracking=f"sqlite:///{whole}/mlflow.db",
        tracked=True,
        who="ann",
        keys=whole / "_serving" / "keys.json",
    )


def test_without_a_word_state_is_in_workspace_and_projects_beside_it() -> None:
    assert read_settings() == in_folder(Path("workspace"))


@pytest.mark.parametrize("name", ["x?one", "we%41rd", "100%", "a#b c", "é&e+f:@"])
def test_what_is_under_home_is_there_whatever_the_home_is_called(tmp_path: Path, name: str) -> None:
    found = read_settings(tmp_path / name)
    kept = tmp_path / name
    assert read_place(found.registry).file == kept / "_registry" / "registry.db"
    assert make_url(found.tracking).database == str(kept / "mlflow.db")
    assert found.artifacts == str(kept / "_registry" / "objects")


def test_the_environment_names_another_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_HOME", "/somewhere")
    assert read_settings() == in_folder(Path("/somewhere"))


def test_a_home_that_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESELL_HOME", "/somewhere")
    assert read_settings(Path("/here")) == in_folder(Path("/here"))


def test_project_folders_are_searched_in_the_order_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_PROJECTS", os.pathsep.join(["/a", "", "/b"]))
    assert read_settings().projects == (Path("projects"), Path("/a"), Path("/b"))


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("FORESELL_HOME", "FORESELL_PROJECTS", "FORESELL_REGISTRY", "FORESELL_ARTIFACTS"),
        *("FORESELL_USER", "FORESELL_KEYS", "MLFLOW_TRACKING_URI", "FORESELL_TRACKING"),
    ):
        monkeypatch.setenv(name, "")
    assert read_settings() == in_folder(Path("workspace"))


@pytest.mark.parametrize(
    ("variable", "field", "value"),
    [
        ("FORESELL_REGISTRY", "registry", "postgresql+psycopg://db/foresell"),
        ("FORESELL_ARTIFACTS", "artifacts", "s3://models/foresell"),
        ("MLFLOW_TRACKING_URI", "tracking", "http://127.0.0.1:5000"),
        ("FORESELL_USER", "who", "release robot"),
        ("FORESELL_KEYS", "keys", Path("/etc/foresell/keys.json")),
    ],
)
def test_each_place_and_the_name_can_be_told_apart_from_the_home(
    monkeypatch: pytest.MonkeyPatch, variable: str, field: str, value: str | Path
) -> None:
    monkeypatch.setenv(variable, str(value))
    told = vars(in_folder(Path("/here"))) | {field: value}
    assert read_settings(Path("/here")) == Settings(**told)


@pytest.mark.parametrize(
    ("word", "tracked"), [("off", False), ("OFF", False), ("on", True), ("", True)]
)
def test_only_off_switches_tracking_off(
    monkeypatch: pytest.MonkeyPatch, word: str, tracked: bool
) -> None:
    monkeypatch.setenv("FORESELL_TRACKING", word)
    assert read_settings().tracked is tracked


@pytest.mark.parametrize("word", ["maybe", "0", "no", " off"])
def test_a_word_that_is_neither_on_nor_off_is_refused(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("FORESELL_TRACKING", word)
    with pytest.raises(UsageError, match=f"^'{word}' is neither on nor off\n") as error:
        read_settings()
    assert error.value.where == "FORESELL_TRACKING"


@pytest.mark.parametrize(
    "uri", ["ftp://jo:secret@x", "databricks://profile", "s3:x", "mongodb+srv://x", "HTPP://x"]
)
def test_an_mlflow_of_an_unknown_kind_is_refused_where_runs_are_tracked(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    scheme = uri.partition(":")[0].partition("+")[0]
    with pytest.raises(UsageError, match=f"^there is no MLflow at {scheme}:\n") as error:
        read_settings()
    assert error.value.where == "MLFLOW_TRACKING_URI"
    assert "secret" not in str(error.value)
    monkeypatch.setenv("FORESELL_TRACKING", "off")
    assert read_settings().tracking == uri


@pytest.mark.parametrize(
    "uri",
    [
        *("sqlite:///m.db", "postgresql+psycopg://db/m", "mysql+pymysql://db/m", "file:/m", "/m:n"),
        *("https://mlflow.example", "HTTP://mlflow.example", "runs", "./my runs"),
    ],
)
def test_an_mlflow_of_a_known_kind_or_a_folder_is_taken(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert read_settings().tracking == uri


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4321")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert read_settings().who == f"uid {os.getuid()}"


def test_mlflow_gives_a_server_up_in_seconds_unless_somebody_wants_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "7"}
    monkeypatch.setattr(os, "environ", dict(told))
    calm_mlflow()
    now = environment()
    assert now["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "30"
    assert now["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "7"


def test_no_library_reports_home_and_none_leaves_the_files_for_it(tmp_path: Path) -> None:
    code = (
        "import foresell.models.onnx_running, os; "
        "print(os.environ['MLFLOW_DISABLE_TELEMETRY'], os.environ['DO_NOT_TRACK'])"
    )
    willing = {"ORT_DISABLE_TELEMETRY": "0", "MLFLOW_DISABLE_TELEMETRY": "false"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), **willing),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "true true\n"
    assert list(tmp_path.iterdir()) == []
