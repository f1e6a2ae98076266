from dataclasses import dataclass, field, replace

import pytest

from foresell.adapters.store import MemoryStore
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import write_bundle
from foresell.errors import DataError, MachineError, UsageError
from foresell.govern.gate import gate_of
from foresell.govern.registering import contradictions, register
from foresell.govern.registry import read_history, read_state, read_version
from foresell.spec.reading import parse_project
from foresell.spec.registry import Version
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import add, bundle_of, small_registry


@dataclass(frozen=True)
class Replaced(MemoryStore):
    """A store in whose place another one is put ``after`` so many reads of a file."""

    after: MemoryStore = field(default_factory=MemoryStore)
    reads: list[int] = field(default_factory=list)

    def read_bytes(self, name: str) -> bytes:
        self.reads[0] -= 1
        return super().read_bytes(name) if self.reads[0] >= 0 else self.after.read_bytes(name)


def test_versions_count_from_one_within_a_project() -> None:
    registry = small_registry()
    found = [add(registry, seed) for seed in (1, 2, 3)]
    other = register(registry, "shop", stored(small_bundle("shop")), reason="another project")
    assert [(one.version.version, one.new) for one in found] == [(1, True), (2, True), (3, True)]
    assert (other.version.project, other.version.version, other.new) == ("shop", 1, True)


def test_nothing_goes_live_by_a_registration() -> None:
    registry = small_registry(versions=2)
    assert read_state(registry, "toy").aliases == {"prod": None, "staging": None}


def test_the_record_says_what_the_bundle_is_and_what_it_came_from() -> None:
    registry, made = small_registry(), small_bundle()
    store = MemoryStore()
    digest = write_bundle(made, store)
    found = register(registry, "toy", store, reason="a run", run_id="run 1", source="by hand")
    sizes = [len(content) for name, content in store.files.items() if name != "checksums.json"]
    gate = gate_of(made.metadata, parse_project(made.project_text, "project.yaml"))
    assert found.version == Version(
        project="toy",
        version=1,
        digest=digest,
        registered_at="2026-11-21T09:00:00.000000+00:00",
        who="ann",
        run_id="run 1",
        approval="Approved",
        record={
            "digest": digest,
            "run_id": "run 1",
            "source": "by hand",
            "files": len(sizes),
            "bytes": sum(sizes),
            "champion": "ridge",
            "kind": "tabular",
            "preset": "fast",
            "scores": made.metadata["scores"],
            "gate": {**gate.to_json(), "override": None},
            "approval": "Approved",
            "target": "sales",
            "unit": "USD",
            "seed": 1,
            "result_id": made.metadata["result_id"],
            "rows": 12,
            "contract_version": "1.0.0",
            "contract_sha256": made.metadata["contract_sha256"],
            "libraries": {"python": "3.11.15", "polars": "2.1.0"},
            "data": "25e123009a73ce70efd998154bc6065857b4a5b49fcb88ea6e0072ea4f1b14b8",
        },
    )


def test_the_record_follows_from_the_bundle_alone() -> None:
    one, other = (add(small_registry(), 1).version.record for _ in range(2))
    assert one == other
    assert one["data"] != add(small_registry(), 1, passed=False).version.record["gate"]


def test_a_bundle_that_is_a_version_already_stays_that_version() -> None:
    registry = small_registry(versions=2)
    again = register(registry, "toy", bundle_of(1), reason="once more", run_id="run 9")
    assert (again.version.version, again.version.run_id, again.new) == (1, "run 1", False)
    assert len(read_history(registry, "toy")) == 2


def test_by_force_it_becomes_one_more_with_the_same_identity() -> None:
    registry = small_registry(versions=2)
    forced = register(registry, "toy", bundle_of(1), reason="again", run_id="run 9", force=True)
    first = read_state(registry, "toy").versions[0]
    assert (forced.version.version, forced.new) == (3, True)
    assert (forced.version.digest, forced.version.run_id) == (first.digest, "run 9")


def test_a_run_that_is_repeated_by_force_registers_once() -> None:
    registry = small_registry(versions=2)
    for _ in range(2):
        found = register(registry, "toy", bundle_of(1), reason="again", run_id="run 9", force=True)
    assert (found.version.version, found.new) == (3, False)


def test_by_force_and_without_a_run_it_is_one_more_each_time() -> None:
    registry = small_registry()
    numbers = [
        register(registry, "toy", bundle_of(1), reason="again", force=True).version.version
        for _ in range(3)
    ]
    assert numbers == [1, 2, 3]


def test_of_several_equal_versions_the_newest_is_the_one_it_is() -> None:
    registry = small_registry(versions=1)
    register(registry, "toy", bundle_of(1), reason="again", force=True)
    assert register(registry, "toy", bundle_of(1), reason="again").version.version == 2


def test_a_project_that_demands_approval_has_versions_that_wait_for_it() -> None:
    found = add(small_registry(), 1, approval=True)
    assert found.version.approval == "PendingManualApproval"
    assert found.version.record["approval"] == "PendingManualApproval"


def test_a_bundle_that_did_not_pass_is_registered_and_says_so() -> None:
    made = small_bundle(passed=False, override="the season begins")
    found = register(small_registry(), "toy", stored(made), reason="a run")
    gate = found.version.record["gate"]
    assert (gate["passed"], gate["override"]) == (False, "the season begins")


def test_a_bundle_of_another_project_is_refused_and_leaves_nothing() -> None:
    registry = small_registry()
    with pytest.raises(UsageError, match="this is a bundle of 'shop', not of 'toy'"):
        register(registry, "toy", stored(small_bundle("shop")), reason="a run")
    lying = replace(small_bundle("shop"), metadata=small_bundle("toy").metadata)
    with pytest.raises(UsageError, match="this is a bundle of 'shop', not of 'toy'"):
        register(registry, "toy", stored(lying), reason="a run")
    assert (registry.vault.list(), registry.ledger.projects()) == ([], [])


def test_a_bundle_without_evidence_is_refused_and_leaves_nothing() -> None:
    registry = small_registry()
    with pytest.raises(DataError, match="no leaderboard of the protocol 'held-out'"):
        register(
            registry, "toy", stored(small_bundle(metadata={"leaderboard": {}})), reason="a run"
        )
    assert (registry.vault.list(), registry.ledger.projects()) == ([], [])


def test_a_changed_bundle_is_refused_and_leaves_nothing() -> None:
    registry, store = small_registry(), bundle_of(1)
    store.files["model/ridge/weights.txt"] = b"1 2 4\n"
    with pytest.raises(DataError, match=r"model/ridge/weights\.txt is not the file"):
        register(registry, "toy", store, reason="a run")
    assert (registry.vault.list(), registry.ledger.projects()) == ([], [])


def test_a_bundle_that_is_replaced_while_it_is_registered_is_one_of_the_two_or_none() -> None:
    before, after = stored(small_bundle()), stored(small_bundle(seed=2, passed=False))
    registered = 0
    for reads in range(4 * len(before.files)):
        registry, store = small_registry(), Replaced(files=before.files, after=after, reads=[reads])
        try:
            found = register(registry, "toy", store, reason="a run").version
        except DataError as error:
            assert "is not the file that was written" in error.what  # noqa: PT017 - or it is sound
            assert registry.vault.list() == []
        else:
            registered += 1
            assert contradictions(found.record, read_version(registry, found)) == ()
    assert registered > 0


def test_a_record_says_what_its_bundle_does_and_nothing_else() -> None:
    record = add(small_registry(), 1).version.record
    made = small_bundle()
    assert contradictions(record, made) == ()
    other = small_bundle(seed=2, passed=False, approval=True)
    assert sorted(one.split()[-4] for one in contradictions(record, other)) == [
        *("approval", "gate", "result_id", "scores", "seed")
    ]
    assert contradictions({**record, "champion": "mean"}, made) == (
        "the record of the registration says another champion than the bundle",
    )


@pytest.mark.parametrize("name", ["champion", "kind", "gate", "approval", "scores"])
def test_a_record_that_leaves_out_what_decides_contradicts_its_bundle(name: str) -> None:
    record = dict(add(small_registry(), 1).version.record)
    del record[name]
    assert len(contradictions(record, small_bundle())) == 1


def test_what_another_foresell_words_or_notes_otherwise_contradicts_nothing() -> None:
    record = dict(add(small_registry(), 1).version.record)
    record["gate"] = {**record["gate"], "sentences": ["it is better"]}
    del record["libraries"]
    made = small_bundle()
    assert contradictions(record, made) == ()
    later = replace(made, project_text=f"{made.project_text}of_another_time: true\n")
    assert contradictions(record, later) == ()
    assert len(contradictions({**record, "champion": "mean"}, later)) == 1


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "a\x00b", "\ud800", "a\u2028b"])
def test_a_reason_is_one_line_of_text(reason: str) -> None:
    registry = small_registry()
    with pytest.raises(UsageError, match="where: reason"):
        register(registry, "toy", bundle_of(1), reason=reason)
    assert registry.vault.list() == []


def test_a_reason_may_be_in_any_language() -> None:
    registry = small_registry()
    register(registry, "toy", bundle_of(1), reason=" größere Körbe, меньше ошибок ")
    assert read_history(registry, "toy")[0].reason == "größere Körbe, меньше ошибок"


def test_somebody_stands_behind_every_transition() -> None:
    with pytest.raises(UsageError, match="where: who asks"):
        register(small_registry(who=" "), "toy", bundle_of(1), reason="a run")


def test_interrupted_before_the_version_is_known_it_is_none_and_can_be_registered_again() -> None:
    class Full(MemoryVault):
        def put(self, content: bytes) -> str:
            if len(self.objects) == room:
                raise MachineError("the disk is full", "memory", "free it")
            return super().put(content)

    for files in range(len(bundle_of(1).files)):
        room, vault = files, Full()
        registry = replace(small_registry(), vault=vault)
        with pytest.raises(MachineError):
            add(registry, 1)
        assert registry.ledger.projects() == []
        assert add(replace(registry, vault=MemoryVault(dict(vault.objects))), 1).new
