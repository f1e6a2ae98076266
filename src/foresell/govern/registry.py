"""The registry of all projects: how it is read, how one transition is added, how a version is read.

A list that does not verify is not read, so nothing is decided by one that somebody has changed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresell.errors import (
    ConflictError,
    DataError,
    MachineError,
    UsageError,
    counted,
    nearest,
)
from foresell.govern.chain import linked, problems_of
from foresell.govern.state import stamp, state_of
from foresell.spec.ports import Ledger, Vault
from foresell.spec.registry import (
    ALIAS_WORDS,
    Action,
    Alias,
    Head,
    State,
    Transition,
    Version,
)

if TYPE_CHECKING:
    from foresell.bundle.bundle import Bundle, Evidence

LATEST = "latest"
_DIGITS = 18  # more than any number of versions has; int() reads no text of thousands
_TRIES = 100  # each that fails is somebody else's that succeeded


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Where versions and transitions are kept, what time it is, and who asks."""

    ledger: Ledger
    vault: Vault
    clock: Callable[[], datetime]
    who: str


@dataclass(frozen=True, kw_only=True)
class Move:
    """What came of a request that may change something.

    ``transition``: None where nothing had to change. ``notes``: what else is to be said of it.
    """

    project: str
    transition: Transition | None
    state: State
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything had to change."""
        return self.transition is not None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A transition before it has its place in a list, its time and whose it is."""

    action: Action
    version: int
    reason: str
    alias: Alias | None = None
    before: int | None = None
    after: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def read_history(registry: Registry, project: str) -> tuple[Transition, ...]:
    """Return the transitions of a project, none where it has none, as they were made.

    Raises:
        DataError: they are not: one was changed, taken away or added.
    """
    head = registry.ledger.head(project)
    transitions = tuple(registry.ledger.transitions(project))
    ends = [Head(), *(Head(number=one.number, hash=one.hash) for one in transitions)]
    if head != ends[-1] and head in ends:
        # Others have added some since: then it is further now. Or somebody has put it back.
        now = registry.ledger.head(project)
        head = now if now in ends else ends[-1]
    problems = problems_of(project, transitions, head)
    if problems:
        raise DataError(
            f"the history of {project!r} was changed: {problems[0].where}: {problems[0].what}",
            registry.ledger.label,
            f"see all of it by foresell registry verify {project}; restore the database from a "
            "backup",
        )
    return transitions


def read_state(registry: Registry, project: str, at: datetime | None = None) -> State:
    """Return the state of a project, of now or of a time; empty where it has no versions.

    A history that was changed is a ``DataError``, a time without a zone a ``UsageError``.
    """
    return state_of(project, read_history(registry, project), at)


def decided(
    registry: Registry, project: str, decide: Callable[[State], Draft | None]
) -> tuple[Transition | None, State]:
    """Add the transition that ``decide`` makes of the state; return it and the state after it.

    Where somebody else was quicker, ``decide`` is asked again with what that has made of the state.
    It may return None: nothing is to change. Whatever it raises ends this, and nothing was added.
    Where the answer to a write is lost, the list is read to see whether it was done.

    Raises:
        MachineError: others were quicker each time, or the ledger is out of reach.
    """
    who = asked_by(registry.who)
    for _ in range(_TRIES):
        history = read_history(registry, project)
        state = state_of(project, history)
        draft = decide(state)
        if draft is None:
            return None, state
        now = stamp(registry.clock())
        transition = linked(
            state.head,
            project=project,
            at=max(now, history[-1].at) if history else now,  # clocks of two machines differ
            who=who,
            action=draft.action,
            version=draft.version,
            alias=draft.alias,
            before=draft.before,
            after=draft.after,
            reason=draft.reason,
            evidence=draft.evidence,
        )
        after = state_of(project, (*history, transition))
        try:
            registry.ledger.append(transition)
        except ConflictError:
            continue
        except MachineError as error:
            if not _written(registry, transition, error):
                raise
        return transition, after
    raise MachineError(
        f"others wrote to the registry of {project!r} first, {_TRIES} times in a row",
        registry.ledger.label,
        "ask again when fewer write to it",
    )


def _written(registry: Registry, transition: Transition, error: MachineError) -> bool:
    """Tell whether ``transition`` is in the list all the same, though its write ended in ``error``.

    Raises:
        MachineError: the ledger does not answer this either.
    """
    try:
        kept = registry.ledger.transitions(transition.project)
    except MachineError as silence:
        raise MachineError(
            f"{error.what}; whether it was written before that is not known",
            error.where,
            f"{error.mend}; look before asking again: foresell registry history "
            f"{transition.project}",
        ) from silence
    return any(one.hash == transition.hash for one in kept)


def asked_by(who: str) -> str:
    """Return the name that transitions bear; a ``UsageError`` where ``who`` cannot be one."""
    return one_line(who, "who asks", "set FORESELL_USER to a name, one plain line of text")


def one_line(text: str, where: str, mend: str = "") -> str:
    """Return ``text`` without blanks around it. ``mend``: what to do where it is none.

    Raises:
        UsageError: nothing is left, or it has more than one line, or no text can hold it.

    >>> one_line(" fewer errors ", "reason")
    'fewer errors'
    """
    line = text.strip()
    if not line:
        raise UsageError("it is empty", where, mend or 'say it in a line: --reason "..."')
    if not all(char.isprintable() or char == "\u00a0" for char in line):
        raise UsageError(
            f"{line!r} is no plain line of text",
            where,
            mend or "leave out line ends and control characters",
        )
    return line


def resolve(state: State, which: str | int) -> Version:
    """Return the version that ``which`` means: a number, an alias, or ``latest``.

    Raises:
        UsageError: it means none; what there is, is listed.
    """
    if not state.versions:
        raise UsageError(*_none(state.project))
    word = str(which)
    if word == LATEST:
        return state.versions[-1]
    if word in ALIAS_WORDS:
        alias = ALIAS_WORDS[word]
        live = state.aliases[alias]
        if live is None:
            raise UsageError(
                f"no version of {state.project!r} is {alias}",
                "registry",
                f"promote one: foresell registry promote {state.project} VERSION --to {alias} "
                f"--reason TEXT; {_there(state)}",
            )
        return state.versions[live - 1]
    number = int(word) if word.isascii() and word.isdecimal() and len(word) <= _DIGITS else 0
    if 1 <= number <= len(state.versions):
        return state.versions[number - 1]
    raise UsageError(f"{state.project!r} has no version {word!r}", "registry", _there(state))


def load(registry: Registry, project: str, which: str | int) -> "tuple[Version, Bundle]":
    """Return a version and its bundle, once every file of it is what was registered.

    No such project or version is a ``UsageError``; a history that was changed, or a file of the
    bundle that was, a ``DataError``.
    """
    refuse_unknown(registry, project)
    version = resolve(read_state(registry, project), which)
    return version, read_version(registry, version)


def refuse_unknown(registry: Registry, project: str) -> None:
    """Refuse a project that has no versions.

    Raises:
        UsageError: it is one; the nearest that has some is named.
    """
    # A list whose end alone was taken away is one to verify, not none.
    if registry.ledger.head(project) == Head() and not registry.ledger.transitions(project):
        known = registry.ledger.projects()
        raise UsageError(*_none(project, nearest(project, known) if known else ""))


def read_version(registry: Registry, version: Version) -> "Bundle":
    """Return the bundle of a version, verified.

    A ``DataError`` where a file of it is missing or was changed.
    """
    # Polars takes 0.1 s, and whoever only asks what is live reads no bundle.
    from foresell.bundle.bundle import read_bundle  # noqa: PLC0415
    from foresell.govern.keeping import kept_bundle  # noqa: PLC0415

    with _naming(registry, version):  # a vault compares what it gives: once is enough
        return read_bundle(kept_bundle(registry.vault, version.digest), verified=True)


def judged_version(registry: Registry, version: Version) -> "Evidence":
    """Return what the bundle of a version says of how good it is; only that is read, and verified.

    A ``DataError`` where a file of that is missing or was changed.
    """
    from foresell.bundle.bundle import read_evidence  # noqa: PLC0415 - as above
    from foresell.govern.keeping import kept_bundle  # noqa: PLC0415

    with _naming(registry, version):
        return read_evidence(kept_bundle(registry.vault, version.digest))


@contextmanager
def _naming(registry: Registry, version: Version) -> Iterator[None]:
    """Say which version it is that cannot be read.

    Raises:
        DataError: a file of it is missing or was changed.
    """
    try:
        yield
    except DataError as error:
        raise DataError(
            f"version {version.version} of {version.project!r} is damaged: {error.what}",
            f"{registry.vault.label}, bundle {version.digest[:12]}",
            "restore the file from a backup, or register the same bundle again: what is missing is "
            "put back",
        ) from error


def how_to_begin(project: str) -> str:
    """Return how a project gets its first version, in words."""
    return f"foresell run {project} registers one"


def _none(project: str, others: str = "") -> tuple[str, str, str]:
    """Return what is said to who asks for a version of a project that has none: what, where, mend.

    ``others``: which projects have some, and which of them may be meant.
    """
    mend = "; ".join([how_to_begin(project), *((others,) * bool(others))])
    return f"{project!r} has no versions", "registry", mend


def _there(state: State) -> str:
    """Return which versions there are, in words."""
    count = len(state.versions)
    numbers = "1" if count == 1 else f"1 to {count}"
    said = [f"{alias} is {one}" for alias, one in state.aliases.items() if one is not None]
    verb = "is" if count == 1 else "are"
    return "; ".join([f"there {verb} {counted(count, 'version')}, {numbers}", *said])
