"""What a run says of MLflow, in one line."""

from typing import TYPE_CHECKING

from foresell.cli.terminal import plain
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.wiring.tracking_result import RunTracking


def show_tracking(told: "RunTracking", console: "Console") -> None:
    """Print where the run is found in MLflow, or why it is not, and what to do; off: nothing."""
    if told.state == "sent" and told.run:
        said = f"[bold]MLflow[/bold]    run {told.run} in {plain(told.where)}"
    elif told.state in {"waiting", "failed"}:
        said = f"[bold red]Tracking failed[/bold red]  {plain(failed(told))}"
    else:
        return
    console.print(said, highlight=False, soft_wrap=True)


def failed(told: "RunTracking") -> str:
    """Return why not all has arrived, and what to do, in one line.

    >>> from foresell.wiring.tracking_result import RunTracking
    >>> why, sync = "MLflow is not installed", "foresell track sync"
    >>> failed(RunTracking(state="failed", why=why, mend="pip install it", waiting=4))
    'MLflow is not installed; 4 notes wait: pip install it, then foresell track sync'
    >>> failed(RunTracking(state="waiting", waiting=1, mend=sync))
    'MLflow takes nothing more; 1 note waits: foresell track sync'
    """
    what = told.why or "MLflow takes nothing more"
    sync = "foresell track sync"
    mend = told.mend if sync in told.mend or not told.waiting else f"{told.mend}, then {sync}"
    if not told.waiting:
        return f"{what}; {mend}"
    verb = "waits" if told.waiting == 1 else "wait"
    return f"{what}; {counted(told.waiting, 'note')} {verb}: {mend}"
