"""What is wrong between a graph and the source of its stages; nothing that is read is run."""

from collections.abc import Iterator, Sequence

from foresell.errors import nearest
from foresell.pipeline.stage_check import Finding, where
from foresell.pipeline.taking import functions, taken
from foresell.pipeline.work import Stage

_FIELDS = {"inputs": ("input", "needs"), "outputs": ("output", "makes")}


def check_code(stages: Sequence[Stage]) -> tuple[Finding, ...]:
    """Return what is wrong between ``stages`` and their modules, which are parsed, never imported.

    A ``run`` that names no function; an input or output that its code takes by name and the stage
    does not declare, wherever the work of the stage is handed on: `foresell.pipeline.taking`.

    >>> from foresell.pipeline.work import Stage
    >>> one = Stage(name="sum", run="foresell.errors:run", needs=(), makes=("sum",), says="sums")
    >>> check_code([one])[0].what
    "its run names 'run', which 'foresell.errors' does not define"
    """
    return tuple(one for stage in stages for one in _of_a_stage(stage))


def _of_a_stage(stage: Stage) -> Iterator[Finding]:
    """Find what is wrong between one stage and its code."""
    if not isinstance(stage.run, str):
        yield from _undeclared(stage, stage.run.__module__, stage.run.__name__)
        return
    module, _, name = stage.run.partition(":")
    if not module or not name.isidentifier():
        yield Finding(
            what=f"its run {stage.run!r} names no function",
            where=where(stage),
            mend="write it as module:function",
        )
        return
    defined = functions(module)
    if defined is None:
        yield Finding(
            what=f"its run names the module {module!r}, which is not there",
            where=where(stage),
            mend="name the module in full, as it is imported",
        )
        return
    if name not in defined:
        yield Finding(
            what=f"its run names {name!r}, which {module!r} does not define",
            where=where(stage),
            mend=nearest(name, defined),
        )
    yield from _undeclared(stage, module, name)


def _undeclared(stage: Stage, module: str, name: str) -> Iterator[Finding]:
    """Find inputs and outputs that the code takes by name and the stage does not declare."""
    declared = {"inputs": stage.needs, "outputs": stage.makes}
    first = {(one.side, one.name): one for one in reversed(taken(module, name))}
    for one in reversed(first.values()):
        noun, field = _FIELDS[one.side]
        if one.name not in declared[one.side]:
            yield Finding(
                what=f"its code takes the {noun} {one.name!r}, which it does not declare",
                where=where(stage),
                mend=f"add it to {field}, or take it out of {one.module}",
            )
