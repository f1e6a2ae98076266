"""Objects of a bucket as raw files: what is asked for, and what a bucket that changes says."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.s3_objects import S3Objects
from foresell.adapters.s3_source import S3Source, literal_start
from foresell.adapters.s3_uris import bucket_and_key
from foresell.adapters.sources import matching
from foresell.errors import DataError, MachineError, UsageError
from tests.held_service import free_port
from tests.s3_relay import S3Relay, s3_relay
from tests.services import S3

LONG = bytes(range(256)) * 20_000  # 5 MB


@pytest.fixture
def relay(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Relay]:
    """A way to the S3 that this process goes, and that counts."""
    with s3_relay(s3.endpoint) as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.endpoint)
        yield found


@pytest.fixture
def client(s3: S3) -> Iterator[Any]:
    """A client that goes another way, so that it is not counted."""
    import boto3  # noqa: PLC0415 - takes a while

    with closing(boto3.client("s3", endpoint_url=s3.endpoint)) as found:
        yield found


def content(source: S3Source | S3Objects, name: str) -> bytes:
    with source.open(name) as file:
        return file.read()


def versioned(s3: S3, client: Any) -> str:
    name = s3.bucket()
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_a_list_is_read_to_its_last_page(s3: S3, client: Any, relay: S3Relay) -> None:
    name = s3.bucket()
    keys = [f"part-{number}.csv" for number in range(7)]
    for key in keys:
        client.put_object(Bucket=name, Key=key, Body=b"1")
    relay.page = 3

    assert [file.name for file in S3Source(name).files("*.csv")] == keys
    assert len([one for one in relay.asked if "list-type" in one.query]) == 3


names = st.text("ab*?[]-/._", min_size=1, max_size=6)


@settings(max_examples=300)
@given(pattern=names, known=st.lists(names, max_size=6))
def test_no_name_that_a_pattern_stands_for_lies_outside_the_part_of_the_list_that_is_read(
    pattern: str, known: list[str]
) -> None:
    read = [name for name in known if name.startswith(literal_start(pattern))]
    assert matching(pattern, read) == matching(pattern, known)


def test_an_object_is_described_once_and_fetched_once(s3: S3, client: Any, relay: S3Relay) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="raw/a.csv", Body=b"1,2")
    source = S3Source(name, "raw")

    first = source.files("a.csv")
    assert (source.files("a.csv"), content(source, "a.csv")) == (first, b"1,2")
    marked = replace(source, synthetic=True)
    assert content(marked, "a.csv") == b"1,2"
    assert [one.method for one in relay.asked] == ["GET", "HEAD", "GET"]
    assert [one.path for one in relay.gets()] == [f"/{name}/raw/a.csv"]


def test_of_a_bucket_without_versions_only_the_first_object_is_asked_for_its_own(
    s3: S3, client: Any, relay: S3Relay
) -> None:
    name = s3.bucket()
    for number in range(5):
        client.put_object(Bucket=name, Key=f"{number}.csv", Body=b"1")

    files = S3Source(name).files("*.csv")

    assert {(file.version, file.etag) for file in files} == {(files[0].etag,) * 2}
    assert [one.method for one in relay.asked].count("HEAD") == 1


def test_the_version_of_every_object_is_told_where_the_bucket_keeps_them(
    s3: S3, client: Any
) -> None:
    name = versioned(s3, client)
    put = {
        key: client.put_object(Bucket=name, Key=key, Body=key.encode())
        for key in ("a.csv", "b.csv", "c.csv")
    }

    files = S3Source(name).files("*.csv")

    assert {file.name: (file.version, file.etag) for file in files} == {
        key: (answer["VersionId"], answer["ETag"].strip('"')) for key, answer in put.items()
    }


@pytest.mark.parametrize("gone", [False, True])
def test_with_versions_the_object_that_was_listed_is_read_whatever_became_of_it(
    s3: S3, client: Any, gone: bool
) -> None:
    name = versioned(s3, client)
    client.put_object(Bucket=name, Key="a.csv", Body=b"old")
    source = S3Source(name)
    (before,) = source.files("a.csv")
    if gone:
        client.delete_object(Bucket=name, Key="a.csv")
    else:
        client.put_object(Bucket=name, Key="a.csv", Body=b"newer")

    assert (content(source, "a.csv"), source.files("a.csv")) == (b"old", [before])


def test_without_versions_an_object_that_changed_is_refused(s3: S3, client: Any) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=b"old")
    source = S3Source(name)
    source.files("a.csv")
    client.put_object(Bucket=name, Key="a.csv", Body=b"new")

    with pytest.raises(DataError) as refused:
        source.open("a.csv")
    assert refused.value.args == (
        "the file changed while the run was reading it",
        f"s3://{name}/a.csv",
        "run again when it is whole",
    )


def test_without_versions_an_object_that_vanished_is_refused(s3: S3, client: Any) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=b"old")
    source = S3Source(name)
    source.files("a.csv")
    client.delete_object(Bucket=name, Key="a.csv")

    with pytest.raises(DataError) as refused:
        source.open("a.csv")
    assert refused.value.args == (
        "the file vanished while the run was reading",
        f"s3://{name}/a.csv",
        "run again when it is there",
    )


def test_what_is_put_after_the_first_look_is_not_seen(s3: S3, client: Any) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=b"1")
    source = S3Source(name)
    source.files("*.csv")
    client.put_object(Bucket=name, Key="b.csv", Body=b"2")

    assert [file.name for file in source.files("*.csv")] == ["a.csv"]
    assert [file.name for file in S3Source(name).files("*.csv")] == ["a.csv", "b.csv"]


def test_a_service_that_is_busy_is_asked_again(s3: S3, client: Any, relay: S3Relay) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=b"1")
    relay.trouble = lambda _: "busy" if len(relay.asked) % 2 else None

    assert content(S3Source(name), "a.csv") == b"1"


def test_an_answer_that_breaks_off_is_taken_up_where_it_did(
    s3: S3, client: Any, relay: S3Relay
) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=LONG)
    relay.trouble = lambda asked: (
        "broken" if len(relay.gets()) <= 2 and asked in relay.gets() else None
    )

    assert content(S3Source(name), "a.csv") == LONG
    half, quarter = len(LONG) // 2, len(LONG) // 4
    assert [one.range for one in relay.gets()] == [
        None,
        f"bytes={half}-",
        f"bytes={half + quarter}-",
    ]


def test_what_is_damaged_on_the_way_is_fetched_again(s3: S3, client: Any, relay: S3Relay) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=LONG)
    relay.trouble = lambda asked: "damaged" if relay.gets() == [asked] else None

    assert content(S3Source(name), "a.csv") == LONG
    assert [one.range for one in relay.gets()] == [None, None]


def test_answers_that_always_break_off_end_in_an_error_that_says_how_far_it_came(
    s3: S3, client: Any, relay: S3Relay
) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="a.csv", Body=b"x")
    relay.trouble = lambda asked: "broken" if asked in relay.gets() else None

    with pytest.raises(MachineError) as refused:
        S3Source(name).open("a.csv")
    assert refused.value.where == f"s3://{name}/a.csv, after 0 of 1 bytes"
    assert len(relay.gets()) == 4


def test_an_object_of_several_parts_is_told_by_the_tag_it_has(s3: S3, client: Any) -> None:
    name = s3.bucket()
    upload = client.create_multipart_upload(Bucket=name, Key="a.csv")["UploadId"]
    parts = []
    for number, body in ((1, LONG + bytes(2**18)), (2, b"rest")):
        words = {"Bucket": name, "Key": "a.csv", "UploadId": upload, "PartNumber": number}
        tag = client.upload_part(Body=body, **words)["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    client.complete_multipart_upload(
        Bucket=name, Key="a.csv", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    source = S3Source(name)

    (file,) = source.files("a.csv")

    assert file.etag is not None
    assert file.etag.endswith("-2")
    assert content(source, "a.csv") == LONG + bytes(2**18) + b"rest"


@pytest.mark.parametrize("columns", [1, 2500])
def test_whether_data_is_synthetic_is_told_by_the_last_bytes_alone(
    s3: S3, client: Any, relay: S3Relay, columns: int
) -> None:
    name = s3.bucket()
    frame = pl.DataFrame({f"column {number:05}": [1] for number in range(columns)})
    for key, mark in (("made.parquet", "true"), ("real.parquet", "no")):
        client.put_object(Bucket=name, Key=key, Body=parquet(frame, mark))
    client.put_object(Bucket=name, Key="text.parquet", Body=b"a,b\n1,2")
    client.put_object(Bucket=name, Key="empty.parquet", Body=b"")
    source = S3Source(name)

    patterns = ("made.parquet", "real.parquet", "text.parquet", "empty.parquet", "none.parquet")
    assert [source.marked([one]) for one in patterns] == [True, False, False, False, False]
    assert source.marked(patterns)
    assert all(one.range for one in relay.gets())


def parquet(frame: pl.DataFrame, mark: str) -> bytes:
    """Return a Parquet file that says whether it is synthetic."""
    into = BytesIO()
    frame.write_parquet(into, metadata={"synthetic": mark})
    return into.getvalue()


def test_objects_are_found_by_their_uris_in_several_buckets(s3: S3, client: Any) -> None:
    first, second = s3.bucket(), s3.bucket()
    client.put_object(Bucket=first, Key="raw/a.csv", Body=b"1")
    client.put_object(Bucket=second, Key="b 1.csv", Body=b"2")
    client.put_object(Bucket=second, Key="b 2.csv", Body=b"33")
    source = S3Objects()

    names = [file.name for file in source.files(f"s3://{second}/b*.csv")]

    assert names == [f"s3://{second}/b 1.csv", f"s3://{second}/b 2.csv"]
    assert [content(source, one) for one in [*names, f"s3://{first}/raw/a.csv"]] == [
        b"2",
        b"33",
        b"1",
    ]
    assert [file.uri for file in source.files(f"s3://{first}/raw/")] == [f"s3://{first}/raw/a.csv"]
    assert source.files("raw/a.csv") == []
    with pytest.raises(DataError, match=r"^raw/b\.csv is missing\n"):
        source.open(f"s3://{first}/raw/b.csv")


def test_a_folder_in_place_of_an_object_is_refused(s3: S3, client: Any) -> None:
    name = s3.bucket()
    client.put_object(Bucket=name, Key="train.csv/part-0", Body=b"1")
    with pytest.raises(DataError, match=r"^train.csv is a folder\n"):
        S3Source(name).open("train.csv")


def test_a_prefix_without_objects_says_so(s3: S3) -> None:
    name = s3.bucket()
    with pytest.raises(DataError) as refused:
        S3Source(name, "raw").open("train.csv")
    assert refused.value.where == f"s3://{name}/raw"
    assert refused.value.mend.endswith("; there is no object at all")


def test_a_bucket_that_is_not_there_says_so(s3: S3) -> None:
    with pytest.raises(UsageError, match="there is no such bucket") as refused:
        S3Source("no-such-bucket", "raw").files("train.csv")
    assert refused.value.where == "s3://no-such-bucket/raw/train.csv"


def test_a_service_that_does_not_run_is_out_of_reach(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(MachineError, match="cannot be reached") as refused:
        S3Source("sales").files("train.csv")
    assert "nothing" not in str(refused.value)


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("s3://", "no bucket is named"),
        ("s3:///raw", "no bucket is named"),
        ("s3://key:secret@sales/raw", "credentials do not belong in the address"),
        ("s3://my sales/raw", "'my sales' is no name of a bucket"),
        ("gs://sales/raw", "'gs' is no place in S3"),
    ],
)
def test_an_address_of_no_bucket_is_refused_without_repeating_secrets(uri: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        bucket_and_key(uri, "--data")
    assert (refused.value.what, refused.value.where) == (what, "--data")
    assert "secret" not in str(refused.value)
