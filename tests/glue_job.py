"""The Glue job as a test runs it: the committed script, by spark-submit, on this machine."""

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
    "spark.sql.shuffle.partitions": "2",
    "spark.log.level": "WARN",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@dataclass(frozen=True)
class Staging:
    """A database behind a relay, and the secret that says how to reach it."""

    url: str
    way: Relay
    s3: S3
    secret: str
    folder: Path

    def stage(self, source: Path | str, batch: str, *more: str) -> "Submitted":
        """Submit the job, and wait for its end."""
        asked = ("--source", str(source), "--batch", batch, "--secret-name", self.secret)
        return submit(SCRIPT, *asked, "--sslmode", "disable", *more, s3=self.s3, folder=self.folder)


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


def submit(script: Path, *words: str, s3: S3, folder: Path, path: Path | None = None) -> Submitted:
    """Run a script with Spark in ``folder``, with two threads; ``path`` has modules of its own."""
    calm = [word for name, value in _CALM.items() for word in ("--conf", f"{name}={value}")]
    program = [str(SPARK / "spark-submit"), "--master", "local[2]", "--jars", str(JDBC), *calm]
    own = {"PYSPARK_PYTHON": str(SPARK / "python"), "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [*program, str(script), *words],
        cwd=folder,
        env={**os.environ, **s3.env, **own, "PYTHONPATH": str(path or "")},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return Submitted(done.returncode, done.stdout, done.stderr)


@contextmanager
def staging(url: str, s3: S3, folder: Path) -> Iterator[Staging]:
    """Make a way to the database of ``url`` and a secret that tells it, as RDS's rotation does."""
    import boto3  # noqa: PLC0415 - takes a while

    name, socket = url.split("@/")[1].split("?host=")
    folder.mkdir(exist_ok=True)
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
            yield Staging(url, way, s3, secret, folder)
        finally:
            client.delete_secret(SecretId=kept["ARN"], ForceDeleteWithoutRecovery=True)
            client.close()
