"""The report of data as Markdown: the same sections, with its figures by relative link."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_page import findings, headline, key_numbers, standfirst
from foresell.report.markdown import escaped
from foresell.report.tables import Table


def eda_markdown(
    told: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    facts: EdaFacts,
    sections: Sequence[Section],
) -> str:
    """Return the report as GitHub-flavoured Markdown; pictures are in the folder ``figures``."""
    lines = [f"# {escaped(headline(tables, facts))}", "", escaped(standfirst(facts)), ""]
    if facts.synthetic:
        lines += [
            "**SYNTHETIC data.** Every number here comes from foresell's own generator, not from a "
            "real business.",
            "",
        ]
    lines += [f"Project {escaped(facts.project)}: {escaped(facts.title)}.", ""]
    for fact in key_numbers(tables, facts):
        note = f" ({fact.note})" if fact.note else ""
        lines.append(escaped(f"- {fact.label}: {fact.value}{note}"))
    if said := findings(told):
        lines += ["", "## What stands out", ""]
        lines += [f"{place}. {escaped(sentence)}" for place, sentence in enumerate(said, start=1)]
    for section in sections:
        lines += ["", *_section(section, set(tables))]
    lines += [
        "",
        "## How to get this report again",
        "",
        f"    {facts.command}",
        "",
        f"- Data: `{facts.fingerprint}`",
        f"- Contract: {facts.contract_version} `{facts.contract_sha256[:12]}`",
        "- Every file with its sha256: [manifest.json](manifest.json)",
        "",
    ]
    return "\n".join(lines)


def _section(section: Section, tables: set[str]) -> list[str]:
    """Return the lines of one section."""
    lines = [f"## {section.title}", ""]
    if section.lead:
        lines += [escaped(section.lead), ""]
    for figure in section.figures:
        says, shows = escaped(figure.says), escaped(figure.shows)
        lines += [f"![{says}](figures/{figure.name}.svg)", "", f"**{says}.** {shows}.", ""]
    for table in section.tables:
        lines += [escaped(table.caption), "", *_table(table), ""]
    held = [name for name in section.files if name in tables]
    if held:
        links = ", ".join(f"[{name}](tables/{_linked(name)}.csv)" for name in held)
        lines += [f"Numbers: {links}.", ""]
    if section.note:
        lines += [f"*{escaped(section.note)}*", ""]
    return lines[:-1]


def _linked(name: str) -> str:
    """Return the name of a file as a link has it."""
    return name.replace(" ", "%20")


def _table(table: Table) -> list[str]:
    """Return a table: its first column left, numbers right."""
    head = " | ".join(_cell(text) for text, _ in table.head)
    rule = " | ".join([":---", *["---:"] * (len(table.head) - 1)])
    rows = [
        " | ".join([_cell(row.head), *(_cell(cell.text) for cell in row.cells)])
        for row in table.rows
    ]
    return [f"| {line} |" for line in (head, rule, *rows)]


def _cell(text: str) -> str:
    r"""Return text that ends no cell.

    >>> _cell("a|b")
    'a\\|b'
    """
    return escaped(text).replace("|", "\\|")
