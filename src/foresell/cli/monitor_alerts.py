"""``foresell monitor alerts`` and ``deliver``: which alerts stand, and telling what waits."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.alerting import Alerts, AlertStatus, DeliveredAlerts

_Project = Annotated[
    str | None, typer.Argument(help="Name of a project; every one by default.", metavar="[PROJECT]")
]
_COLOURS = {"firing": "red", "resolved": "green", "quiet": "dim"}
_SHOWN = 10  # findings of an alert


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``monitor``."""
    group.command()(alerts)
    group.command()(deliver)


def alerts(
    project: _Project = None,
    *,
    fail_on_alert: Annotated[
        bool, typer.Option("--fail-on-alert", help="Exit 1 where an alert stands.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Say which alerts stand, since when, and what waits to be told."""
    from foresell.api import alerting  # noqa: PLC0415 - keeps --help quick

    found = alerting.alerts(project)
    if form is Format.json:
        print_json(found.to_json())
    else:
        _show_alerts(found)
    if fail_on_alert and found.firing:
        raise typer.Exit(1)


def deliver(project: _Project = None, *, form: Form = Format.table) -> None:
    """Tell the webhooks of FORESELL_WEBHOOK what waits; what was taken is told no more.

    Exit code 3 when something is left.
    """
    from foresell.api import alerting  # noqa: PLC0415 - keeps --help quick

    sent = alerting.deliver_alerts(project)
    if form is Format.json:
        print_json(sent.to_json())
    else:
        _show_delivered(sent)
    if sent.waiting:
        raise typer.Exit(3)


def _show_alerts(found: "Alerts") -> None:
    """Print a row for each subject, the findings of what stands, and what waits."""
    console = screen()
    if not found.alerts:
        console.print("nothing was looked at yet: foresell monitor drift PROJECT", highlight=False)
    else:
        table = result_table("project", "about", "state", "since", "looked at", "VERSION", "says")
        table.columns[-1].no_wrap = False
        for one in found.alerts:
            colour = _COLOURS[one.state]
            table.add_row(
                one.project,
                one.subject,
                f"[{colour}]{one.state}[/{colour}]",
                _minute(one.since),
                _minute(one.checked),
                "" if one.version is None else str(one.version),
                plain(one.says),
            )
        print_table(console, table, more="--format json has them all")
    for one in found.firing:
        _show_findings(one)
    for wait in found.waiting:
        console.print(
            f"[red]{counted(wait.messages, 'message')} of {wait.project} not told[/red]  "
            f"{plain(wait.why)}\n  [dim]mend [/dim] {plain(wait.mend)}",
            highlight=False,
            soft_wrap=True,
        )
    told = ", ".join(found.places) or "nobody: FORESELL_WEBHOOK names no webhook"
    console.print(f"[dim]told: {plain(told)}[/dim]", highlight=False, soft_wrap=True)


def _show_findings(alert: "AlertStatus") -> None:
    """Print what an alert is about."""
    console = screen()
    console.print(f"[bold]{alert.project}, {alert.subject}[/bold]", highlight=False)
    for one in alert.findings[:_SHOWN]:
        console.print(f"  {plain(one)}", highlight=False, soft_wrap=True)
    if left := len(alert.findings[_SHOWN:]):
        console.print(f"  [dim]… {left} more: {plain(str(alert.file))}[/dim]", highlight=False)


def _show_delivered(sent: "DeliveredAlerts") -> None:
    """Print what was told, and what could not be."""
    console = screen()
    if not sent.taken and not sent.waiting:
        console.print("nothing to tell", highlight=False)
    if sent.taken:
        console.print(f"[bold]{counted(sent.taken, 'message')}[/bold] told", highlight=False)
    for one in sent.trouble:
        console.print(
            f"[red]not told[/red]  {one['project']}: {plain(one['what'])}\n"
            f"  [dim]mend [/dim] {plain(one['mend'])}",
            highlight=False,
            soft_wrap=True,
        )


def _minute(moment: datetime | None) -> str:
    """Return a moment in UTC as a person reads it."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
