import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from foresell import settings
from foresell.adapters.ledger_place import read_place
from foresell.errors import UsageError
from foresell.settings import Settings, calm_mlflow, environment, read_settings
from foresell.spec.database import DatabaseWords
from foresell.spec.directories import DIRECTORIES


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("bare"))  # where there is no .env
    for name in (
        *("FORESELL_HOME", "FORESELL_PROJECTS", "FORESELL_REGISTRY", "FORESELL_ARTIFACTS"),
        *("FORESELL_TRACKING", "FORESELL_USER", "FORESELL_KEYS", "MLFLOW_TRACKING_URI"),
        *("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_SSLMODE"),
        *("RDS_SECRET_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", *DIRECTORIES),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    monkeypatch.setattr(settings, "_lent", {})  # by an earlier test


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


def working_in(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write ``.env`` into ``folder`` and work there, on a copy of the environment."""
    (folder / ".env").write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(os, "environ", environment())


SAID = DatabaseWords(
    host="db.example",
    port="5433",
    name="sales",
    user="jo",
    password="p@ss #1",  # noqa: S106 - of nothing
    sslmode="require",
    secret="shop/db",  # noqa: S106
    region="eu-central-1",
)
WRITTEN = (
    "DB_HOST=db.example\nDB_PORT=5433\nDB_NAME=sales\nDB_USER=jo\nDB_PASSWORD='p@ss #1'\n"
    "DB_SSLMODE=require\nRDS_SECRET_NAME=shop/db\nAWS_REGION=eu-central-1\n"
)


def test_the_environment_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().database == DatabaseWords()
    monkeypatch.setattr(os, "environ", environment())
    for line in WRITTEN.splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.strip("'"))
    assert read_settings().database == SAID


def test_the_file_of_the_working_folder_says_what_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = f"{WRITTEN}FORESELL_HOME=/from/file\nFORESELL_TRACKING=off\nFORESELL_USER=robot\n"
    working_in(tmp_path, lines, monkeypatch)
    found = read_settings()
    assert (found.database, found.home, found.tracked, found.who) == (
        SAID,
        Path("/from/file"),
        False,
        "robot",
    )
    monkeypatch.setenv("FORESELL_HOME", "/from/environment")
    monkeypatch.setenv("DB_HOST", "elsewhere")
    monkeypatch.setenv("DB_NAME", "")  # which says nothing
    found = read_settings()
    assert (found.home, found.database.host, found.database.name, found.database.user) == (
        Path("/from/environment"),
        "elsewhere",
        "sales",
        "jo",
    )


def test_only_what_libraries_read_themselves_goes_into_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "AWS_ACCESS_KEY_ID=key\nAWS_SECRET_ACCESS_KEY=hush\nAWS_PROFILE=\n"
        "MLFLOW_TRACKING_USERNAME=jo\nMLFLOW_TRACKING_PASSWORD=hush\nDB_PASSWORD=hush\nPATH=/x\n"
    )
    working_in(tmp_path, words, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    before = environment()
    read_settings()
    after = environment()
    assert {name: value for name, value in after.items() if before.get(name) != value} == {
        "AWS_SECRET_ACCESS_KEY": "hush",
        "MLFLOW_TRACKING_USERNAME": "jo",
        "MLFLOW_TRACKING_PASSWORD": "hush",
    }


@pytest.mark.parametrize(
    ("set_here", "written", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "", "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "x"}, "", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "AWS_REGION=x", "eu-west-1"),
        ({}, "AWS_REGION=eu-west-1", "eu-west-1"),
        ({}, "AWS_DEFAULT_REGION=eu-west-1\nAWS_REGION=", "eu-west-1"),
        ({}, "", ""),
    ],
)
def test_the_region_is_one_and_the_same_for_all_who_ask(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    set_here: dict[str, str],
    written: str,
    region: str,
) -> None:
    working_in(tmp_path, written, monkeypatch)
    for name, value in set_here.items():
        monkeypatch.setenv(name, value)
    assert read_settings().database.region == region
    assert environment().get("AWS_DEFAULT_REGION", "") == region


def test_a_file_that_was_changed_is_what_the_next_reading_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working_in(tmp_path, "", monkeypatch)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "MLFLOW_TRACKING_URI", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    untouched = environment()

    def reading(text: str) -> tuple[str, str, str, str, str]:
        (tmp_path / ".env").write_text(text)
        found, now = read_settings(), environment()
        shown = [now.get(name, "") for name in ("AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")]
        return found.database.region, found.tracking, now.get("AWS_REGION", ""), *shown  # type: ignore[return-value]

    first = "AWS_REGION=eu-west-1\nMLFLOW_TRACKING_URI=http://one\nAWS_SESSION_TOKEN=old\n"
    second = first.replace("eu-west-1", "us-east-1").replace("one", "two").replace("old", "new")
    assert reading(first) == ("eu-west-1", "http://one", "eu-west-1", "old", "mine")
    assert reading(second) == ("us-east-1", "http://two", "us-east-1", "new", "mine")
    assert reading(f"{second}AWS_ACCESS_KEY_ID=x\n")[3:] == ("new", "mine")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "own")
    assert reading(first) == ("eu-west-1", "http://one", "eu-west-1", "own", "mine")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert reading("")[2:] == ("", "", "mine")
    assert environment() == untouched


def test_a_broken_file_stops_every_command_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working_in(tmp_path, "DB_HOST=db\nDB_PASSWORD hunter2\n", monkeypatch)
    with pytest.raises(UsageError, match="the line is not NAME=value") as said:
        read_settings()
    assert said.value.where == ".env, line 2"
    assert "hunter2" not in str(said.value)
