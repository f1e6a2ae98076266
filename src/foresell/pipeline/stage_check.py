"""What is wrong with one stage of a graph, as far as it can be seen without the others."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from foresell.errors import nearest
from foresell.pipeline.work import Outside, Stage

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_FILE = re.compile(r"[A-Za-z0-9_]+(?:[/.-][A-Za-z0-9_]+)*")
_RUNNERS = ("scratch",)  # a draft that the runner gives every stage


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong, where in the graph, and how to mend it."""

    what: str
    where: str
    mend: str


def where(stage: Stage) -> str:
    """Return how a finding names a stage."""
    return f"stage {stage.name!r}"


def _once(stage: Stage) -> Iterator[Finding]:
    """Find what one stage declares twice."""
    for what in ("needs", "makes", "gated", "by_hand", "looks", "reads", "metrics", "plots"):
        told = [getattr(one, "file", one) for one in getattr(stage, what) or ()]
        for name in twice(told):
            yield Finding(
                what=f"{name!r} stands twice in its {what}",
                where=where(stage),
                mend="take one of them out",
            )


def twice(names: Sequence[str]) -> list[str]:
    """Return the names that stand there more than once, in order.

    >>> twice(["b", "a", "b", "a", "c", "b"])
    ['b', 'a']
    """
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _words(stage: Stage) -> Iterator[Finding]:
    """Find names that are no plain words, and a stage that says nothing."""
    for name in (stage.name, *dict.fromkeys((*stage.needs, *stage.makes))):
        if not _WORD.fullmatch(name):
            yield Finding(
                what=f"{name!r} is no plain word",
                where=where(stage),
                mend="use small letters, digits and _, a letter first: folders are called so",
            )
    if not stage.says.strip() or "\n" in stage.says:
        yield Finding(
            what="it does not say in a line what it does",
            where=where(stage),
            mend="give it says='...'",
        )


def _own(stage: Stage) -> Iterator[Finding]:
    """Find what does not fit what the stage itself makes and needs."""
    for name in dict.fromkeys(stage.needs):
        if name in stage.makes:
            yield Finding(
                what=f"it needs {name!r}, which it makes itself",
                where=where(stage),
                mend="take it out of needs: Work.last has what it wrote last",
            )
    for name in dict.fromkeys(stage.gated):
        if name not in stage.makes:
            yield Finding(
                what=f"it gates {name!r}, which it does not make",
                where=where(stage),
                mend=nearest(name, stage.makes),
            )
    for name in dict.fromkeys(stage.by_hand):
        if name not in stage.needs:
            yield Finding(
                what=f"{name!r} is made by hand, and it does not need it",
                where=where(stage),
                mend="add it to needs, or take it out of by_hand",
            )


def _made(stage: Stage) -> Iterator[Finding]:
    """Find a stage that makes nothing, or what is not its to make."""
    if not stage.makes:
        yield Finding(
            what="it makes nothing",
            where=where(stage),
            mend="name its outputs in makes, or take the stage out",
        )
    for name in dict.fromkeys(stage.makes):
        if name in _RUNNERS:
            yield Finding(
                what=f"it makes {name!r}, which the runner gives every stage",
                where=where(stage),
                mend="call the output something else",
            )


def _outside(stage: Stage) -> Iterator[Finding]:
    """Find a stage that runs each time and does not say why, and the other way round."""
    for name in dict.fromkeys(stage.looks):
        if name not in (known := get_args(Outside)):
            yield Finding(
                what=f"it looks at {name!r}, which nobody knows",
                where=where(stage),
                mend=nearest(name, known),
            )
    if stage.always and not stage.looks:
        yield Finding(
            what="it runs always and looks at nothing outside",
            where=where(stage),
            mend="name in looks what it looks at, or take out always",
        )
    if stage.looks and not stage.always:
        yield Finding(
            what=f"it looks at {stage.looks[0]!r}, whose state no fingerprint knows",
            where=where(stage),
            mend="set always=True, or read what another stage wrote of it",
        )


def _undeclared(stage: Stage) -> Iterator[Finding]:
    """Find a stage whose parameters nobody declared."""
    if stage.reads is None:
        yield Finding(
            what="nobody declared which parameters it reads",
            where=where(stage),
            mend="name them in reads; () where it reads none",
        )


def _shown(stage: Stage) -> Iterator[Finding]:
    """Find metrics and plots that are no files of the stage's own outputs."""
    plots = [plot.file for plot in stage.plots]
    for kind, names, ending in (("metric", stage.metrics, ".json"), ("plot", plots, ".csv")):
        for name in dict.fromkeys(names):
            output, _, file = name.partition("/")
            if not file or not _FILE.fullmatch(name):
                yield Finding(
                    what=f"the {kind} {name!r} is no file of an output",
                    where=where(stage),
                    mend=f"write it as output/file{ending}",
                )
            elif output not in stage.makes:
                yield Finding(
                    what=f"the {kind} {name!r} lies in {output!r}, which it does not make",
                    where=where(stage),
                    mend=nearest(output, stage.makes),
                )
            elif not name.endswith(ending):
                yield Finding(
                    what=f"the {kind} {name!r} is no {ending} file",
                    where=where(stage),
                    mend=f"name a file that ends with {ending}",
                )


def _drawn(stage: Stage) -> Iterator[Finding]:
    """Find plots that do not say what is drawn."""
    for plot in stage.plots:
        lacking = [name for name in ("x", "y", "title") if not getattr(plot, name).strip()]
        if lacking:
            yield Finding(
                what=f"the plot {plot.file!r} has no {lacking[0]}",
                where=where(stage),
                mend="name the columns of both axes, and the title",
            )
        elif plot.x == plot.y:
            yield Finding(
                what=f"the plot {plot.file!r} draws {plot.x!r} over itself",
                where=where(stage),
                mend="name two columns",
            )


OF_A_STAGE: tuple[Callable[[Stage], Iterator[Finding]], ...] = (
    _words,
    _once,
    _own,
    _made,
    _outside,
    _undeclared,
    _shown,
    _drawn,
)
