"""What ``foresell eda`` prints: what stands out in the data, and where all of it lies."""

from typing import TYPE_CHECKING, Any

from foresell.cli.show import Format, show_error
from foresell.cli.terminal import plain, print_json, screen
from foresell.errors import counted

if TYPE_CHECKING:
    from foresell.api.exploring import DataReport, DataReports

_FINDINGS, _FEW = 12, 4


def show_report(report: "DataReport", form: Format) -> None:
    """Print the report of one project."""
    if form is Format.json:
        print_json(_told(report))
        return
    _show(report, _FINDINGS)


def show_reports(found: "DataReports", form: Format) -> None:
    """Print the reports of several projects, and why others have none."""
    if form is Format.json:
        print_json({
            "reports": [_told(report) for report in found.reports],
            "passed_over": dict(found.passed_over),
            "failed": {
                name: {"what": error.what, "where": error.where, "mend": error.mend}
                for name, error in found.failed.items()
            },
        })
        return
    for report in found.reports:
        _show(report, _FEW)
    for name, reason in found.passed_over.items():
        screen().print(f"[dim]{plain(name)} was passed over:[/dim] {plain(reason)}", soft_wrap=True)
    for name, error in found.failed.items():
        screen(stderr=True).print(f"[bold]{plain(name)}[/bold]", soft_wrap=True)
        show_error(error)


def _told(report: "DataReport") -> dict[str, Any]:
    """Return a report for programs, with every finding."""
    return {
        "project": report.project,
        "rows": report.rows,
        "report_version": report.version or None,
        "fingerprint": report.fingerprint,
        "folder": str(report.folder),
        "files": list(report.files),
        "made": report.made,
        "findings": report.told["findings"],
    }


def _show(report: "DataReport", most: int) -> None:
    """Print the findings that weigh most, and where the files are."""
    console, told = screen(), report.told["report"]
    of = f"{told['told_rows']:,} of {told['of_rows']:,} rows"
    which = "all rows" if report.rows == "all" else f"rows to learn from, {of}"
    made = "  [yellow]synthetic data[/yellow]" if told["synthetic"] else ""
    console.print(f"[bold]{plain(report.project)}[/bold]  {which}{made}", soft_wrap=True)
    found = report.told["findings"]
    for finding in found[:most]:
        console.print(f"- {plain(finding['says'])}", soft_wrap=True)
    if len(found) > most:
        console.print(f"[dim]  {len(found) - most} more in eda_report.json[/dim]", soft_wrap=True)
    kept = "" if report.made else ", as they were"
    page = report.folder / "eda_report.html"
    console.print(
        f"[dim]{counted(len(report.files), 'file')}{kept}; to look at:[/dim] {plain(str(page))}",
        soft_wrap=True,
        highlight=False,
    )
