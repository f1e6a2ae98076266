"""The report of data as one self-contained page, and its figures as files of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from foresell.charts.drawing import standalone_svg
from foresell.charts.eda_pictures import png_of
from foresell.charts.theme import TOKENS
from foresell.report import wording
from foresell.report.eda_columns import columns_section, files_section, pairs_section
from foresell.report.eda_effects import covariates, events
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_panel import seasons, sellers, series
from foresell.report.eda_rows import alike, along, categories, through_time
from foresell.report.eda_together import together
from foresell.report.page_templates import page_templates
from foresell.report.rendering import Fact

_FINDINGS = 12  # at the top of the page; all are in the JSON


@dataclass(frozen=True, kw_only=True)
class EdaPage:
    """The page, its figures as SVG and PNG by the names of their files, and what it is made of."""

    html: str
    pictures: Mapping[str, bytes]
    sections: Sequence[Section]


def eda_page(
    told: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], facts: EdaFacts
) -> EdaPage:
    """Return the page of what was found.

    ``told`` and ``tables`` as `foresell.eda.describe` makes them; a table that is not there leaves
    its figures out. The same input gives the same bytes: no clock, no address, no script.
    """
    sections = eda_sections(told, tables, facts)
    pages = page_templates(count=wording.count)
    html = pages.get_template("eda.html").render(
        facts=facts,
        headline=headline(tables, facts),
        standfirst=standfirst(facts),
        numbers=key_numbers(tables, facts),
        findings=findings(told)[:_FINDINGS],
        more=max(len(findings(told)) - _FINDINGS, 0),
        sections=sections,
        tokens=TOKENS,
    )
    pictures: dict[str, bytes] = {}
    for section in sections:
        for figure in section.figures:
            drawn = standalone_svg(str(figure.wide))
            pictures[f"{figure.name}.svg"] = drawn.encode()
            pictures[f"{figure.name}.png"] = png_of(drawn)
    return EdaPage(html=html, pictures=pictures, sections=sections)


def eda_sections(
    told: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], facts: EdaFacts
) -> tuple[Section, ...]:
    """Return the sections that have something to show, in reading order."""
    if facts.kind == "panel":
        made = [
            together(tables, facts),
            seasons(tables, facts),
            sellers(tables, facts),
            events(tables, facts),
            covariates(tables, facts),
            pairs_section(tables, facts),
            series(tables, facts),
        ]
    else:
        made = [
            through_time(tables, facts),
            along(tables, facts),
            categories(tables, facts),
            pairs_section(tables, facts),
            alike(tables, facts),
        ]
    made += [columns_section(tables, facts), files_section(told)]
    return tuple(section for section in made if section.filled)


def findings(told: Mapping[str, Any]) -> list[str]:
    """Return the sentences that were found, the weightiest first."""
    return [str(one["says"]) for one in told.get("findings", ())]


def headline(tables: Mapping[str, pl.DataFrame], facts: EdaFacts) -> str:
    """Return what the data is, in a line.

    A panel by its series and years, a table by its rows.
    """
    totals = tables.get("totals", pl.DataFrame())
    if totals.is_empty() or "series" not in tables:
        what = "row" if facts.kind == "tabular" else f"{facts.every}ly row"
        return f"{wording.count(facts.told_rows, what)} of {wording.name(facts.target)}"
    dates = totals["date"].sort()
    years = f"{dates[0].year}" if dates[0].year == dates[-1].year else ""
    years = years or f"{dates[0].year} to {dates[-1].year}"
    every = "daily" if facts.every == "day" else "weekly"
    count = wording.count(tables["series"].height, f"{every} series")
    return f"{count} of {wording.name(facts.target)}, {years}"


def standfirst(facts: EdaFacts) -> str:
    """Say which rows were looked at."""
    if facts.rows == "all":
        return (
            f"All {facts.of_rows:,} rows that passed the gate, those of the test among them: "
            "what is learnt from this page must not choose a model."
        )
    left = facts.of_rows - facts.told_rows
    until = f", up to {wording.day(facts.cutoff)}" if facts.cutoff is not None else ""
    return (
        f"{facts.told_rows:,} rows that models may learn from{until}. The {left:,} rows that the "
        "test keeps were not looked at."
    )


def key_numbers(tables: Mapping[str, pl.DataFrame], facts: EdaFacts) -> list[Fact]:
    """Return the four or five numbers a reader takes away."""
    found = [Fact(value=wording.count(facts.told_rows), label="rows", note=f"of {facts.of_rows:,}")]
    if "series" in tables:
        lengths = tables.get("lengths", pl.DataFrame())
        complete = f"{int(lengths['complete'].sum()):,} complete" if not lengths.is_empty() else ""
        found.append(
            Fact(value=wording.count(tables["series"].height), label="series", note=complete)
        )
    totals = tables.get("totals", pl.DataFrame())
    if not totals.is_empty():
        dates = totals["date"].sort()
        span = f"{wording.day(dates[0])} to {wording.day(dates[-1])}"
        found.append(Fact(value=wording.count(totals.height), label=f"{facts.every}s", note=span))
    return found + _target_numbers(tables, facts)


def _target_numbers(tables: Mapping[str, pl.DataFrame], facts: EdaFacts) -> list[Fact]:
    """Return the mean of the target, and how many values are missing in all."""
    profile = tables.get("columns", pl.DataFrame())
    if profile.is_empty():
        return []
    own = profile.filter(pl.col("column") == facts.target)
    found = []
    if own.height and own["mean"][0] is not None:
        found.append(
            Fact(
                value=wording.amount(own["mean"][0], facts.unit),
                label=f"mean {wording.name(facts.target)}",
                note=f"median {wording.amount(own['p50'][0], facts.unit)}",
            )
        )
    there = profile.filter(pl.col("n").is_not_null())
    lacking, held = int(there["missing"].sum()), int(there["n"].sum())
    part = wording.percent(lacking / (lacking + held)) if lacking else "none"
    words = f"{there.height} columns"
    return [*found, Fact(value=part, label="of the values missing", note=words)]
