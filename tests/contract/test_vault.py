"""What every vault promises, wherever it keeps contents."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from foresell.adapters.vault import open_vault
from foresell.adapters.vault_contents import path_of
from foresell.adapters.vault_memory import MemoryVault
from foresell.errors import DataError
from foresell.spec.ports import Vault
from tests.services import S3

ABC = hashlib.sha256(b"abc").hexdigest()
CONTENTS = (b"", b"abc", b"\x00\r\n\xff" * 1000, bytes(range(256)) * 5000)


@dataclass(frozen=True)
class Place:
    """A vault, and a way behind its back: ``spoil`` keeps other bytes under a digest."""

    vault: Vault
    spoil: Callable[[str, bytes], None]
    lose: Callable[[str], None]


def memory() -> Place:
    vault = MemoryVault()
    return Place(vault, vault.objects.__setitem__, vault.objects.__delitem__)


def directory(root: Path) -> Place:
    def file(digest: str) -> Path:
        path = path_of(digest)
        assert path is not None
        return root / path

    return Place(
        open_vault(str(root)),
        lambda digest, content: void(file(digest).write_bytes(content)),
        lambda digest: file(digest).unlink(),
    )


def bucket(s3: S3, prefix: str) -> Place:
    import boto3  # noqa: PLC0415 - takes a while

    name = s3.bucket()
    client = boto3.client("s3", endpoint_url=s3.endpoint)
    before = f"{prefix}/" if prefix else ""
    return Place(
        open_vault(f"s3://{name}/{prefix}"),
        lambda digest, content: void(
            client.put_object(Bucket=name, Key=f"{before}{path_of(digest)}", Body=content)
        ),
        lambda digest: void(client.delete_object(Bucket=name, Key=f"{before}{path_of(digest)}")),
    )


def void(_: object) -> None:
    """Forget what a call returned."""


@pytest.fixture(params=["memory", "directory", "bucket", "bucket with a prefix"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return memory()
    if request.param == "directory":
        return directory(tmp_path / "not yet" / "vault")
    s3: S3 = request.getfixturevalue("s3")
    return bucket(s3, "fore/sell" if "prefix" in request.param else "")


def test_a_new_vault_is_empty_and_does_not_have_what_nobody_put_there(place: Place) -> None:
    assert (list(place.vault.list()), place.vault.has(ABC)) == ([], False)


def test_contents_come_back_under_their_sha256_and_are_listed_sorted(place: Place) -> None:
    digests = [place.vault.put(content) for content in CONTENTS]

    assert digests == [hashlib.sha256(content).hexdigest() for content in CONTENTS]
    assert [place.vault.get(digest) for digest in digests] == list(CONTENTS)
    assert all(place.vault.has(digest) for digest in digests)
    assert list(place.vault.list()) == sorted(digests)


def test_a_content_put_twice_is_kept_once(place: Place) -> None:
    assert [place.vault.put(b"abc"), place.vault.put(b"abc")] == [ABC, ABC]
    assert list(place.vault.list()) == [ABC]


def test_what_nobody_put_there_is_a_data_error_that_names_it_and_the_place(place: Place) -> None:
    with pytest.raises(DataError) as refused:
        place.vault.get(ABC)

    assert refused.value.what == f"the content {ABC[:12]} of the registry is missing"
    assert refused.value.where == f"{place.vault.label}, {ABC}"
    assert "foresell registry register" in refused.value.mend


@pytest.mark.parametrize(
    "name", ["", "abc", ABC[:-1], ABC.upper(), f"../{ABC}", f"{ABC}\n", "é" * 64]
)
def test_a_name_that_is_no_sha256_is_never_looked_for(place: Place, name: str) -> None:
    place.vault.put(b"abc")

    assert place.vault.has(name) is False
    with pytest.raises(DataError, match="of the registry is missing"):
        place.vault.get(name)


@pytest.mark.parametrize("wrong", [b"", b"abd", b"abc ", b"ab", b"abc" * 100_000])
def test_a_changed_content_is_never_handed_out_and_putting_it_again_mends_it(
    place: Place, wrong: bytes
) -> None:
    place.vault.put(b"abc")
    place.spoil(ABC, wrong)

    assert place.vault.has(ABC)
    with pytest.raises(DataError) as refused:
        place.vault.get(ABC)
    assert refused.value.what == (
        f"the content {ABC[:12]} of the registry is not the one that was put there"
    )
    assert place.vault.put(b"abc") == ABC
    assert (place.vault.get(ABC), list(place.vault.list())) == (b"abc", [ABC])


def test_a_lost_content_is_missing_and_putting_it_again_mends_it(place: Place) -> None:
    place.vault.put(b"abc")
    place.lose(ABC)

    assert (place.vault.has(ABC), list(place.vault.list())) == (False, [])
    with pytest.raises(DataError, match="is missing"):
        place.vault.get(ABC)
    assert place.vault.get(place.vault.put(b"abc")) == b"abc"


def test_writers_of_the_same_contents_do_not_disturb_each_other(place: Place) -> None:
    contents = [bytes([number]) * 20_000 for number in range(6)]
    with ThreadPoolExecutor(4) as pool:
        digests = list(pool.map(place.vault.put, contents * 4))

    assert [place.vault.get(digest) for digest in digests] == contents * 4
    assert list(place.vault.list()) == sorted(set(digests))
