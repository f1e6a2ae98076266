"""The quality report as one page: what is known, what is missing, and where each number is from."""

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.charts.signs import minus
from foresell.report.page_templates import page_templates
from foresell.report.quality_overview import COLUMNS, overview
from foresell.report.quality_words import BASELINE, RIVAL, beside, label, short, shown
from foresell.report.wording import typeset

_FINE = ("found", "not yet")  # states in which nobody has anything to do


def quality_html(told: Mapping[str, Any]) -> str:
    """Return the page of a report, or of the part of one project.

    ``told``: ``projects``, each as ``quality.json`` has it; ``sections`` of all projects together,
    where there are some. Nothing is fetched when it is looked at; no script.
    """
    pages = page_templates(
        label=label, shown=shown, short=short, cell=_cell, rows=_rows, typeset=typeset
    )
    projects, general = told["projects"], told.get("sections", [])
    parts = [("", one) for one in general]
    parts += [(one["project"], part) for one in projects for part in one["sections"]]
    numbers = [number for _, part in parts for number in part["numbers"]]
    return pages.get_template("quality.html").render(
        projects=projects,
        general=general,
        lines=overview(projects),
        columns=COLUMNS,
        troubles=[pair for pair in parts if pair[1]["state"] not in _FINE or pair[1]["failed"]],
        numbers=len(numbers),
        files=len({(one["artifact"], one["sha256"]) for one in numbers}),
        single=projects[0]["project"] if len(projects) == 1 and not general else "",
    )


def _rows(numbers: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str | None]]:
    """Return the lines of a section: what a number is called, it, the best baseline's if told."""
    told = {str(one["name"]): one for one in numbers}
    hidden = {f"{prefix}{name}" for name in told for prefix in (BASELINE, RIVAL)}
    return [
        (label(name), shown(one), beside(told, name) or None)
        for name, one in told.items()
        if name not in hidden
    ]


def _cell(value: object) -> str:
    """Return a cell of a sample.

    >>> _cell(22360.502572), _cell("2012-11-02"), _cell(None), _cell(4)
    ('22,360.50', '2012-11-02', '–', '4')
    """
    if value is None:
        return "–"
    if isinstance(value, float):
        text = f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4g}"
        return minus(text)
    return str(value)
