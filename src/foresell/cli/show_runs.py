"""What ``foresell run`` prints of several projects: one table, and why others have no run."""

from typing import TYPE_CHECKING, Any

from foresell.cli.show import Format, run_json, show_error
from foresell.cli.tables import print_table
from foresell.cli.terminal import plain, print_json, screen

if TYPE_CHECKING:
    from foresell.api import RunResult, Runs


def refused(result: "RunResult", *, single: bool) -> bool:
    """Tell whether a model did not pass its gate, and nobody said why it is used all the same.

    Where ``single`` stages were asked for, the gate's verdict is a result like another; see
    ``--fail-on``.
    """
    return result.passed is False and result.override is None and not single


def exit_code(found: "Runs", *, single: bool) -> int:
    """Return the code that several runs end with: that of the worst error, else of the gates."""
    if found.failed:
        return max(error.exit_code for error in found.failed.values())
    return int(any(refused(result, single=single) for result in found.runs))


def show_runs(found: "Runs", form: Format) -> None:
    """Print a line a project, and why others have no run."""
    if form is Format.json:
        print_json({
            "runs": [run_json(result) for result in found.runs],
            "passed_over": dict(found.passed_over),
            "failed": {
                name: {"what": error.what, "where": error.where, "mend": error.mend}
                for name, error in found.failed.items()
            },
        })
        return
    if found.runs:
        _show_table(found)
    for name, reason in found.passed_over.items():
        screen().print(f"[dim]{plain(name)} was passed over:[/dim] {plain(reason)}", soft_wrap=True)
    for name, error in found.failed.items():
        screen(stderr=True).print(f"[bold]{plain(name)}[/bold]", soft_wrap=True)
        show_error(error)


def _show_table(found: "Runs") -> None:
    """Print what came of each run."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - keeps --help quick
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("project", "stages", "champion", "gate", "version", "tracked"):
        table.add_column(name, no_wrap=name == "project")
    for result in found.runs:
        table.add_row(f"[bold]{plain(result.project)}[/bold]", *_cells(result))
    console = screen()
    print_table(console, table)
    for result in found.runs:
        if result.quality is not None:
            place = plain(str(result.quality))
            console.print(f"[bold]{plain(result.project)}[/bold] {place}", soft_wrap=True)


def _cells(result: "RunResult") -> tuple[str, ...]:
    """Return what is told of one run, in words."""
    done = sum(state == "done" for state in result.stages.values())
    kept = len(result.stages) - done
    left = f", {kept} as they were" if kept else ""
    stages = f"{done} done{left}" if done else "nothing changed"
    return (
        stages,
        plain(result.champion or "–"),
        _gate(result),
        "–" if result.version is None else _version(result.version, result.aliases),
        result.tracking.state,
    )


def _gate(result: "RunResult") -> str:
    """Return the verdict of the gate in words."""
    if result.passed is None:
        return "–"
    if result.passed:
        return "[green]passed[/green]"
    reason = f", overridden: {plain(result.override)}" if result.override else ""
    return f"[red]not passed[/red]{reason}"


def _version(number: int, aliases: Any) -> str:
    """Return a version with what points to it.

    >>> _version(3, {"prod": 2, "staging": 3})
    '3 (staging)'
    """
    on = ", ".join(alias for alias, at in aliases.items() if at == number)
    return f"{number} ({on})" if on else str(number)
