"""Which stages a run is about, and which of them can begin: no file is opened, no clock read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from foresell.errors import UsageError, nearest
from foresell.pipeline.work import Stage


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part of a graph that is asked for; all of it where nothing is said.

    ``first`` and ``until`` cut the list of stages, in its order, and are both in it. ``only``:
    exactly these stages, whatever stands between them. ``fresh``: refused where a stage before them
    is stale; otherwise what it made is used as it is.
    """

    first: str | None = None
    until: str | None = None
    only: tuple[str, ...] = ()
    fresh: bool = False

    def __post_init__(self) -> None:
        """Refuse two ways of saying it at once.

        Raises:
            UsageError: single stages are named, and an end of a list as well.
        """
        if self.only and (self.first or self.until):
            raise UsageError(
                "single stages are asked for, and a row of stages too",
                "--stage, --from, --until",
                "name stages one by one, or say from which and until which",
            )

    @property
    def whole(self) -> bool:
        """Whether every stage is meant."""
        return not (self.only or self.first or self.until)


def choose(stages: Sequence[Stage], part: Part) -> tuple[Stage, ...]:
    """Return the stages of ``part``, in the order of the graph.

    Raises:
        UsageError: no stage has that name, or the first comes after the last.
    """
    names = [stage.name for stage in stages]
    asked: list[tuple[str, str | None]] = [("--stage", name) for name in part.only]
    asked += [("--from", part.first), ("--until", part.until)]
    for option, name in asked:
        if name is not None and name not in names:
            raise UsageError(f"there is no stage {name!r}", option, nearest(name, names))
    if part.only:
        return tuple(stage for stage in stages if stage.name in part.only)
    first = names.index(part.first) if part.first else 0
    last = names.index(part.until) if part.until else len(names) - 1
    if last < first:
        raise UsageError(
            f"{part.until} comes before {part.first}, so no stage is between them",
            f"--from {part.first} --until {part.until}",
            f"the order is: {', '.join(names)}",
        )
    return tuple(stages[first : last + 1])


def makers(stages: Sequence[Stage]) -> Mapping[str, str]:
    """Return the stage that makes each output, by the output's name."""
    return {output: stage.name for stage in stages for output in stage.makes}


def needed(stages: Sequence[Stage], stage: Stage) -> frozenset[str]:
    """Return the names of those of ``stages`` that ``stage`` follows from, near and far."""
    made, by_name = makers(stages), {one.name: one for one in stages}
    found: set[str] = set()
    waiting = [made[name] for name in stage.needs if name in made]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [made[need] for need in by_name[name].needs if need in made]
    return frozenset(found)


def following(stages: Sequence[Stage], name: str) -> tuple[str, ...]:
    """Return the names of those of ``stages`` that follow from the stage ``name``, in order."""
    return tuple(stage.name for stage in stages if name in needed(stages, stage))


def ranks(stages: Sequence[Stage]) -> Mapping[str, int]:
    """Return the length of the longest chain of ``stages`` that waits for each, itself included.

    Who begins with the longest chain is done first, as far as stages take as long as each other.
    """
    made = makers(stages)
    found = {stage.name: 1 for stage in stages}
    for stage in reversed(stages):  # each comes after what it needs, so its own rank stands
        for maker in {made[name] for name in stage.needs if name in made}:
            found[maker] = max(found[maker], found[stage.name] + 1)
    return found


def ready(stages: Sequence[Stage], done: Collection[str], begun: Collection[str]) -> list[Stage]:
    """Return the stages that can begin now, those first for which the longest chain waits.

    ``done``: names of stages that came to a good end; ``begun``: all that were ever begun, these
    too. What a stage needs and none of ``stages`` makes is there already. A stage that failed is
    begun and not done, so that what follows from it never begins, and nothing else waits for it.
    """
    made, rank = makers(stages), ranks(stages)
    free = [
        stage
        for stage in stages
        if stage.name not in begun and all(made[n] in done for n in stage.needs if n in made)
    ]
    return sorted(free, key=lambda stage: -rank[stage.name])
