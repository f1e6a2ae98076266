"""A task that failed: its alert fires, stands with others', and ends with a run that ends well."""

from dataclasses import replace
from pathlib import Path

import pytest

import foresell
from foresell.errors import UsageError
from foresell.settings import Settings
from foresell.spec.database import DatabaseWords
from foresell.spec.webhooks import Webhook
from foresell.wiring.failures import ended_well, failed, whose
from foresell.wiring.standing import read_standing
from tests.webhook_server import Hook, webhook

DAG = "sales_forecast_training"
SENTENCE = "the task train.train of sales_forecast_training failed in the run manual__1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, projects=())


def alarms(settings: Settings, project: str = "retail") -> dict[str, str]:
    standing = read_standing(project, settings).get("pipeline")
    return {} if standing is None else dict(standing.alarms)


def test_the_alert_fires_once_and_its_file_says_which_task_of_which_run(settings: Settings) -> None:
    first = failed("retail", DAG, "train.train", "manual__1", "", settings)
    assert (first.firing, first.new) == (True, True)
    text = (settings.home / "retail" / "monitor" / "PIPELINE_ALERT.txt").read_text()
    assert text.startswith("retail: a scheduled task has failed (1 alarm)\n")
    assert f"\n- {SENTENCE}\n" in text
    assert text.endswith("goes away when a later run of the same schedule has ended well.\n")
    again = failed("retail", DAG, "train.train", "manual__2", "", settings)
    assert (again.firing, again.new) == (True, False)
    assert alarms(settings) == {
        "task_failed sales_forecast_training/train.train": SENTENCE.replace("__1", "__2")
    }


def test_tasks_of_several_schedules_stand_together_and_end_each_with_its_own(
    settings: Settings,
) -> None:
    failed("retail", DAG, "train.train", "a", "", settings)
    failed("retail", DAG, "extract", "a", "", settings)
    failed("retail", "drift_monitor", "drift", "b", "", settings)
    failed("retail", f"{DAG}_2", "extract", "c", "", settings)
    assert len(alarms(settings)) == 4
    after = ended_well("retail", DAG, None, settings)
    assert after is not None
    assert (after.firing, after.resolved) == (True, False)
    assert sorted(alarms(settings)) == [
        "task_failed drift_monitor/drift",
        "task_failed sales_forecast_training_2/extract",
    ]
    ended_well("retail", f"{DAG}_2", "extract", settings)
    last = ended_well("retail", "drift_monitor", None, settings)
    assert last is not None
    assert (last.firing, last.resolved) == (False, True)
    assert not (settings.home / "retail" / "monitor" / "PIPELINE_ALERT.txt").exists()


def test_a_run_that_ends_well_where_nothing_stands_writes_nothing(settings: Settings) -> None:
    assert ended_well("retail", DAG, None, settings) is None
    assert list(settings.home.iterdir()) == []
    failed("retail", "other", "t", "r", "", settings)
    before = (settings.home / "retail" / "monitor" / "alerts.json").read_bytes()
    assert ended_well("retail", DAG, None, settings) is None
    assert (settings.home / "retail" / "monitor" / "alerts.json").read_bytes() == before


def test_a_failure_is_no_matter_of_drift(settings: Settings) -> None:
    failed("retail", DAG, "train.train", "a", "", settings)
    assert set(read_standing("retail", settings)) == {"pipeline"}


def hooked(settings: Settings, hook: Hook) -> Settings:
    place = Webhook(name="here", shape="slack", label="http://here", url=hook.url())
    return replace(settings, webhooks=(place,))


def test_a_webhook_is_told_of_a_failure_once_and_of_its_end(settings: Settings) -> None:
    with webhook() as hook:
        told = hooked(settings, hook)
        assert failed("retail", DAG, "train.train", "a", "", told).delivered == 1
        assert failed("retail", DAG, "train.train", "b", "", told).delivered == 0
        over = ended_well("retail", DAG, None, told)
        assert over is not None
        assert over.delivered == 1
        assert [one["text"] for one in hook.told] == [
            "🔴 retail: a scheduled task has failed (1 alarm)",
            "🟢 retail: scheduled tasks end well again",
        ]


def test_no_secret_of_what_a_task_said_is_kept_or_told(settings: Settings) -> None:
    with webhook() as hook:
        own = {"token": "tok-en", "password": "correct horse"}
        place = Webhook(name="x", shape="slack", label="x", url=hook.url(), token=own["token"])
        database = DatabaseWords(password=own["password"])
        known = replace(settings, database=database, webhooks=(place,))
        says = (
            f"could not tell {hook.url()}, login correct horse or tok-en; "
            "postgresql://jo:pwd9@db/x DB_PASSWORD=pwd8 api_key: pwd7 exit code 3"
        )
        failed("retail", DAG, "t", "r", says, known)
        told = f"{alarms(settings)} {hook.told}"
    for secret in (hook.url(), "tok-en", "correct horse", "pwd9", "pwd8", "pwd7"):
        assert secret not in told
    assert (
        "could not tell ***, login *** or ***; postgresql://***@db/x DB_PASSWORD=*** api_key: *** "
        "exit code 3"
    ) in told


def test_passwords_of_the_registry_and_of_mlflow_are_known_as_they_are_written_and_read(
    settings: Settings,
) -> None:
    known = replace(
        settings,
        registry="postgresql+psycopg://jo:reg%2Fistry@db/x",
        tracking="https://jo:tr@ck@mlflow.example",
    )
    says = "login reg/istry or reg%2Fistry failed; the other one is tr@ck or tr%40ck"
    failed("retail", DAG, "t", "r", says, known)
    [told] = alarms(settings).values()
    assert told.endswith(": login *** or *** failed; the other one is *** or ***")


def test_what_a_screen_would_obey_is_no_part_of_an_alert(settings: Settings) -> None:
    says = "\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07and\u202e so\r\n\x9bon\x00"
    failed("retail", DAG, "train.train", "manual__1", says, settings)
    text = (settings.home / "retail" / "monitor" / "PIPELINE_ALERT.txt").read_text()
    assert f"\n- {SENTENCE}: red and so on\n" in text
    failed("retail", DAG, "train.train", "manual__1", "\x1b[0m\x07", settings)
    assert [*alarms(settings).values()] == [SENTENCE]


@pytest.mark.parametrize("run", ["_nightly", ".x", "-x", "~a:b+c", "x" * 250])
def test_an_alert_is_raised_for_every_id_of_a_run_that_airflow_allows(
    tmp_path: Path, run: str
) -> None:
    [told] = foresell.task_failed(DAG, "t", run=run, home=tmp_path).findings
    assert f"failed in the run {run[:150]}" in told


def test_without_a_project_it_stands_for_the_pipeline_as_such(tmp_path: Path) -> None:
    told = foresell.task_failed(DAG, "notify", run="r", home=tmp_path)
    assert (told.project, told.firing, told.new) == ("_pipeline", True, True)
    assert told.file == tmp_path / "_pipeline" / "monitor" / "PIPELINE_ALERT.txt"
    [alert] = foresell.alerts(home=tmp_path).firing
    assert (alert.project, alert.subject) == ("_pipeline", "pipeline")
    over = foresell.task_cleared(DAG, home=tmp_path)
    assert (over.firing, over.resolved, over.file) == (False, True, None)
    assert foresell.alerts(home=tmp_path).firing == ()


def test_an_unknown_project_and_names_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no project 'retial'"):
        foresell.task_failed(DAG, "t", run="r", project="retial", home=tmp_path)
    for dag, task, run in (
        ("a/b", "t", "r"),
        ("d", "t\n", "r"),
        ("d", "t", "../r"),
        ("d", "t", "x" * 251),
        ("d", "t", "r\n"),
        ("", "t", "r"),
    ):
        with pytest.raises(UsageError):
            foresell.task_failed(dag, task, run=run, home=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert whose(None, Settings(home=tmp_path, projects=())) == "_pipeline"
