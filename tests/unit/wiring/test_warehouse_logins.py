from pathlib import Path

import pytest

from foresell.errors import MachineError, UsageError
from foresell.settings import Settings
from foresell.wiring.warehouse_logins import let_in
from tests.services import S3

SETTINGS = Settings(home=Path("home"), projects=())


def test_a_secret_that_names_nobody_lets_nobody_in(s3: S3) -> None:
    import boto3  # noqa: PLC0415 - takes a while

    client = boto3.client("secretsmanager")
    client.create_secret(Name="nobody", SecretString='{"password": "not to be shown"}')
    client.close()

    with pytest.raises(UsageError, match="names no user") as told:
        let_in("nobody", "ingest", SETTINGS)

    assert "not to be shown" not in str(told.value)
    assert told.value.where == "loader of the event=nobody"


def test_a_secret_that_is_not_there_is_asked_for_before_the_database(s3: S3) -> None:
    with pytest.raises(MachineError, match="there is no such secret") as told:
        let_in("absent", "ingest", SETTINGS)

    assert told.value.where == "loader of the event=absent"
    assert told.value.mend.startswith("check loader of the event, and AWS_REGION")
