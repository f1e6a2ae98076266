"""Where artifacts are kept by name, and what a bucket that does not answer says."""

import builtins
import hashlib
import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from foresell.adapters.vault import open_vault
from foresell.errors import MachineError, UsageError
from tests.held_service import free_port
from tests.services import S3

ABC = hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("gs://bucket/models", "artifacts cannot be kept in a place of the scheme 'gs'"),
        ("s3:///models", "no bucket is named"),
        ("s3://", "no bucket is named"),
        ("s3://key:secret@bucket/models", "credentials do not belong in the address"),
    ],
)
def test_a_place_that_is_no_vault_is_refused_without_repeating_secrets(
    place: str, what: str
) -> None:
    with pytest.raises(UsageError) as refused:
        open_vault(place)

    assert refused.value.what == what
    assert refused.value.where == "FORESELL_ARTIFACTS"
    assert "secret" not in str(refused.value)


def test_without_boto3_a_bucket_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def bare(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] in {"boto3", "botocore"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return whole(name, *rest)

    monkeypatch.delitem(sys.modules, "foresell.adapters.vault_s3", raising=False)
    monkeypatch.setattr(builtins, "__import__", bare)
    with pytest.raises(MachineError) as refused:
        open_vault("s3://models/retail")

    assert refused.value.args == (
        "a bucket needs boto3, which is not installed",
        "FORESELL_ARTIFACTS, s3://models/retail",
        "install it: pip install 'foresell[s3]'",
    )


def refusal(env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, name: str) -> MachineError:
    """Return what a put says with this environment; nothing in it is secret."""
    for key, value in env.items():
        monkeypatch.setenv(key, value)
    vault = open_vault(f"s3://{name}/models")
    with pytest.raises(MachineError) as refused:
        vault.put(b"abc")
    assert refused.value.exit_code == 3
    assert refused.value.where.startswith(f"s3://{name}/models")
    assert not re.search(r"nothing|nobody|hush", str(refused.value))
    return refused.value


def test_a_bucket_that_is_not_there_says_so(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    found = refusal({}, monkeypatch, "no-such-bucket")
    assert found.what == "the artifacts cannot be reached: there is no such bucket"

    vault = open_vault("s3://no-such-bucket/models")
    for ask in (vault.list, lambda: vault.has(ABC), lambda: vault.get(ABC)):
        with pytest.raises(MachineError, match="there is no such bucket"):
            ask()


def test_without_credentials_a_bucket_says_what_to_set(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = s3.bucket()
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(key, raising=False)
    found = refusal({}, monkeypatch, name)

    assert found.what == "there are no credentials to reach the artifacts with"
    assert found.mend == "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"


def test_a_server_that_is_down_is_told_with_its_address_and_without_what_is_secret_in_it(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    found = refusal({"AWS_ENDPOINT_URL": f"http://me:hush@127.0.0.1:{port}"}, monkeypatch, "models")

    assert found.what == "the artifacts cannot be reached: EndpointConnectionError"
    assert found.where == f"s3://models/models at http://127.0.0.1:{port}"


def test_an_endpoint_that_is_no_url_is_told(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    found = refusal({"AWS_ENDPOINT_URL": "nowhere"}, monkeypatch, "models")
    assert found.mend == "check that the service runs, and AWS_ENDPOINT_URL"
