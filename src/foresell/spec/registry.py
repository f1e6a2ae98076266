"""The nouns of the registry: versions, aliases, and the transitions that nobody can take back.

A project has versions 1, 2, 3 ... and two aliases that point to one of them each. All that ever
happened to them is one list of transitions per project, each with the hash of the one before; what
is live, and what was live at any time, follows from the list alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from foresell.errors import UsageError, nearest

Alias = Literal["staging", "prod"]
ALIASES: tuple[Alias, ...] = get_args(Alias)
ALIAS_WORDS: Mapping[str, Alias] = {
    "staging": "staging",
    "prod": "prod",
    "challenger": "staging",
    "champion": "prod",
}
Action = Literal["register", "promote", "roll back", "approve", "reject"]
Approval = Literal["PendingManualApproval", "Approved", "Rejected"]
GENESIS = "0" * 64  # the hash before the first transition


def alias_of(word: str) -> Alias:
    """Return the alias that ``word`` means.

    Raises:
        UsageError: it means none.

    >>> alias_of("prod"), alias_of("challenger")
    ('prod', 'staging')
    """
    if word not in ALIAS_WORDS:
        raise UsageError(f"there is no alias {word!r}", "alias", nearest(word, ALIAS_WORDS))
    return ALIAS_WORDS[word]


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where a project's list of transitions ends: how many there are, and the hash of the last."""

    number: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One thing that happened to a version; ``number`` counts 1, 2, 3 within the project.

    ``at``: UTC, ISO with microseconds and ``+00:00``, never before that of the one before.
    ``alias``: None for register, approve and reject; but the rejection of the version that staging
    points to takes it off there, and has ``steps`` as a rollback has. ``before`` and ``after``: the
    version that the alias pointed to, None for none. ``evidence``: plain JSON values; of a
    registration it is the version's record (see `Version`), of a promotion what the gate saw, of a
    rollback ``steps``, how many promotions it takes back. A rollback whose ``after`` is None takes
    back all of them, and its ``version`` is the one that was live. ``hash`` covers every other
    field, ``previous`` among them.
    """

    project: str
    number: int
    at: str
    who: str
    action: Action
    version: int
    alias: Alias | None = None
    before: int | None = None
    after: int | None = None
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    previous: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """A registered model, which never changes; only its ``approval`` is decided later.

    ``digest``: the sha256 of its bundle's listing, the bundle's identity. ``run_id``: the run that
    trained it, empty where a bundle was handed in. ``record``: what the registration noted of it,
    from the bundle: ``digest``, ``run_id``, ``champion``, ``kind``, ``preset``, ``scores``,
    ``gate``, ``files``, ``bytes``, ``approval`` (the first state), ``source``.
    """

    project: str
    version: int
    digest: str
    registered_at: str
    who: str
    run_id: str
    approval: Approval
    record: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class State:
    """A project's registry at one moment: what follows from its transitions up to then.

    ``stacks``: of each alias, the versions it pointed to whose promotions were not taken back, the
    live one last.
    """

    project: str
    versions: tuple[Version, ...] = ()
    stacks: Mapping[Alias, tuple[int, ...]] = field(default_factory=dict)
    head: Head = field(default_factory=Head)

    @property
    def aliases(self) -> dict[Alias, int | None]:
        """The version that each alias points to, None for none; prod first."""
        return {alias: (self.stacks.get(alias) or (None,))[-1] for alias in reversed(ALIASES)}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something a verification found: ``where`` it is, and ``what`` is wrong with it."""

    where: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Mirrored:
    """What another registry (MLflow's) shows of a project.

    ``versions``: the digest by our version; ``approvals``: its approval there, empty where none is
    shown. ``aliases``: our version, the name there of one that is
    not ours, None for none. ``doubled``: our versions that it shows more than once. ``strangers``:
    the names there of what bears no version of ours: people made it by hand.
    """

    versions: Mapping[int, str] = field(default_factory=dict)
    approvals: Mapping[int, str] = field(default_factory=dict)
    aliases: Mapping[Alias, int | str | None] = field(default_factory=dict)
    doubled: tuple[int, ...] = ()
    strangers: tuple[str, ...] = ()
