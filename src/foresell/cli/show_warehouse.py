"""What ``foresell warehouse migrate`` and ``status`` print."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from foresell.cli.numbers import MISSING
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.spec.warehouse_schema import Migrated, MigrationStatus, PastLoad, SchemaStatus

_MORE = "--format json has them all"
_SOURCE = 200  # characters of a source that are shown
_NAMED = 5  # constraints that are named
_STANDING = {
    "applied": "[green]applied[/green]",
    "pending": "[yellow]pending[/yellow]",
    "changed": "[red]not what this foresell has[/red]",
    "unknown": "[red]of a newer foresell[/red]",
}


def show_migrated(made: "Migrated", form: Format) -> None:
    """Print what was done to the schema."""
    if form is Format.json:
        print_json(made.to_json())
        return
    console = screen()
    console.print(f"[bold]{plain(made.target)}[/bold]", soft_wrap=True)
    done = ", ".join(made.applied) if made.applied else "none"
    console.print(f"migrations    {done} run now, {made.already} before", soft_wrap=True)
    console.print(
        f"contract      {_contract(made.contract)}: {counted(len(made.added), 'CHECK')} added, "
        f"{len(made.removed)} removed, {made.kept} kept",
        soft_wrap=True,
    )
    if made.remapped:
        changed = plain(_named(made.remapped))
        console.print(f"columns       {changed}; load all of it again", soft_wrap=True)
    if made.deliveries:
        names = plain(_named(made.deliveries))
        console.print(f"[dim]left to each load: {names}[/dim]", soft_wrap=True)


def show_status(found: "SchemaStatus", form: Format) -> None:
    """Print how the schema stands."""
    if form is Format.json:
        print_json(found.to_json())
        return
    console = screen()
    console.print(f"[bold]{plain(found.target)}[/bold]", soft_wrap=True)
    _show_migrations(console, found.migrations)
    if found.rows:
        _show_rows(console, found.rows)
    if found.loads:
        _show_loads(console, found.loads)
    console.print(_said(found), soft_wrap=True)


def _show_migrations(console: "Console", found: "Sequence[MigrationStatus]") -> None:
    """Print a line for each migration."""
    table = result_table("migration", "standing", "run, UTC")
    for one in found:
        table.add_row(plain(one.name), _STANDING[one.standing], _minute(one.applied_at) or MISSING)
    print_table(console, table, more=_MORE)


def _show_rows(console: "Console", rows: "Mapping[str, int | None]") -> None:
    """Print how many rows each table has."""
    table = result_table("table", "ROWS")
    for name, count in rows.items():
        table.add_row(name, MISSING if count is None else f"{count:,}")
    print_table(console, table, more=_MORE)
    if None in rows.values():
        console.print(f"[dim]{MISSING} this user may not look[/dim]", soft_wrap=True)


def _show_loads(console: "Console", loads: "Sequence[PastLoad]") -> None:
    """Print the last loads."""
    table = result_table("load", "loaded, UTC", "project", "ROWS", "SERIES", "WEEKS", "to")
    for one in loads:
        table.add_row(
            str(one.load),
            _minute(one.loaded_at),
            plain(one.project),
            f"{one.rows:,}",
            f"{one.series:,}",
            f"{one.weeks:,}",
            one.last_week,
        )
    print_table(console, table, more=_MORE)
    for one in loads:  # no column: no screen is too narrow for a line
        part = ", a part" if one.partial else ""
        source = plain(one_line(one.source, _SOURCE))
        console.print(f"load {one.load} from {source}{part}", soft_wrap=True)


def _said(found: "SchemaStatus") -> str:
    """Return what is left to do, in one line."""
    states = [one.standing for one in found.migrations]
    if "unknown" in states:
        return "[red]✗[/red] a newer foresell has been here; install that one"
    if "changed" in states:
        return "[red]✗[/red] another foresell has made this schema; install that one"
    if found.holder not in {None, found.project}:
        return (
            f"[red]✗[/red] the warehouse is that of the project {plain(found.holder)}; let DB_NAME "
            f"name another database for {plain(found.project)}"
        )
    todo = f"foresell warehouse migrate {plain(found.project)}"
    if pending := states.count("pending"):
        word = "is" if pending == 1 else "are"
        return f"[yellow]{counted(pending, 'migration')} {word} pending[/yellow]: {todo}"
    if behind := _behind(found):
        return f"[yellow]{plain(behind)}[/yellow]: {todo}"
    own = _contract(found.contract)
    return f"[green]✓[/green] nothing is pending; the rules of contract {own} are held"


def _behind(found: "SchemaStatus") -> str:
    """Return how the rules that are held differ from the contract's, empty where they do not."""
    own = _contract(found.contract)
    if found.held is None:
        return f"no rules of {found.project} are held"
    if found.remapped:
        return f"warehouse.columns has changed: {_named(found.remapped)}"
    if found.held["sha256"] != found.contract["sha256"]:
        return f"held are the rules of contract {_contract(found.held)}, the project has {own}"
    if found.missing:
        verb = "is" if len(found.missing) == 1 else "are"
        return f"{counted(len(found.missing), 'CHECK')} {verb} missing: {_named(found.missing)}"
    return ""


def _named(names: "Sequence[str]") -> str:
    """Return the first few of ``names``, and how many there are beside them."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f", and {more} more" if more > 0 else "")


def _contract(contract: "Mapping[str, str]") -> str:
    """Return a contract as a person tells it from another."""
    return f"{contract['version']} ({contract['sha256'][:12]})"


def _minute(moment: str | None) -> str:
    """Return an ISO time to the minute, empty for none."""
    return (moment or "")[:16].replace("T", " ")
