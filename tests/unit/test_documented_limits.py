"""What the documents say of a server and its pages is what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from foresell.api import looking
from foresell.cli.app import app
from foresell.dashboard.forms import LARGEST
from foresell.dashboard.pages import OVERVIEW, PAGES
from foresell.dashboard.reading.memory import MOST
from foresell.dashboard.sessions import LONG_S
from foresell.dashboard.what_if import percent
from foresell.settings import read_settings
from foresell.spec.serving import SCOPES
from foresell.wiring import desks

DOCS = Path(__file__).parents[2] / "docs"
OPTION = re.compile(r"`(--[a-z-]+)")


def text_of(name: str) -> str:
    """The words of a document, each line's end a space."""
    return " ".join((DOCS / name).read_text("utf-8").split())


def first_cells(name: str, heading: str) -> list[str]:
    """The first cell of each row of all tables below a heading of a document."""
    part = (DOCS / name).read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (.*?) \|", part, re.MULTILINE)


def options_of(command: str) -> set[str]:
    """The long options of a command, both sides of a switch."""
    verbs: Any = typer.main.get_command(app)
    told = [
        one for part in verbs.commands[command].params for one in (part.opts, part.secondary_opts)
    ]
    return {name for names in told for name in names if name.startswith("--")} - {"--help"}


def test_every_option_of_serve_stands_in_its_table_and_no_other() -> None:
    told = {name for cell in first_cells("serving.md", "Options") for name in OPTION.findall(cell)}

    assert told == options_of("serve")


def test_every_option_that_the_page_of_the_dashboard_names_is_one_of_its_two_commands() -> None:
    prose = re.sub(
        r"^```.*?^```",
        "",
        (DOCS / "dashboard.md").read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    of_others = {"--home"}  # of the benchmark

    assert set(OPTION.findall(prose)) <= options_of("serve") | options_of("dashboard") | of_others


def test_every_page_stands_in_the_table_of_pages_by_its_label_and_its_name() -> None:
    rows = re.findall(
        r"^\| (\w[\w ]*) \| (?:`([\w-]+)` )?\|",
        (DOCS / "dashboard.md").read_text("utf-8"),
        re.MULTILINE,
    )

    assert set(rows) == {(page.label, page.name) for page in (OVERVIEW, *PAGES)}


def test_every_scope_of_a_key_stands_in_the_table_of_scopes() -> None:
    told = {cell.strip("`") for cell in first_cells("serving-keys.md", "Keys")} & set(SCOPES)

    assert told == set(SCOPES)


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("dashboard.md", f"hold {LARGEST:,} bytes at most"),
        ("serving-keys.md", f"of a form of the pages {LARGEST:,}"),
        ("dashboard.md", f"what it remembers of files is at most {MOST // 2**20} MB"),
        ("dashboard.md", f"A session ends after {LONG_S // 3600} hours"),
        ("dashboard.md", f"; {percent.LEAST:g} to {percent.MOST:,.0f})"),
    ],
)
def test_a_limit_of_pages_is_told_as_it_is(page: str, says: str) -> None:
    assert says in text_of(page)


def test_how_many_pages_are_made_at_once_and_for_how_long_is_told_as_it_is(tmp_path: Path) -> None:
    desk = desks.pages_desk(read_settings(tmp_path), lambda _: None)

    seconds, waiting = desk._seconds, desk._waiting
    assert f"| 504 after {seconds:g} s (30 s and twice `--timeout`)" in text_of("dashboard.md")
    longer = desks.pages_desk(read_settings(tmp_path), lambda _: None, looking.PATIENCE_S)
    assert f"with `foresell dashboard` after {longer._seconds:g} s" in text_of("dashboard.md")
    assert f"| four pages or charts; {waiting} are made or wait" in text_of("dashboard.md")
    assert f"made at once | {desks.AT_ONCE}; {waiting} with those" in text_of("serving-keys.md")
