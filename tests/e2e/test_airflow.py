"""The generated DAGs in a real Airflow: read, refused, run on real data, told of when they fail."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell.settings import read_settings
from foresell.wiring.runs import workspace
from tests.airflow_home import COMMAND, ROOT, AirflowHome, DagTest
from tests.same_bytes import artifacts, differences
from tests.walmart_runs import copied
from tests.webhook_server import webhook

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

WEEKLY = "sales_forecast_training"
GROUPS = ["cleanup", "evaluate", "extract", "promote", "register", "report", "train", "validate"]
NOT_REGISTERED = ["promote", "register.monitor", "register.register", "report.quality"]
LATER = r"(train|evaluate)\..*|report\.(eda|forecast|report)"


def records(home: Path, project: str) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (home / project / ".state").glob("*.json")}


def done_anew(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name, text in after.items() if before.get(name) != text}


def asked(airflow: AirflowHome, *words: str) -> str:
    """Run foresell as the tasks do; what it prints."""
    return subprocess.run(
        [COMMAND, *words], env=airflow.env, capture_output=True, text=True, check=True
    ).stdout


def days(home: Path, layer: str) -> tuple[date, date]:
    rows = pl.read_parquet(home / "retail" / layer / "**" / "*.parquet")
    rows = rows.with_columns(pl.col("date").cast(pl.Date))
    return rows["date"].min(), rows["date"].max()  # type: ignore[return-value]


def succeeded(test: DagTest) -> dict[str, str]:
    failed = {task: test.tasks[task].log[-3000:] for task in test.ended("failed")}
    assert test.state == "success", failed or test.said[-3000:]
    return test.states


def test_airflow_reads_every_file_in_under_a_second_and_brings_nothing_else(
    airflow_home: AirflowHome,
) -> None:
    bag = airflow_home.bag()
    assert bag.errors == {}
    assert {name for name, seconds in bag.seconds.items() if seconds >= 1} == set()
    assert bag.imported == []
    assert {name: dag["schedule"] for name, dag in bag.dags.items()} == {
        "drift_monitor": "@daily",
        WEEKLY: "@weekly",
        "walmart_features": ["foresell://walmart/processed"],
        "walmart_ingestion": "0 6 * * 6",
        "walmart_training": ["foresell://walmart/features", "foresell://walmart/baselines"],
    }
    assert {(dag["catchup"], dag["max_active_runs"]) for dag in bag.dags.values()} == {(False, 1)}
    tasks = {
        (dag, name): task for dag, told in bag.dags.items() for name, task in told["tasks"].items()
    }
    assert {(task["retries"], task["callbacks"]) for task in tasks.values()} == {(2, 1)}
    assert sorted(bag.dags["drift_monitor"]["tasks"]) == [
        "california_housing",
        "retail",
        "sales_orders",
        "walmart",
    ]
    patience = {
        (name.rpartition(".")[2], task["timeout_s"], task["backoff"])
        for (_, name), task in tasks.items()
        if " run " in task["command"]
    }
    assert {one for one in patience if one[1:] != (3600, 6)} == {
        ("train", 21600, 36),
        ("refit", 7200, 12),
    }
    assert {task["timeout_s"] for task in tasks.values() if " run " not in task["command"]} == {
        1800,  # what does no stage
        3600,  # a look at one project
    }
    weekly = bag.dags[WEEKLY]["tasks"]
    assert sorted({name.partition(".")[0] for name in weekly}) == GROUPS
    assert sorted(bag.dags[WEEKLY]["params"]) == [
        "data_end_date",
        "data_start_date",
        "enable_model_registration",
        "max_files_to_process",
        "validation_sample_size",
    ]
    assert {of: task["outlets"] for of, task in tasks.items() if task["outlets"]} == {
        ("walmart_ingestion", "validate"): ["foresell://walmart/processed"],
        ("walmart_features", "features"): ["foresell://walmart/features"],
        ("walmart_features", "baselines"): ["foresell://walmart/baselines"],
    }


@pytest.mark.parametrize(
    ("dag", "conf", "says"),
    [
        (WEEKLY, {"max_files_to_process": "many"}, "max_files_to_process"),
        (WEEKLY, {"validation_sample_size": -1}, "validation_sample_size"),
        (WEEKLY, {"enable_model_registration": "perhaps"}, "enable_model_registration"),
        (WEEKLY, {"data_start_date": "in spring"}, "data_start_date"),
        ("drift_monitor", {"projects": ["warehouse"]}, "projects"),
    ],
)
def test_a_parameter_that_its_schema_does_not_allow_runs_no_task(
    airflow_home: AirflowHome, dag: str, conf: dict[str, Any], says: str
) -> None:
    test = airflow_home.dags_test(dag, conf)
    assert test.code != 0
    assert says in test.said
    assert {tried.tries for tried in test.tasks.values()} <= {0}
    assert not (airflow_home.folder.parent / "home").exists()


def test_days_in_the_wrong_order_fail_once_and_nothing_is_made(airflow_home: AirflowHome) -> None:
    home = airflow_home.folder.parent / "home"
    conf = {"data_start_date": "2024-06-01", "data_end_date": "2024-05-01"}
    test = airflow_home.dags_test(WEEKLY, conf)
    assert test.state == "failed", test.said[-4000:]
    assert (test.tasks["extract.files"].state, test.tasks["extract.files"].tries) == ("failed", 1)
    assert "exit code 2: bad input" in test.tasks["extract.files"].log
    assert test.ended("success") == []
    assert not list((home / "_runs").glob("*"))
    assert not (home / "retail" / "landing").exists()


def test_a_worker_that_does_not_know_where_foresell_keeps_all_fails_once_and_says_so(
    airflow_home: AirflowHome,
) -> None:
    test = airflow_home.dags_test("walmart_ingestion", env={"FORESELL_HOME": "workspace"})
    assert test.ended("failed") == ["manifest"]
    assert test.tasks["manifest"].tries == 1
    assert "FORESELL_HOME is no absolute folder" in test.tasks["manifest"].log


def test_trouble_of_the_machine_is_tried_again_and_told_when_it_stays(
    airflow_home: AirflowHome,
) -> None:
    home = airflow_home.folder.parent / "home"
    at_once = {"AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0"}
    with workspace("walmart", read_settings(home)).locked():
        test = airflow_home.dags_test("walmart_ingestion", env=at_once)
    manifest = test.tasks["manifest"]
    assert (manifest.state, manifest.tries) == ("failed", 3)
    assert "is at work" in manifest.log
    assert test.ended("upstream_failed") == ["clear_alert", "ingest", "validate"]
    assert (home / "walmart" / "monitor" / "PIPELINE_ALERT.txt").is_file()


def test_files_that_cannot_be_cleaned_up_fail_the_run(airflow_home: AirflowHome) -> None:
    test = airflow_home.dags_test(
        WEEKLY,
        env={"AIRFLOW_VAR_FORESELL_BIN": "false"},
        passed_over=r"(?!cleanup|report\.clear_alert).*",
    )
    assert test.state == "failed", test.said[-4000:]
    assert test.ended("failed") == ["cleanup"]
    assert test.ended("upstream_failed") == ["report.clear_alert"]


def test_a_week_of_retail_in_which_one_output_was_lost_makes_that_one_again(
    airflow_home: AirflowHome, retail_by_airflow: Path
) -> None:
    home = airflow_home.folder.parent / "home"
    shutil.copytree(retail_by_airflow, home)
    foreign = home / "_runs" / "of_somebody_else" / "kept.txt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine", encoding="utf-8")
    before = records(home, "retail")
    shutil.rmtree(home / "retail" / "features")

    states = succeeded(airflow_home.dags_test(WEEKLY))

    assert set(states.values()) == {"success"}
    assert done_anew(before, records(home, "retail")) == {
        "features",  # what was lost
        "manifest",  # which tells where the raw files lie: in the folder of this run
        "register",  # which tells what is live: the version that the week before promoted
    }
    left = [path for path in (home / "_runs").rglob("*") if path.is_file()]
    assert left == [foreign], "a run takes away what it made, and nothing else"
    (shown,) = json.loads(asked(airflow_home, "registry", "list", "--format", "json"))
    assert (shown["project"], shown["prod"]) == ("retail", 1)
    assert foreign.read_text("utf-8") == "mine"


def strict_retail(folder: Path) -> Path:
    """Declare retail once more, by a contract that no day of its rows keeps."""
    shutil.copytree(ROOT / "src" / "foresell" / "projects" / "retail", folder / "retail")
    contract = folder / "retail" / "contract.yaml"
    text = contract.read_text("utf-8")
    assert "{minimum: 0, maximum: 100000}" in text
    contract.write_text(text.replace("maximum: 100000}", "maximum: 1}", 1), encoding="utf-8")
    return folder


def test_rows_that_break_the_contract_stop_it_before_training_and_a_good_run_clears_the_alert(
    airflow_home: AirflowHome, tmp_path: Path
) -> None:
    home = airflow_home.folder.parent / "home"
    conf: dict[str, object] = {"max_files_to_process": 6}

    with webhook() as hook:
        env = {"FORESELL_WEBHOOK": hook.url()}
        own = {**env, "FORESELL_PROJECTS": str(strict_retail(tmp_path / "strict"))}
        sampled = airflow_home.dags_test(WEEKLY, {**conf, "validation_sample_size": 500}, env=own)
        assert sampled.state == "failed", sampled.said[-4000:]
        assert sampled.ended("failed") == ["validate.sample"]
        assert sampled.states["train.train"] == "upstream_failed"
        assert sampled.states["cleanup"] == "success"
        assert days(home, "landing")[0] == date(2024, 7, 1), "the newest six files"
        told = json.dumps(hook.told)
        assert "validate.sample" in told
        assert WEEKLY in told

        whole = airflow_home.dags_test(WEEKLY, {**conf, "validation_sample_size": 0}, env=own)
        assert whole.ended("failed") == ["validate.validate"]
        assert whole.tasks["validate.validate"].tries == 1, "it would come out the same again"
        assert sampled.ended("upstream_failed") == sorted({
            *whole.ended("upstream_failed"),
            "validate.validate",
        })
        assert not (home / "retail" / "judged").exists()
        assert (home / "retail" / "monitor" / "PIPELINE_ALERT.txt").is_file()

        good: dict[str, object] = {
            "data_start_date": "2024-06-10",
            "data_end_date": "2024-12-20",
            "enable_model_registration": False,
        }
        states = succeeded(airflow_home.dags_test(WEEKLY, good, env=env, passed_over=LATER))
        skipped = {task for task, state in states.items() if state != "success"}
        assert {states[task] for task in skipped} == {"skipped"}
        assert sorted(skipped) == NOT_REGISTERED
        assert not (home / "retail" / "registered").exists()
        assert days(home, "processed") == (date(2024, 6, 10), date(2024, 12, 20))
        assert not (home / "retail" / "monitor" / "PIPELINE_ALERT.txt").exists()
        assert "retail: scheduled tasks end well again" in hook.told[-1]["text"]
        assert hook.refused == []


def moved_away(home: Path) -> Path:
    """Return a file of Walmart's last weeks in which it was hot, and everybody bought more."""
    rows = pl.read_parquet(home / "walmart" / "processed" / "**" / "*.parquet")
    later = rows.filter(pl.col("Date") >= date(2012, 8, 1))
    moved = home.parent / "moved.parquet"
    later.with_columns(pl.col("Temperature") * 3 + 200, pl.col("Weekly_Sales") * 5).write_parquet(
        moved
    )
    return moved


@pytest.mark.realdata
def test_the_chain_of_walmart_on_real_data_and_what_drift_says_of_it(
    airflow_home: AirflowHome, walmart_by_python: Path
) -> None:
    home = airflow_home.folder.parent / "home"
    copied(walmart_by_python, home)
    before = records(home, "walmart")
    for lost in ("features", "report"):
        shutil.rmtree(home / "walmart" / lost)

    for part in ("ingestion", "features", "training"):
        states = succeeded(airflow_home.dags_test(f"walmart_{part}"))
        assert set(states.values()) == {"success"}
    assert done_anew(before, records(home, "walmart")) == {"features", "report", "manifest"}
    made = artifacts(walmart_by_python, "walmart")
    assert differences(artifacts(home, "walmart"), made) == []

    quiet = airflow_home.dags_test("drift_monitor")
    assert set(succeeded(quiet).values()) == {"success"}
    assert "nothing was compared" in quiet.tasks["walmart"].log

    conf = {"projects": ["walmart"], "current": str(moved_away(home))}
    test = airflow_home.dags_test("drift_monitor", conf)
    assert test.state == "failed"
    assert test.states == {
        "california_housing": "skipped",
        "retail": "skipped",
        "sales_orders": "skipped",
        "walmart": "failed",
    }
    assert test.tasks["walmart"].tries == 1
    watched = home / "walmart" / "monitor"
    assert (watched / "ALERT.txt").is_file()
    assert not (watched / "PIPELINE_ALERT.txt").exists(), "an alert about drift is no failed task"
