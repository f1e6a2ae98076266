"""The registry's public verbs: what they take, what they find, and what they refuse."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import foresell
from foresell.adapters.ledger import SqlLedger
from foresell.adapters.store import DirectoryStore
from foresell.api import RegistrySummary
from foresell.bundle.bundle import write_bundle
from foresell.errors import DataError, GateError, MachineError, UsageError
from foresell.settings import read_settings
from foresell.spec.registry import Problem, Transition
from foresell.wiring.registry import registry
from tests.small_bundles import small_bundle


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FORESELL_REGISTRY", "FORESELL_ARTIFACTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORESELL_USER", "ann")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def folder(place: Path, seed: int = 1, **knobs: object) -> Path:
    """Write a bundle into a folder of its own."""
    root = place / f"bundle-{seed}"
    write_bundle(small_bundle(seed=seed, **knobs), DirectoryStore(root))  # type: ignore[arg-type]
    return root


@pytest.fixture
def three(tmp_path: Path) -> None:
    """Three versions of ``toy``: 1 was prod, 2 is, 3 is staging."""
    for seed in (1, 2, 3):
        foresell.register("toy", folder(tmp_path, seed))
    foresell.promote("toy", 1, reason="the first")
    foresell.promote("toy", "2", to="champion", reason="a better one")
    foresell.promote("toy", "latest", to="staging", reason="to be tried")


def test_nothing_is_registered_at_first_and_looking_makes_no_files(home: Path) -> None:
    assert foresell.registries() == []
    assert foresell.versions("walmart").versions == ()
    assert not home.exists()


def test_a_damaged_project_is_listed_as_such_and_spoils_no_other(
    three: None, tmp_path: Path, home: Path
) -> None:
    foresell.register("other", folder(tmp_path, 9, project="other"))
    with closing(sqlite3.connect(home / "_registry" / "registry.db", isolation_level=None)) as file:
        file.execute("DELETE FROM heads WHERE project = 'toy'")
    other, toy = foresell.registries()
    assert (other.project, other.versions, other.damage) == ("other", 1, "")
    assert replace(toy, damage="") == RegistrySummary(project="toy")
    assert toy.damage.startswith("the history of 'toy' was changed: head: ")
    for ask in (foresell.versions, foresell.load):
        with pytest.raises(DataError, match="the history of 'toy' was changed"):
            ask("toy")
    assert [one.where for one in foresell.verify("toy").problems] == ["head"]


def test_a_file_that_is_no_database_any_more_is_what_verify_finds(three: None, home: Path) -> None:
    file = home / "_registry" / "registry.db"
    file.write_bytes(b"X" + file.read_bytes()[1:])
    (found,) = foresell.verify("toy").problems
    assert found == Problem(
        where="ledger",
        what=f"the registry's database is damaged: file is not a database ({file})",
    )
    with pytest.raises(DataError, match="file is not a database"):
        foresell.versions("toy")


def test_a_revision_that_a_byte_has_changed_is_found_and_a_newer_one_is_not_judged(
    three: None, home: Path
) -> None:
    with closing(sqlite3.connect(home / "_registry" / "registry.db", isolation_level=None)) as file:
        file.execute("UPDATE registry_revision SET version_num = 'r0009'")
        assert [one.where for one in foresell.verify("toy").problems] == ["database", "ledger"]
        file.execute("ALTER TABLE heads ADD COLUMN more TEXT")
    with pytest.raises(MachineError, match="revision r0009, which this foresell does not know"):
        foresell.verify("toy")


def test_the_list_has_a_line_a_project_with_what_is_live(three: None, tmp_path: Path) -> None:
    foresell.register("other", folder(tmp_path, 9, project="other", approval=True))
    listed = foresell.registries()

    assert [replace(one, last="") for one in listed] == [
        RegistrySummary(
            project="other", versions=1, prod=None, staging=None, pending=(1,), last=""
        ),
        RegistrySummary(project="toy", versions=3, prod=2, staging=3, pending=(), last=""),
    ]
    assert [one.last for one in listed] == [
        foresell.history(project).transitions[-1].at for project in ("other", "toy")
    ]


def test_a_bundle_is_registered_once_and_again_only_by_force(tmp_path: Path) -> None:
    place = folder(tmp_path)
    first = foresell.register("toy", place, reason="found in the attic")
    again, forced = (
        foresell.register("toy", str(place)),
        foresell.register("toy", place, force=True),
    )

    assert (first.new, first.version.version, first.version.who) == (True, 1, "ann")
    assert (again.new, again.version) == (False, first.version)
    assert (forced.new, forced.version.version) == (True, 2)
    assert forced.version.digest == first.version.digest
    assert first.version.record["source"] == str(place)
    assert foresell.history("toy").transitions[0].reason == "found in the attic"


def test_a_folder_without_a_bundle_says_which_folder_to_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        foresell.register("toy", tmp_path / "nowhere")

    assert refused.value.args == (
        f"there is no bundle in {str(tmp_path / 'nowhere')!r}",
        "bundle",
        "name the folder bundle/ of a run, the one that holds checksums.json",
    )


def test_a_changed_bundle_is_not_registered(tmp_path: Path, home: Path) -> None:
    place = folder(tmp_path)
    (place / "model" / "learner.json").write_bytes(b"{}")
    with pytest.raises(DataError, match="is not the file that was written"):
        foresell.register("toy", place)

    assert foresell.registries() == []


def test_a_project_nobody_knows_is_refused_with_the_nearest_that_is_known(three: None) -> None:
    for ask in (foresell.versions, foresell.history, foresell.verify, foresell.export_history):
        with pytest.raises(UsageError) as refused:
            ask("toi")
        assert refused.value.what == "there is no project 'toi'"
        assert refused.value.mend == (
            "did you mean 'toy'? Known: california_housing, retail, sales_orders, toy, walmart"
        )


@pytest.mark.parametrize("version", [1, "1"])
def test_a_version_named_by_its_number_is_decided_on_by_one_reading_of_the_list(
    three: None, monkeypatch: pytest.MonkeyPatch, version: int | str
) -> None:
    read = list[str]()

    def counted(ledger: SqlLedger, project: str) -> Sequence[Transition]:
        read.append(project)
        return transitions(ledger, project)

    transitions = SqlLedger.transitions
    monkeypatch.setattr(SqlLedger, "transitions", counted)
    for change in (foresell.promote, foresell.reject):
        with suppress(GateError):
            change("toy", version, reason="by number")
        assert read == ["toy"]
        read.clear()
    foresell.rollback("toy", to=version, reason="by number", alias="prod")
    assert read == ["toy"]
    read.clear()
    foresell.registries()
    assert read == ["toy"]


def test_prod_and_staging_move_apart_and_go_back_apart(three: None) -> None:
    assert foresell.versions("toy").aliases == {"prod": 2, "staging": 3}

    back = foresell.rollback("toy", reason="it was no better")

    assert (back.state.aliases, back.transition is None) == ({"prod": 1, "staging": 3}, False)
    with pytest.raises(UsageError):
        foresell.rollback("toy", reason="and further", alias="staging")


def test_going_back_to_a_version_takes_a_number_as_a_number_or_a_text(three: None) -> None:
    assert foresell.rollback("toy", reason="back", to="1").state.aliases["prod"] == 1
    foresell.promote("toy", 2, reason="again")
    assert foresell.rollback("toy", reason="back", to=1).state.aliases["prod"] == 1


def test_prod_can_be_emptied_and_what_was_there_rejected(three: None) -> None:
    off = foresell.rollback("toy", reason="both are bad", to="none")

    assert (off.changed, off.state.aliases) == (True, {"prod": None, "staging": 3})
    assert foresell.reject("toy", 2, reason="bad").changed
    assert not foresell.rollback("toy", reason="both are bad", to="none").changed
    with pytest.raises(UsageError, match="no version of 'toy' is prod"):
        foresell.load("toy")


def test_the_python_section_of_the_page_runs_and_says_what_comes_out(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "registry.md").read_text("utf-8")
    (code,) = re.findall(r"^```py\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    for seed in (1, 2, 3):
        foresell.register("sales_orders", folder(tmp_path, seed, project="sales_orders"))
    for version in (1, 2):
        foresell.promote("sales_orders", version, reason="a test")
    foresell.promote("sales_orders", 3, to="staging", reason="a test")

    told = [line for line in code.splitlines() if line.startswith("foresell.")]
    shown = "\n".join(f"print({line.split('  #')[0]})" for line in told)
    ran = subprocess.run(
        [sys.executable, "-c", f"import foresell\n{shown}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "import foresell\n\n" in code
    said = dict(zip(told, ran.stdout.splitlines(), strict=True))
    promised = {
        line: value.split(";")[0]
        for line in told
        if (value := line.partition("  # ")[2]) and not value.startswith("verified")
    }
    assert len(promised) >= 5
    assert {line: said[line] for line in promised} == {
        line: value.replace('"', "'") for line, value in promised.items()
    }


def test_an_alias_that_is_none_is_refused_with_those_there_are(three: None) -> None:
    with pytest.raises(UsageError, match="there is no alias 'production'"):
        foresell.promote("toy", 1, to="production", reason="typo")
    with pytest.raises(UsageError, match="there is no alias 'stagin'"):
        foresell.rollback("toy", alias="stagin", reason="typo")


def test_a_version_that_waits_is_approved_before_it_can_be_prod(tmp_path: Path) -> None:
    foresell.register("toy", folder(tmp_path, approval=True))
    with pytest.raises(GateError, match="waits for approval"):
        foresell.promote("toy", 1, reason="now")

    foresell.approve("toy", "latest", reason="looked at by two")
    foresell.promote("toy", 1, reason="now")

    assert foresell.versions("toy").aliases["prod"] == 1
    with pytest.raises(GateError):
        foresell.reject("toy", 1, reason="while it is live")


def test_a_rejected_version_is_never_promoted(three: None) -> None:
    foresell.reject("toy", 1, reason="wrong data")
    with pytest.raises(GateError, match="was rejected"):
        foresell.promote("toy", 1, reason="all the same", override=True)


def test_the_history_is_cut_at_a_moment_and_the_state_with_it(three: None) -> None:
    whole = foresell.history("toy")
    for number, transition in enumerate(whole.transitions, start=1):
        for at in (transition.at, datetime.fromisoformat(transition.at)):
            found = foresell.history("toy", at=at)
            assert found.transitions == whole.transitions[:number]
            assert found.state == foresell.versions("toy", at=at)
            assert found.state.head.number == number
    before = datetime.fromisoformat(whole.transitions[0].at) - timedelta(microseconds=1)
    assert foresell.history("toy", at=before).transitions == ()
    future = foresell.history("toy", at="2999-01-01")
    assert (future.transitions, future.state) == (whole.transitions, whole.state)
    assert (future.to_come, whole.to_come) == (True, False)


def test_a_moment_that_is_none_is_refused(three: None) -> None:
    with pytest.raises(UsageError, match="'yesterday' is no time"):
        foresell.versions("toy", at="yesterday")


def test_times_are_utc_and_the_clock_is_of_now(three: None) -> None:
    at = datetime.fromisoformat(foresell.history("toy").transitions[-1].at)

    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)  # noqa: TID251


def test_two_versions_are_compared_by_number_or_by_alias(three: None) -> None:
    found = foresell.compare("toy", "prod", "staging")

    assert (found.before.version, found.after.version, found.equal) == (2, 3, False)
    assert foresell.compare("toy", 2, 3) == found


def test_a_version_is_loaded_verified_and_prod_by_default(three: None, home: Path) -> None:
    assert foresell.load("toy").metadata["seed"] == 2
    assert foresell.load("toy", 1).metadata["seed"] == 1

    for path in (home / "_registry" / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DataError):
        foresell.load("toy")
    assert foresell.verify("toy").problems


def test_what_was_exported_verifies_and_a_changed_file_does_not(
    three: None, tmp_path: Path
) -> None:
    file = tmp_path / "toy.jsonl"
    file.write_bytes(foresell.export_history("toy"))
    assert foresell.verify_export(file).problems == ()

    file.write_bytes(file.read_bytes().replace(b"ann", b"bob", 1))
    assert foresell.verify_export(file).problems


def test_an_export_that_is_not_there_is_said_with_its_name(tmp_path: Path) -> None:
    for path, what in (
        (tmp_path / "none", f"there is no file {str(tmp_path / 'none')!r}"),
        (tmp_path, f"{str(tmp_path)!r} is a folder"),
    ):
        with pytest.raises(UsageError) as refused:
            foresell.verify_export(path)
        assert refused.value.what == what


def test_a_home_that_is_given_has_a_registry_of_its_own(three: None, tmp_path: Path) -> None:
    assert foresell.registries(home=tmp_path / "elsewhere") == []
    foresell.register("toy", folder(tmp_path, 4), home=tmp_path / "elsewhere")
    assert foresell.versions("toy", home=tmp_path / "elsewhere").versions[0].version == 1
    assert len(foresell.versions("toy").versions) == 3


def test_the_places_and_the_name_are_those_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_REGISTRY", f"sqlite:///{tmp_path}/own.db")
    monkeypatch.setenv("FORESELL_ARTIFACTS", "s3://models/toys")
    found = registry(read_settings())

    assert (found.ledger.label, found.vault.label) == (str(tmp_path / "own.db"), "s3://models/toys")
    assert found.who == "ann"
