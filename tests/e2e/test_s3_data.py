"""Raw files in S3: found by prefix, URI or DATA_DIR; fetched when they changed, only then."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import foresell as platform
from foresell.pipeline.work import Event
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, three_lines
from tests.s3_relay import S3Relay, s3_relay
from tests.services import S3

MADE = ("manifest", "landing", "asked", "processed", "quarantine", "checks", "splits")


@dataclass(frozen=True)
class Bucket:
    """A bucket that holds toy files below ``raw/``, and the way to it that counts."""

    name: str
    client: Any
    relay: S3Relay

    @property
    def uri(self) -> str:
        return f"s3://{self.name}/raw"

    def put(self, content: Mapping[str, bytes], prefix: str = "raw/") -> None:
        for key, body in content.items():
            self.client.put_object(Bucket=self.name, Key=f"{prefix}{key}", Body=body)


@pytest.fixture
def bucket(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    import boto3  # noqa: PLC0415 - takes a while

    own = boto3.client("s3", endpoint_url=s3.endpoint)
    with closing(own) as client, s3_relay(s3.endpoint) as relay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", relay.endpoint)
        found = Bucket(s3.bucket(), client, relay)
        found.put(weekly_files())
        yield found


def result(home: Path) -> dict[str, bytes]:
    """What a run makes of the bytes of its files, wherever they were."""
    kept = snapshot(home / "walmart")
    return {name: kept[name] for name in kept if name.partition("/")[0] in MADE}


def sources(home: Path) -> dict[str, dict[str, Any]]:
    read = json.loads((home / "walmart/sources/sources.json").read_bytes())["files"]
    return {file["name"]: file for file in read}


def fetched(relay: S3Relay, run: Callable[[], object]) -> list[str]:
    """Return the names of the objects whose bytes were asked for while ``run`` ran."""
    relay.asked.clear()
    run()
    return sorted(one.path.rpartition("/")[2] for one in relay.gets())


def test_a_run_makes_the_same_of_a_bucket_as_of_a_folder(
    bucket: Bucket, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = foresell("run", "walmart", "--data", bucket.uri, "--until", "split")
    assert (ran.code, f"from {bucket.uri}" in ran.err) == (0, True)
    gets = [one.path for one in bucket.relay.gets()]
    assert len(gets) == len(set(gets)) == 4

    data = write_files(tmp_path / "data", weekly_files())
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "other"))
    assert foresell("run", "walmart", "--data", data, "--until", "split").code == 0
    assert result(tmp_path / "home") == result(tmp_path / "other")


def test_the_sources_say_where_each_object_came_from_and_what_it_held(
    bucket: Bucket, foresell: Foresell, tmp_path: Path
) -> None:
    bucket.client.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    bucket.put(weekly_files())
    assert foresell("run", "walmart", "--data", bucket.uri, "--until", "manifest").code == 0

    head = bucket.client.head_object(Bucket=bucket.name, Key="raw/train.csv")
    manifest = json.loads((tmp_path / "home/walmart/manifest/manifest.json").read_bytes())
    described = {file["name"]: file for file in manifest["files"]}
    assert sources(tmp_path / "home")["train.csv"] == {
        **described["train.csv"],
        "uri": f"{bucket.uri}/train.csv",
        "etag": head["ETag"].strip('"'),
        "version": head["VersionId"],
        "modified": head["LastModified"].isoformat(timespec="milliseconds"),
    }
    assert described["train.csv"]["bytes"] == len(weekly_files()["train.csv"])


def test_objects_are_fetched_when_they_changed_and_a_run_does_again_what_hangs_on_them(
    bucket: Bucket, tmp_path: Path
) -> None:
    def run(**asked: Any) -> list[str]:
        heard: list[Event] = []
        platform.run(
            "walmart",
            data=bucket.uri,
            until="split",
            home=tmp_path / "home",
            listen=heard.append,
            **asked,
        )
        return [event.stage for event in heard if event.kind == "done"]

    everything = sorted(weekly_files())
    assert fetched(bucket.relay, run) == everything
    before = result(tmp_path / "home")

    # Nothing changed, and written again with the same bytes: a store says the same of both.
    assert fetched(bucket.relay, run) == []
    bucket.put(weekly_files())
    assert fetched(bucket.relay, run) == []

    # Another version of equal bytes is looked at, and changes nothing.
    bucket.client.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    bucket.put({"stores.csv": weekly_files()["stores.csv"]})
    done: list[str] = []
    assert fetched(bucket.relay, lambda: done.extend(run())) == ["stores.csv"]
    assert (done, result(tmp_path / "home")) == (["manifest"], before)

    # Another byte of the rows asked for is read, and the rows that were sold stay as they are.
    bucket.put({"test.csv": weekly_files()["test.csv"].replace(b"TRUE", b"FALSE", 1)})
    done = []
    assert fetched(bucket.relay, lambda: done.extend(run())) == everything
    assert done == ["manifest", "ingest"]
    after = result(tmp_path / "home")
    changed = {name for name in after if after[name] != before[name]}
    assert {name.partition("/")[0] for name in changed} == {"manifest", "asked"}

    # By force nothing is trusted; nor is what somebody has edited.
    assert fetched(bucket.relay, lambda: run(force=True)) == everything
    kept = tmp_path / "home/walmart/sources/sources.json"
    kept.write_bytes(kept.read_bytes().replace(b'"rows": ', b'"rows": 1'))
    assert fetched(bucket.relay, run) == everything


def test_a_file_on_a_disk_is_read_however_old_it_says_it_is(
    foresell: Foresell, tmp_path: Path
) -> None:
    import os  # noqa: PLC0415

    data = write_files(tmp_path / "data", weekly_files())
    run = ("run", "walmart", "--data", data, "--until", "ingest")
    for path in data.iterdir():
        os.utime(path, (1, 1))
    assert foresell(*run).code == 0
    text = (data / "train.csv").read_bytes()
    (data / "train.csv").write_bytes(text.replace(b"1,1,2010-02-05,", b"1,2,2010-02-05,", 1))
    os.utime(data / "train.csv", (1, 1))

    assert foresell(*run).err.count("nothing changed") == 0


def test_an_object_that_changes_while_a_run_reads_is_an_error(
    bucket: Bucket, foresell: Foresell
) -> None:
    changed: list[Any] = []

    def change(asked: Any) -> None:
        if asked.method == "GET" and asked.path.endswith("/train.csv") and not changed:
            changed.append(asked)
            bucket.put({"train.csv": weekly_files(seed=2)["train.csv"]})

    bucket.relay.trouble = change
    ran = foresell("run", "walmart", "--data", bucket.uri, "--until", "split")

    what = "the file changed while the run was reading it"
    assert ran.code == 2
    assert ran.err.endswith(
        three_lines(what, f"{bucket.uri}/train.csv", "run again when it is whole")
    )


def test_tables_name_their_objects_by_uri_and_by_glob(
    bucket: Bucket, foresell: Foresell, tmp_path: Path
) -> None:
    shipped = files("foresell") / "projects" / "walmart"
    text = (shipped / "project.yaml").read_text("utf-8")
    head, *lines = weekly_files()["train.csv"].splitlines(keepends=True)
    half = len(lines) // 2
    parts = {"part-1.csv": [head, *lines[:half]], "part-2.csv": [head, *lines[half:]]}
    bucket.put({name: b"".join(rows) for name, rows in parts.items()}, "parts/")
    own = text.replace("file: train.csv", f'file: "s3://{bucket.name}/parts/part-*.csv"').replace(
        "file: features.csv", f'file: "{bucket.uri}/features.csv"'
    )
    contract = (shipped / "contract.yaml").read_bytes()
    write_files(
        tmp_path / "projects/walmart",
        {"project.yaml": own.encode(), "contract.yaml": contract},
    )
    beside = {name: weekly_files()[name] for name in ("stores.csv", "test.csv")}
    data = write_files(tmp_path / "data", beside)

    ran = foresell("run", "walmart", "--data", data, "--until", "split")

    assert ran.code == 0, ran.err
    assert {name: file["uri"] for name, file in sources(tmp_path / "home").items()} == {
        **{name: name for name in (f"s3://{bucket.name}/parts/{part}" for part in parts)},
        f"{bucket.uri}/features.csv": f"{bucket.uri}/features.csv",
        "stores.csv": (data / "stores.csv").as_uri(),
        "test.csv": (data / "test.csv").as_uri(),
    }
    landed = json.loads((tmp_path / "home/walmart/landing/report.json").read_bytes())
    assert landed["rows_by_table"]["sales"] == len(lines)


def test_data_dir_in_s3_holds_the_files_of_each_project(
    bucket: Bucket, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put(weekly_files(), "all/walmart/")
    monkeypatch.setenv("DATA_DIR", f"s3://{bucket.name}/all/")

    ran = foresell("run", "walmart", "--until", "split")

    assert (ran.code, f"from s3://{bucket.name}/all/walmart" in ran.err) == (0, True), ran.err


def test_files_are_staged_and_tried_from_a_bucket(
    bucket: Bucket, foresell: Foresell, tmp_path: Path
) -> None:
    bucket.put({"notes.txt": b"private"})
    tried = foresell("contract", "test", "walmart", "--data", bucket.uri)
    assert (tried.code, foresell("stage", "walmart", f"{bucket.uri}/").code) == (0, 0)
    kept = snapshot(tmp_path / "home/walmart/raw")
    assert {name: kept[name] for name in kept if name[0] != "_"} == weekly_files()
    assert foresell("run", "walmart", "--until", "split").code == 0


def test_a_key_that_no_file_can_be_called_is_not_staged(
    bucket: Bucket, foresell: Foresell, tmp_path: Path
) -> None:
    shipped = files("foresell") / "projects" / "walmart"
    text = (shipped / "project.yaml").read_text("utf-8").replace("train.csv", "sales/")
    contract = (shipped / "contract.yaml").read_bytes()
    own = {"project.yaml": text.encode(), "contract.yaml": contract}
    write_files(tmp_path / "projects/walmart", own)
    bucket.put({"sales//train.csv": b"1", "sales/train.csv": b"2"})

    ran = foresell("stage", "walmart", bucket.uri)

    mend = "give it another name, or read it where it is: --data"
    what = "no file can be put in place under the name 'sales//train.csv'"
    assert (ran.code, ran.err) == (2, three_lines(what, bucket.uri, mend))


@pytest.mark.parametrize(
    ("uri", "what", "code"),
    [
        ("s3://", "no bucket is named", 2),
        ("s3://key:secret@sales/raw", "credentials do not belong in the address", 2),
        ("s3://no-such-bucket/raw", "there is no such bucket", 2),
    ],
)
def test_a_place_that_is_no_bucket_is_refused(
    s3: S3, foresell: Foresell, uri: str, what: str, code: int
) -> None:
    ran = foresell("run", "walmart", "--data", uri)
    assert (ran.code, what in ran.err, "secret" in ran.err) == (code, True, False)
