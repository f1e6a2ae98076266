"""The Glue job as a test runs it: the committed script, on this machine's Spark."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import JDBC, SPARK
from tests.relay import Relay, relay
from tests.services import S3

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "deploy" / "aws" / "glue" / "stage_sales.py"
PASSWORD = "not-to-be-shown-7f3a"  # noqa: S105 - the server asks for none
# Little data, few cores: nothing to spread, nothing to show in a browser, no line for each step.
_CALM = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.log.level": "WARN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # compiled soon, and not for long
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@dataclass(frozen=True)
class Staging:
    """A database behind a relay, and the secret that says how to reach it."""

    way: Relay
    secret: str
    desk: "Desk"

    def stage(self, source: Path | str, batch: str, *more: str) -> "Submitted":
        """Run the job, and wait for its end."""
        asked = ("--source", str(source), "--batch", batch, "--secret-name", self.secret)
        return self.desk.run(SCRIPT, *asked, "--sslmode", "disable", *more)


@dataclass(frozen=True)
class Submitted:
    """How a job ended, and everything that it said."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> Mapping[str, object]:
        """The last line that it printed, which is JSON."""
        found: Mapping[str, object] = json.loads(self.out.splitlines()[-1])
        return found


def submit(script: Path, *words: str, s3: S3, folder: Path) -> Submitted:
    """Run a script by ``spark-submit`` in ``folder``."""
    done = subprocess.run(
        [str(SPARK / "spark-submit"), *_options(), str(script), *words],
        cwd=folder,
        env=_environment(s3),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return Submitted(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Desk:
    """A process of `tests.glue_desk`, and the file to which it and its Java tell their troubles."""

    process: subprocess.Popen[str]
    log: Path

    def run(self, script: Path, *words: str) -> Submitted:
        """Run a script; what Java says meanwhile is part of what it said."""
        before = len(self.log.read_text("utf-8"))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(script), *words]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        log = self.log.read_text("utf-8")[before:]
        assert answer, log[-3000:]
        told = json.loads(answer)
        return Submitted(told["code"], told["out"], log + told["err"])


@contextmanager
def desk(s3: S3, folder: Path) -> Iterator[Desk]:
    """Open a desk in ``folder``; scripts find the functions of the Glue script there."""
    log = folder / "desk.log"
    java = " ".join([*_options(), "pyspark-shell"])
    with (
        log.open("w", encoding="utf-8") as told,
        subprocess.Popen(
            [str(SPARK / "python"), "-u", str(ROOT / "tests" / "glue_desk.py")],
            cwd=folder,
            env={
                **_environment(s3),
                "PYSPARK_SUBMIT_ARGS": java,
                "PYTHONPATH": str(SCRIPT.parent),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as process,
    ):
        try:
            yield Desk(process, log)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


def _options() -> list[str]:
    """Two threads, the JDBC driver, and calm."""
    calm = [word for name, value in _CALM.items() for word in ("--conf", f"{name}={value}")]
    return ["--master", "local[2]", "--jars", str(JDBC), *calm]


def _environment(s3: S3) -> dict[str, str]:
    own = {"PYSPARK_PYTHON": str(SPARK / "python"), "SPARK_LOCAL_IP": "127.0.0.1"}
    return {**os.environ, **s3.env, **own, "PYTHONPATH": ""}  # noqa: TID251


@contextmanager
def staging(url: str, s3: S3, desk: Desk) -> Iterator[Staging]:
    """Make a way to the database of ``url`` and a secret that tells it, as RDS's rotation does."""
    import boto3  # noqa: PLC0415 - takes a while

    name, socket = url.split("@/")[1].split("?host=")
    secret = f"warehouse-{name}"
    with relay(socket) as way:
        place = {"host": "127.0.0.1", "port": way.port, "dbname": name, "engine": "postgres"}
        known = {"username": "postgres", "password": PASSWORD, **place}
        client = boto3.client(
            "secretsmanager",
            endpoint_url=s3.endpoint,
            region_name=s3.env["AWS_REGION"],
            aws_access_key_id=s3.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=s3.env["AWS_SECRET_ACCESS_KEY"],
        )
        kept = client.create_secret(Name=secret, SecretString=json.dumps(known))
        try:
            yield Staging(way, secret, desk)
        finally:
            client.delete_secret(SecretId=kept["ARN"], ForceDeleteWithoutRecovery=True)
            client.close()
