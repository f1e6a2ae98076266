"""What a run shows that ends with the data: what passed, what did not, and what leaks."""

from typing import TYPE_CHECKING, Any

from foresell.cli.terminal import plain
from foresell.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from foresell.api import RunResult

_TOLD = ("gate", "repairs")  # steps that the line of rows tells of
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
        f"{_rules(checks)}, version {contract['version']}, {contract['sha256'][:12]}",
    )
    _show_broken(checks, console)
    if checks["repairs"]["stale"]:
        _line(console, "Repairs", stale_words(checks))
    for i, text in enumerate(_cleaning(result.cleaning or [])):
        _line(console, "" if i else "Cleaning", text)
    _show_leaks(result.leakage, console)
    rows = f"{counted(checks['processed'], 'row')} in " if _differs(checks) else ""
    _line(console, "Layer", f"{rows}{result.layer}")
    console.print()
    _line(console, "Next", f"foresell sql {result.project} --list")
    if checks["quarantined"]:
        _line(console, "", f"foresell quarantine show {result.project}")


def _rules(checks: dict[str, Any]) -> str:
    """Return how many rules the contract has, as ``contract show`` counts them, and the others."""
    calendar = sum(rule.get("kind") == "frequency" for rule in checks["rules"])
    unchecked = len(checks.get("unchecked", ()))
    held = counted(len(checks["rules"]) - calendar + unchecked, "rule")
    left = f" ({unchecked:,} on dropped columns)" if unchecked else ""
    return f"{held}{left}" + (f" and {calendar} of the calendar" if calendar else "")


def _show_broken(checks: dict[str, Any], console: "Console") -> None:
    """Print the rules that were broken most often, with examples."""
    broken = sorted((rule for rule in checks["rules"] if rule["broken"]), key=_often)
    for rule in broken[:_SHOWN]:
        seen = plain(", ".join(rule["examples"]))
        _line(console, "", f"{rule['broken']:,} broke [bold]{plain(rule['rule'])}[/bold]: {seen}")
    if len(broken) > _SHOWN:
        _line(console, "", f"and {counted(len(broken) - _SHOWN, 'more rule')}")


def _show_leaks(leakage: dict[str, Any] | None, console: "Console") -> None:
    """Print what was found to tell the target, or that nothing was."""
    findings = leakage["findings"] if leakage is not None else []
    for i, finding in enumerate(findings):
        _line(console, "" if i else "Leaks", _finding(finding))
    if leakage is not None and not findings:
        _line(console, "Leaks", f"none found in {counted(len(leakage['columns']), 'column')}")


def stale_words(checks: dict[str, Any]) -> str:
    """Return how many repairs do not apply any more, and why."""
    count = len(checks["repairs"]["stale"])
    return (
        f"[yellow]{counted(count, 'repair')} {'does' if count == 1 else 'do'} not apply any "
        "more[/yellow]: no row of the data holds what was mended"
    )


def _differs(checks: dict[str, Any]) -> bool:
    """Tell whether the layer has other rows than passed the gate."""
    return int(checks["processed"]) != int(checks["kept"])


def _cleaning(steps: list[dict[str, Any]]) -> list[str]:
    """Return what was done to rows beside the gate: one line for what was dropped, one a step."""
    changed = [step for step in steps if step["changed"] and step["step"] not in _TOLD]
    dropped = [step["column"] for step in changed if step["step"] == "drop"]
    lines = [f"dropped as they were read: {', '.join(map(plain, dropped))}"] if dropped else []
    for step in changed:
        if step["step"] == "drop":
            continue
        came, left = step["rows_in"], step["rows_out"]
        rows = f", {came:,} rows became {left:,}" if came != left else ""
        name = f"{step['step']} {step['column']}" if step["column"] else step["step"]
        lines.append(
            f"[bold]{plain(name)}[/bold] changed {step['changed']:,}{rows}: {plain(step['why'])}"
        )
    return lines


def _rows(checks: dict[str, Any]) -> str:
    """Return what became of the rows, in one line."""
    repaired = f" ({checks['repaired']:,} repaired)" if checks["repaired"] else ""
    text = (
        f"{checks['read']:,} read = {checks['kept']:,} kept{repaired} + "
        f"{checks['quarantined']:,} quarantined"
    )
    if checks["sampled"] is not None:
        drawn = checks["sampled"]
        text += (
            f"; {drawn['checked']:,} of {drawn['of']:,} were checked, "
            f"{drawn['broken']:,} of them broke a rule"
        )
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
