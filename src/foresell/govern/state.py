"""What follows from a project's transitions: its versions, their approval, where aliases point."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from foresell.errors import DataError, UsageError
from foresell.spec.registry import (
    ALIASES,
    Alias,
    Approval,
    Head,
    State,
    Transition,
    Version,
)

_MEND = "restore the registry's database from a backup; foresell registry verify says all"
_AT_FIRST: tuple[Approval, ...] = ("Approved", "PendingManualApproval")


def stamp(moment: datetime) -> str:
    """Return a moment as transitions bear it: UTC, ISO with microseconds; as texts they sort.

    Raises:
        UsageError: it says no time zone.

    >>> stamp(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
    '2026-11-21T09:30:00.000000+00:00'
    """
    if moment.tzinfo is None:
        raise UsageError(
            f"{moment.isoformat()} names no time zone", "time", "end it with Z or with +01:00"
        )
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def state_of(project: str, transitions: Sequence[Transition], at: datetime | None = None) -> State:
    """Return the state after all ``transitions``, or after those made up to ``at`` and at it.

    ``transitions``: all of ``project``, in order. Whether one was changed is for
    `foresell.govern.chain.problems_of` to say; here each only has to be possible where it stands.

    Raises:
        DataError: one is not: no rule of the registry allows it after those before it.
    A ``UsageError`` where ``at`` says no time zone.
    """
    fold = Fold(project)
    for transition in until(transitions, at):
        if (why := fold.refusal(transition)) is not None:
            raise DataError(why, f"registry of {project!r}, transition {transition.number}", _MEND)
        fold.take(transition)
    return fold.state()


def until(transitions: Iterable[Transition], at: datetime | None) -> Iterable[Transition]:
    """Return those made up to ``at`` and at it: they are in the order of time.

    A ``UsageError`` where ``at`` says no time zone.
    """
    last = None if at is None else stamp(at)
    return (one for one in transitions if last is None or one.at <= last)


def earlier(stack: Sequence[int], rejected: Collection[int]) -> Iterator[int]:
    """Yield how many promotions must be taken back to get to each earlier place, nearest first.

    ``stack`` as in `State`. Places of versions that are ``rejected`` are passed over, and those
    that would change nothing, because the version there is the one that was come from.

    >>> list(earlier([1, 2, 3], rejected=[2])), list(earlier([5, 4, 3, 4], rejected=[3]))
    ([2], [3])
    """
    last = stack[-1] if stack else None
    for steps, version in enumerate(reversed(stack)):
        if version != last and version not in rejected:
            yield steps
            last = version


class Fold:
    """Takes transitions one after the other, and remembers what they have come to."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.versions: dict[int, Version] = {}
        self.rejected: set[int] = set()
        self.stacks: dict[Alias, list[int]] = {alias: [] for alias in ALIASES}
        self.head = Head()
        self._rules: Mapping[str, Callable[[Transition], str | None]] = {
            "register": self._no_registration,
            "promote": self._no_promotion,
            "roll back": self._no_rollback,
            "approve": self._no_approval,
            "reject": self._no_rejection,
        }

    def state(self) -> State:
        """Return what has come about so far."""
        return State(
            project=self.project,
            versions=tuple(self.versions.values()),
            stacks={alias: tuple(stack) for alias, stack in self.stacks.items()},
            head=self.head,
        )

    def take(self, transition: Transition) -> None:
        """Go one further; ``transition`` is one that `refusal` allows."""
        number, alias = transition.version, transition.alias
        if transition.action == "register":
            self.versions[number] = _version(transition)
        elif transition.action == "approve":
            self.versions[number] = replace(self.versions[number], approval="Approved")
        elif transition.action == "reject":
            self.versions[number] = replace(self.versions[number], approval="Rejected")
            self.rejected.add(number)
        if alias is not None:
            stack = self.stacks[alias]
            if transition.action == "promote":
                stack.append(number)
            else:
                del stack[len(stack) - transition.evidence["steps"] :]
        self.head = Head(number=transition.number, hash=transition.hash)

    def refusal(self, transition: Transition) -> str | None:
        """Return why ``transition`` cannot come next, None where it can."""
        if transition.project != self.project:
            return f"it is of the project {transition.project!r}"
        if transition.action not in self._rules:
            return f"there is nothing called {transition.action!r}"
        if transition.action != "register" and transition.version not in self.versions:
            return f"there is no version {transition.version} yet"
        return self._rules[transition.action](transition)

    def _no_registration(self, transition: Transition) -> str | None:
        """Return why ``transition`` registers nothing."""
        if transition.version != (due := len(self.versions) + 1):
            return f"it registers version {transition.version}, and {due} is the next"
        if transition.evidence.get("approval", "Approved") not in _AT_FIRST:
            return f"no version begins as {transition.evidence['approval']!r}"
        return _moving(transition)

    def _no_promotion(self, transition: Transition) -> str | None:
        """Return why ``transition`` promotes nothing."""
        approval = self.versions[transition.version].approval
        if approval == "Rejected" or (transition.alias == "prod" and approval != "Approved"):
            return f"version {transition.version} is {approval}: it cannot be {transition.alias}"
        if transition.after != transition.version or transition.before == transition.after:
            return f"it moves {transition.alias} to {transition.after}, not to its own version"
        return self._astray(transition)

    def _no_rollback(self, transition: Transition) -> str | None:
        """Return why ``transition`` takes nothing back."""
        if (why := self._astray(transition)) is not None or transition.alias is None:
            return why
        stack, steps = self.stacks[transition.alias], transition.evidence.get("steps")
        if transition.after is None:
            return _not_emptied(transition, stack)
        if type(steps) is not int or steps not in earlier(stack, self.rejected):
            return f"{transition.alias} cannot go {steps} back"
        target = stack[-1 - steps]
        if not target == transition.after == transition.version:
            return f"{steps} back is version {target}, not {transition.after}"
        return None

    def _no_approval(self, transition: Transition) -> str | None:
        """Return why ``transition`` approves nothing."""
        approval = self.versions[transition.version].approval
        if approval != "PendingManualApproval":
            return f"version {transition.version} is {approval} already"
        return _moving(transition)

    def _no_rejection(self, transition: Transition) -> str | None:
        """Return why ``transition`` rejects nothing."""
        number = transition.version
        if number in self.rejected:
            return f"version {number} is Rejected already"
        if number == _live(self.stacks["prod"]):
            return f"version {number} is prod: it cannot be rejected"
        if number != _live(self.stacks["staging"]):
            return _moving(transition)
        steps, after = taken_off(self.stacks["staging"], self.rejected | {number})
        told = (transition.alias, transition.after, transition.evidence.get("steps"))
        if told != ("staging", after, steps):
            return f"version {number} is staging, which is to become {after}, {steps} back"
        return self._astray(transition)

    def _astray(self, transition: Transition) -> str | None:
        """Return why ``transition`` moves no alias from where it points to."""
        if transition.alias not in ALIASES:
            return f"there is no alias {transition.alias!r}"
        if transition.before != (live := _live(self.stacks[transition.alias])):
            return f"it moves {transition.alias} from {transition.before}, which is {live}"
        return None


def taken_off(stack: Sequence[int], rejected: Collection[int]) -> tuple[int, int | None]:
    """Return how many promotions go when the live version is rejected, and what is live then.

    >>> taken_off([1, 2, 3], rejected=[3]), taken_off([1, 1, 2], rejected=[1, 2])
    ((1, 2), (3, None))
    """
    steps = next((n for n, one in enumerate(reversed(stack)) if one not in rejected), len(stack))
    return steps, stack[-1 - steps] if steps < len(stack) else None


def _not_emptied(transition: Transition, stack: Sequence[int]) -> str | None:
    """Return why ``transition`` does not take everything off ``stack``; it bears what was live."""
    steps = transition.evidence.get("steps")
    if not stack:
        return f"{transition.alias} is none already"
    if type(steps) is not int or steps != len(stack):
        return f"{transition.alias} is none after {len(stack)} steps back, not {steps}"
    if transition.version != stack[-1]:
        return f"it takes version {stack[-1]} off {transition.alias}, not {transition.version}"
    return None


def _live(stack: Sequence[int]) -> int | None:
    """Return the version on which a stack ends."""
    return stack[-1] if stack else None


def _version(transition: Transition) -> Version:
    """Return the version that a registration made."""
    record = transition.evidence
    return Version(
        project=transition.project,
        version=transition.version,
        digest=str(record.get("digest", "")),
        registered_at=transition.at,
        who=transition.who,
        run_id=str(record.get("run_id", "")),
        approval=record.get("approval", "Approved"),
        record=record,
    )


def _moving(transition: Transition) -> str | None:
    """Return that ``transition`` moves an alias, which its action does not."""
    moved = (transition.alias, transition.before, transition.after) != (None, None, None)
    return f"a transition to {transition.action!r} moves no alias" if moved else None
