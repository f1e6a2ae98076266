"""The stage register, over bundles that a test writes and a registry in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.sources import MemorySource
from foresell.adapters.vault_memory import MemoryVault
from foresell.adapters.workspace import MemoryWorkspace
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import MachineError
from foresell.govern.approving import reject
from foresell.govern.promoting import promote
from foresell.govern.registering import register as hand_in
from foresell.govern.registry import Registry, read_history, read_state
from foresell.govern.rolling_back import roll_back
from foresell.pipeline.records import told_by
from foresell.pipeline.runner import Runner
from foresell.pipeline.stages import register
from foresell.pipeline.work import Request, Stage, Work
from foresell.spec.reading import parse_project
from foresell.spec.registry import State, Transition
from tests.small_bundles import small_bundle, stored

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Killed(BaseException):
    """Stands for a signal: nothing catches it."""


class DyingLedger(MemoryLedger):
    """Dies before the transition whose number is ``dies_at`` is kept."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self.dies_at = dies_at

    def append(self, transition: Transition) -> None:
        if transition.number == self.dies_at:
            raise Killed
        super().append(transition)


@dataclass
class Office:
    """A workspace whose refit packs whatever bundle is put on the table, and a registry."""

    bundle: Bundle = field(default_factory=small_bundle)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    vault: MemoryVault = field(default_factory=MemoryVault)
    workspace: MemoryWorkspace = field(default_factory=MemoryWorkspace)
    notes: list[str] = field(default_factory=list)

    @property
    def registry(self) -> Registry:
        return Registry(ledger=self.ledger, vault=self.vault, clock=lambda: NOON, who="pytest")

    def run(
        self,
        run_id: str = "one",
        *,
        force: bool = False,
        opens: Callable[[], Registry] | None = None,
    ) -> dict[str, Any]:
        """Train, pack and register; return what came of it."""

        def pack(work: Work) -> None:
            write_bundle(self.bundle, work.outputs["bundle"])

        def train(work: Work) -> None:
            work.outputs["judged"].write_bytes("learner.json", self.bundle.model["learner.json"])

        stages = (
            Stage(name="train", run=train, needs=(), makes=("judged",), says="", always=True),
            Stage(name="refit", run=pack, needs=("judged",), makes=("bundle",), says=""),
            Stage(
                name="register",
                run=register.run,
                needs=("bundle",),
                makes=("registration", "registered"),
                says="",
                always=True,
            ),
        )
        # Nothing trains here twice but what has changed: the stage looks at who trained.
        changed = self.bundle.model["learner.json"] != self._trained() or force
        request = Request(
            project=parse_project(self.bundle.project_text, "toy"),
            contract=parse_contract(self.bundle.contract_text, "toy"),
            source=MemorySource({}),
            force=force,
            registry=opens or (lambda: self.registry),
        )
        runner = Runner(
            workspace=self.workspace,
            clock=lambda: 0.0,
            listen=lambda event: self.notes.append(event.text),
            run_id=run_id,
        )
        self.notes.clear()
        if self.bundle is not self._packed:
            self.workspace.records.pop("refit", None)
        self._packed = self.bundle
        runner.run(stages if changed else stages[1:], request)
        out = self.workspace.output("registration")
        record = json.loads(self.workspace.record("register") or b"{}")
        return told_by(run_id, json.loads(out.read_bytes("registration.json")), record)

    _packed: Bundle | None = None

    def _trained(self) -> bytes | None:
        return self.workspace.output("judged").files.get("learner.json")

    @property
    def files(self) -> dict[str, dict[str, bytes]]:
        """What register has published."""
        outputs = ("registration", "registered")
        return {name: dict(self.workspace.output(name).files) for name in outputs}

    @property
    def state(self) -> State:
        return read_state(self.registry, "toy")


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_first_bundle_becomes_version_one_on_staging_and_prod_stays_empty(
    office: Office,
) -> None:
    told = office.run()
    version = office.state.versions[0]
    assert told == {
        "version": 1,
        "digest": version.digest,
        "approval": "Approved",
        "new": True,
        "changes": {"staging": {"before": None, "after": 1}},
        "aliases": {"prod": None, "staging": 1},
        "gate": told["gate"],
        "override": None,
        "reasons": [],
    }
    assert (told["gate"]["passed"], version.run_id) == (True, "one")
    assert office.notes[-2] == "version 1, on staging"
    made = [(one.action, one.alias, one.reason) for one in read_history(office.registry, "toy")]
    assert made == [
        ("register", None, "trained by a run"),
        ("promote", "staging", "the gate passed"),
    ]


def test_the_same_bundle_again_is_the_same_version_and_nothing_is_written(office: Office) -> None:
    office.run()
    before, files, record = office.state, office.files, office.workspace.record("register")
    told = office.run("two")
    assert (told["version"], told["new"], told["changes"], told["reasons"]) == (1, False, {}, [])
    assert office.state == before
    assert (office.files, office.workspace.record("register")) == (files, record)
    assert office.notes[-2] == "version 1 already, on staging"


def test_by_force_equal_bytes_become_a_new_version_once(office: Office) -> None:
    first = office.run()
    told = office.run("two", force=True)
    assert (told["version"], told["digest"], told["new"]) == (2, first["digest"], True)
    assert told["changes"] == {"staging": {"before": 1, "after": 2}}
    again = office.run("three")
    assert (again["version"], again["new"], again["changes"]) == (2, False, {})
    assert [one.run_id for one in office.state.versions] == ["one", "two"]


def test_another_bundle_is_the_next_version(office: Office) -> None:
    office.run()
    office.bundle = small_bundle(seed=2)
    told = office.run("two")
    assert (told["version"], told["aliases"]) == (2, {"prod": None, "staging": 2})


def test_a_run_leaves_staging_where_a_person_has_put_it(office: Office) -> None:
    office.run()
    office.run("two", force=True)
    roll_back(office.registry, "toy", alias="staging", reason="mine")
    before = office.state
    told = office.run("three")
    assert (told["version"], told["aliases"]) == (2, {"prod": None, "staging": 1})
    assert told["reasons"] == ["staging was moved since it was registered"]
    assert office.state == before


def test_a_run_leaves_a_version_that_was_rejected_where_it_is(office: Office) -> None:
    office.run()
    reject(office.registry, "toy", 1, reason="no")
    told = office.run("two")
    assert (told["version"], told["approval"]) == (1, "Rejected")
    assert told["aliases"] == {"prod": None, "staging": None}
    assert told["reasons"][0] == "it was rejected"


def test_a_version_that_was_handed_in_is_left_to_who_handed_it_in(office: Office) -> None:
    hand_in(office.registry, "toy", stored(office.bundle), reason="by hand")
    told = office.run()
    assert (told["version"], told["new"]) == (1, False)
    assert (told["aliases"]["staging"], told["reasons"]) == (None, ["it was registered by hand"])


def test_a_bundle_that_failed_the_gate_is_registered_and_not_on_staging() -> None:
    office = Office(bundle=small_bundle(passed=False))
    told = office.run()
    assert (told["version"], told["new"], told["gate"]["passed"]) == (1, True, False)
    assert (told["changes"], told["aliases"]["staging"]) == ({}, None)
    assert told["reasons"] == ["the gate did not pass"]
    assert office.notes[-2] == "version 1, not on staging: the gate did not pass"


def test_a_reason_given_to_the_run_takes_it_to_staging_and_is_recorded() -> None:
    office = Office(bundle=small_bundle(passed=False, override="the old one\nis worse"))
    told = office.run()
    assert (told["aliases"]["staging"], told["override"]) == (1, "the old one\nis worse")
    last = read_history(office.registry, "toy")[-1]
    assert (last.reason, last.evidence["override"]) == ("the old one is worse", True)


def test_the_decision_follows_from_the_leaderboard_and_not_from_what_the_bundle_says() -> None:
    whole = small_bundle(passed=False)
    gate = {"passed": True, "champion": "ridge", "reasons": [], "comparisons": []}
    office = Office(
        bundle=replace(whole, metadata={**whole.metadata, "gate": {**gate, "override": None}})
    )
    assert office.run()["aliases"]["staging"] is None


def test_a_version_that_waits_for_approval_goes_to_staging_and_prod_stays() -> None:
    office = Office(bundle=small_bundle(approval=True))
    told = office.run()
    assert told["approval"] == "PendingManualApproval"
    assert told["aliases"] == {"prod": None, "staging": 1}


def test_a_newer_prod_is_no_matter_of_a_run(office: Office) -> None:
    office.run()
    promote(office.registry, "toy", 1, "prod", reason="good")
    office.bundle = small_bundle(seed=2)
    assert office.run("two")["aliases"] == {"prod": 1, "staging": 2}


@pytest.mark.parametrize("dies_at", [1, 2])
def test_a_run_killed_while_it_registers_is_completed_by_the_next_one(dies_at: int) -> None:
    ledger = DyingLedger(dies_at)
    office = Office(ledger=ledger)
    with pytest.raises(Killed):
        office.run()
    ledger.dies_at = 0
    told = office.run("two")
    assert (told["version"], told["new"]) == (1, dies_at == 1)
    assert told["aliases"] == {"prod": None, "staging": 1}
    assert len(office.state.versions) == 1
    assert office.state.versions[0].run_id == "one"


def test_a_forced_run_that_could_not_register_is_made_up_for_by_a_plain_one(
    office: Office,
) -> None:
    def closed() -> Registry:
        raise MachineError("nobody answers", "db:5432", "start it")

    office.run()
    with pytest.raises(MachineError) as caught:
        office.run("two", force=True, opens=closed)
    assert caught.value.args == (
        "the model is trained and packed, but not registered: nobody answers",
        "db:5432",
        "start it; then run the project again: it goes on from here",
    )
    told = office.run("three")
    assert (told["version"], told["new"], told["aliases"]["staging"]) == (2, True, 2)
    assert office.state.versions[1].run_id == "two"


def test_an_alias_that_a_person_moved_is_told_by_the_next_run_and_version_json_stays(
    office: Office,
) -> None:
    office.run()
    lasting = office.files["registered"]
    promote(office.registry, "toy", 1, "prod", reason="it is good")
    told = office.run("two")
    assert (told["new"], told["changes"]) == (False, {})
    assert told["aliases"] == {"prod": 1, "staging": 1}
    written = json.loads(office.files["registration"]["registration.json"])
    assert (written, office.files["registered"]) == (told, lasting)
