"""What ``foresell status`` prints: a line a stage, and below it because of what it is stale."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.show import Format
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.api.standing import ProjectStatus
    from foresell.pipeline.staleness import StageState, State

_SHOWN = 3  # reasons of a stage; --format json has them all
_MARKS: "Mapping[State, str]" = {
    "fresh": "[green]✓[/green]",
    "stale": "[yellow]![/yellow]",
    "follows": "[yellow]·[/yellow]",
    "failed": "[red]✗[/red]",
    "never": "[dim]·[/dim]",
}
_OUTSIDE = {
    "source": "the raw files",
    "registry": "the registry",
    "served": "what the served version is asked",
}


def show_status(found: "Sequence[ProjectStatus]", form: Format) -> None:
    """Print how the stages of each project stand."""
    if form is Format.json:
        print_json([_plain_status(one) for one in found])
        return
    console = screen()
    for one in found:
        _show_project(one, console)
    if stale := [one.project for one in found if one.stale and not one.never]:
        words = f"foresell run {stale[0]}" if len(stale) == 1 else "foresell run PROJECT"
        console.print(f"[dim]brought up to date by: {words}[/dim]", soft_wrap=True)


def _plain_status(one: "ProjectStatus") -> dict[str, Any]:
    """Return a project's status for programs."""
    return {
        "project": one.project,
        "workspace": str(one.workspace),
        "stale": list(one.stale),
        "unseen": one.unseen,
        "stages": [
            {
                **asdict(stage),
                "reasons": [{**asdict(reason), "says": reason.says} for reason in stage.reasons],
            }
            for stage in one.stages
        ],
    }


def _show_project(one: "ProjectStatus", console: "Console") -> None:
    """Print one project."""
    if one.never:
        console.print(f"[bold]{plain(one.project)}[/bold]  never run", highlight=False)
        return
    stale = f"{counted(len(one.stale), 'stage')} to do again" if one.stale else "up to date"
    console.print(f"[bold]{plain(one.project)}[/bold]  {stale}", highlight=False)
    if one.unseen:
        line = f"  [yellow]![/yellow] raw files not looked at: {plain(one.unseen)}"
        console.print(line, highlight=False, soft_wrap=True)
    for stage in one.stages:
        _show_stage(stage, console)


def _show_stage(stage: "StageState", console: "Console") -> None:
    """Print one stage, and the first of its reasons."""
    line = f"  {_MARKS[stage.state]} {stage.stage:<10} {stage.state:<8} {plain(_note(stage))}"
    console.print(line.rstrip(), highlight=False, soft_wrap=True)
    if stage.state == "never":
        return
    for reason in stage.reasons[:_SHOWN]:
        console.print(f"      {plain(reason.says)}", highlight=False, soft_wrap=True)
    if (more := len(stage.reasons) - _SHOWN) > 0:
        console.print(f"      [dim]and {more} more: --format json has them all[/dim]")


def _note(stage: "StageState") -> str:
    """Return what is said beside the state of a stage.

    >>> from foresell.pipeline.staleness import StageState
    >>> _note(StageState(stage="ingest", state="follows", after=("manifest",)))
    'after manifest'
    >>> _note(StageState(stage="register", state="fresh", looks=("registry",)))
    'a run looks at the registry again'
    """
    if stage.state == "follows":
        return f"after {', '.join(stage.after)}"
    outside = [_OUTSIDE[one] for one in stage.looks if one != "source"]
    if stage.state == "fresh" and outside:
        return f"a run looks at {' and '.join(outside)} again"
    return ""
