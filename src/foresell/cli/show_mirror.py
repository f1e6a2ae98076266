"""What is said of MLflow's registry, which follows ours."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.govern.mirroring import Difference

_REASON = 200  # characters of a reason that are shown


def follow(project: str) -> None:
    """Have MLflow show what has changed, and say so in one line on standard error; off: nothing."""
    from foresell.api.mirroring import follow as follow_up  # noqa: PLC0415 - keeps --help quick

    sys.stdout.flush()  # what was changed is told before MLflow is waited for
    done, console = follow_up(project), screen(stderr=True)
    if done.state == "mirrored":
        console.print(f"[dim]MLflow shows it too: {plain(done.where)}[/dim]", soft_wrap=True)
    elif done.state == "failed":
        console.print(
            f"[yellow]MLflow does not show it yet[/yellow], the registry has it: "
            f"{plain(one_line(done.why, _REASON))}; later: {plain(done.mend)}",
            soft_wrap=True,
        )


def show_differences(found: "Sequence[Difference]", *, mended: bool) -> None:
    """Print what MLflow shows otherwise, and what was done about it."""
    console = screen()
    if found:
        table = result_table("project", "what", "now")
        for column in table.columns[1:]:
            column.no_wrap = False
        for one in found:
            table.add_row(plain(one.project), plain(one.what), _now(one, mended=mended))
        print_table(console, table)
    left = [one for one in found if is_left(one)]
    if left:
        count = counted(len(left), "difference")
        tail = "" if mended else "; foresell registry reconcile puts it right"
        console.print(f"[bold red]✗[/bold red] {count}{tail}", soft_wrap=True)
    else:
        console.print("[green]✓[/green] MLflow shows what the registry says", soft_wrap=True)


def is_left(one: "Difference") -> bool:
    """Tell whether a difference is one that foresell is to mend, and has not."""
    return one.mendable and not one.mended


def differences_json(found: "Sequence[Difference]") -> dict[str, Any]:
    """Return the same as plain values; ``same``: whether nothing is left to be mended."""
    listed = [{**asdict(one), "mendable": one.mendable} for one in found]
    return {"same": not any(is_left(one) for one in found), "differences": listed}


def _now(one: "Difference", *, mended: bool) -> str:
    """Return what has become of a difference."""
    if one.mended:
        return "[green]mended[/green]"
    if not one.mendable:
        return "[dim]left to those who made it[/dim]"
    why = plain(one_line(one.why, _REASON))
    return f"[red]{why or 'not mended'}[/red]" if mended else "[yellow]to be mended[/yellow]"
