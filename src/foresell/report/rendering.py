"""What every page has: its facts checked, its first numbers, its template filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from foresell.charts.theme import TOKENS, require
from foresell.report import tables, wording
from foresell.report.context import Result
from foresell.report.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One of the numbers at the top."""

    value: str
    label: str
    note: str = ""


def check_frames(report: Result, required: Mapping[str, Sequence[str]]) -> None:
    """Refuse a report of which a frame with rows lacks a column.

    ``required``: the columns of each field that holds a frame; a missing one is a DataError.
    """
    for part, columns in required.items():
        if not (frame := getattr(report, part)).is_empty():
            require(frame, columns, part)


def rendered(template: str, report: Result, held: Standing, parts: Mapping[str, object]) -> str:
    """Return the page ``template`` made of ``report`` and ``parts``.

    Nothing is read but these and the templates that ship with the package.
    """
    pages = Environment(
        loader=PackageLoader("foresell.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters.update(
        percent=wording.percent,
        count=wording.count,
        day=wording.day,
        meaning=wording.meaning,
    )
    return pages.get_template(template).render(
        report=report,
        facts=report.facts,
        verdict=report.verdict,
        held=held,
        tokens=TOKENS,
        **parts,
    )


def first_numbers(report: Result, held: Standing, names: Mapping[str, str]) -> list[Fact]:
    """Return the champion's error, how far it lies below the baseline's, and other numbers.

    ``names``: what each metric that is shown is called here; the first is the one compared by.
    """
    row = report.leaderboard.filter(report.leaderboard["champion"]).row(0, named=True)
    notes = {
        "bias": "above zero: too high",
        "coverage_80": "80\u00a0% was promised",
    }
    facts = []
    for key, label in names.items():
        if row.get(key) is not None:
            metric = tables.METRICS[key]
            note = notes.get(key, metric.means)
            facts.append(Fact(value=metric.show(row[key]), label=label, note=note))
    if held.gain is not None:
        side = "below" if held.gain >= 0 else "above"
        gain = Fact(
            value=wording.percent(abs(held.gain)),
            label=f"{side} {held.baseline}",
            note="the best baseline, same rows",
        )
        facts.insert(1, gain)
    return facts
