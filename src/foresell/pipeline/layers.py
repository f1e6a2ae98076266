"""How the stages of a graph hang together: who comes before whom, and how deep each lies."""

from collections.abc import Mapping, Sequence

from foresell.pipeline.work import Stage


def stages_before(stages: Sequence[Stage]) -> Mapping[str, tuple[str, ...]]:
    """Return for each stage those whose outputs it needs, in the order of the graph.

    >>> one = Stage(name="one", run="a:run", needs=(), makes=("x",), says="")
    >>> two = Stage(name="two", run="a:run", needs=("x",), makes=("y",), says="")
    >>> stages_before([one, two])
    {'one': (), 'two': ('one',)}
    """
    maker = {output: stage.name for stage in stages for output in stage.makes}
    found = {stage.name: {maker[name] for name in stage.needs if name in maker} for stage in stages}
    return {
        name: tuple(one.name for one in stages if one.name in before and one.name != name)
        for name, before in found.items()
    }


def depths(before: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """Return how many stages at least come before each, one after the other.

    ``before``: as `stages_before` returns it, every stage behind those it needs.

    >>> depths({"one": (), "two": ("one",), "three": ("one", "two")})
    {'one': 0, 'two': 1, 'three': 2}
    """
    found: dict[str, int] = {}
    for name, earlier in before.items():
        found[name] = 1 + max((found[one] for one in earlier), default=-1)
    return found


def reduced(before: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    """Return ``before`` without what follows from the rest: the arrows that a picture needs.

    >>> reduced({"one": (), "two": ("one",), "three": ("one", "two")})
    {'one': (), 'two': ('one',), 'three': ('two',)}
    """
    behind: dict[str, set[str]] = {}
    for name, earlier in before.items():
        behind[name] = {*earlier}.union(*(behind[one] for one in earlier))
    return {
        name: tuple(one for one in earlier if not any(one in behind[other] for other in earlier))
        for name, earlier in before.items()
    }
