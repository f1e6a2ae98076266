"""What ``foresell pipeline`` prints: a tree of stages, what is wrong with a graph."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted
from foresell.pipeline.layers import depths, stages_before

if TYPE_CHECKING:
    from foresell.api.pipeline import CheckedGraph, Graph
    from foresell.pipeline.work import Stage

MORE = "--format json has them all"
_LOOKS = {
    "source": "the raw files",
    "registry": "the registry",
    "served": "what was served",
}
_LAST = {"never": "[dim]never[/dim]", "done": "done", "failed": "[red]failed[/red]"}


def show_graphs(found: "Sequence[Graph]", form: Format) -> None:
    """Print each graph as a tree; a stage hangs on the last one of those it waits for."""
    if form is Format.json:
        told = [_graph_json(graph) for graph in found]
        print_json(told[0] if found[0].project else told)
        return
    console = screen()
    for graph in found:
        ran = any(state != "never" for state in graph.last.values())
        heads = ("stage", "needs", "makes", "PARAMETERS", *(("last",) if ran else ()))
        table = result_table(*heads)
        for column in table.columns[1:3]:
            column.no_wrap = False
        table.title = f"{graph.project or f'A {graph.kind} project'}: {_counts(graph.stages)}"
        for stem, stage in _tree(graph.stages):
            cells = (_needs(stage), ", ".join(stage.makes), str(len(stage.reads or ())))
            state = (_LAST[graph.last[stage.name]],) if ran else ()
            name = f"[dim]{stem}[/dim][bold]{plain(stage.name)}[/bold]"
            table.add_row(name, *(cell or MISSING for cell in cells), *state)
        print_table(console, table, more=MORE)
        console.print(f"[dim]which parameters each reads: {MORE[:13]}[/dim]", soft_wrap=True)


def _counts(stages: "Sequence[Stage]") -> str:
    """Return how many stages there are, and how many outputs they make."""
    outputs = sum(len(stage.makes) for stage in stages)
    return f"{counted(len(stages), 'stage')}, {counted(outputs, 'output')}"


def _needs(stage: "Stage") -> str:
    """Return what a stage waits for: outputs, what people make, what it looks at each time."""
    named = [f"{name} (by hand)" if name in stage.by_hand else name for name in stage.needs]
    return ", ".join([*named, *(f"{_LOOKS[name]}, each time" for name in stage.looks)])


def _tree(stages: "Sequence[Stage]") -> "Iterator[tuple[str, Stage]]":
    """Yield each stage once with the branches before its name, children below their parent."""
    before = stages_before(stages)
    deep = depths(before)
    below: dict[str | None, list[Stage]] = {}
    for stage in stages:
        parents = before[stage.name]
        parent = max(parents, key=lambda name: (deep[name], name)) if parents else None
        below.setdefault(parent, []).append(stage)
    for root in below.get(None, []):
        yield "", root
        yield from _branches(root.name, below, "")


def _branches(
    name: str, below: "Mapping[str | None, Sequence[Stage]]", stem: str
) -> "Iterator[tuple[str, Stage]]":
    """Yield the stages below ``name``; of the only one the branch goes on where it is."""
    children = below.get(name, [])
    for place, child in enumerate(children):
        last = place == len(children) - 1
        yield f"{stem}{'└ ' if last else '├ '}", child
        yield from _branches(child.name, below, f"{stem}{'  ' if last else '│ '}")


def _graph_json(graph: "Graph") -> dict[str, Any]:
    """Return a graph for a program."""
    before = stages_before(graph.stages)
    deep = depths(before)
    return {
        "project": graph.project or None,
        "kind": graph.kind,
        "stages": [
            {
                **{name: value for name, value in asdict(stage).items() if name != "run"},
                "run": stage.run if isinstance(stage.run, str) else stage.module,
                "after": before[stage.name],
                "depth": deep[stage.name],
                "last": graph.last.get(stage.name),
            }
            for stage in graph.stages
        ],
    }


def show_checked(found: "Sequence[CheckedGraph]", form: Format) -> None:
    """Print what is wrong with each graph, and how to mend it."""
    if form is Format.json:
        print_json([
            {
                "project": one.project,
                "stages": len(one.stages),
                "findings": [asdict(finding) for finding in one.findings],
            }
            for one in found
        ])
        return
    console = screen()
    for one in found:
        mark = "[red]✗[/red]" if one.findings else "[green]✓[/green]"
        said = counted(len(one.findings), "finding") if one.findings else _counts(one.stages)
        console.print(f"{mark} {plain(one.project)}: {said}", soft_wrap=True)
        for finding in one.findings:
            console.print(f"  {plain(finding.where)}: {plain(finding.what)}", soft_wrap=True)
            console.print(f"    [dim]{plain(finding.mend)}[/dim]", soft_wrap=True)
