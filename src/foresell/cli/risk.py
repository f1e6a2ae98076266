"""``foresell risk``: the months of a segment, their forecast, and how far they may fall."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from foresell.cli.arguments import Form, Project
from foresell.cli.asking import parse_where
from foresell.cli.numbers import amount
from foresell.cli.show import Format
from foresell.cli.tables import print_table, result_table
from foresell.cli.terminal import plain, screen
from foresell.cli.writing import check_out
from foresell.errors import counted

_ENDINGS = (".json", ".svg", ".png")


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(risk)


def risk(
    project: Project,
    *,
    segment: Annotated[
        list[str] | None,
        typer.Option(
            "--segment",
            metavar="COLUMN=VALUE",
            help="Only these rows; again for more columns, or more values of one column.",
        ),
    ] = None,
    forecast_steps: Annotated[
        int, typer.Option("--forecast-steps", metavar="N", help="Months that are forecast.")
    ] = 6,
    garch_horizon: Annotated[
        int, typer.Option("--garch-horizon", metavar="N", help="Months of volatility ahead.")
    ] = 6,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PLACE",
            help="A folder for the three files, or one file: .json, .svg or .png. By default the "
            "folder risk of the project's workspace.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Gauge the months of a segment: forecast, volatility, value at risk."""
    from foresell.api.risks import risk as gauge  # noqa: PLC0415 - keeps --help quick

    if out is not None and out.suffix:
        check_out(out, _ENDINGS)
    found = gauge(
        project,
        dict(parse_where(segment or (), "--segment")),
        forecast_steps=forecast_steps,
        garch_horizon=garch_horizon,
        out=out,
    )
    if form is Format.json:
        from foresell.risks.document import document_bytes  # noqa: PLC0415 - keeps --help quick

        sys.stdout.write(document_bytes(found.told).decode())
        return
    show_risk(found.told)
    for path in found.files:
        screen().print(f"[dim]{plain(str(path))}[/dim]", soft_wrap=True, highlight=False)


def show_risk(told: Mapping[str, Any]) -> None:
    """Print a document: the months, the backtest, the forecast, the losses, what limits them."""
    console, series = screen(), told["series"]
    title = f"[bold]{plain(told['target'])} by month[/bold]  {plain(told['told'])}"
    made = "  [yellow]synthetic data[/yellow]" if told["data"]["synthetic"] else ""
    console.print(title + made, soft_wrap=True)
    rows = f"{told['data']['rows']:,} rows"
    if series["available"]:
        span = f"{counted(series['n_months'], 'month')}, {series['first']} to {series['last']}"
        zero = len(series["zero_months"])
        console.print(f"{span}, {rows}" + (f", {zero} at zero" if zero else ""), soft_wrap=True)
    else:
        console.print(f"{rows}; no months: {plain(series['reason'])}", soft_wrap=True)
    _show_backtest(told["backtest"], told["forecast"].get("method"))
    _show_forecast(told["forecast"], told["unit"])
    for line in [*_volatility(told["volatility"]), *_losses(told["value_at_risk"])]:
        console.print(line, soft_wrap=True)
    for line in _kupiec(told["kupiec"]):
        console.print(line, soft_wrap=True)
    if told["limitations"]:
        console.print("\n[bold yellow]What limits these numbers[/bold yellow]")
    for sentence in told["limitations"]:
        console.print(f"- {plain(sentence)}", soft_wrap=True)
    if count := len(told["warnings"]):
        words = "statsmodels and arch warned; see warnings in the JSON"
        console.print(f"- {counted(count, 'kind')} of trouble of which {words}", soft_wrap=True)


def _show_backtest(backtest: Mapping[str, Any], method: str | None) -> None:
    """Print every candidate's errors on the same months."""
    if not backtest["available"]:
        screen().print(f"No backtest: {plain(backtest['reason'])}", soft_wrap=True)
        return
    table = result_table(
        "", "candidate", "RMSE", "MAE", "MAPE", "SMAPE", "VS NAIVE", "IN 80%", "IN 95%"
    )
    origins = counted(len(backtest["origins"]), "origin")
    table.title = f"Backtest: {origins}, up to {backtest['horizon']} months ahead"
    table.title += f", {backtest['n']} forecasts"
    for one in backtest["candidates"]:
        if not one["available"]:
            continue
        best = one["name"] == method
        better = one["improvement_over_naive"]["rmse"]
        table.add_row(
            "★" if best else "",
            one["name"],
            amount(one["rmse"]),
            amount(one["mae"]),
            *(_share(one[name]) for name in ("mape", "smape")),
            "–" if better is None else f"{better:+.1%}",
            *(_share(one[f"coverage_{level}"]) for level in (80, 95)),
            style="bold" if best else "",
        )
    print_table(screen(), table, more="--format json has them all")
    for one in backtest["candidates"]:
        if not one["available"]:
            said = f"{one['name']} is not among them: {one['reason']}"
            screen().print(f"[dim]{plain(said)}[/dim]", soft_wrap=True)


def _show_forecast(forecast: Mapping[str, Any], unit: str) -> None:
    """Print the months to come with their bands."""
    if not forecast["available"]:
        screen().print(f"No forecast: {plain(forecast['reason'])}", soft_wrap=True)
        return
    model = forecast["model"].get("orders") or forecast["model"].get("rule")
    table = result_table("month", "FORECAST", "80% FROM", "80% TO", "95% FROM", "95% TO")
    of = f" in {plain(unit)}" if unit else ""
    table.title = f"Forecast{of} by {forecast['method']}: {model}"
    for month in forecast["months"]:
        names = ("prediction", "lower_80", "upper_80", "lower_95", "upper_95")
        table.add_row(month["month"], *(amount(month[name]) for name in names))
    print_table(screen(), table, more="--format json has them all")


def _volatility(part: Mapping[str, Any]) -> list[str]:
    """Return the volatility in words."""
    if not part["available"]:
        return [f"[bold]Volatility[/bold]     not possible: {plain(part['reason'])}"]
    last = part["path"][-1]
    ahead = f"; {last['month']}: {last['monthly']:.1%}" if len(part["path"]) > 1 else ""
    told = f"{part['monthly']:.1%} a month, {part['annualised']:.1%} a year{ahead}"
    lines = [f"[bold]Volatility[/bold]     {part['method'].upper()}: {told}"]
    if not part["garch"]["available"]:
        lines.append(f"               no GARCH: {plain(part['garch']['reason'])}")
    return lines


def _losses(part: Mapping[str, Any]) -> list[str]:
    """Return value at risk and expected shortfall in words."""
    if not part["available"]:
        return [f"[bold]Value at risk[/bold]  not possible: {plain(part['reason'])}"]
    amounts = part["amounts"]
    lines = []
    for place, level in enumerate(part["levels"]):
        head = "[bold]Value at risk[/bold]" if place == 0 else " " * 13
        own = amounts["levels"][place] if amounts["available"] else {}
        unit = f" {plain(amounts['unit'])}" if own and amounts["unit"] else ""
        var, cvar = (
            f"{level[f'{name}_share']:.1%}" + (f" ({amount(own[name])}{unit})" if own else "")
            for name in ("var", "cvar")
        )
        lines.append(
            f"{head}  {level['level']} %: {part['month']} falls by more than {var} of the last "
            f"month in {100 - level['level']} of 100; then by {cvar} on average"
        )
    if not amounts["available"]:
        lines.append(f"               no amounts: {plain(amounts['reason'])}")
    return lines


def _kupiec(part: Mapping[str, Any]) -> list[str]:
    """Return in words whether the value at risk held in past months."""
    if not part["available"]:
        return [f"[bold]Kupiec test[/bold]    not possible: {plain(part['reason'])}"]
    lines = []
    for place, level in enumerate(part["levels"]):
        head = "[bold]Kupiec test[/bold]" if place == 0 else " " * 11
        failed = f"{level['level']} %: {counted(level['failures'], 'failure')} in "
        failed += counted(level["months"], "month")
        if level["available"]:
            verdict = "rejected" if level["rejected"] else "not rejected"
            failed += f", {level['expected']:.1f} expected, p {level['p_value']:.2f}: {verdict}"
        else:
            failed += f"; no verdict: {plain(level['reason'])}"
        lines.append(f"{head}    {failed}")
    return lines


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
