"""``foresell shadow``: how another version would have answered what a server was asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresell.cli.arguments import Form, Project
from foresell.cli.numbers import MISSING, amount, amounts
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, print_json, screen
from foresell.cli.writing import PICTURES, check_out, write_bytes, write_picture
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.shadow import ShadowReport
    from foresell.evaluate.shadowing import PairReport

_MORE = "--format json has them all"
_FEW = 30  # rows below which the outer percentiles are those of single rows


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(no_args_is_help=True, help="What another version would have answered.")
    group.callback()(_group)
    group.command()(report)
    app.add_typer(group, name="shadow")


def _group() -> None:
    """What another version would have answered."""


def report(
    project: Project,
    *,
    actuals: Annotated[
        Path | None,
        typer.Option(
            "--actuals",
            metavar="FILE",
            help="CSV or Parquet of what came true: the target and request_id (and row), or of a "
            "panel its keys and date.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there: .html, .svg or .png."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Compare versions on what a server was asked: deltas, latency, and who was nearer.

    A server started with --shadow scores each row with another version, beside the requests.
    """
    from foresell.api import shadow  # noqa: PLC0415 - keeps --help quick

    check_out(out, (".html", *PICTURES))
    found = shadow.shadow_report(project, actuals=actuals)
    if out is not None and out.suffix.lower() == ".html":
        write_bytes(shadow.shadow_page(found).encode(), out)
        screen(stderr=True).print(f"a page in {out}", soft_wrap=True)
    elif out is not None:
        write_picture(shadow.draw_shadow(found, png=out.suffix.lower() == ".png"), out)
    if form is Format.json:
        print_json(found.to_json())
    else:
        show_shadow(found)


def show_shadow(found: "ShadowReport") -> None:
    """Print a block for each pair of versions, the one that was met last first."""
    console = screen()
    unit = f", in {plain(found.unit)}" if found.unit else ""
    console.print(
        f"[bold]{plain(found.project)}[/bold]  {plain(found.target)}{unit}: the shadow beside what "
        "was answered",
        highlight=False,
        soft_wrap=True,
    )
    for pair in found.pairs:
        _show_pair(pair)


def _show_pair(pair: "PairReport") -> None:
    """Print what is known of one pair of versions."""
    console = screen()
    asked = f"{counted(pair.rows, 'row')}, {pair.first[:19]} to {pair.last[:19]}"
    console.print(
        f"\n[bold]version {plain(pair.shadow_version)} beside version {plain(pair.version)}[/bold]"
        f"  {asked}",
        highlight=False,
        soft_wrap=True,
    )
    if pair.shadow_version == pair.version:
        console.print("[yellow]these are the same version[/yellow]", highlight=False)
    if pair.refused:
        console.print(
            f"[yellow]{counted(pair.refused, 'row')} refused by the shadow[/yellow]",
            highlight=False,
        )
        for reason, count in pair.reasons.items():
            console.print(f"  {count:,}: {plain(reason)}", highlight=False, soft_wrap=True)
    few = pair.scored < _FEW
    if pair.delta is not None:
        _show_delta(pair.delta, few=few)
    _show_speeds(pair.latency_ms, few=few)
    if few:
        said = f"{counted(pair.scored, 'row')}: too few rows for P1 and P99, which need {_FEW}"
        console.print(f"[dim]{said}[/dim]", highlight=False)
    if pair.actuals is not None:
        _show_truth(pair.actuals)


def _show_delta(delta: Mapping[str, float | None], *, few: bool) -> None:
    """Print how far the shadow lies from the live answers; ``few``: without P1 and P99."""
    table = result_table(
        "shadow less live", "MEAN", "MEAN SIZE", "P1", "P10", "MEDIAN", "P90", "P99"
    )
    names = ("mean", "mean_abs", "p01", "p10", "p50", "p90", "p99")
    shown = dict(zip(names, amounts([delta[name] for name in names]), strict=True))
    table.add_row("", *({**shown, "p01": MISSING, "p99": MISSING} if few else shown).values())
    print_table(screen(), table, more=_MORE)
    size = "" if delta["relative"] is None else f"{_share(delta['relative'])} of the live answers; "
    said = (
        f"{size}higher in {_share(delta['share_higher'])}, equal in {_share(delta['share_equal'])}"
    )
    screen().print(f"[dim]{said}[/dim]", highlight=False, soft_wrap=True)


def _show_speeds(speeds: Mapping[str, Mapping[str, float] | None], *, few: bool) -> None:
    """Print how long both models took; ``few``: without the outer percentile."""
    table = result_table("ms in the model", "P50", "P95", "P99")
    for who, own in speeds.items():
        if own is not None:
            last = MISSING if few else f"{own['p99']:.3f}"
            table.add_row(who, f"{own['p50']:.3f}", f"{own['p95']:.3f}", last)
    if table.row_count:
        print_table(screen(), table, more=_MORE)


def _show_truth(told: Mapping[str, Any]) -> None:
    """Print who was nearer to what came."""
    console = screen()
    if not told["matched"]:
        console.print("no truth of these rows is in the file", highlight=False)
        return
    table = result_table("errors", "MAE", "RMSE", "BIAS")
    for who in ("live", "shadow"):
        table.add_row(who, *(amount(told[who][name]) for name in ("mae", "rmse", "bias")))
    print_table(console, table, more=_MORE)
    tally = f"{told['wins']:,} won, {told['losses']:,} lost, {told['ties']:,} tied"
    rate = "no row tells them apart"
    if told["win_rate"] is not None:
        between = f"{_share(told['low'])} to {_share(told['high'])} with 95 %"
        rate = f"[bold]the shadow wins {_share(told['win_rate'])}[/bold] ({between})"
    console.print(
        f"{rate}: {tally} of {counted(told['matched'], 'row')} with a known truth",
        highlight=False,
        soft_wrap=True,
    )


def _share(value: float | None) -> str:
    """Return a share as a person reads it."""
    return "–" if value is None else f"{value:.1%}"
