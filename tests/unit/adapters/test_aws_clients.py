"""Clients of AWS: how they are built, and what is said where a service does not answer."""

import traceback

import pytest
from botocore.exceptions import ClientError

from foresell.adapters.aws_clients import s3_client, saying_trouble, secrets_client
from foresell.errors import MachineError
from tests.held_service import free_port
from tests.services import S3


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "hush"}}, "GetObject")


def test_a_service_of_ones_own_has_the_bucket_in_the_path_and_aws_in_the_name(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address() -> str:
        client = s3_client()
        url = client.generate_presigned_url("get_object", Params={"Bucket": "shop", "Key": "a"})
        client.close()
        return str(url).partition("?")[0]

    assert address() == f"{s3.endpoint}/shop/a"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert address() == "https://shop.s3.amazonaws.com/a"


def test_clients_give_a_service_up_in_seconds_and_ask_a_few_times(s3: S3) -> None:
    for client in (s3_client(), secrets_client()):
        patience = client.meta.config
        assert (patience.connect_timeout, patience.read_timeout) == (10, 30)
        assert patience.retries == {"mode": "standard", "total_max_attempts": 4}
        assert client.meta.region_name == "eu-central-1"
        client.close()


def test_an_answer_that_is_awaited_is_no_trouble() -> None:
    with saying_trouble("the files", "s3://shop", awaited=("NoSuchKey",)):
        raise refused("NoSuchKey")


@pytest.mark.parametrize(
    ("code", "what", "mend"),
    [
        ("NoSuchBucket", "there is no such bucket", "create it, or name another"),
        ("ExpiredToken", "the credentials have expired", "sign in again"),
        ("AccessDenied", "nobody may look", "ask ann"),  # in the caller's own words
        ("Novelty", "the service answers Novelty", "see its own log"),
    ],
)
def test_an_answer_that_is_not_awaited_is_said_with_its_mend(
    code: str, what: str, mend: str
) -> None:
    own = {"AccessDenied": ("nobody may look", "ask ann")}
    with pytest.raises(MachineError) as said, saying_trouble("the files", "s3://shop", refused=own):
        raise refused(code)
    assert said.value.args == (f"the files cannot be reached: {what}", "s3://shop", mend)


def test_a_profile_that_is_not_there_is_a_lack_of_credentials(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(MachineError) as said, saying_trouble("the files", "s3://shop"):
        s3_client()
    assert said.value.what == "there are no credentials to reach the files with"


def test_an_endpoint_is_named_without_the_password_in_it(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://jo:hush@127.0.0.1:{port}")
    with pytest.raises(MachineError) as said, saying_trouble("the files", "s3://shop"):
        s3_client().list_buckets()
    assert said.value.args == (
        "the files cannot be reached: EndpointConnectionError",
        f"s3://shop at http://127.0.0.1:{port}",
        "check that the service runs, and AWS_ENDPOINT_URL",
    )
    assert "hush" not in "".join(traceback.format_exception(said.value))
