"""The registry page says what the ledger says: versions, history, differences, damage."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import foresell
from foresell.dashboard.asking import answering_of
from foresell.dashboard.page import Trouble
from foresell.dashboard.registry.page import RegistryPage
from foresell.dashboard.registry.page import context as made
from foresell.report.wording import typeset
from foresell.serving.site import Site
from foresell.serving.slots import Refusal, Standing
from tests.dashboard_site import board_of as board
from tests.dashboard_site import context, get, memory_shown, site_of, visit_of
from tests.served_bundles import live, served, slot
from tests.signed_visits import PAGE, moved_on, toys

_ADDED = ("version 2 on MAE against mean", "registry")


@pytest.fixture
def home(home: Path) -> Path:
    """Three versions: 1 was prod, 2 is, 3 failed its gate and is on staging by an override."""
    return moved_on(home)


def page(home: Path, **query: str) -> RegistryPage:
    found: RegistryPage = context(board(home, "toy"), "toy", "registry", **query)
    return found


def kept(home: Path) -> Any:
    """What the database itself holds, read by nothing of foresell."""
    with closing(sqlite3.connect(home / "_registry" / "registry.db")) as database:
        database.row_factory = sqlite3.Row
        table = next(
            name
            for (name,) in database.execute("select name from sqlite_master where type = 'table'")
            if "transition" in name
        )
        return [dict(row) for row in database.execute(f"select * from {table} order by number")]  # noqa: S608


def test_facts_and_versions_are_those_of_the_ledger(home: Path) -> None:
    found, rows = page(home), kept(home)

    records = [json.loads(row["evidence"]) for row in rows if row["action"] == "register"]
    added = records[1]["gate"]["comparisons"][-1]["value_added"]
    assert [(one.value, one.label, one.note, one.source) for one in found.facts][:3] == [
        ("2", "version on prod", "ridge", "registry"),
        ("3", "version on staging", "ridge", "registry"),
        (f"+{added:.1%}".replace("%", "\u00a0%"), "value added", *_ADDED),
    ]
    assert (found.facts[3].value, found.facts[3].label) == (str(len(records)), "versions")
    assert found.versions is not None
    assert list(found.versions.heads) == [
        *("Champion", "RMSE", "MAE", "Value added", "Gate", "Approval", "Registered", "By"),
    ]
    told = [
        (row.number, row.aliases, [cell.text for cell in row.cells]) for row in found.versions.rows
    ]
    assert [(number, aliases) for number, aliases, _ in told] == [
        (3, ("staging",)),
        (2, ("prod",)),
        (1, ()),
    ]
    for (_, _, cells), record in zip(told, reversed(records), strict=True):
        gate = record["gate"]
        assert cells[0] == record["champion"]
        assert [float(cell) for cell in cells[1:3]] == [
            round(record["scores"][name], 2) for name in ("rmse", "mae")
        ]
        assert cells[3].endswith("\u00a0%, MAE against mean")
        assert cells[4] == ("passed" if gate["passed"] else "not passed")
        assert cells[7] == "ann"
    registered = [one.evidence[-1] for one in found.events if one.kind == "register"]
    assert registered == [f"Bundle {one['digest'][:12]}" for one in reversed(records)]


def test_the_history_tells_every_transition_the_latest_first(home: Path) -> None:
    events, rows = page(home).events, kept(home)

    assert [(one.number, one.machine, one.who, one.reason, one.hash) for one in events] == [
        (row["number"], row["at"], row["who"], row["reason"], row["hash"]) for row in reversed(rows)
    ]
    assert [one.says for one in events][:3] == [
        "Version 3 promoted to staging; nothing was there before",
        "Version 2 promoted to prod; it was version 1",
        "Version 1 promoted to prod; nothing was there before",
    ]
    assert [list(one.marks) for one in events][:2] == [["gate overridden"], []]
    sentences = json.loads(rows[-2]["evidence"])["gate"]["sentences"]
    assert list(events[1].evidence)[: len(sentences)] == [typeset(one) for one in sentences]
    assert "(+30.0\u00a0% value added)" in next(iter(events[1].evidence))
    assert "Against version 1, on prod then: RMSE 7.00 against 8.00" in list(events[1].evidence)[-1]


def test_a_long_history_is_shown_in_part_and_whole_where_that_is_asked(home: Path) -> None:
    for turn in range(14):
        foresell.promote("toy", 1, reason=f"there {turn}", home=home)
        foresell.rollback("toy", reason=f"and back {turn}", home=home)

    found, whole = page(home), page(home, all="1")

    assert (len(found.events), found.left_out) == (30, 4)
    assert (len(whole.events), whole.left_out) == (34, 0)
    assert found.events[0].says == "Prod rolled back to version 2; it was version 1"
    assert list(found.events[0].evidence) == ["1 promotion taken back"]


def test_what_may_be_done_hangs_on_the_version(home: Path) -> None:
    foresell.reject("toy", 1, reason="too old", home=home)

    found = page(home)

    assert found.versions is not None
    acts = {row.number: [one.label for one in row.actions] for row in found.versions.rows}
    assert acts == {3: ["Promote", "Reject"], 2: [], 1: []}
    assert [(one.label, one.query) for one in found.rollbacks] == [
        ("Roll back prod", "?do=rollback&alias=prod"),
        ("Roll back staging", "?do=rollback&alias=staging"),
    ]


def test_versions_that_wait_are_named_and_can_be_approved(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0, approval=True)

    found = page(home)

    assert found.heading == "No version answers"
    assert found.standfirst == (
        "Until a version is promoted, nothing answers. Versions 1 and 2 wait for approval."
    )
    assert found.versions is not None
    assert [[one.label for one in row.actions] for row in found.versions.rows] == [
        ["Approve", "Stage", "Reject"]
    ] * 2


def test_a_version_on_staging_answers_where_nothing_is_on_prod(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0)
    foresell.promote("toy", 1, to="staging", reason="to be tried", home=home)

    found = page(home)

    assert found.heading == "Version 1 answers from staging; nothing is on prod"
    assert found.standfirst == "Until a version is promoted to prod, the one on staging answers."
    assert found.versions is not None
    assert {row.number: row.live for row in found.versions.rows} == {1: True, 2: False}
    assert found.facts[2].note == "version 1 on MAE against mean"


def test_two_versions_differ_by_what_registry_diff_says(home: Path) -> None:
    found = page(home, a="1", b="prod")

    told = foresell.compare("toy", 1, 2, home=home)
    assert found.chosen == (1, 2)
    assert found.difference is not None
    heading = "Version 2 errs 12.5\u00a0% less than version 1 on MAE"
    assert (found.difference.heading, found.difference.says) == (heading, "Both are ridge.")
    scores = found.difference.scores[0]
    assert [row[0].text for row in scores.rows][:2] == ["RMSE", "MAE"]
    assert scores.caption.endswith("; errors in USD")
    assert [float(cell.text) for cell in scores.rows[0][1:3]] == [
        told.metrics[0].before,
        told.metrics[0].after,
    ]
    assert scores.rows[0][3].text == "−12.5\u00a0%"
    assert list(scores.marks)[:2] == ["total", "total"]
    parts = {one.title: one for one in found.difference.parts}
    settings = parts["Settings of candidates"].table
    assert settings is not None
    assert [[cell.text for cell in row] for row in settings.rows] == [
        [
            one.place.removeprefix("settings.").replace(".", ": "),
            f"{one.before:g}",
            f"{one.after:g}",
        ]
        for one in told.parameters
        if one.place.startswith("settings.")
    ]
    assert parts["Files of the model"].says == "1 changed, 1 the same."


def test_a_version_is_not_compared_with_itself(home: Path) -> None:
    found = page(home, a="2", b="prod")

    assert found.difference is None
    assert found.troubles["difference"].what == "version 2 does not differ from itself"
    assert found.chosen == (2, 3)


def test_without_a_choice_the_live_version_and_the_newest_other_are_offered(home: Path) -> None:
    found = page(home)

    assert (found.chosen, found.difference, list(found.numbers)) == ((2, 3), None, [3, 2, 1])


@pytest.mark.parametrize(
    ("answering", "said"),
    [
        (None, "This server answers with no version yet."),
        (2, "This server answers with version 2."),
        (1, "This server answers with version 1, not with version 2, which is on prod."),
        (77, "This server answers with the bundle 77, not with version 2, which is on prod."),
    ],
)
def test_what_this_server_answers_with_is_told_beside_what_the_registry_says(
    home: Path, answering: int | None, said: str
) -> None:
    place = slot(current=None if answering is None else served(answering))
    visit = replace(visit_of(board(home, "toy").projects["toy"]), answering=answering_of(place))

    found = made(visit).answering

    assert found is not None
    assert (found.says, found.trouble) == (said, None)


def test_where_nothing_is_on_prod_the_server_is_held_against_the_version_on_staging(
    home: Path,
) -> None:
    foresell.rollback("toy", to="none", reason="it was wrong", home=home)
    visit = visit_of(board(home, "toy").projects["toy"])

    def said(answering: int) -> str:
        found = made(replace(visit, answering=answering_of(slot(current=served(answering)))))
        assert found.answering is not None
        return found.answering.says

    assert said(2) == (
        "This server answers with version 2, not with version 3, which is on staging."
    )
    assert said(3) == "This server answers with version 3."


def test_a_version_that_this_server_refuses_is_told_with_the_reason(home: Path) -> None:
    place = slot(current=served(1))
    place.standing = Standing(refused=Refusal(live=live(2), why="it is damaged", at=0.0))
    visit = replace(visit_of(board(home, "toy").projects["toy"]), answering=answering_of(place))

    found = made(visit).answering

    assert found is not None
    assert found.trouble is not None
    assert found.trouble.what == "this server refuses version 2: it is damaged"


def test_a_project_without_versions_is_told_what_makes_one() -> None:
    found = made(visit_of(memory_shown("toy")))

    assert found.heading == "No version yet"
    assert found.troubles["history"] == Trouble(
        what="no version is registered yet", where="toy", mend="foresell run toy", next=True
    )
    assert (found.versions, list(found.events), found.verification) == (None, [], None)


def test_the_history_is_given_away_as_the_file_that_verify_checks(home: Path) -> None:
    reply = get(site_of(home, "toy"), f"{PAGE}/files/history.jsonl")

    assert reply.content == foresell.export_history("toy", home=home)
    assert foresell.verify_export(reply.content).sound
    assert "toy-history.jsonl" in reply.headers["content-disposition"]


@pytest.fixture
def site(home: Path) -> Site:
    return site_of(home, "toy")


def test_the_page_needs_no_script_and_has_no_style_of_its_own(site: Site) -> None:
    html = get(site, f"{PAGE}?a=1&b=2&verify=1").text

    assert "style=" not in html
    assert "onclick" not in html
    assert html.count("<script") == 1
    assert html.count("<h1") == 1
