"""The registry mirrored into a real MLflow server, over PostgreSQL and S3."""

import time
from pathlib import Path

import pytest

from foresell.adapters.mirror_rows import DIGEST
from foresell.api.mirroring import follow, reconcile
from foresell.api.registry import promote, rollback, versions
from foresell.errors import MachineError, UsageError
from foresell.govern.mirroring import Followed
from foresell.govern.registering import register
from foresell.settings import read_settings
from foresell.wiring.mirroring import mirror
from foresell.wiring.registry import registry
from tests.held_service import free_port
from tests.mirrors import MlflowHands, version_of
from tests.services import MlflowServer
from tests.small_bundles import small_bundle, stored


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two versions of a toy, the first one live."""
    folder = tmp_path / "home"
    monkeypatch.setenv("FORESELL_HOME", str(folder))
    monkeypatch.setenv("FORESELL_TRACKING", "on")
    kept = registry(read_settings())
    for seed in (1, 2):
        register(kept, "toy", stored(small_bundle(seed=seed)), reason="a test")
    promote("toy", 1, reason="a test")
    return folder


def loaded() -> str:
    """The digest of the model that MLflow loads as prod, by itself, where the environment says."""
    import mlflow  # noqa: PLC0415 - takes seconds

    return str(mlflow.pyfunc.load_model("models:/toy@prod").metadata.metadata["digest"])


@pytest.mark.slow
def test_versions_and_aliases_follow_ours_and_what_people_change_is_put_right(
    home: Path, mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = mlflow_server.uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    digests = {one.version: one.digest for one in versions("toy").versions}
    assert follow("toy") == Followed(state="mirrored", where=uri)
    assert loaded() == digests[1]
    promote("toy", 2, reason="a test")
    assert [one.what for one in reconcile("toy", mend=False)] == [
        "prod points to version 1 instead of version 2"
    ]
    assert follow("toy").state == "mirrored"
    assert loaded() == digests[2]

    hands = MlflowHands(uri, mirror(read_settings()))
    rows = {row.tags[DIGEST]: row.number for row in hands.rows("toy").rows}
    hands.remove("toy", rows[digests[1]])
    hands.alias("toy", "prod", hands.create("toy", {}))
    found = {one.what: one.mended for one in reconcile()}
    stranger = "its own version 3"
    assert found == {
        "version 1 is missing": True,
        f"prod points to {stranger} instead of version 2": True,
        f"{stranger} was not put there by foresell": False,
    }
    rollback("toy", reason="a test")
    assert follow("toy").state == "mirrored"
    assert loaded() == digests[1]
    assert [one.kind for one in reconcile(mend=False)] == ["stranger"]
    rollback("toy", to="none", reason="a test")
    assert follow("toy").state == "mirrored"
    assert mirror(read_settings()).state("toy").aliases == {"prod": None, "staging": None}


def test_a_server_that_is_down_fails_no_promotion_and_is_told_within_seconds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://jo:secret@127.0.0.1:{port}")
    began = time.monotonic()
    done = follow("toy")
    assert time.monotonic() - began < 60  # MLflow itself tries again for minutes
    assert (done.state, done.where, done.mend) == (
        "failed",
        f"http://127.0.0.1:{port}",
        "foresell registry reconcile toy",
    )
    assert "secret" not in str(done)
    with pytest.raises(MachineError, match=r"refuses: connection refused\n") as error:
        reconcile("toy")
    assert error.value.mend.endswith("again: foresell registry reconcile")


def test_a_home_of_any_name_holds_its_own_mlflow_and_no_file_is_written_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "50% of what?we%41rd"
    monkeypatch.setenv("FORESELL_HOME", str(folder))
    monkeypatch.setenv("FORESELL_TRACKING", "on")
    register(registry(read_settings()), "toy", stored(small_bundle()), reason="a test")
    promote("toy", 1, reason="a test")
    done = follow("toy")
    assert (done.state, done.why) == ("mirrored", "")
    # MLflow 3.17 leaves an empty folder that is called as the URL writes it.
    assert [p for p in tmp_path.rglob("*") if p.is_file() and folder not in p.parents] == []
    assert {one.name for one in folder.iterdir()} >= {"_mlflow", "_registry", "mlflow.db"}


def test_where_nothing_is_tracked_nothing_is_mirrored(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_TRACKING", "off")
    assert follow("toy") == Followed(state="off")
    with pytest.raises(UsageError, match=r"^runs are not tracked, so there is no mirror"):
        reconcile("toy")


def test_a_version_is_the_model_of_its_own_training_though_another_one_made_the_same_bytes(
    tmp_path: Path,
) -> None:
    from tests import mlflow_mirrors  # noqa: PLC0415 - takes seconds

    place = (f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path / "_mlflow"))
    bundle, there = mlflow_mirrors.bundle(), mlflow_mirrors.mirror_of(*place)
    for number in (1, 2, 3):
        there.add(version_of(bundle, number, run_id=f"T{min(number, 2)}"), bundle)
    client = MlflowHands(place[0], there).client
    seen = {}
    for one in client.search_model_versions("name = 'toy'"):
        run = client.get_run(str(one.run_id)).data.tags["foresell.training"]
        seen[one.tags["foresell.version"]] = (run, one.tags["foresell.run"])
    assert seen == {"1": ("T1", "T1"), "2": ("T2", "T2"), "3": ("T2", "T2")}


def test_a_damaged_bundle_is_told_and_the_others_are_mirrored_all_the_same(home: Path) -> None:
    first = versions("toy").versions[0]
    objects = home / "_registry" / "objects"
    listing = objects / first.digest[:2] / first.digest[2:]
    listing.chmod(0o644)
    listing.write_bytes(listing.read_bytes() + b" ")
    done = follow("toy")
    assert done.state == "failed"
    assert done.why.startswith("version 1 is missing: ")
    shown = mirror(read_settings()).state("toy")
    assert list(shown.versions) == [2]
    assert shown.aliases == {"prod": None, "staging": None}
