"""Compare what each project is asked with what its served version learnt from, every day.

Written by `foresell pipeline export airflow`: a change here is lost. Each task calls the command
`foresell`, which is installed in an environment of its own; docs/airflow.md says how to set it up.
"""

import os
import subprocess
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param, Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException


class AlertStands(AirflowFailException):
    """Data moved away. Foresell has told of it: no second alert says that a task failed."""


PROJECTS = (
    "california_housing",
    "retail",
    "sales_orders",
    "walmart",
)
LOOK = """
case " $ONLY " in *" PROJECT "*) ;; *) exit 99 ;; esac  # 99: the task is skipped
if test -n "$CURRENT"; then set -- --current "$CURRENT"; else set -- --since "$SINCE"; fi
"$BIN" monitor drift PROJECT "$@" --if-any --fail-on-alert
code=$?
if test $code -le 1; then  # it was looked at, whatever was found: no failure stands any more
  "$BIN" monitor failed --cleared --dag drift_monitor --run "$RUN" --project PROJECT || exit 3
fi
exit $code
"""
VALUES = {
    "BIN": "{{ var.value.get('foresell_bin', 'foresell') }}",
    "RUN": "{{ run_id }}",
    "ONLY": "{{ ' '.join(params.projects) }}",
    "SINCE": "{{ params.since }}",
    "CURRENT": "{{ params.current or '' }}",
}
PARAMS = {
    "projects": Param(
        list(PROJECTS),
        type="array",
        items={"type": "string", "enum": list(PROJECTS)},
        minItems=1,
        uniqueItems=True,
        title="Projects",
        description="Those that are looked at; the tasks of others are skipped.",
    ),
    "since": Param(
        "7d",
        type="string",
        pattern="^[1-9][0-9]{0,5}[mhdw]$",
        title="How far back",
        description="How far back the log of requests is read: 12h, 7d, 4w.",
    ),
    "current": Param(
        None,
        type=["null", "string"],
        title="Rows instead of the log",
        description="A file or folder, here or s3://..., with the rows to compare instead.",
    ),
}


AGAIN_THE_SAME = {
    1: (AlertStands, "a gate or a check did not pass: the lines above say which"),
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
    if isinstance(why, AlertStands):
        return
    refuse_homeless(os.environ)  # noqa: TID251 - that of a worker, and not of foresell
    command = [Variable.get("foresell_bin", default="foresell"), "monitor", "failed"]
    command += ["--dag", task.dag_id, "--task", task.task_id, "--run", task.run_id]
    command += ["--project", task.task_id, "--says", str(why or "it ended without a word")[:500]]
    subprocess.run(command, check=True, timeout=300)  # noqa: S603 - no shell; ids of Airflow


with DAG(
    dag_id="drift_monitor",
    description="What each project is asked, compared with what its served version learnt from.",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=2,
    params=PARAMS,
    default_args={
        "retries": 2,
        "execution_timeout": timedelta(minutes=60),
        "on_failure_callback": failed,
    },
    doc_md=__doc__,
    tags=["foresell", "monitoring"],
):
    for name in PROJECTS:
        Foresell(task_id=name, command=LOOK.replace("PROJECT", name))
