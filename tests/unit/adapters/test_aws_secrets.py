"""Secrets of a database in Secrets Manager, and what is said of those that cannot be had."""

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from foresell.adapters.aws_secrets import read_secret
from foresell.errors import ForesellError, MachineError, UsageError
from tests.held_service import free_port
from tests.services import S3

SECRET = "hunter2@:/% '\"\\"  # noqa: S105 - of nothing


@pytest.fixture
def keep(s3: S3) -> Iterator[Callable[..., str]]:
    """Keep a secret in the Secrets Manager of the tests; its name."""
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    names: list[str] = []

    def kept(name: str, **content: Any) -> str:
        client.create_secret(Name=name, **content)
        names.append(name)
        return name

    yield kept
    for name in names:
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    client.close()


def refusal(name: str, region: str = "") -> ForesellError:
    """Return what is said of a secret, which is never what is in it."""
    with pytest.raises(ForesellError) as said:
        read_secret(name, region)
    assert said.value.where.startswith(f"RDS_SECRET_NAME={name}")
    assert "hunter2" not in "".join(traceback.format_exception(said.value))
    return said.value


def test_what_rds_stores_is_read_as_words(keep: Callable[..., str]) -> None:
    stored = {
        "username": "jo",
        "password": SECRET,
        "engine": "postgres",
        "host": "db.example",
        "port": 5433,
        "dbname": "sales",
        "dbInstanceIdentifier": "shop",
    }
    name = keep("shop/database", SecretString=json.dumps(stored))
    assert read_secret(name) == {
        "username": "jo",
        "password": SECRET,
        "engine": "postgres",
        "host": "db.example",
        "port": "5433",
        "dbname": "sales",
    }


def test_what_a_secret_lacks_is_not_in_the_answer_and_it_is_read_anew_each_time(
    keep: Callable[..., str],
) -> None:
    name = keep("rotating", SecretString=json.dumps({"username": "jo", "password": "one"}))
    assert read_secret(name) == {"username": "jo", "password": "one"}
    client = boto3.client("secretsmanager")
    turned = json.dumps({"username": "jo", "password": "two", "port": None, "host": ""})
    arn = client.put_secret_value(SecretId=name, SecretString=turned)["ARN"]
    client.close()
    assert read_secret(arn) == {"username": "jo", "password": "two"}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"SecretString": "hunter2"}, "the secret is not what RDS stores: it is no JSON"),
        ({"SecretBinary": b"hunter2"}, "the secret is not what RDS stores: it is no JSON"),
        (
            {"SecretString": '["hunter2"]'},
            "the secret is not what RDS stores: it is no JSON object",
        ),
        (
            {"SecretString": '{"username": "jo"}'},
            "the secret is not what RDS stores: it holds no password",
        ),
        (
            {"SecretString": '{"username": "jo", "password": ["hunter2"]}'},
            "the secret is not what RDS stores: its password is no text",
        ),
        (
            {"SecretString": '{"username": {}, "password": "hunter2", "port": true}'},
            "the secret is not what RDS stores: its username, port is no text",
        ),
        (
            {"SecretString": '{"password": "hunter2\\u0000"}'},
            "the secret is not what RDS stores: its password is no text",
        ),
        (
            {"SecretString": '{"password": "hunter2", "engine": "mysql"}'},
            "the secret is of a database of another kind: mysql",
        ),
    ],
)
def test_a_secret_of_another_form_is_refused_and_not_shown(
    keep: Callable[..., str], content: Any, what: str
) -> None:
    found = refusal(keep("wrong", **content))
    assert (type(found), found.what) == (UsageError, what)


def test_a_secret_that_is_not_there_is_told_with_the_region(s3: S3) -> None:
    found = refusal("nowhere/at/all")
    assert found.what == "the database's secret cannot be reached: there is no such secret"
    assert found.mend == "check RDS_SECRET_NAME, and AWS_REGION: a secret lives in one region"


def test_a_secret_of_another_region_is_found_there_alone(keep: Callable[..., str]) -> None:
    name = keep("here", SecretString=json.dumps({"password": "x"}))
    assert read_secret(name, "eu-central-1") == {"password": "x"}
    assert refusal(name, "us-east-1").what.endswith("there is no such secret")


def test_without_a_region_or_credentials_it_says_what_to_set(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    found = refusal("any")
    assert (type(found), found.mend) == (MachineError, "set AWS_REGION")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    found = refusal("any", "eu-central-1")
    assert found.what == "there are no credentials to reach the database's secret with"


def test_a_service_that_is_down_is_a_fault_of_the_machine(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://me:hunter2@127.0.0.1:{port}")
    found = refusal("any")
    assert (type(found), found.exit_code) == (MachineError, 3)
    assert found.where == f"RDS_SECRET_NAME=any at http://127.0.0.1:{port}"


class _Answers(BaseHTTPRequestHandler):
    """A Secrets Manager that says the next of the ``codes``, then what is kept."""

    codes: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.codes.pop(0) if self.codes else ""
        kept = {"SecretString": json.dumps({"password": SECRET})}
        body = json.dumps({"__type": refused} if refused else kept).encode()
        self.send_response(400 if refused else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def answering(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The codes with which the service of this test answers, one a request."""
    codes: list[str] = []
    kind = type("Answers", (_Answers,), {"codes": codes})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield codes
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("code", "why", "mend"),
    [
        (
            "AccessDeniedException",
            "the credentials have no right to it",
            "grant secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of its "
            "own",
        ),
        ("ExpiredTokenException", "the credentials have expired", "sign in again"),
        (
            "UnrecognizedClientException",
            "the access key is unknown there",
            "check AWS_ACCESS_KEY_ID",
        ),
        (
            "InvalidRequestException",
            "it is being deleted",
            "restore it, or check RDS_SECRET_NAME",
        ),
        (
            "ValidationException",
            "this is no name of a secret",
            "check RDS_SECRET_NAME",
        ),
        ("NewsException", "the service answers NewsException", "see its own log"),
    ],
)
def test_what_the_service_refuses_is_said_with_its_mend(
    answering: list[str], code: str, why: str, mend: str
) -> None:
    answering.append(code)
    found = refusal("shop/database")
    assert found.args == (
        f"the database's secret cannot be reached: {why}",
        "RDS_SECRET_NAME=shop/database",
        mend,
    )
    assert answering == []  # asked once: asking again would not help


def test_a_service_that_is_busy_is_asked_again(answering: list[str]) -> None:
    answering += ["ThrottlingException"]
    assert read_secret("shop/database") == {"password": SECRET}
