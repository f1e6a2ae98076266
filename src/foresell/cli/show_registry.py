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
    from pathlib import Path

    from rich.table import Table

    from foresell.api.registry import RegistrySummary
    from foresell.govern.verifying import Verification
    from foresell.spec.registry import State, Transition, Version

MORE = "--format json has them all"
_MOST = 40  # problems that are shown
REASON = 200  # characters of a reason that are shown
_DAMAGED = (MISSING, MISSING, MISSING, MISSING, "[red]damaged[/red]")  # but for the name
ROOMY = 110  # characters of a screen that holds who registered a version, and the time of day
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
    table = empty_table(*heads)
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
            second(one.last, zone=""),
        )
    print_table(console, table, more=MORE)
    for one in found:
        if one.damage:
            console.print(f"[red]✗[/red] {plain(one_line(one.damage, REASON))}", soft_wrap=True)
            check = f"foresell registry verify {plain(one.project)}"
            console.print(f"  [dim]all of it: {check}[/dim]", soft_wrap=True)


def projects_json(found: "Sequence[RegistrySummary]") -> list[dict[str, Any]]:
    """Return the projects as plain values."""
    return [asdict(one) for one in found]


def show_state(state: "State", transitions: "Sequence[Transition]") -> None:
    """Print what is live, since when and why, and every version, newest first."""
    console = screen()
    if not state.versions:
        from foresell.govern.registry import how_to_begin  # noqa: PLC0415 - as they are needed

        said = f"{state.project} has no versions yet; {how_to_begin(state.project)}"
        console.print(plain(said), soft_wrap=True)
        return
    for line in _live(state, transitions):
        console.print(line, soft_wrap=True)
    console.print()
    table, told = _versions(state, roomy=console.width >= ROOMY)
    print_table(console, table, more=MORE)
    if told:
        console.print(f"[dim]{told}[/dim]", soft_wrap=True)
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
    table = empty_table("where", "what is wrong")
    for one in found.problems[:_MOST]:
        table.add_row(plain(one.where), plain(one_line(one.what, REASON)))
    console.print()
    print_table(console, table)
    count = counted(len(found.problems), "problem")
    more = f"; {MORE}" if len(found.problems) > _MOST else ""
    console.print(f"[bold red]✗[/bold red] {count}{more}")


def verification_json(found: "Verification", of: str) -> dict[str, Any]:
    """Return what a verification found as plain values, and whether it found nothing."""
    return {"of": of, "sound": found.sound, **asdict(found)}


def show_export(found: "Verification", out: "Path", form: Format) -> None:
    """Say how much of a history lies where, and what is wrong with it, if anything is."""
    if form is Format.json:
        told = {"project": found.project, "transitions": found.transitions, "out": str(out)}
        problems = [asdict(one) for one in found.problems]
        print_json({**told, "sound": found.sound, "problems": problems})
        return
    console, project = screen(), plain(found.project)
    count = counted(found.transitions, "transition")
    console.print(f"{count} of {project} in {plain(str(out))}", soft_wrap=True)
    file = "" if found.problems else f" --export {out}"
    if found.problems:
        wrong = counted(len(found.problems), "problem")
        said = f"written as it is, and it is damaged: {wrong}, the first at "
        first = f"{found.problems[0].where}: {one_line(found.problems[0].what, REASON)}"
        console.print(f"[bold red]✗[/bold red] {said}{plain(first)}", soft_wrap=True)
    label = "all of it" if found.problems else "to check it"
    command = plain(f"foresell registry verify {found.project}{file}")
    console.print(f"[dim]{label}: {command}[/dim]", soft_wrap=True)


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
            f"{name} [bold]{version}[/bold]  since {second(last.at)}, {_DONE[last.action]} by "
            f"{plain(one_line(last.who))}{_overridden(last)}: "
            f"{plain(one_line(last.reason, REASON))}"
        )
    return lines


def _overridden(last: "Transition") -> str:
    """Return that a promotion was made against the gate, where it was."""
    told = last.evidence.get("override") is True
    return ", [yellow]gate overridden[/yellow]" if told else ""


def _versions(state: "State", *, roomy: bool) -> tuple["Table", str]:
    """Return the table of versions, newest first, those with an alias in bold, and a line below.

    On a narrow screen what is the same of all of them stands in that line, and has no column.
    """
    newest = list(reversed(state.versions))
    columns = _columns(newest, [", ".join(_aliases_of(state, one.version)) for one in newest])
    told = []
    if not roomy:
        columns = {"V": columns.pop("VERSION"), **columns}
        columns["registered"] = [_day(one) for one in newest]
        columns.pop("registered, UTC")
        who = columns.pop("by")
        if {one.approval for one in newest} == {"Approved"}:
            told.append(f"approved{'' if len(newest) == 1 else ', all of them'}")
            columns.pop("approval")
        if len(set(who)) == 1:
            told.append(f"registered by {who[0]}")
        else:
            columns["by"] = who
    table = empty_table(*columns)
    for column in table.columns:
        column.no_wrap = column.header not in {"alias", "by"}
    for version, cells in zip(newest, zip(*columns.values(), strict=True), strict=True):
        live = bool(_aliases_of(state, version.version))
        table.add_row(*cells, style="bold" if live else "")
    return table, "; ".join(told)


def _columns(newest: "Sequence[Version]", aliases: "Sequence[str]") -> dict[str, "Sequence[str]"]:
    """Return the cells of every column by its head: those that may be left out are the last."""
    metrics = list(dict.fromkeys(name for one in newest for name in _deciding(one)))
    scores = {
        name: [(one.record.get("scores") or {}).get(name) for one in newest] for name in metrics
    }
    return {
        "VERSION": [str(one.version) for one in newest],
        "alias": aliases,
        "champion": [plain(str(one.record.get("champion", ""))) for one in newest],
        **{metric_title(name): amounts(values) for name, values in scores.items()},
        "gate": [_gate(one) for one in newest],
        "approval": [_APPROVAL[one.approval] for one in newest],
        "digest": [one.digest[:12] for one in newest],
        "registered, UTC": [_minute(one.registered_at) for one in newest],
        "by": [plain(one_line(one.who)) for one in newest],
    }


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


def _number(version: int | None) -> str:
    return MISSING if version is None else str(version)


def second(at: str | None, zone: str = " UTC") -> str:
    """Return a moment to the second.

    >>> second("2026-11-21T10:00:31.482913+00:00")
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


def empty_table(*columns: str) -> "Table":
    """Return an empty table: heads without a small letter are of numbers."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        number = bool(name) and not any(letter.islower() for letter in name)
        table.add_column(name, justify="right" if number else "left", no_wrap=number)
    return table
