"""What every page has: its facts checked, its first numbers, its template filled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from foresell.charts.drawing import standalone_svg
from foresell.charts.theme import TOKENS, require
from foresell.report import tables, wording
from foresell.report.context import Result
from foresell.report.figures import Figure
from foresell.report.page_templates import page_templates
from foresell.report.standing import Standing

_NUMBERED = re.compile(r"(series|segment|gain)-\d+")
_LONGEST = 48  # characters of what a figure is about, in the name of its file


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page, and its charts as files of their own, by name: SVG, and what each says and shows."""

    html: str
    pictures: Mapping[str, str]
    captions: Mapping[str, Mapping[str, str]]


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


def rendered(template: str, report: Result, held: Standing, parts: Mapping[str, object]) -> Page:
    """Return the page ``template`` made of ``report`` and ``parts``, whose ``figures`` are charts.

    Nothing is read but these and the templates that ship with the package.
    """
    pages = page_templates(
        percent=wording.percent,
        count=wording.count,
        day=wording.day,
        meaning=wording.meaning,
    )
    html = pages.get_template(template).render(
        report=report,
        facts=report.facts,
        verdict=report.verdict,
        held=held,
        tokens=TOKENS,
        **parts,
    )
    drawn = dict(_pictures(parts["figures"]))
    return Page(
        html=html,
        # Markup would escape what is added to it.
        pictures={name: standalone_svg(str(figure.wide)) for name, figure in drawn.items()},
        captions={name: {"says": one.says, "shows": one.shows} for name, one in drawn.items()},
    )


def _pictures(figures: object) -> Iterator[tuple[str, Figure]]:
    """Yield the name of its file and every figure in what a page calls its figures, nested or not.

    Of figures that are alike, what each is about stands behind its number.
    """
    if isinstance(figures, Figure):
        yield f"{file_stem(figures.name, figures.says)}.svg", figures
    elif isinstance(figures, Mapping):
        for figure in figures.values():
            yield from _pictures(figure)
    elif isinstance(figures, list):
        for figure in figures:
            yield from _pictures(figure)


def file_stem(name: str, says: str) -> str:
    """Return what the file of a figure is called: its name and, if numbered, its subject.

    >>> file_stem("segment-2", "Store type"), file_stem("coverage-80", "81 % of the truth")
    ('segment-2-store-type', 'coverage-80')
    """
    if not _NUMBERED.fullmatch(name):
        return name
    about = re.sub(r"[^a-z0-9]+", "-", says.lower().partition(":")[0]).strip("-")[:_LONGEST]
    return f"{name}-{about}".rstrip("-")


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
