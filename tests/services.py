"""Real services for tests, on this machine alone: PostgreSQL, an S3, an MLflow server.

Each is started once for a session, by the first test that asks for it, and dies with the process
that asked, killed or not.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count

import pytest
from sqlalchemy import make_url

from tests import held_service
from tests.held_service import free_port

_REGION = "eu-central-1"
_POSTGRES = "FORESELL_TEST_POSTGRES"  # a server that runs already, which CONTRIBUTING.md describes


@contextmanager
def held(*words: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a service of `tests.held_service`; where it is, for as long as the block lasts."""
    service = subprocess.Popen(
        [sys.executable, "-W", "ignore", held_service.__file__, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the keyboard is for the tests alone
        env={**os.environ, **(env or {})},  # noqa: TID251 - what a child inherits, and more
        text=True,
    )
    assert service.stdin is not None
    assert service.stdout is not None
    try:
        place = service.stdout.readline().strip()
        assert place, f"the service {words[0]} did not start; see above"
        yield place
    finally:
        service.stdin.close()
        service.wait(60)
        service.stdout.close()


@dataclass(frozen=True)
class S3:
    """A place for objects. ``env``: what a process needs to reach it."""

    endpoint: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def env(self) -> dict[str, str]:
        """The environment by which AWS's libraries, Polars and pyarrow find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_REGION": _REGION,
            "AWS_DEFAULT_REGION": _REGION,
            "AWS_ALLOW_HTTP": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }

    def bucket(self) -> str:
        """Make an empty bucket and return its name."""
        import boto3  # noqa: PLC0415 - takes a while

        name = f"bucket-{os.getpid()}-{next(self.numbers)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=_REGION,
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": _REGION})
        client.close()
        return name


@dataclass
class MlflowServer:
    """An MLflow server over PostgreSQL and S3, which can be stopped and started again."""

    backend: str
    artifacts: str
    env: Mapping[str, str]
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self._running: AbstractContextManager[str] | None = None

    @property
    def uri(self) -> str:
        """Where it is, running or not."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run it, if it does not run; return when it answers."""
        if self._running is None:
            self._running = held(
                "mlflow", self.backend, self.artifacts, str(self.port), env=self.env
            )
            self._running.__enter__()

    def stop(self) -> None:
        """End it, if it runs; what it keeps stays."""
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Make an empty database a call; its SQLAlchemy URL. They are gone with the session."""
    import psycopg  # noqa: PLC0415

    given = os.environ.get(_POSTGRES, "")  # noqa: TID251 - as a developer says it
    with nullcontext(_server_at(given)) if given else held("postgres") as url:
        made: list[str] = []

        def admin(words: str) -> None:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute(words.encode())

        def fresh() -> str:
            name = f"fresh_{os.getpid()}_{len(made)}" if given else f"fresh_{len(made)}"
            admin(f"CREATE DATABASE {name}")
            made.append(name)
            return url.replace("/postgres?", f"/{name}?")

        yield fresh
        for name in made if given else ():
            admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _server_at(given: str) -> str:
    """Return the URL of a server's database ``postgres``, in the form of `held_service`'s own."""
    read = make_url(given)
    host, port = read.host or read.query["host"], read.port or 5432
    return f"postgresql+psycopg://postgres:@/postgres?host={host}&port={port}"


@pytest.fixture(scope="session")
def _emptied(postgres: Callable[[], str]) -> str:
    return postgres()


@pytest.fixture
def emptied(_emptied: str) -> str:
    """The SQLAlchemy URL of one database, emptied for each test: new ones are 300 files each."""
    empty_database(_emptied)
    return _emptied


def empty_database(url: str) -> None:
    """Take everything away from a database, as soon as nobody works there any more."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("DROP SCHEMA IF EXISTS retailds CASCADE")  # the warehouse
        owner.execute("DROP SCHEMA public CASCADE")
        owner.execute("CREATE SCHEMA public")
        owner.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """The S3 itself; this process' environment does not know of it."""
    with held("s3") as endpoint:
        yield S3(endpoint)


@pytest.fixture
def s3(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The S3, which this process' environment tells of for the time of a test."""
    for name, value in s3_server.env.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(scope="module")
def _mlflow_server(postgres: Callable[[], str], s3_server: S3) -> Iterator[MlflowServer]:
    silent = {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # saves two processes
    }
    server = MlflowServer(
        backend=postgres(),
        artifacts=f"s3://{s3_server.bucket()}/artifacts",
        env={**s3_server.env, **silent},
    )
    yield server
    server.stop()


@pytest.fixture
def mlflow_server(_mlflow_server: MlflowServer) -> MlflowServer:
    """The MLflow server of this file of tests, running, whatever a test before did to it."""
    _mlflow_server.start()
    return _mlflow_server
