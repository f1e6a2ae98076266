"""A registry in PostgreSQL with artifacts in S3: the same commands, and nothing on this disk."""

import json
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from foresell.adapters.store import DirectoryStore
from foresell.adapters.vault_contents import path_of
from foresell.bundle.bundle import write_bundle
from tests.e2e.command import Foresell
from tests.services import S3
from tests.small_bundles import small_bundle


@pytest.fixture
def bucket(
    postgres: Callable[[], str], s3: S3, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The name of the bucket of artifacts, while the settings name it and an empty database."""
    name = s3.bucket()
    monkeypatch.setenv("FORESELL_REGISTRY", postgres())
    monkeypatch.setenv("FORESELL_ARTIFACTS", f"s3://{name}/models")
    return name


def handed_in(foresell: Foresell, folder: Path, seed: int) -> None:
    place = folder / f"bundle-{seed}"
    write_bundle(small_bundle(seed=seed), DirectoryStore(place))
    assert foresell("registry", "register", "toy", place).code == 0


def test_versions_are_registered_promoted_taken_back_and_verified(
    bucket: str, s3: S3, foresell: Foresell, tmp_path: Path
) -> None:
    for seed in (1, 2):
        handed_in(foresell, tmp_path, seed)
        move = ("registry", "promote", "toy", str(seed), "--to", "prod", "--reason", "better")
        assert foresell(*move).code == 0
    assert foresell("registry", "rollback", "toy", "--reason", "it was not").code == 0

    shown = json.loads(foresell("registry", "show", "toy", "--format", "json").out)
    assert shown["aliases"] == {"prod": 1, "staging": None}
    assert [one["version"] for one in shown["versions"]] == [1, 2]
    assert foresell("registry", "verify", "toy").code == 0
    assert not (tmp_path / "home").exists()


def test_an_artifact_that_changes_in_the_bucket_is_found_and_told_where(
    bucket: str, s3: S3, foresell: Foresell, tmp_path: Path
) -> None:
    handed_in(foresell, tmp_path, 1)
    sums = json.loads((tmp_path / "bundle-1" / "checksums.json").read_bytes())
    key = f"models/{path_of(sums['metadata.json'])}"
    client = boto3.client("s3", endpoint_url=s3.endpoint)
    client.put_object(Bucket=bucket, Key=key, Body=b"{}")

    found = foresell("registry", "verify", "toy", "--format", "json")
    moved = foresell("registry", "promote", "toy", "1", "--to", "prod", "--reason", "now")

    assert found.code == 1
    assert [one["where"] for one in json.loads(found.out)["problems"]] == ["version 1"]
    assert moved.code == 2
    assert f"s3://{bucket}/models" in moved.err


def test_a_bucket_that_is_gone_is_a_fault_of_the_machine_and_moves_nothing(
    bucket: str, foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(foresell, tmp_path, 1)
    monkeypatch.setenv("FORESELL_ARTIFACTS", "s3://another/models")

    moved = foresell("registry", "promote", "toy", "1", "--to", "prod", "--reason", "now")

    assert moved.code == 3
    assert moved.err.startswith("error the artifacts cannot be reached: there is no such bucket")
    shown = json.loads(foresell("registry", "show", "toy", "--format", "json").out)
    assert shown["aliases"] == {"prod": None, "staging": None}
