"""Random histories, and what a slow and simple reader says of them: nothing of foresell's own.

The oracle plays each request on lists it copies, and notes after each what was true from then on.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from foresell.govern.chain import linked
from foresell.govern.state import stamp
from foresell.spec.registry import ALIASES, Alias, Head, Transition
from tests.unit.govern.registries import START

DIGEST = "ab" * 32
PASSED = {"gate": {"passed": True}, "override": False}


@dataclass
class Oracle:
    """What is true of a project: approvals by version, and what each alias was pointed to."""

    approvals: dict[int, str] = field(default_factory=dict)
    places: dict[Alias, list[int]] = field(default_factory=lambda: {name: [] for name in ALIASES})

    def live(self, alias: Alias) -> int | None:
        return self.places[alias][-1] if self.places[alias] else None

    def seen(self) -> tuple[dict[int, str], dict[Alias, int | None]]:
        return dict(self.approvals), {alias: self.live(alias) for alias in ALIASES}

    def register(self, *, approval: bool) -> int:
        number = len(self.approvals) + 1
        self.approvals[number] = "PendingManualApproval" if approval else "Approved"
        return number

    def may_promote(self, version: int, alias: Alias) -> bool:
        known = self.approvals.get(version)
        return known == "Approved" or (alias == "staging" and known == "PendingManualApproval")

    def promote(self, version: int, alias: Alias) -> bool:
        if self.live(alias) == version:
            return False
        self.places[alias].append(version)
        return True

    def roll_back(self, alias: Alias, steps: int = 1) -> bool:
        """Go back one promotion after the other, until so many other versions were met."""
        left = list(self.places[alias])
        for _ in range(steps):
            was = left[-1] if left else None
            while left and (left[-1] == was or self.approvals[left[-1]] == "Rejected"):
                left.pop()
        if left:
            self.places[alias] = left
        return bool(left)

    def empty(self, alias: Alias) -> bool:
        had = bool(self.places[alias])
        self.places[alias] = []
        return had

    def may_reject(self, version: int) -> bool:
        return (
            self.approvals.get(version) not in {None, "Rejected"} and self.live("prod") != version
        )

    def reject(self, version: int) -> None:
        was = self.live("staging")
        self.approvals[version] = "Rejected"
        staging = self.places["staging"]
        while was == version and staging and self.approvals[staging[-1]] == "Rejected":
            staging.pop()


@dataclass
class Written:
    """A history written by hand: its transitions, and what was true after each."""

    transitions: list[Transition] = field(default_factory=list)
    seen: list[tuple[datetime, dict[int, str], dict[Alias, int | None]]] = field(
        default_factory=list
    )

    @property
    def head(self) -> Head:
        last = self.transitions[-1] if self.transitions else None
        return Head(number=last.number, hash=last.hash) if last else Head()

    def write(self, at: datetime, oracle: Oracle, told: dict[str, Any]) -> None:
        made = linked(self.head, project="toy", at=stamp(at), who="ann", reason="why not", **told)
        self.transitions.append(made)
        self.seen.append((at, *oracle.seen()))

    def at(self, moment: datetime) -> tuple[dict[int, str], dict[Alias, int | None]]:
        """What was true at a moment, found by looking through everything."""
        found: tuple[dict[int, str], dict[Alias, int | None]] = Oracle().seen()
        for when, approvals, aliases in self.seen:
            if when <= moment:
                found = approvals, aliases
        return found


def random_history(seed: int, length: int) -> Written:
    """Write ``length`` transitions that the oracle allows, some in the same microsecond."""
    chance, oracle, written, now = random.Random(seed), Oracle(), Written(), START
    while len(written.transitions) < length:
        told = _request(chance, oracle)
        if told is not None:
            now += timedelta(microseconds=chance.choice([0, 0, 1, 999_999, 86_400_000_000]))
            written.write(now, oracle, told)
    return written


def _request(chance: random.Random, oracle: Oracle) -> dict[str, Any] | None:
    """Do something at random to the oracle; return what a transition says of it, None for none."""
    action = chance.choice(["register", "promote", "promote", "roll back", "approve", "reject"])
    alias: Alias = chance.choice(ALIASES)
    version, before = chance.randint(1, len(oracle.approvals) + 1), oracle.live(alias)
    if action == "register":
        number = oracle.register(approval=chance.random() < 0.4)
        record = {"digest": DIGEST, "run_id": "", "approval": oracle.approvals[number]}
        return {"action": action, "version": number, "evidence": record}
    if action == "approve" and oracle.approvals.get(version) == "PendingManualApproval":
        oracle.approvals[version] = "Approved"
        return {"action": action, "version": version}
    if action == "reject" and oracle.may_reject(version):
        return _rejection(oracle, version)
    moved = {"action": action, "alias": alias, "before": before}
    if (
        action == "promote"
        and oracle.may_promote(version, alias)
        and oracle.promote(version, alias)
    ):
        return moved | {"version": version, "after": version, "evidence": PASSED}
    return _rollback(chance, oracle, alias) if action == "roll back" else None


def _rollback(chance: random.Random, oracle: Oracle, alias: Alias) -> dict[str, Any] | None:
    """Take promotions back, now and then all; return what a transition says of it, if any."""
    before, height = oracle.live(alias), len(oracle.places[alias])
    told: dict[str, Any] = {"action": "roll back", "alias": alias, "before": before}
    if chance.random() < 0.1:
        emptied = told | {"version": before, "after": None, "evidence": {"steps": height}}
        return emptied if oracle.empty(alias) else None
    if oracle.roll_back(alias, chance.choice([1, 1, 1, 2, 3])):
        after, steps = oracle.live(alias), height - len(oracle.places[alias])
        return told | {"version": after, "after": after, "evidence": {"steps": steps}}
    return None


def _rejection(oracle: Oracle, version: int) -> dict[str, Any]:
    """Reject a version; return what a transition says of it."""
    before, height = oracle.live("staging"), len(oracle.places["staging"])
    oracle.reject(version)
    told: dict[str, Any] = {"action": "reject", "version": version}
    if before == version:
        steps, after = height - len(oracle.places["staging"]), oracle.live("staging")
        told |= {"alias": "staging", "before": before, "after": after, "evidence": {"steps": steps}}
    return told
