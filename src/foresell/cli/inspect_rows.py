"""What ``foresell inspect`` and ``foresell backtest`` show of the rows of a table."""

from typing import TYPE_CHECKING

from foresell.cli.numbers import amount, amounts, share
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import one_line, plain, screen
from foresell.errors import counted

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from foresell.api.inspecting import Inspection

_HEAD = 60  # rows that a person reads on a screen


def show_row_inspection(found: "Inspection") -> None:
    """Print a slice: what it is, the rows in their order, the scores."""
    console = screen()
    star = " ★" if found.candidate == found.champion else ""
    console.print(
        f"[bold]{plain(found.candidate)}{star}[/bold]  {found.title}: {found.answers}",
        soft_wrap=True,
    )
    table, long = _rows_table(found), found.rows.height > _HEAD
    hint = "" if long else "--format json has them all"
    print_table(console, table, more=hint, keep=len(table.columns) - len(_names(found)))
    if long:
        note = f"{found.rows.height:,} rows; --out FILE writes them all, with every column"
        console.print(f"[dim]{note}[/dim]", soft_wrap=True)
    for line in _sentences(found):
        console.print(line, soft_wrap=True)


def show_row_backtest(folds: "pl.DataFrame") -> None:
    """Print the RMSE of every candidate on every fold of the training rows, least overall first."""
    import polars as pl  # noqa: PLC0415 - keeps --help quick

    from foresell.spec.ordered_sums import ordered_sum  # noqa: PLC0415

    console = screen()
    if folds.is_empty():
        console.print("no fold was judged; see the notes of the report")
        return
    numbers = sorted(folds["fold"].unique().to_list())
    table = result_table("", "candidate", *(f"FOLD {number}" for number in numbers), "ALL")
    table.title = "Backtest: RMSE on the folds of the training rows"
    rmse = {(row["fold"], row["candidate"]): row["rmse"] for row in folds.to_dicts()}
    squares = ordered_sum(pl.col("rmse") ** 2 * pl.col("n"))
    overall = (
        folds
        .group_by("candidate", "kind", "chosen")
        .agg((squares / ordered_sum(pl.col("n"))).sqrt().alias("all"))
        .sort("all", "candidate", nulls_last=True)
    )
    for row in overall.to_dicts():
        cells = amounts([*(rmse.get((number, row["candidate"])) for number in numbers), row["all"]])
        style = "bold" if row["chosen"] else "dim" if row["kind"] == "baseline" else ""
        star = "★" if row["chosen"] else ""
        table.add_row(star, row["candidate"], *cells, style=style)
    print_table(console, table, more="--format json has them all", keep=1)


def _rows_table(found: "Inspection") -> "Table":
    """Return the rows one by one: what names them, their day, truth, prediction, band."""
    banded = "in_80" in found.rows.columns
    names = _names(found)
    bands = ["80% FROM", "TO", "IN"] if banded else []
    table = result_table(*names, "ACTUAL", "PREDICTED", "ERROR", *bands)
    for row in found.rows.head(_HEAD).to_dicts():
        edges = ("q0.1", "q0.9") if banded else ()
        numbers = amounts([row[name] for name in ("y", "prediction", "error", *edges)])
        mark = ["✓" if row["in_80"] else "[red]✗[/red]"] if banded else []
        named = [plain(one_line(row[name])) for name in names]
        table.add_row(*named, *numbers, *mark)
    return table


def _names(found: "Inspection") -> list[str]:
    """Return the columns that name a row: its key, or its number, and its day."""
    return [*found.keys, *([found.time] if found.time else [])]


def _sentences(found: "Inspection") -> list[str]:
    """Return the scores of the slice in words."""
    from foresell.spec.ordered_sums import one_piece  # noqa: PLC0415 - imports polars

    scores, other = found.scores, found.baseline_scores
    unit = f" {plain(found.unit)}" if found.unit else ""
    means = [one_piece(found.rows[name]).mean() for name in ("y", "prediction")]
    actual, predicted = (amount(mean) for mean in means if isinstance(mean, float))
    first = (
        f"[bold]Slice[/bold]  {counted(found.rows.height, 'row')}; on average "
        f"actual {actual}{unit}, predicted {predicted}{unit}"
    )
    errors = f"RMSE {amount(scores['rmse'])}, MAE {amount(scores['mae'])}, WAPE "
    errors += f"{share(scores['wape'])}, bias {amount(scores['bias'])}"
    bands = [
        f"{scores[f'coverage_{percent}']:.1%} inside the {percent} % band"
        for percent in (80, 95)
        if scores.get(f"coverage_{percent}") is not None
    ]
    rival = f"RMSE {amount(other['rmse'])}, MAE {amount(other['mae'])}"
    return [
        first,
        f"       {'; '.join([errors, *bands])}",
        f"       best baseline {found.baseline}: {rival}",
    ]
