"""Verifying: whether the history, and every file it names, is still what it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foresell.bundle.bundle import Bundle, read_bundle
from foresell.errors import DataError, ForesellError
from foresell.govern.chain import problems_of
from foresell.govern.keeping import kept_bundle
from foresell.govern.registering import contradictions
from foresell.govern.registry import Registry, refuse_unknown
from foresell.spec.registry import Head, Problem, Transition

_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was looked at, and what was found.

    ``transitions`` and ``versions`` of ``project``; ``objects``: the files that its versions name,
    equal ones once, with ``bytes`` in all; both 0 where only an export was looked at. ``unnamed``:
    the sha256 of what is kept and named by no version of any project, sorted: left by a
    registration that was interrupted, or by one that is on its way. That is no problem. Empty too
    where a history or a listing of any project is damaged: nobody knows then what it named.
    """

    project: str
    problems: tuple[Problem, ...]
    transitions: int
    versions: int
    objects: int = 0
    bytes: int = 0
    unnamed: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether there was nothing to find."""
        return not self.problems


def verify(registry: Registry, project: str) -> Verification:
    """Hold the whole history of ``project`` against its chain and rules, and read every file.

    A project that nothing is known of is a ``UsageError``.
    """
    try:
        refuse_unknown(registry, project)
        head, transitions = steady(registry, project)
    except DataError as error:  # a row that is no transition, or no database
        return unreadable(project, error)
    problems = list(problems_of(project, transitions, head))
    objects: dict[str, int] = {}
    for digest, registrations in _bundles(transitions).items():
        problems += _damage(registry, digest, registrations, objects)
    return Verification(
        project=project,
        problems=tuple(problems),
        transitions=len(transitions),
        versions=sum(one.action == "register" for one in transitions),
        objects=len(objects),
        bytes=sum(objects.values()),
        unnamed=_unnamed(registry),
    )


def unreadable(project: str, error: ForesellError) -> Verification:
    """Return what was found where nothing can be read because of ``error``."""
    found = Problem(where="ledger", what=f"{error.what} ({error.where})")
    return Verification(project=project, problems=(found,), transitions=0, versions=0)


def steady(registry: Registry, project: str) -> tuple[Head, tuple[Transition, ...]]:
    """Return where the list ends and its transitions, of one moment if others let that happen."""
    head = registry.ledger.head(project)
    transitions = tuple(registry.ledger.transitions(project))
    for _ in range(_TRIES):
        if (now := registry.ledger.head(project)) == head:
            break
        head, transitions = now, tuple(registry.ledger.transitions(project))
    return head, transitions


def _bundles(transitions: Sequence[Transition]) -> Mapping[str, Sequence[Transition]]:
    """Return the registrations by the digest of their bundle."""
    found: dict[str, list[Transition]] = {}
    for one in transitions:
        if one.action == "register":
            found.setdefault(str(one.evidence.get("digest", "")), []).append(one)
    return found


def _damage(
    registry: Registry, digest: str, registrations: Sequence[Transition], objects: dict[str, int]
) -> Iterator[Problem]:
    """Yield what is wrong with the files of a bundle, and with what was noted of it.

    Those that are right are added to ``objects``.
    """
    where = f"version {registrations[0].version}"
    try:
        bundle = kept_bundle(registry.vault, digest)
    except DataError as error:
        yield Problem(where=where, what=f"its listing: {error.what}")
        return
    objects[digest] = len(bundle.listing)
    damaged = False
    for name, content in sorted(bundle.sums.items()):
        try:
            objects[content] = objects.get(content) or len(registry.vault.get(content))
        except DataError as error:
            damaged = True
            yield Problem(where=where, what=f"{name}: {error.what}")
    if not damaged:
        try:
            yield from _other_than(read_bundle(bundle, verified=True), registrations)
        except ForesellError as error:
            yield Problem(where=where, what=error.what)


def _other_than(bundle: Bundle, registrations: Sequence[Transition]) -> Iterator[Problem]:
    """Yield what registrations noted that is not what their bundle says."""
    for one in registrations:
        for what in contradictions(one.evidence, bundle):
            yield Problem(where=f"version {one.version}", what=what)


def _unnamed(registry: Registry) -> tuple[str, ...]:
    """Return what is kept and named by no version of any project, as `Verification` says."""
    named: set[str] = set()
    there = registry.vault.list()  # first: what is registered from here on is not among it
    try:
        for project in registry.ledger.projects():
            for digest in _bundles(registry.ledger.transitions(project)):
                named |= {digest, *kept_bundle(registry.vault, digest).sums.values()}
    except DataError:
        return ()
    return tuple(one for one in there if one not in named)
