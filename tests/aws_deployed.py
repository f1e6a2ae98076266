"""What ``deploy/aws`` makes, working: a delivery's way from its arrival to a real PostgreSQL.

moto's interpreter runs the state machine; each function is the deployed handler in a process of its
own, with the environment that the template gives it, as the user ``loader``.
"""

import csv
import io
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import make_url

from foresell.spec.warehouse import PLAN_COLUMNS, STAGED_COLUMNS
from tests.aws_account import Account, Function
from tests.aws_template import IMAGE, Stack
from tests.builders import weekly_files
from tests.services import empty_database

LOADER = {"username": "loader", "password": "s3cret of the loader", "engine": "postgres"}
OWNER = {"username": "postgres", "password": "s3cret of the owner", "engine": "postgres"}
CLEAN, STAGE = "foresell-pre-load-cleanup", "foresell-stage-sales"
UPSERT, VALIDATE = "foresell-post-load-upsert", "foresell-post-load-validation"
ARRIVED = {"bucket": "deliveries", "key": "walmart/2012-11-02/_READY"}
SOURCE = "s3://deliveries/walmart/2012-11-02"
COLUMNS = {
    "Store": "store_id",
    "Dept": "dept_id",
    "Date": "week_date",
    "Type": "store_type",
    "Size": "store_size",
    "IsHoliday_right": "isholiday_features",
}


@dataclass
class Place:
    """The account, and the database behind it."""

    account: Account
    url: str
    stack: Stack
    place: Mapping[str, Any]
    queue: str
    files: dict[str, bytes] = field(default_factory=lambda: weekly_files(stores=2, weeks=60))
    count: int = 0

    def renew(self) -> None:
        """Begin anew: what a test before changed is as it was."""
        _forget(self.url)
        topic = self.stack.made["Failures"]
        client = self.account.client("sns")
        client.create_topic(Name=topic.rpartition(":")[2])
        arn = f"{topic.rpartition(':')[0]}:{self.queue.rpartition('/')[2]}".replace(
            ":sns:", ":sqs:"
        )
        client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.told()
        self.files = weekly_files(stores=2, weeks=60)
        self.account.job = self.stage
        for function in self.account.functions.values():
            function.before = lambda: None
        self.secret("OwnerSecret", OWNER)
        self.secret("LoaderSecret", LOADER)
        headers, answer = self.migrate()
        assert headers == {}, answer

    def migrate(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Invoke ``migrate``, as a person does after each new image: headers and answer."""
        event = json.dumps({"project": "walmart", "loader": self.stack.made["LoaderSecret"]})
        headers, answer = self.account.invoke("foresell-migrate", event)
        return headers, json.loads(answer)

    def deliver(self, arrived: Mapping[str, Any] = ARRIVED, minutes: float = 2) -> dict[str, Any]:
        """Run the state machine to its end: what Step Functions tells of the execution.

        Raises:
            TimeoutError: it does not end.
        """
        self.account.called.clear()
        self.account.answered.clear()
        self.account.asked.clear()
        client = self.account.client("stepfunctions")
        definition = json.dumps(self.stack.definition(IntervalSeconds=1, BackoffRate=1))
        self.count += 1
        machine = client.create_state_machine(
            name=f"{self.queue.rpartition('/')[2]}-{self.count}"[:80],
            definition=definition,
            roleArn="arn:aws:iam::123456789012:role/loading",
        )["stateMachineArn"]
        started = client.start_execution(
            stateMachineArn=machine, name=f"delivery-{self.count}", input=json.dumps(arrived)
        )["executionArn"]
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            told: dict[str, Any] = client.describe_execution(executionArn=started)
            if told["status"] != "RUNNING":
                history = client.get_execution_history(executionArn=started, maxResults=1000)
                told["history"] = history["events"]
                return told
            time.sleep(0.2)
        raise TimeoutError(started)

    @property
    def batch(self) -> str:
        """The batch of the last delivery."""
        return f"delivery-{self.count}"

    def secret(self, name: str, said: Mapping[str, Any], **changed: object) -> None:
        """Keep what an attachment of RDS would have written."""
        text = json.dumps({**said, **self.place, **changed})
        self.account.client("secretsmanager").put_secret_value(
            SecretId=self.stack.made[name], SecretString=text
        )

    def stage(self, said: Mapping[str, str]) -> None:
        """Stand in for the Glue script, whose own tests hold it to these rows: files to staging."""
        assert said["--source"] == SOURCE
        frames = {name: _frame(text) for name, text in self.files.items()}
        sales = frames["train.csv"].join(frames["features.csv"], ["Store", "Date"], "left")
        sales = sales.join(frames["stores.csv"], "Store", "left")
        with psycopg.connect(self.url) as connection:
            _fill(connection, "stg_sales_weekly", STAGED_COLUMNS, sales, said["--batch"])
            _fill(connection, "stg_sales_plan", PLAN_COLUMNS, frames["test.csv"], said["--batch"])

    def told(self) -> list[dict[str, Any]]:
        """Return what has been told by the topic since the last time."""
        client = self.account.client("sqs")
        found = client.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        for one in (messages := found.get("Messages", [])):
            client.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(json.loads(one["Body"])["Message"]) for one in messages]

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Return what the database answers."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(question.encode()).fetchall()

    def facts(self) -> list[tuple[Any, ...]]:
        """Return every fact, in order, with the place where its row lies."""
        return self.ask("SELECT xmin::text, * FROM retailds.fact_sales_weekly ORDER BY 2, 3, 4")


def _frame(text: bytes) -> pl.DataFrame:
    """Read a file as text, whatever its lines end in."""
    rows = list(csv.reader(io.StringIO(text.decode(), newline=None)))
    words = {"NA": None, "": None, "TRUE": "true", "FALSE": "false"}
    columns = list(zip(*rows[1:], strict=True))
    return pl.DataFrame({
        name: [words.get(one, one) for one in column]
        for name, column in zip(rows[0], columns, strict=True)
    })


def _fill(
    connection: psycopg.Connection[Any],
    table: str,
    columns: tuple[str, ...],
    frame: pl.DataFrame,
    batch: str,
) -> None:
    """Copy the rows of one table of staging."""
    named = frame.rename({name: COLUMNS.get(name, name.lower()) for name in frame.columns})
    text = f"COPY retailds.{table} (batch, {', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
        for row in named.select(pl.lit(batch).alias("batch"), *columns).iter_rows():
            copy.write_row(row)


@contextmanager
def deployed(account: Account, database: str, folder: Path) -> Iterator[Place]:
    """Make the stack; `Place.renew` makes its warehouse as it is once ``migrate`` was invoked.

    ``database``: SQLAlchemy's URL of one that is emptied before and after.
    """
    url = make_url(database)
    secrets = account.client("secretsmanager")
    made = {
        name: secrets.create_secret(Name=f"{name}-{folder.name}", SecretString="{}")["ARN"]
        for name in ("OwnerSecret", "LoaderSecret")
    }
    queue = account.client("sqs").create_queue(QueueName=folder.name)["QueueUrl"]
    topic = account.client("sns").create_topic(Name=folder.name)["TopicArn"]
    stack = Stack(
        made={**made, "Failures": topic, "Job": STAGE},
        said={"FunctionImage": IMAGE, "DatabaseName": str(url.database)},
    )
    account.functions = {
        one["FunctionName"]: Function(
            one["ImageConfig"]["Command"][0],
            {**account.env, **one["Environment"]["Variables"], "HOME": str(folder)},
            folder,
        )
        for one in stack.kind("AWS::Lambda::Function").values()
    }
    place = Place(
        account=account,
        url=database.replace("+psycopg", ""),
        stack=stack,
        # A socket: TLS, which the template asks for, is for the network.
        place={"host": url.query["host"], "port": 5432, "dbname": url.database},
        queue=queue,
    )
    yield place
    _forget(place.url)


def _forget(url: str) -> None:
    """Take the warehouse and the user away, who belongs to all databases of the server."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("DROP SCHEMA IF EXISTS retailds CASCADE")
        owner.execute("DROP ROLE IF EXISTS loader")
    empty_database(url)
