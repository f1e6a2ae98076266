"""What is wrong with a graph, found before anything runs: every finding names its mend.

Nothing here opens a file or imports what a stage runs; `foresell.pipeline.graph_code` reads the
source of the stages.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from foresell.errors import nearest
from foresell.pipeline.stage_check import OF_A_STAGE, Finding, twice, where
from foresell.pipeline.work import Stage


def check(
    stages: Sequence[Stage],
    *,
    parameters: Collection[str],
    places: Collection[str],
    elsewhere: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return what is wrong with ``stages``, given in the order in which they run; nothing if sound.

    ``parameters``: every name that a stage may read, each of which some stage has to, but those
    that are read ``elsewhere``: by a graph of another kind. ``places``: the outputs that
    `foresell.spec.directories` knows a place for.

    >>> from foresell.pipeline.work import Stage
    >>> one = Stage(name="sum", run="a:run", needs=("sum",), makes=("sum",), says="sums", reads=())
    >>> [found.what for found in check([one], parameters=(), places=["sum"])]
    ["it needs 'sum', which it makes itself"]
    """
    if not stages:
        return (Finding(what="there is no stage", where="the graph", mend="declare one"),)
    found = [one for stage in stages for rule in OF_A_STAGE for one in rule(stage)]
    for rule in (_names, _writers, _needs, _order, _cycles, _files):
        found += rule(stages)
    found += _parameters(stages, parameters, elsewhere)
    found += _places(stages, places)
    return tuple(dict.fromkeys(found))


def _names(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find two stages of one name."""
    for name in twice([stage.name for stage in stages]):
        yield Finding(
            what=f"two stages are called {name!r}",
            where="the graph",
            mend="a record is kept by name: rename one of them",
        )


def _makers(stages: Sequence[Stage]) -> Mapping[str, list[str]]:
    """Return the names of the stages that make each output."""
    makers: dict[str, list[str]] = {}
    for stage in stages:
        for name in dict.fromkeys(stage.makes):
            makers.setdefault(name, []).append(stage.name)
    return makers


def _writers(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find outputs that more than one stage writes, or a person and a stage."""
    by_hand = {name: stage.name for stage in stages for name in stage.by_hand}
    for output, makers in _makers(stages).items():
        if len(makers) > 1:
            yield Finding(
                what=f"{output!r} is written by {' and '.join(map(repr, makers))}",
                where="the graph",
                mend="an output is replaced as a whole: let one stage make it",
            )
        if output in by_hand:
            yield Finding(
                what=f"{output!r} is made by hand and by {makers[0]!r}",
                where=f"stage {by_hand[output]!r}",
                mend="take it out of by_hand, or out of makes",
            )


def _needs(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find inputs that nobody makes."""
    made = _makers(stages)
    for stage in stages:
        for name in dict.fromkeys(stage.needs):
            if name not in made and name not in stage.by_hand:
                yield Finding(
                    what=f"it needs {name!r}, which no stage makes",
                    where=where(stage),
                    mend=f"{nearest(name, made)}; or name it in by_hand, where people make it",
                )


def _order(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find stages that stand before one whose output they need, where no cycle is to blame."""
    if any(True for _ in _cycles(stages)):
        return
    made = [(output, at) for at, stage in enumerate(stages) for output in stage.makes]
    for at, stage in enumerate(stages):
        late = [
            (stages[place].name, name)
            for name in dict.fromkeys(stage.needs)
            for output, place in made
            if output == name and place > at
        ]
        for maker, name in late:
            yield Finding(
                what=f"it stands before {maker!r}, which makes the {name!r} it needs",
                where=where(stage),
                mend=f"put it behind {maker!r}",
            )


def _cycles(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find stages that wait for each other: one finding a knot, its way told in order."""
    makers = _makers(stages)
    before = {
        stage.name: [
            maker
            for name in dict.fromkeys(stage.needs)
            for maker in makers.get(name, ())
            if maker != stage.name
        ]
        for stage in stages
    }
    told: set[str] = set()
    for stage in stages:
        way = _way_back(stage.name, before)
        if way and told.isdisjoint(way):
            told.update(way)
            yield Finding(
                what=f"each waits for the one before: {' -> '.join([*way, way[0]])}",
                where="the graph",
                mend="let one of them do without the other's output",
            )


def _way_back(name: str, before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the shortest way from ``name`` over what waits for it back to it; [] if none.

    >>> _way_back("a", {"a": ["c"], "b": ["a"], "c": ["b"], "d": ["a"]})
    ['a', 'b', 'c']
    """
    ways, seen = [[name]], {name}
    for way in ways:  # grows while it is walked
        for earlier in before.get(way[0], ()):
            if earlier == name:
                return [name, *way[:-1]]
            if earlier not in seen:
                seen.add(earlier)
                ways.append([earlier, *way])
    return []


def _files(stages: Sequence[Stage]) -> Iterator[Finding]:
    """Find files that are declared as a metric or plot by more than one stage."""
    owners: dict[str, list[str]] = {}
    for stage in stages:
        for name in dict.fromkeys((*stage.metrics, *(plot.file for plot in stage.plots))):
            owners.setdefault(name, []).append(stage.name)
    for name, told in owners.items():
        if len(told) > 1:
            yield Finding(
                what=f"{name!r} is declared by {' and '.join(map(repr, told))}",
                where="the graph",
                mend="let the stage that makes it declare it",
            )


def _parameters(
    stages: Sequence[Stage], known: Collection[str], elsewhere: Collection[str]
) -> Iterator[Finding]:
    """Find parameters that do not exist, and such that nobody reads."""
    read: set[str] = set()
    for stage in stages:
        for name in dict.fromkeys(stage.reads or ()):
            read.add(name)
            if name not in known:
                yield Finding(
                    what=f"it reads {name!r}, which is no parameter",
                    where=where(stage),
                    mend=nearest(name, known),
                )
    for name in sorted(set(known) - read - set(elsewhere)):
        yield Finding(
            what=f"nobody reads the parameter {name!r}",
            where="the graph",
            mend="let the stage that it concerns read it, or take it out of the project's fields",
        )


def _places(stages: Sequence[Stage], places: Collection[str]) -> Iterator[Finding]:
    """Find outputs and things made by hand that no variable could move."""
    for stage in stages:
        for name in dict.fromkeys((*stage.makes, *stage.by_hand)):
            if name not in places:
                yield Finding(
                    what=f"{name!r} has no place",
                    where=where(stage),
                    mend="add it to spec/directories.py, under the variable that moves it",
                )
