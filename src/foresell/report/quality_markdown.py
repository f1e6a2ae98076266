"""The quality report as a short Markdown text, for a pull request or a chat."""

from collections.abc import Mapping, Sequence
from typing import Any

from foresell.report.quality_overview import COLUMNS, overview
from foresell.report.quality_words import label, shown


def quality_markdown(told: Mapping[str, Any]) -> str:
    """Return the summary of a report: what to look at, the projects at a glance, the numbers.

    ``told``: what ``quality_report.json`` holds. Every file is in there with its hash.
    """
    lines = ["# Quality", ""]
    lines += _troubles(told)
    if told["projects"]:
        lines += ["## Projects", ""]
        shown_as = [[line.project, *(line.cells[name] for name in COLUMNS)]
                    for line in overview(told["projects"])]  # fmt: skip
        lines += [*_table(["project", *COLUMNS], shown_as), ""]
    for part in told["sections"]:
        lines += [f"## {part['title']}", "", _plain(f"{part['says']}"), ""]
        if part["numbers"]:
            rows = [[label(one["name"]), shown(one), one["artifact"]] for one in part["numbers"]]
            lines += [*_table(["number", "value", "file"], rows), ""]
    if told["never_run"]:
        lines += [f"Never run here: {_plain(', '.join(told['never_run']))}.", ""]
    files = len(told["artifacts"])
    lines.append(f"{files:,} files, each with its sha256 in quality_report.json.")
    return "\n".join(lines) + "\n"


def _troubles(told: Mapping[str, Any]) -> list[str]:
    """Return the list of what is missing, has changed, or does not pass."""
    found = []
    for state, words in (("missing", "missing"), ("changed", "changed"), ("failed", "not passed")):
        for one in told[state]:
            of = f"{one['project']}: " if one["project"] else ""
            mend = f" `{one['mend']}`" if one["mend"] else ""
            found.append(f"- {_plain(of + one['title'])}, {words}. {_plain(one['says'])}{mend}")
    if not found:
        return ["Nothing is missing, nothing has changed, and all of it passes.", ""]
    return ["## To look at", "", *found, ""]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table; the first column is text, the others stand right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(map(_plain, row))} |" for row in [head]] + [
        f"| {' | '.join(rule)} |",
        *(f"| {' | '.join(map(_plain, row))} |" for row in rows),
    ]


def _plain(text: str) -> str:
    r"""Return text that means nothing to Markdown: one line, its signs escaped.

    >>> _plain("a|b <c>\nd_e")
    'a\\|b \\<c\\> d\\_e'
    """
    flat = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in flat)
