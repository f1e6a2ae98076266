"""How answered rows are shown: one as a short list, more as a table, all of them as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from foresell.cli.numbers import column_cells
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.status import Status
    from rich.table import Table

    from foresell.answer.explaining_rows import RowExplanation
    from foresell.api.predicting import About, Answered, AnsweredFile
    from foresell.models.tabular.ranges import Range

_HEAD = 14  # rows that fit on a screen
_LABEL = 12  # characters before what is told of one row
_NAMES = 6  # columns that are named in one line
_COLUMNS = 12  # columns of an explanation that a person reads
_PLAIN = 10  # from here on two decimals tell enough
_CURRENCY = 3  # letters of a currency's code: USD


class FileProgress:
    """Says on standard error how far a file is, where somebody looks at a terminal."""

    def __init__(self) -> None:
        self._console = screen(stderr=True)
        self._status: Status | None = None

    def __enter__(self) -> Self:
        """Start with nothing on the screen."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line away, whatever happened."""
        if self._status is not None:
            self._status.stop()

    def hear(self, done: int, rows: int | None) -> None:
        """Show that ``done`` of ``rows`` rows are answered; None: nobody knows of how many."""
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        of = f" of {rows:,}" if rows is not None else ""
        self._status.update(f"[bold]predict[/bold]  {done:,}{of} rows")


def answer_objects(
    found: "Answered", reasons: "Sequence[RowExplanation] | None" = None
) -> list[dict[str, Any]]:
    """Return one object a row, as a program reads it."""
    from dataclasses import asdict  # noqa: PLC0415

    told = []
    for at, row in enumerate(found.frame.iter_rows(named=True)):
        own = {
            "prediction": row["prediction"],
            "y_hat": row["prediction"],
            "p10": row["p10"],
            "p90": row["p90"],
            "interval_method": row["interval_method"],
            **about_model(found.about),
            "ignored": list(found.ignored[at]),
            "unseen": row["unseen"],
            "outside": row["outside"],
        }
        if reasons is not None:
            own["explanation"] = asdict(reasons[at])
        told.append(own)
    return told


def about_model(about: "About") -> dict[str, object]:
    """Return what answered, as a program reads it; a unit of three capitals is a currency."""
    unit = about.unit
    currency = len(unit) == _CURRENCY and unit.isascii() and unit.isalpha() and unit.isupper()
    return {
        "model_name": about.model_name,
        "model_version": about.model_version,
        "target_name": about.target_name,
        "input_features": list(about.input_features),
        **({"unit": unit} if unit else {}),
        **({"currency": unit} if currency else {}),
    }


def show_answered(found: "Answered", reasons: "Sequence[RowExplanation] | None" = None) -> None:
    """Print the answers to rows that came as JSON, with their ``reasons`` where asked for."""
    console = screen()
    if found.frame.height == 1:
        _one(console, found)
    else:
        console.print(_title(found.about), highlight=False, soft_wrap=True)
        print_table(console, _table(found.frame), more="--out FILE has them all")
        _more(console, found.frame.height)
        _line(console, "model", f"{found.about.model_name}, version {found.about.model_version}")
        _line(console, "method", _methods(found.frame))
        _line(console, "ignored", ", ".join(dict.fromkeys(n for own in found.ignored for n in own)))
        _line(console, "outside", _ends(found.frame["outside"].explode(empty_as_null=False), found))
    for at, reason in enumerate(reasons or ()):
        if at >= _HEAD:
            left = counted(len(reasons or ()) - _HEAD, "more row")
            console.print(f"[dim]and {left}; --format json explains them all[/dim]")
            break
        _explained(console, reason, found, at)


def show_answered_file(
    found: "AnsweredFile", out: Path | None, skip_bad: Path | None, form: Format
) -> None:
    """Print what became of a file: its answers where they were not written, and counts."""
    if form is Format.json:
        print_json(_file_object(found, out, skip_bad))
        return
    console = screen()
    if found.frame is not None:
        console.print(_title(found.about), highlight=False, soft_wrap=True)
        print_table(console, _table(found.frame), more="--out FILE has them all")
        _more(console, found.frame.height)
    else:
        answered = f"{counted(found.answered, 'row')} answered in {out}"
        console.print(plain(answered), highlight=False, soft_wrap=True)
    if skip_bad is not None:
        refused = f"{counted(found.refused, 'row')} refused, with the reasons in {skip_bad}"
        console.print(plain(refused), highlight=False, soft_wrap=True)
    _line(console, "model", f"{found.about.model_name}, version {found.about.model_version}")
    if found.frame is not None:
        _line(console, "method", _methods(found.frame))
    _line(console, "ignored", _some(found.ignored))
    unseen = (f"{name} in {counted(count, 'row')}" for name, count in found.unseen.items())
    _line(console, "unseen", ", ".join(unseen))
    outside = (
        f"{name} in {counted(count, 'row')} (learnt from {_range(name, found.ranges[name])})"
        for name, count in found.outside.items()
    )
    _line(console, "outside", ", ".join(outside))


def _file_object(found: "AnsweredFile", out: Path | None, skip_bad: Path | None) -> dict[str, Any]:
    """Return what became of a file, as a program reads it."""
    told: dict[str, Any] = {
        "rows": found.answered,
        "refused": found.refused,
        **({"out": str(out)} if out is not None else {}),
        **({"skip_bad": str(skip_bad)} if skip_bad is not None else {}),
        **about_model(found.about),
        "ignored": list(found.ignored),
        "unseen": dict(found.unseen),
        "outside": dict(found.outside),
    }
    if found.frame is not None:
        told["answers"] = found.frame.to_dicts()
    return told


def _one(console: "Console", found: "Answered") -> None:
    """Print one answer as a short list."""
    row = found.frame.row(0, named=True)
    console.print(_title(found.about), highlight=False, soft_wrap=True)
    console.print()
    value = f"[bold]{amount_of(row['prediction'])}[/bold]"
    console.print(f"  {'prediction':<{_LABEL}}{value}", highlight=False)
    _line(console, "p10", amount_of(row["p10"]))
    _line(console, "p90", amount_of(row["p90"]))
    _line(console, "method", row["interval_method"])
    _line(console, "model", f"{found.about.model_name}, version {found.about.model_version}")
    _line(console, "ignored", ", ".join(found.ignored[0]))
    unseen = [f"{name} (a value that no training row has)" for name in row["unseen"]]
    _line(console, "unseen", ", ".join(unseen))
    values = found.rows.row(0, named=True)
    outside = []
    for name in row["outside"]:
        given, low, high = column_cells(name, [values[name], *found.ranges[name]])
        outside.append(f"{name} {given} is outside {low} to {high}, what the model learnt from")
    _line(console, "outside", "; ".join(outside))


def _title(about: "About") -> str:
    """Return what is answered, and in what unit."""
    unit = f", in {plain(about.unit)}" if about.unit else ""
    return f"[bold]{plain(about.target_name)}[/bold]{unit}"


def amount_of(value: float) -> str:
    """Return an answer as a person reads it: two decimals, more digits where it is small.

    >>> amount_of(3553.891), amount_of(4.5261), amount_of(0.0123)
    ('3,553.89', '4.526', '0.0123')
    """
    return f"{value:,.2f}" if abs(value) >= _PLAIN else f"{value:.4g}"


def _table(answers: "pl.DataFrame") -> "Table":
    """Return the first answers, a line each."""
    named = "row" in answers.columns
    before = answers.columns[: answers.columns.index("prediction")]
    heads = before if named else ["row"]
    flagged = [name for name in ("unseen", "outside") if answers[name].list.len().sum()]
    table = result_table(*heads, "PREDICTION", "P10", "P90", *flagged)
    for at, row in enumerate(answers.head(_HEAD).iter_rows(named=True), start=1):
        names = [one_line(row[name]) for name in before] if named else [str(at)]
        numbers = [amount_of(row[name]) for name in ("prediction", "p10", "p90")]
        flags = (", ".join(row[name]) for name in flagged)
        table.add_row(*map(plain, names), *numbers, *map(plain, flags))
    return table


def _ends(names: "pl.Series", found: "Answered") -> str:
    """Return columns, each with what the model learnt from."""
    told = names.unique(maintain_order=True).to_list()
    return ", ".join(f"{name} (learnt from {_range(name, found.ranges[name])})" for name in told)


def _range(name: str, ends: "Range") -> str:
    """Return the two ends of what a model learnt from in the column ``name``, in words."""
    return " to ".join(column_cells(name, ends))


def _more(console: "Console", rows: int) -> None:
    """Say that not all rows are shown, where that is so."""
    if rows > _HEAD:
        note = f"{_HEAD} of {rows:,} rows; --out FILE writes them all, with every quantile"
        console.print(f"[dim]{note}[/dim]", highlight=False)


def _methods(answers: "pl.DataFrame") -> str:
    """Return how the quantiles came about."""
    return ", ".join(answers["interval_method"].unique(maintain_order=True).to_list())


def _line(console: "Console", label: str, text: str) -> None:
    """Print one thing that is told; nothing where there is nothing."""
    if text:
        console.print(
            f"  [dim]{label:<{_LABEL}}[/dim]{plain(text)}", highlight=False, soft_wrap=True
        )


def _some(names: Sequence[str]) -> str:
    """Return the first of ``names``, and how many more there are."""
    left = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f", and {left} more" if left > 0 else "")


def _explained(console: "Console", reason: "RowExplanation", found: "Answered", at: int) -> None:
    """Print what every column of one row adds, largest first; the sum is the answer."""
    console.print()
    whose = f", row {at + 1}" if found.frame.height > 1 else ""
    if not reason.available or reason.contributions is None:
        console.print(f"no explanation{whose}: {plain(str(reason.reason))}", soft_wrap=True)
        return
    table = result_table("column", "value", "ADDS", "SUM")
    table.columns[1].no_wrap = False  # a long value gives way before any number does
    table.title = f"Why{whose}: {reason.candidate}, {reason.method}"
    running, total = float(reason.base_value or 0.0), float(reason.prediction or 0.0)
    digits = 2 if abs(total) >= _PLAIN else 4
    table.add_row("base", "", "", f"{running:,.{digits}f}", style="bold")
    values: Mapping[str, Any] = found.rows.row(at, named=True)
    told = sorted(reason.contributions.items(), key=lambda one: -abs(one[1]))
    for name, value in told[:_COLUMNS]:
        running += value
        text = plain(one_line(values[name])) if name in values else ""
        table.add_row(plain(name), text, f"{value:+,.{digits}f}", f"{running:,.{digits}f}")
    if left := told[_COLUMNS:]:
        rest = sum(value for _, value in left)
        words = counted(len(left), "more column")
        last = f"{running + rest:,.{digits}f}"
        table.add_row(words, "", f"{rest:+,.{digits}f}", last, style="dim")
    table.add_section()
    table.add_row("prediction", "", "", f"{total:,.{digits}f}", style="bold")
    print_table(console, table)
