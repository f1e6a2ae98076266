"""A delivery on AWS goes in whole, or is told of, in the order of the committed template."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.aws_account import JobFailedError, account
from tests.aws_deployed import (
    ARRIVED,
    CLEAN,
    LOADER,
    SOURCE,
    STAGE,
    UPSERT,
    VALIDATE,
    Place,
    deployed,
)
from tests.builders import write_files
from tests.glue_job import SCRIPT, submit
from tests.relay import relay
from tests.services import S3


@pytest.fixture(scope="module")
def _deployed(
    postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("deployed")
    with account() as made, deployed(made, postgres(), folder) as place:
        yield place


@pytest.fixture
def aws(_deployed: Place) -> Place:
    _deployed.renew()
    return _deployed


def _with_sales(row: bytes, sales: bytes) -> bytes:
    parts = row.split(b",")
    return b",".join([*parts[:3], sales, *parts[4:]])


def _plain(facts: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row[1:] for row in facts]


def test_a_delivery_goes_through_the_four_steps_in_order_and_its_rows_are_the_facts(
    aws: Place,
) -> None:
    told = aws.deliver()

    assert told["status"] == "SUCCEEDED", told.get("cause")
    who = {"batch": aws.batch, "project": "walmart"}
    assert aws.account.called == [
        (CLEAN, who),
        (STAGE, {"--source": SOURCE, "--batch": aws.batch}),
        (UPSERT, {**who, "source": SOURCE, "partial": False}),
        (VALIDATE, who),
    ]
    sales = list(csv.reader(io.StringIO(aws.files["train.csv"].decode())))[1:]
    expected = {
        (int(store), int(dept), date.fromisoformat(week), float(value), flag == "TRUE")
        for store, dept, week, value, flag in sales
    }
    assert {row[:5] for row in _plain(aws.facts())} == expected
    assert len(aws.facts()) == len(sales)
    assert aws.ask("SELECT source, batch, rows FROM retailds.load_history") == [
        (SOURCE, aws.batch, len(sales))
    ]
    assert aws.ask("SELECT count(*) FROM retailds.stg_sales_weekly") == [(0,)]
    report = json.loads(told["output"])
    assert report["loaded"]["report"]["passed"]
    assert report["validated"]["report"]["passed"]
    assert aws.told() == []


@pytest.mark.spark
@pytest.mark.slow
def test_a_delivery_that_the_committed_script_stages_with_spark_goes_in(
    aws: Place, tmp_path: Path
) -> None:
    place = aws.stack.of("Job")["DefaultArguments"]
    folder = write_files(tmp_path / "walmart", aws.files)
    ended = []

    def spark(said: Mapping[str, str]) -> None:
        # Spark of pip has neither S3 nor sockets of Unix: a folder, and a way over TCP.
        words = {**place, **said, "--source": str(folder), "--sslmode": "disable"}
        with relay(aws.place["host"]) as way:
            aws.secret("LoaderSecret", LOADER, host="127.0.0.1", port=way.port)
            flat = [word for pair in words.items() for word in pair]
            ended.append(submit(SCRIPT, *flat, s3=S3(aws.account.moto), folder=tmp_path))
        aws.secret("LoaderSecret", LOADER)

    aws.account.job = spark

    told = aws.deliver(minutes=5)

    assert [one.code for one in ended] == [0], ended[0].out[-2000:] + ended[0].err[-2000:]
    assert told["status"] == "SUCCEEDED", told.get("cause")
    staged_by_spark = _plain(aws.facts())
    aws.account.job = aws.stage
    again = json.loads(aws.deliver()["output"])["loaded"]["report"]
    assert again["changes"]["unchanged"]["fact_sales_weekly"] == len(staged_by_spark) == 240
    assert again["changes"]["updated"] == dict.fromkeys(again["changes"]["updated"], 0)


def test_the_same_delivery_arriving_twice_rewrites_no_row(aws: Place) -> None:
    assert aws.deliver()["status"] == "SUCCEEDED"
    before = aws.facts()

    again = aws.deliver()

    assert again["status"] == "SUCCEEDED"
    assert aws.facts() == before
    changes = json.loads(again["output"])["loaded"]["report"]["changes"]
    assert changes["inserted"]["fact_sales_weekly"] == 0
    assert changes["updated"]["fact_sales_weekly"] == 0


def test_a_part_goes_in_by_its_own_mark_and_the_next_whole_delivery_is_compared_with_the_last(
    aws: Place,
) -> None:
    assert aws.deliver()["status"] == "SUCCEEDED"
    whole, before = aws.files["train.csv"], aws.facts()
    header, *rows = whole.splitlines(keepends=True)
    last = max(row.split(b",")[2] for row in rows)
    week = [row for row in rows if row.split(b",")[2] == last]
    aws.files["train.csv"] = b"".join([header, *week[:-1], _with_sales(week[-1], b"77.5")])

    refused = aws.deliver()
    part = aws.deliver({**ARRIVED, "key": f"{ARRIVED['key']}_PART"})
    aws.files["train.csv"] = whole
    again = aws.deliver()

    assert refused["status"] == "FAILED"
    assert "volume" in json.loads(aws.told()[0]["cause"])["errorMessage"]
    assert part["status"] == "SUCCEEDED", part.get("cause")
    report = json.loads(part["output"])["loaded"]["report"]
    assert (report["partial"], report["staged"]) == (True, len(week))
    assert report["changes"]["updated"]["fact_sales_weekly"] == 1
    assert again["status"] == "SUCCEEDED", again.get("cause")
    assert json.loads(again["output"])["loaded"]["report"]["before"]["rows"] == len(rows)
    assert _plain(aws.facts()) == _plain(before)


def test_a_check_that_fails_is_told_by_name_and_changes_nothing(aws: Place) -> None:
    assert aws.deliver()["status"] == "SUCCEEDED"
    before = aws.facts()
    aws.files["stores.csv"] = b"\r".join(aws.files["stores.csv"].split(b"\r")[:-1])

    told = aws.deliver()

    assert told["status"] == "FAILED"
    assert told["error"] == "NotLoaded"
    assert [name for name, _ in aws.account.called] == [CLEAN, STAGE, UPSERT]
    ((notice),) = aws.told()
    assert notice["error"] == "GateError"
    assert notice["delivery"] == f"{SOURCE}/_READY"
    assert notice["execution"] == told["executionArn"]
    said = json.loads(notice["cause"])["errorMessage"]
    assert "checks failed: nulls" in said
    assert told["cause"] == f"GateError: {notice['cause']}"
    assert aws.facts() == before
    assert len(aws.ask("SELECT * FROM retailds.load_history")) == 1
    assert aws.ask("SELECT DISTINCT batch FROM retailds.stg_sales_weekly") == [(aws.batch,)]


def test_a_job_that_fails_is_told_and_nothing_is_upserted(aws: Place) -> None:
    def fail(_: Mapping[str, str]) -> None:
        raise JobFailedError("DeliveryError: train.csv: Weekly_Sales='12,5'")

    aws.account.job = fail

    told = aws.deliver()

    assert (told["status"], told["error"]) == ("FAILED", "NotLoaded")
    assert told["cause"].startswith("States.TaskFailed: ")
    assert [name for name, _ in aws.account.called] == [CLEAN, STAGE]
    (notice,) = aws.told()
    assert json.loads(notice["cause"])["ErrorMessage"].endswith("Weekly_Sales='12,5'")
    assert aws.facts() == []


def test_a_database_that_comes_back_is_asked_again_and_the_delivery_goes_in(aws: Place) -> None:
    tries = []

    def gone_twice() -> None:
        tries.append(1)
        host = "/tmp/nobody-is-here" if len(tries) < 3 else aws.place["host"]  # noqa: S108
        aws.secret("LoaderSecret", LOADER, host=host)

    aws.account.functions[UPSERT].before = gone_twice

    told = aws.deliver()

    assert told["status"] == "SUCCEEDED", told.get("cause")
    assert [name for name, _ in aws.account.called].count(UPSERT) == 3
    assert len(aws.facts()) == 2 * 2 * 60


def test_a_database_that_stays_away_is_told_after_four_tries(aws: Place) -> None:
    aws.secret("LoaderSecret", LOADER, host="/tmp/nobody-is-here")  # noqa: S108

    told = aws.deliver()

    assert (told["status"], told["error"]) == ("FAILED", "NotLoaded")
    assert told["cause"].startswith("MachineError: ")
    assert [name for name, _ in aws.account.called] == [CLEAN] * 4
    (notice,) = aws.told()
    assert "/tmp/nobody-is-here" in notice["cause"]  # noqa: S108


def test_rows_that_vanish_after_the_upsert_fail_the_validation(aws: Place) -> None:
    aws.account.functions[VALIDATE].before = lambda: aws.ask(
        "DELETE FROM retailds.fact_sales_weekly WHERE store_id = 1 RETURNING 1"
    )

    told = aws.deliver()

    assert (told["status"], told["error"]) == ("FAILED", "NotLoaded")
    assert told["cause"].startswith("GateError: ")
    assert [name for name, _ in aws.account.called] == [CLEAN, STAGE, UPSERT, VALIDATE]
    assert len(aws.told()) == 1


@pytest.mark.parametrize(
    "key",
    [
        "walmart/_READY",
        "walmart/a/b/_READY",
        "other/a/_READY",
        "other/a/_READY_PART",
        "walmart/a/train.csv",
    ],
)
def test_a_key_that_is_no_delivery_starts_nothing_and_is_told(aws: Place, key: str) -> None:
    told = aws.deliver({"bucket": "deliveries", "key": key})

    assert (told["status"], told["error"]) == ("FAILED", "NotLoaded")
    assert told["cause"].startswith("NotADelivery: ")
    assert aws.account.called == []
    (notice,) = aws.told()
    assert notice["cause"] == f"{key} is neither walmart/DELIVERY/_READY nor _READY_PART"


def test_a_failure_that_cannot_be_told_still_fails_as_what_it_was(aws: Place) -> None:
    aws.account.client("sns").delete_topic(TopicArn=aws.stack.made["Failures"])

    told = aws.deliver({"bucket": "deliveries", "key": "other/a/_READY"})

    assert (told["status"], told["error"]) == ("FAILED", "NotLoaded")
    assert told["cause"].startswith("NotADelivery: ")


def test_no_secret_stands_in_what_is_returned_told_or_kept_of_an_execution(aws: Place) -> None:
    good = aws.deliver()
    answered = [*aws.account.answered]
    aws.files["train.csv"] = aws.files["train.csv"].replace(
        b"1,1,2010-02-05,", b"1,1,2010-02-05,-", 1
    )
    aws.files["stores.csv"] = aws.files["stores.csv"].split(b"\r")[0] + b"\r7,A,1"
    bad = aws.deliver()

    whole = json.dumps([good, bad, answered, aws.account.answered, aws.told()], default=str)

    assert (good["status"], bad["status"]) == ("SUCCEEDED", "FAILED")
    assert "s3cret" not in whole
    assert aws.ask("SELECT report::text FROM retailds.load_history")[0][0].find("s3cret") == -1


def test_the_functions_ask_of_aws_what_their_roles_allow_and_nothing_else(aws: Place) -> None:
    told = aws.deliver()

    assert told["status"] == "SUCCEEDED"
    theirs = {one for one in aws.account.asked if one.partition(":")[0] not in {"lambda", "glue"}}
    assert theirs == {"secretsmanager:GetSecretValue"}
    roles = aws.stack.kind("AWS::IAM::Role")
    for name in ("PreLoadCleanupRole", "PostLoadUpsertRole", "PostLoadValidationRole"):
        ((policy),) = roles[name]["Policies"]
        allowed = policy["PolicyDocument"]["Statement"]
        assert allowed[0]["Action"] == ["secretsmanager:GetSecretValue"]
        assert allowed[0]["Resource"] == aws.stack.made["LoaderSecret"]
        assert [one["Sid"] for one in allowed] == ["EntersTheDatabase", "WritesLogs"]


def test_the_loader_can_load_and_neither_change_the_schema_nor_take_facts_out(aws: Place) -> None:
    for words in (
        "DELETE FROM retailds.fact_sales_weekly",
        "TRUNCATE retailds.dim_store",
        "CREATE TABLE retailds.mine (a INT)",
        "ALTER TABLE retailds.dim_store ADD COLUMN a INT",
        "CREATE ROLE another",
    ):
        with (
            psycopg.connect(aws.url, user="loader") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(words.encode())
    kept = aws.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'loader'")[0][0]
    assert kept.startswith("SCRAM-SHA-256$")


def test_migrating_again_changes_nothing_but_the_verifier(aws: Place) -> None:
    headers, said = aws.migrate()

    assert headers == {}
    assert (said["applied"], said["added"], said["removed"]) == ([], [], [])
    assert said["loader"] == "loader"


@pytest.mark.parametrize("user", ["postgres", "ingest"])
def test_migrate_refuses_a_loader_who_may_do_more_than_load(aws: Place, user: str) -> None:
    aws.secret("LoaderSecret", {**LOADER, "username": user})
    before = aws.ask("SELECT rolname, rolcanlogin, rolpassword FROM pg_authid ORDER BY 1")

    headers, said = aws.migrate()

    assert headers == {"X-Amz-Function-Error": "Unhandled"}
    assert said["errorType"] == "UsageError"
    assert aws.ask("SELECT rolname, rolcanlogin, rolpassword FROM pg_authid ORDER BY 1") == before
