"""What ``foresell monitor drift`` prints."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foresell.cli.numbers import MISSING
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.monitoring import DriftReport
    from foresell.spec.monitoring import Finding
    from foresell.wiring.alerting import Settled

_COLUMNS, _FINDINGS = 12, 15
_MORE = "--format json has them all"
NOT_SERVED = "this version is not the one that is served: no alert is settled by this look"


def drift_json(report: "DriftReport") -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "project": report.project,
        "version": report.version,
        "alias": report.alias,
        "served": report.served,
        "passed": report.passed,
        "drift": dict(report.drift),
        "schema": dict(report.schema),
        "alerts": {
            subject: {
                "firing": settled.firing,
                "since": settled.since.isoformat() if settled.since else None,
                "new": settled.new,
                "resolved": settled.resolved,
                "compared": settled.compared,
                "unseen": list(settled.unseen),
                "delivered": settled.delivered,
                "kept": settled.kept,
                "trouble": list(settled.trouble),
            }
            for subject, settled in report.alerts.items()
        },
        "files": [str(path) for path in report.files],
    }


def show_uncompared(project: str, why: str, form: Format) -> None:
    """Print that nothing was compared, and why."""
    if form is Format.json:
        print_json({"project": project, "available": False, "reason": why})
        return
    screen().print(
        f"[bold]{plain(project)}[/bold]  nothing was compared: {plain(why)}", soft_wrap=True
    )


def show_drift(report: "DriftReport") -> None:
    """Print what was compared, the columns that moved most, what was found, and the alerts."""
    console = screen()
    alarms = len(report.alarms)
    verdict = (
        f"[bold red]{counted(alarms, 'alarm')}[/bold red]" if alarms else "[green]no alarm[/green]"
    )
    whose = f"version {report.version}" + (f" ({report.alias})" if report.alias else "")
    console.print(f"[bold]{plain(report.project)}[/bold]  {whose}: {verdict}", soft_wrap=True)
    for words in _sides(report.drift):
        console.print(plain(words), soft_wrap=True, highlight=False)
    if withheld := report.drift.get("withheld"):
        console.print(f"[yellow]{plain(str(withheld))}[/yellow]", soft_wrap=True, highlight=False)
    _show_columns(report.drift.get("columns", ()))
    _show_findings(report.findings)
    for note in report.drift["notes"]:
        console.print(f"[dim]{plain(note)}[/dim]", soft_wrap=True, highlight=False)
    _show_alerts(report)
    for path in report.files:
        if path.suffix == ".html":
            console.print(f"[dim]{plain(str(path))}[/dim]", soft_wrap=True, highlight=False)


def _sides(told: Mapping[str, Any]) -> Sequence[str]:
    """Return one line for each side."""
    current, reference = told["current"], told["reference"]
    return (
        f"now: {current['told']}: {counted(current['rows'], 'row')}{_span(current)}",
        f"beside: {counted(reference['rows'], 'row')}; {reference['says']}",
    )


def _span(side: Mapping[str, Any]) -> str:
    """Return the days of a side, where it has some."""
    return f", {side['first']} to {side['last']}" if side["first"] else ""


def _show_columns(columns: Sequence[Mapping[str, Any]]) -> None:
    """Print the columns, worst first."""
    if not columns:
        return
    table = result_table("column", "part", "PSI", "KS", "P", "verdict")
    for one in columns[:_COLUMNS]:
        verdict = plain(one["verdict"])
        if one["drifted"]:
            colour = "yellow" if one["trending"] else "red"
            verdict = f"[{colour}]{verdict}[/{colour}]"
        table.add_row(
            plain(one["name"]),
            one["part"],
            _number(one["psi"]),
            _number(one["ks"]),
            _number(one["adjusted"]),
            verdict,
        )
    print_table(screen(), table, more=_MORE)
    if len(columns) > _COLUMNS:
        left = counted(len(columns) - _COLUMNS, "more column")
        screen().print(f"[dim]… {left}: {_MORE}[/dim]", highlight=False)


def _show_findings(findings: "Sequence[Finding]") -> None:
    """Print what was found, alarms first."""
    for one in findings[:_FINDINGS]:
        mark = "[red]alarm[/red]" if one.weight == "alarm" else "[dim]note[/dim] "
        screen().print(f"{mark}  {plain(one.says)}", soft_wrap=True, highlight=False)
    if len(findings) > _FINDINGS:
        left = counted(len(findings) - _FINDINGS, "more finding")
        screen().print(f"[dim]… {left}: {_MORE}[/dim]", highlight=False)


def _show_alerts(report: "DriftReport") -> None:
    """Print how the alerts stand, and who could not be told."""
    if not report.served:
        screen().print(f"[dim]{NOT_SERVED}[/dim]", highlight=False, soft_wrap=True)
    for subject, settled in report.alerts.items():
        if settled.firing:
            since = f" since {settled.since:%Y-%m-%d %H:%M} UTC" if settled.since else ""
            new = " (new)" if settled.new else ""
            screen().print(f"[red]the {subject} alert stands{since}{new}[/red]", highlight=False)
        elif settled.resolved:
            screen().print(f"[green]the {subject} alert is over[/green]", highlight=False)
        for words in unseen_words(settled):
            screen().print(f"[yellow]{plain(words)}[/yellow]", soft_wrap=True, highlight=False)
    # One place that is out of reach is so for every subject: once is enough, as it was said last.
    last = list(dict.fromkeys(words for one in report.alerts.values() for words in one.trouble))
    places = {words.partition(", waits: ")[0]: words for words in last}
    for words in places.values():
        screen().print(f"[yellow]{plain(words)}[/yellow]", soft_wrap=True, highlight=False)


def unseen_words(settled: "Settled") -> Sequence[str]:
    """Return what is said of alarms that stand because nobody could look at them again."""
    if settled.firing and not settled.compared:
        return ("this look compared nothing: what stands is left as it is",)
    if settled.unseen:
        why = "this look could not see what they are about"
        return (f"{counted(len(settled.unseen), 'alarm')} left as before: {why}",)
    return ()


def _number(value: float | None) -> str:
    """Return a measure as a person reads it."""
    return MISSING if value is None else f"{value:.3f}"
