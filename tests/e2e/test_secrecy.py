"""The password of the warehouse's user is in no output and in no file that a command leaves."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import boto3
import pytest

from foresell.adapters.postgres_link import opened
from foresell.spec.database import DatabasePlace
from tests.builders import weekly_files, write_files
from tests.guarded import guarded, place_of
from tests.held_service import free_port
from tests.services import S3

SECRET = "Zq7@h:u/n t%er'2\\"  # noqa: S105 - of nothing
PROGRAM = str(Path(sys.executable).parent / "foresell")
SILENT = {"FORESELL_TRACKING": "off", "DB_PASSWORD": "", "RDS_SECRET_NAME": ""}


@dataclass(frozen=True)
class Desk:
    """A working folder with ``.env`` in it, from where commands are given."""

    folder: Path
    env: Mapping[str, str]

    def foresell(self, *words: str, code: int = 0, **env: str) -> str:
        """Run a command; all that it says."""
        done = subprocess.run(
            [PROGRAM, *words],
            cwd=self.folder,
            env={**os.environ, **SILENT, **self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, **words: str) -> None:
        """Write ``.env``; each value stands in quotes."""
        quoted = {
            name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in words.items()
        }
        lines = "".join(f"{name}='{value}'\n" for name, value in quoted.items())
        (self.folder / ".env").write_text(lines)


def reveals(text: bytes) -> bool:
    """Tell whether the password stands in a text, as it is or as URLs, JSON and Python write it."""
    forms = {SECRET, quote(SECRET), quote(SECRET, safe=""), json.dumps(SECRET), repr(SECRET)}
    return any(form.strip("\"'").encode() in text for form in forms)


@pytest.fixture
def guest(emptied: str) -> Iterator[DatabasePlace]:
    """A user with a password who may load and read the warehouse, and is no owner of it."""
    with guarded(place_of(emptied), SECRET) as place:
        yield place


@pytest.fixture
def desk(guest: DatabasePlace, tmp_path: Path) -> Desk:
    """A desk whose ``.env`` names the user; the warehouse is there."""
    write_files(tmp_path / "data", weekly_files(stores=3, depts=2))
    named = {"DB_HOST": guest.host, "DB_NAME": guest.name, "DB_USER": guest.user}
    made = Desk(tmp_path, named)
    made.foresell("warehouse", "migrate", "walmart", DB_USER="postgres")
    owner = DatabasePlace(host=guest.host, name=guest.name, user="postgres")
    with opened(owner) as connection:
        connection.execute("GRANT ingest, read TO guest")
    made.write(DB_PASSWORD=SECRET)
    return made


@pytest.mark.slow
def test_no_command_shows_or_keeps_the_password(desk: Desk, s3: S3) -> None:
    away = {"DB_HOST": "127.0.0.1", "DB_PORT": str(free_port())}
    said = [
        desk.foresell("warehouse", "load", "walmart", "--data", "data"),
        desk.foresell("warehouse", "load", "walmart", "--data", "data", "--format", "json"),
        desk.foresell("run", "walmart", "--source", "postgres", "--until", "validate"),
        desk.foresell("warehouse", "status", "walmart", code=2, DB_PASSWORD=f"{SECRET}?"),
        desk.foresell("warehouse", "load", "walmart", "--data", "data", code=3, **away),
        desk.foresell("doctor", "--format", "json", code=3, **away),
    ]
    desk.write(**s3.env, **{"RDS_SECRET_NAME": "shop"})
    stored = {"username": "guest", "password": SECRET, "host": "not.asked", "engine": "postgres"}
    client = boto3.client("secretsmanager")
    client.create_secret(Name="shop", SecretString=json.dumps(stored))
    said.append(desk.foresell("warehouse", "status", "walmart", DB_USER=""))
    client.delete_secret(SecretId="shop", ForceDeleteWithoutRecovery=True)
    client.close()
    (desk.folder / ".env").write_text(f"DB_USER {SECRET}\n")
    said.append(desk.foresell("warehouse", "status", "walmart", code=2))

    assert [text for text in said if reveals(text.encode())] == []
    kept = [file for file in desk.folder.rglob("*") if file.is_file() and file.name != ".env"]
    assert {"run.log", "sources.json", "manifest.json"} <= {file.name for file in kept}
    assert [file for file in kept if reveals(file.read_bytes())] == []
