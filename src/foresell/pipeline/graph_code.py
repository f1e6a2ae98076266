"""What is wrong between a graph and the source of its stages; nothing that is read is run."""

import ast
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from foresell.errors import nearest
from foresell.pipeline.stage_check import Finding, where
from foresell.pipeline.work import Stage


def check_code(stages: Sequence[Stage]) -> tuple[Finding, ...]:
    """Return what is wrong between ``stages`` and their modules, which are parsed, never imported.

    A ``run`` that names no function; an input or output that a stage's own module takes by name
    and the stage does not declare.

    >>> from foresell.pipeline.work import Stage
    >>> one = Stage(name="sum", run="foresell.errors:run", needs=(), makes=("sum",), says="sums")
    >>> check_code([one])[0].what
    "its run names 'run', which 'foresell.errors' does not define"
    """
    return tuple(one for stage in stages for one in _of_a_stage(stage))


def _of_a_stage(stage: Stage) -> Iterator[Finding]:
    """Find what is wrong between one stage and its module."""
    if not isinstance(stage.run, str):
        yield from _undeclared(stage, _parsed(stage.run.__module__))
        return
    module, _, name = stage.run.partition(":")
    if not module or not name.isidentifier():
        yield Finding(
            what=f"its run {stage.run!r} names no function",
            where=where(stage),
            mend="write it as module:function",
        )
        return
    tree = _parsed(module)
    if tree is None:
        yield Finding(
            what=f"its run names the module {module!r}, which is not there",
            where=where(stage),
            mend="name the module in full, as it is imported",
        )
        return
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if name not in defined:
        yield Finding(
            what=f"its run names {name!r}, which {module!r} does not define",
            where=where(stage),
            mend=nearest(name, defined),
        )
    yield from _undeclared(stage, tree)


def _undeclared(stage: Stage, tree: ast.Module | None) -> Iterator[Finding]:
    """Find inputs and outputs that the module takes by name and the stage does not declare."""
    for side, declared, field in (
        ("input", stage.needs, "needs"),
        ("output", stage.makes, "makes"),
    ):
        for name in _taken(tree, f"{side}s"):
            if name not in declared:
                yield Finding(
                    what=f"its code takes the {side} {name!r}, which it does not declare",
                    where=where(stage),
                    mend=f"add it to {field}, or take it out of {stage.module}",
                )


def _taken(tree: ast.Module | None, side: str) -> list[str]:
    """Return the names in ``X.inputs["name"]`` or ``X.outputs["name"]``, in order, each once."""
    names = [
        node.slice.value
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == side
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    ]
    return list(dict.fromkeys(names))


def _parsed(module: str) -> ast.Module | None:
    """Return the syntax tree of a module, or None where there is no such module."""
    try:
        found = find_spec(module)
    except (ModuleNotFoundError, ValueError):
        return None
    if found is None or found.origin is None:
        return None
    return ast.parse(Path(found.origin).read_bytes())
