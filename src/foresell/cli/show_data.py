"""What a run shows that ends with the data: what passed, what did not, and what leaks."""

from typing import TYPE_CHECKING, Any

from foresell.cli.terminal import plain

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.api import RunResult

_SHOWN = 5  # broken rules on a screen; the files have them all


def show_data(result: "RunResult", console: "Console") -> None:
    """Print what the gate counted, what was found to leak, and what to do next."""
    checks = result.checks
    if checks is None:
        console.print(f"stopped as asked; see {result.workspace}", highlight=False)
        return
    console.print()
    contract = checks["contract"]
    _line(console, "Rows", _rows(checks))
    _line(
        console,
        "Contract",
        f"{len(checks['rules'])} rules, version {contract['version']}, {contract['sha256'][:12]}",
    )
    broken = sorted((rule for rule in checks["rules"] if rule["broken"]), key=_often)
    for rule in broken[:_SHOWN]:
        seen = ", ".join(rule["examples"])
        _line(console, "", f"{rule['broken']:,} broke [bold]{plain(rule['rule'])}[/bold]: {seen}")
    findings = result.leakage["findings"] if result.leakage is not None else []
    for i, finding in enumerate(findings):
        _line(console, "" if i else "Leaks", _finding(finding))
    if result.leakage is not None and not findings:
        _line(console, "Leaks", f"none found in {len(result.leakage['columns'])} columns")
    _line(console, "Layer", str(result.workspace / "processed"))
    console.print()
    _line(console, "Next", f"foresell sql {result.project} --list")
    if checks["quarantined"]:
        _line(console, "", f"foresell quarantine show {result.project}")
    if result.kind == "tabular":
        _line(console, "", "[dim]models for tabular projects are not part of this version[/dim]")


def _rows(checks: dict[str, Any]) -> str:
    """Return what became of the rows, in one line."""
    repaired = f" ({checks['repaired']:,} repaired)" if checks["repaired"] else ""
    text = (
        f"{checks['read']:,} read = {checks['kept']:,} kept{repaired} + "
        f"{checks['quarantined']:,} quarantined"
    )
    if checks["sampled"] is not None:
        text += f"; {checks['sampled']['checked']:,} of {checks['sampled']['of']:,} looked at"
    return text


def _often(rule: dict[str, Any]) -> int:
    """Return what puts the rule broken most often first."""
    return -int(rule["broken"])


def _finding(finding: dict[str, Any]) -> str:
    """Return one leak in words, with what was done about it."""
    names = " and ".join(finding["columns"])
    alone = len(finding["columns"]) == 1
    said = f"[bold]{plain(names)}[/bold] {finding['evidence']}" if alone else finding["evidence"]
    note = finding["note"] or finding["verdict"]
    return f"{said} [dim]({plain(note)})[/dim]"


def _line(console: "Console", name: str, text: str) -> None:
    """Print one line with its name before it."""
    console.print(f"[bold]{name:<9}[/bold] {text}", highlight=False, soft_wrap=True)
