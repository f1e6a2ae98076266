"""Train retail every week, on files that are drawn up for this run alone.

Written by `foresell pipeline export airflow`: a change here is lost. Each task calls the command
`foresell`, which is installed in an environment of its own; docs/airflow.md says how to set it up.
"""

import os
import subprocess
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, TaskGroup, Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

PROJECT = "retail"
VALUES = {
    "BIN": "{{ var.value.get('foresell_bin', 'foresell') }}",
    "PRESET": "{{ var.value.get('foresell_preset', 'default') }}",
    "RUN": "{{ run_id }}",
    "FILES": "{{ params.max_files_to_process }}",
    "ROWS": "{{ params.validation_sample_size }}",
    "REGISTER": "{{ params.enable_model_registration }}",
    "START": "{{ params.data_start_date or '' }}",
    "END": "{{ params.data_end_date or '' }}",
}
ASKED = 'test "$REGISTER" = True || exit 99\n'  # 99: the task is skipped, and what needs it
PARAMS = {
    "max_files_to_process": Param(
        0,
        type="integer",
        minimum=0,
        title="Files to process",
        description="The newest so many files of sales; 0 for all of them.",
    ),
    "validation_sample_size": Param(
        1000,
        type="integer",
        minimum=0,
        title="Rows of the sample",
        description="Rows drawn at random and checked before all are; 0 for none.",
    ),
    "enable_model_registration": Param(
        default=True,
        type="boolean",
        title="Register the model",
        description="Off: nothing is registered, promoted, monitored, or reported as quality.",
    ),
    "data_start_date": Param(
        None,
        type=["null", "string"],
        format="date",
        title="First day",
        description="Rows before this day are left out: 2024-01-01.",
    ),
    "data_end_date": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Last day",
        description="Rows after this day are left out: 2024-12-31.",
    ),
}
AGAIN_THE_SAME = {
    1: (AirflowFailException, "a gate or a check did not pass: the lines above say which"),
    2: (AirflowFailException, "bad input: the lines above say what, where, and how to mend it"),
}


def refuse_homeless(env):
    """Refuse an environment that does not say where foresell keeps all it makes.

    Raises:
        AirflowFailException: it does not.
    """
    if not env.get("FORESELL_HOME", "").startswith("/"):
        raise AirflowFailException("FORESELL_HOME is no absolute folder: set it for workers")


class Foresell(BashOperator):
    """One command of foresell, as the Variable foresell_bin says where it is installed.

    Exit codes 1 and 2 would come out the same again, so the task fails at once. Trouble of the
    machine (3), a time-out and a killed worker are tried again. Values reach the command as
    environment variables: none of them is ever read as part of it.
    """

    def __init__(self, *, command, **options):
        super().__init__(
            bash_command=command, env=VALUES, append_env=True, do_xcom_push=False, **options
        )

    def get_env(self, context):
        """Return the environment of the command."""
        env = super().get_env(context)
        refuse_homeless(env)
        return env

    def execute(self, context):
        """Run the command; tell what would come out the same again from what is worth a retry.

        Raises:
            AirflowException: it failed, or the task is skipped.
        """
        try:
            super().execute(context)
        except AirflowException as error:
            process = self.subprocess_hook.sub_process
            code = process.returncode if process is not None else None
            if code not in AGAIN_THE_SAME:
                raise
            kind, says = AGAIN_THE_SAME[code]
            raise kind(f"exit code {code}: {says}") from error


def failed(context):
    """Raise the alert about pipelines: a file, the webhooks, the gauges of foresell."""
    task, why = context["ti"], context.get("exception")
    refuse_homeless(os.environ)  # noqa: TID251 - that of a worker, and not of foresell
    command = [Variable.get("foresell_bin", default="foresell"), "monitor", "failed"]
    command += ["--dag", task.dag_id, "--task", task.task_id, "--run", task.run_id]
    command += ["--project", PROJECT, "--says", str(why or "it ended without a word")[:500]]
    subprocess.run(command, check=True, timeout=300)  # noqa: S603 - no shell; ids of Airflow


def stage(name, minutes, *, only="", more="", **options):
    """Return the task of one stage: it does that stage where it is stale, and no other.

    It is refused where a stage before it is stale: another run is at work, and has changed it. The
    last try comes after half of the time-out at least: one that lost its worker may still go on.
    """
    return Foresell(
        task_id=name,
        command=f'{only}exec "$BIN" run {PROJECT} --stage {name} --refuse-stale{more}'
        ' --preset "$PRESET"'
        ' --data "$FORESELL_HOME/_runs/$RUN/raw"',
        execution_timeout=timedelta(minutes=minutes),
        retry_exponential_backoff=minutes // 10,  # after 5 minutes, then so many times 5
        **options,
    )


with DAG(
    dag_id="sales_forecast_training",
    description="Train retail on files of its own: checked, judged, registered, told.",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=2,
    params=PARAMS,
    default_args={
        "retries": 2,
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": failed,
    },
    doc_md=__doc__,
    tags=["foresell", PROJECT],
):
    with TaskGroup("extract"):
        files = Foresell(
            task_id="files",
            command='exec "$BIN" extract retail --run "$RUN" --max-files "$FILES" '
            '--start "$START" --end "$END"',
        )
        manifest = stage("manifest", 60)
        ingest = stage("ingest", 60)
    with TaskGroup("validate"):
        sample = Foresell(
            task_id="sample",
            command='exec "$BIN" contract sample retail --run "$RUN" --rows "$ROWS"',
        )
        validate = stage("validate", 60)
        split = stage("split", 60)
    with TaskGroup("train"):
        features = stage("features", 60)
        baselines = stage("baselines", 60)
        train = stage("train", 360)
    with TaskGroup("evaluate"):
        evaluate = stage("evaluate", 60, more=" --fail-on gate")
        refit = stage("refit", 120)
    with TaskGroup("register"):
        register = stage("register", 60, only=ASKED)
        monitor = stage("monitor", 60)
    promote = Foresell(
        task_id="promote",
        command=f'{ASKED}exec "$BIN" registry promote retail --if-better '
        '--reason "sales_forecast_training $RUN"',
    )
    with TaskGroup("report"):
        eda = stage("eda", 60)
        forecast = stage("forecast", 60)
        report = stage("report", 60)
        quality = stage("quality", 60)
        clear_alert = Foresell(
            task_id="clear_alert",
            command='exec "$BIN" monitor failed --cleared --dag sales_forecast_training '
            '--run "$RUN" --project retail',
            trigger_rule="none_failed",
        )
    cleanup = Foresell(task_id="cleanup", command='exec "$BIN" cleanup --run "$RUN"')

    # What each task waits for: the stages that make what its own stage reads.
    files >> [manifest, sample]
    manifest >> ingest
    [ingest, sample] >> validate
    validate >> split
    [manifest, ingest, validate, split] >> eda
    [validate, split] >> features
    [validate, split] >> baselines
    [validate, split, features] >> train
    [validate, split, baselines, train] >> evaluate
    [manifest, ingest, validate, split, features, train, evaluate] >> refit
    refit >> register
    refit >> forecast
    [manifest, validate, split, baselines, train, evaluate, refit, forecast] >> report
    [validate, refit, register] >> monitor
    [eda, evaluate, refit, register, monitor] >> quality
    [register, monitor] >> promote
    done = [
        sample,
        manifest,
        ingest,
        validate,
        split,
        eda,
        features,
        baselines,
        train,
        evaluate,
        refit,
        register,
        forecast,
        report,
        monitor,
        quality,
        promote,
    ]
    done >> cleanup.as_teardown(setups=files)
    [*done, cleanup] >> clear_alert  # the last task: it says how the run went, cleanup included
