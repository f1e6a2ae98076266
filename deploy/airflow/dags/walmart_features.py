"""Cut the checked rows of walmart, describe them, derive what models learn from.

Written by `foresell pipeline export airflow`: a change here is lost. Each task calls the command
`foresell`, which is installed in an environment of its own; docs/airflow.md says how to set it up.
"""

import os
import subprocess
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

PROJECT = "walmart"
VALUES = {
    "BIN": "{{ var.value.get('foresell_bin', 'foresell') }}",
    "PRESET": "{{ var.value.get('foresell_preset', 'default') }}",
    "RUN": "{{ run_id }}",
}
PROCESSED = Asset("walmart_processed", uri="foresell://walmart/processed")
FEATURES = Asset("walmart_features", uri="foresell://walmart/features")
BASELINES = Asset("walmart_baselines", uri="foresell://walmart/baselines")
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
        ' --preset "$PRESET"',
        execution_timeout=timedelta(minutes=minutes),
        retry_exponential_backoff=minutes // 10,  # after 5 minutes, then so many times 5
        **options,
    )


with DAG(
    dag_id="walmart_features",
    description="Cut the checked rows of walmart, describe them, derive what models learn from.",
    schedule=[PROCESSED],
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=2,
    default_args={
        "retries": 2,
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": failed,
    },
    doc_md=__doc__,
    tags=["foresell", PROJECT],
):
    split = stage("split", 60)
    eda = stage("eda", 60)
    features = stage("features", 60, outlets=[FEATURES])
    baselines = stage("baselines", 60, outlets=[BASELINES])
    clear_alert = Foresell(
        task_id="clear_alert",
        command='exec "$BIN" monitor failed --cleared --dag walmart_features '
        '--run "$RUN" --project walmart',
    )

    # What each task waits for: the stages that make what its own stage reads.
    split >> eda
    split >> features
    split >> baselines
    done = [split, eda, features, baselines]
    done >> clear_alert
