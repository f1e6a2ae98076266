"""What ``foresell registry diff`` prints: a part each, only what differs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foresell.cli.metric_cells import change_cell, metric_cell, metric_title
from foresell.cli.numbers import MISSING
from foresell.cli.tables import print_table
from foresell.cli.terminal import one_line, plain, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.table import Table

    from foresell.govern.compared import Comparison, FileFacts, MetricDifference, Side
    from foresell.govern.differing import Difference

_MORE = "--format json has them all"
_MOST = 40  # rows of a part that are shown
_WIDE = 160  # characters of a value
_PLACE = 36  # characters of a place that is not folded
_WEIGHTS = "weights."  # what the places of weights begin with
_MARKS: Mapping[str, tuple[str, str]] = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
}
_TONES = {"breaking": "bold red", "weakened": "yellow", "tightened": "cyan"}


def show_comparison(found: "Comparison") -> None:
    """Print the two versions and every part that differs; or that nothing does."""
    console, names = screen(), _names(found)
    console.print(
        f"[bold]{plain(found.project)}[/bold]  {_who(found.before, names[0])}  →  "
        f"{_who(found.after, names[1])}",
        soft_wrap=True,
    )
    if found.equal:
        same = found.before.digest and found.before.digest == found.after.digest
        why = f"both are the bundle {found.before.digest[:12]}" if same else "nothing differs"
        console.print(f"[green]✓[/green] no difference: {why}", soft_wrap=True)
        return
    _show_scores(found, names)
    weights = [one for one in found.parameters if one.place.startswith(_WEIGHTS)]
    for title, rows in (
        ("Features", _rows(found.features)),
        ("Parameters", _rows(one for one in found.parameters if one not in weights)),
        ("Weights in the ensemble", _rows(map(_weight, weights))),
        ("Data: raw files", [_file(one.name, one.before, one.after) for one in found.files]),
        ("Data: rows and cutoffs", _rows(map(_fact, found.facts))),
    ):
        _show_part(title, rows, names)
    _show_contract(found)
    _show_part("project.yaml", _rows(found.declaration), names)
    _show_part("Libraries", _rows(found.libraries), names)
    if not found.model.empty:
        counts = [
            f"{len(told)} {word}"
            for word in ("changed", "added", "removed")
            if (told := getattr(found.model, word))
        ]
        line = f"{', '.join(counts)}, {found.model.same} the same"
        console.print(f"\n[bold]Model files[/bold]  {line}")
    for note in found.notes:
        console.print(f"[bold]Note[/bold]  {plain(note)}", soft_wrap=True)


def _names(found: "Comparison") -> tuple[str, str]:
    """Return what the two are called in the heads of tables."""
    if found.before.version is None or found.after.version is None:
        return "before", "after"
    return f"version {found.before.version}", f"version {found.after.version}"


def _who(side: "Side", name: str) -> str:
    """Return one of the two in words."""
    digest = f" [dim]{side.digest[:12]}[/dim]" if side.digest else ""
    return f"[bold]{name}[/bold], {plain(side.champion)}{digest}"


def _show_scores(found: "Comparison", names: tuple[str, str]) -> None:
    """Print the scores of both, and those on the rows that both were judged on."""
    console = screen()
    if found.metrics:
        before, after = found.before, found.after
        protocol = before.protocol
        if before.protocol != after.protocol:
            protocol = f"{before.protocol} against {after.protocol}"
        console.print()
        print_table(console, _metrics(f"Scores: {protocol}", found.metrics, names), more=_MORE)
    if found.same_rows is not None:
        console.print(f"[dim]{plain(found.same_rows.says)}[/dim]", soft_wrap=True)
        if found.same_rows.metrics:
            title = f"Scores on the {counted(found.same_rows.n, 'row')} both were judged on"
            console.print()
            print_table(console, _metrics(title, found.same_rows.metrics, names), more=_MORE)


def _metrics(title: str, metrics: "Iterable[MetricDifference]", names: tuple[str, str]) -> "Table":
    """Return a table of metrics, those that decide in bold."""
    table = _table(title, "", *names, "difference")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in metrics:
        table.add_row(
            metric_title(one.metric),
            *(metric_cell(one.metric, value) for value in (one.before, one.after)),
            change_cell(one.metric, one.difference, one.change),
            style="bold" if one.deciding else "",
        )
    return table


def _rows(found: "Iterable[Difference]") -> list[tuple[str, str, str, str]]:
    """Return effect, place and both values of each difference, as text."""
    return [
        (
            one.effect,
            one.place,
            MISSING if one.effect == "added" else _value(one.before),
            MISSING if one.effect == "removed" else _value(one.after),
        )
        for one in found
    ]


def _weight(one: "Difference") -> "Difference":
    """Return the difference of a weight in short."""
    numbers = (one.before, one.after)
    before, after = (f"{value:.3f}" if isinstance(value, float) else value for value in numbers)
    place = one.place.removeprefix(_WEIGHTS).replace(".", ": ", 1)
    return replace(one, place=place, before=before, after=after)


def _fact(one: "Difference") -> "Difference":
    """Return the difference of a count with its thousands apart."""
    numbers = (one.before, one.after)
    before, after = (f"{n:,}" if type(n) is int else n for n in numbers)
    return replace(one, before=before, after=after)


def _file(
    name: str, before: "FileFacts | None", after: "FileFacts | None"
) -> tuple[str, str, str, str]:
    """Return a raw file as `_rows` does a difference."""
    effect = "added" if before is None else "removed" if after is None else "changed"
    return effect, name, _told(before), _told(after)


def _told(file: "FileFacts | None") -> str:
    """Return what is known of a raw file."""
    if file is None:
        return MISSING
    rows = "" if file.rows is None else f"{counted(file.rows, 'row')}, "
    return f"{rows}{counted(file.bytes, 'byte')}, {file.sha256[:12]}"


def _show_part(title: str, rows: Sequence[tuple[str, str, str, str]], names: Sequence[str]) -> None:
    """Print a part as a table, if there is anything in it."""
    if not rows:
        return
    from rich.text import Text  # noqa: PLC0415 - only when something is shown

    console = screen()
    table = _table(title, "", "", *names)
    table.columns[0].no_wrap = True
    table.columns[1].no_wrap = max(len(row[1]) for row in rows) <= _PLACE
    for effect, *cells in rows[:_MOST]:
        mark, style = _MARKS[effect]
        table.add_row(Text(mark, style=style), *(Text(_one(cell)) for cell in cells))
    console.print()
    print_table(console, table, more=_MORE)
    if len(rows) > _MOST:
        more = counted(len(rows) - _MOST, "more difference")
        console.print(f"[dim]… {more}: {_MORE}[/dim]", highlight=False)


def _show_contract(found: "Comparison") -> None:
    """Print what became of the contract."""
    if (contract := found.contract) is None:
        return
    from rich.text import Text  # noqa: PLC0415 - only when something is shown

    console = screen()
    versions = f"{contract.before} → {contract.after}"
    console.print(f"\n[bold]Contract {versions}[/bold]  {plain(contract.verdict)}", soft_wrap=True)
    if contract.changes:
        table = _table("", "effect", "where", "what", "before", "after")
        for column in table.columns[:2]:
            column.no_wrap = True
        for change in contract.changes[:_MOST]:
            effect = Text(change.effect, style=_TONES.get(change.effect, "dim"))
            told = (change.place, change.what, change.before, change.after)
            table.add_row(effect, *(Text(_one(cell)) for cell in told))
        print_table(console, table, more=_MORE)


def _value(value: Any) -> str:
    """Return a leaf of a declaration as a person reads it.

    >>> _value(None), _value(["a", "b"]), _value(0.12345678), _value({"role": "feature", "top": 1})
    ('none', 'a, b', '0.123457', 'role: feature, top: 1')
    """
    if value is None or value in ((), [], {}):
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, list | tuple | Mapping) and value:
        if not any(isinstance(one, list | tuple | Mapping) for one in inner):
            named = value.items() if isinstance(value, Mapping) else (("", one) for one in value)
            told = (f"{name}: {_value(one)}" if name else _value(one) for name, one in named)
            return one_line(", ".join(told), _WIDE)
        return one_line(json.dumps(value, ensure_ascii=False, default=str), _WIDE)
    return one_line(value, _WIDE)


def _table(title: str, *columns: str) -> "Table":
    """Return an empty table under ``title``; text in it may be folded."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - only when something is shown
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.title = title or None
    for name in columns:
        table.add_column(name)
    return table


def _one(text: str) -> str:
    """Return ``text`` for a cell that is no markup: one line, nothing that steers a terminal."""
    return one_line(text, 3 * _WIDE)
