"""What ``foresell registry`` prints: projects, versions, history, what a verification found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from foresell.cli.metric_cells import metric_title
from foresell.cli.numbers import MISSING, amounts
from foresell.cli.show import Format
from foresell.cli.tables import print_table
from foresell.cli.terminal import one_line, plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.table import Table

    from foresell.api.registry import History, RegistrySummary
    from foresell.govern.verifying import Verification
    from foresell.spec.registry import State, Transition, Version

_MORE = "--format json has them all"
_MOST = 40  # problems that are shown
_REASON = 200  # characters of a reason that are shown
_DAMAGED = (MISSING, MISSING, MISSING, MISSING, "[red]damaged[/red]")  # but for the name
_ROOMY = 110  # characters of a screen that holds who registered a version, and the time of day
_DONE = {"promote": "promoted", "roll back": "rolled back", "reject": "left by a rejection"}
_APPROVAL = {
    "PendingManualApproval": "[yellow]waiting[/yellow]",
    "Approved": "approved",
    "Rejected": "[red]rejected[/red]",
}


def show_projects(found: "Sequence[RegistrySummary]") -> None:
    """Print the projects that have versions."""
    console = screen()
    if not found:
        console.print("no project has a version yet; foresell run PROJECT registers one")
        return
    heads = ("project", "VERSIONS", "PROD", "STAGING", "waiting for approval", "last change, UTC")
    table = _table(*heads)
    table.columns[-1].no_wrap = True
    for one in found:
        if one.damage:
            table.add_row(f"[bold]{plain(one.project)}[/bold]", *_DAMAGED)
            continue
        table.add_row(
            f"[bold]{plain(one.project)}[/bold]",
            f"{one.versions:,}",
            _number(one.prod),
            _number(one.staging),
            ", ".join(map(str, one.pending)) or MISSING,
            _second(one.last, zone=""),
        )
    print_table(console, table, more=_MORE)
    for one in found:
        if one.damage:
            console.print(f"[red]✗[/red] {plain(one_line(one.damage, _REASON))}", soft_wrap=True)
            check = f"foresell registry verify {plain(one.project)}"
            console.print(f"  [dim]all of it: {check}[/dim]", soft_wrap=True)


def projects_json(found: "Sequence[RegistrySummary]") -> list[dict[str, Any]]:
    """Return the projects as plain values."""
    return [asdict(one) for one in found]


def show_state(state: "State", transitions: "Sequence[Transition]") -> None:
    """Print what is live, since when and why, and every version, newest first."""
    console = screen()
    if not state.versions:
        run = f"foresell run {plain(state.project)}"
        console.print(f"{plain(state.project)} has no version yet; {run} registers one")
        return
    for line in _live(state, transitions):
        console.print(line, soft_wrap=True)
    console.print()
    print_table(console, _versions(state, roomy=console.width >= _ROOMY), more=_MORE)
    waiting = [one.version for one in state.versions if one.approval == "PendingManualApproval"]
    for version in waiting[-1:]:
        console.print(
            f"[yellow]version {version} waits for approval[/yellow]: foresell registry approve "
            f"{plain(state.project)} {version} --reason TEXT",
            soft_wrap=True,
        )


def state_json(state: "State") -> dict[str, Any]:
    """Return a state as plain values: project, aliases, versions (oldest first), head."""
    aliases: Mapping[Any, int | None] = state.aliases
    return {
        "project": state.project,
        "aliases": dict(aliases),
        "versions": [
            {**asdict(one), "aliases": _aliases_of(state, one.version)} for one in state.versions
        ],
        "head": asdict(state.head),
    }


def show_history(found: "History", at: "datetime | None") -> None:
    """Print one line a transition, oldest first; with ``at`` also what was live then."""
    console = screen()
    if at is not None:
        state = found.state
        live = ", ".join(f"{alias} {_number(version)}" for alias, version in state.aliases.items())
        count = counted(len(state.versions), "version") if state.versions else "no version yet"
        then = _second(at.isoformat(timespec="microseconds"))
        console.print(f"[bold]At {then}[/bold]  {live}; {count}", soft_wrap=True)
    if not found.transitions:
        console.print(f"nothing {'has' if at is None else 'had'} happened yet")
        return
    table = _table("#", "when, UTC", "who", "what", "moved", "why")
    table.columns[0].justify = "right"
    for place in (0, 1, 3):
        table.columns[place].no_wrap = True
    for one in found.transitions:
        table.add_row(
            str(one.number),
            _second(one.at, zone=""),
            plain(one_line(one.who)),
            _what(one),
            "" if one.alias is None else moved(one),
            plain(one_line(one.reason, _REASON)),
        )
    print_table(console, table, more=_MORE)


def history_json(found: "History", at: "datetime | None") -> dict[str, Any]:
    """Return a history as plain values: what `state_json` has, ``at`` and the transitions."""
    then = None if at is None else at.isoformat(timespec="microseconds")
    transitions = [asdict(one) for one in found.transitions]
    return {**state_json(found.state), "at": then, "transitions": transitions}


def show_verification(found: "Verification", of: str) -> None:
    """Print what was looked at, and every problem by its place."""
    console = screen()
    looked = [
        counted(found.transitions, "transition"),
        counted(found.versions, "version"),
        *((f"{counted(found.objects, 'file')}, {_size(found.bytes)}",) * bool(found.objects)),
    ]
    console.print(f"[bold]{plain(of)}[/bold]  looked at {', '.join(looked)}", soft_wrap=True)
    if found.unnamed:
        count = counted(len(found.unnamed), "file")
        said = f"{count} kept that no version names: left by a registration that was interrupted"
        console.print(f"[dim]{said}, or one that is on its way[/dim]", soft_wrap=True)
    if found.sound:
        console.print("[green]✓[/green] all of it is what was written, in the order it was written")
        return
    table = _table("where", "what is wrong")
    for one in found.problems[:_MOST]:
        table.add_row(plain(one.where), plain(one_line(one.what, _REASON)))
    console.print()
    print_table(console, table)
    count = counted(len(found.problems), "problem")
    more = f"; {_MORE}" if len(found.problems) > _MOST else ""
    console.print(f"[bold red]✗[/bold red] {count}{more}")


def verification_json(found: "Verification", of: str) -> dict[str, Any]:
    """Return what a verification found as plain values, and whether it found nothing."""
    return {"of": of, "sound": found.sound, **asdict(found)}


def show_export(project: str, content: bytes, out: "Path", form: Format) -> None:
    """Say how much of a history lies where."""
    count = content.count(b"\n") - 1  # the last line seals the others
    if form is Format.json:
        print_json({"project": project, "transitions": count, "out": str(out)})
        return
    console = screen()
    console.print(f"{counted(count, 'transition')} of {plain(project)} in {out}", soft_wrap=True)
    console.print(
        f"[dim]to check it: foresell registry verify {plain(project)} --export {out}[/dim]",
        soft_wrap=True,
    )


def _live(state: "State", transitions: "Sequence[Transition]") -> list[str]:
    """Return a line for each alias: its version, since when, by whom and why."""
    lines = [f"[bold]{plain(state.project)}[/bold]"]
    for alias, version in state.aliases.items():
        name = f"  [bold]{alias:<7}[/bold] "
        moves = [one for one in transitions if one.alias == alias and one.before != one.after]
        if version is None or not moves:
            lines.append(f"{name} {MISSING}")
            continue
        last = moves[-1]
        lines.append(
            f"{name} [bold]{version}[/bold]  since {_second(last.at)}, {_DONE[last.action]} by "
            f"{plain(one_line(last.who))}: {plain(one_line(last.reason, _REASON))}"
        )
    return lines


def _versions(state: "State", *, roomy: bool) -> "Table":
    """Return the table of versions, newest first, those with an alias in bold."""
    newest = list(reversed(state.versions))
    metrics = list(dict.fromkeys(name for one in newest for name in _deciding(one)))
    scores = {
        name: [(one.record.get("scores") or {}).get(name) for one in newest] for name in metrics
    }
    cells = {name: amounts(values) for name, values in scores.items()}
    heads = [metric_title(name) for name in metrics]
    told = ("registered, UTC", "by") if roomy else ("registered",)
    first = "VERSION" if roomy else "V"
    table = _table(first, "alias", "approval", *told, "champion", *heads, "gate", "digest")
    for column in table.columns:
        column.no_wrap = column.header not in {"alias", "by"}
    for place, one in enumerate(newest):
        aliases = _aliases_of(state, one.version)
        table.add_row(
            str(one.version),
            ", ".join(aliases),
            _APPROVAL[one.approval],
            *((_minute(one.registered_at), plain(one_line(one.who))) if roomy else (_day(one),)),
            plain(str(one.record.get("champion", ""))),
            *(cells[name][place] for name in metrics),
            _gate(one),
            one.digest[:12],
            style="bold" if aliases else "",
        )
    return table


def _deciding(version: "Version") -> Iterable[str]:
    """Return the metrics that the gate of a version looked at."""
    gate = version.record.get("gate") or {}
    return [str(one["metric"]) for one in gate.get("comparisons", ())]


def _gate(version: "Version") -> str:
    """Return whether a version passed the gate."""
    gate = version.record.get("gate") or {}
    if "passed" not in gate:
        return MISSING
    return "✓" if gate["passed"] else "[red]✗[/red]"


def _aliases_of(state: "State", version: int) -> list[str]:
    """Return the aliases that point to a version, prod first."""
    return [alias for alias, live in state.aliases.items() if live == version]


def moved(transition: "Transition") -> str:
    """Return which alias went from where to where."""
    return f"{transition.alias} {_number(transition.before)} → {_number(transition.after)}"


def _what(transition: "Transition") -> str:
    """Return what happened, in few words."""
    to = " to" if transition.action == "roll back" else ""
    return f"{transition.action}{to} {transition.version}"


def _number(version: int | None) -> str:
    return MISSING if version is None else str(version)


def _second(at: str | None, zone: str = " UTC") -> str:
    """Return a moment to the second.

    >>> _second("2026-11-21T10:00:31.482913+00:00")
    '2026-11-21 10:00:31 UTC'
    """
    return MISSING if at is None else f"{at[:10]} {at[11:19]}{zone}"


def _day(version: "Version") -> str:
    return version.registered_at[:10]


def _minute(at: str) -> str:
    return f"{at[:10]} {at[11:16]}"


def _size(count: int) -> str:
    """Return how many bytes there are.

    >>> _size(900), _size(8187), _size(61_400_000)
    ('900 bytes', '8.2 kB', '61.4 MB')
    """
    if count < 1e3:
        return counted(count, "byte")
    return f"{count / 1e3:,.1f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"


def _table(*columns: str) -> "Table":
    """Return an empty table: heads without a small letter are of numbers."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        number = bool(name) and not any(letter.islower() for letter in name)
        table.add_column(name, justify="right" if number else "left", no_wrap=number)
    return table
