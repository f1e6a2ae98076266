"""What the overview says where a run did not end, a file is broken, or somebody means ill."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.dashboard.overview.last_run import read_run
from foresell.dashboard.overview.page import context
from foresell.dashboard.page import Visit
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import Shown
from foresell.pipeline.work import Event
from foresell.serving.exchange import Kind
from foresell.settings import Settings, read_settings
from foresell.wiring.shown_projects import shown
from tests.dashboard_site import get, memory_shown, site_of
from tests.ledger_files import run
from tests.overview_homes import (
    PANEL,
    TABLE,
    judged,
    leave_panel,
    leave_run,
    leave_table,
    looked,
    panel_bundle,
    put,
    watched,
)

KINDS: Mapping[str, Kind] = {PANEL: "panel", TABLE: "tabular"}


def test_a_run_that_failed_is_told_with_its_stage_and_reason(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    words = "3 % of the rows break a rule"
    failed = Event(kind="failed", stage="validate", text=words)
    leave_run(tmp_path, PANEL, failed, ended=False, stages=("ingest",))
    page = looked(tmp_path, PANEL)
    (card,) = page.cards
    run = next(fact for fact in card.facts if fact.label == "Last run")
    assert (run.note, run.tone, run.source) == ("failed in validate", "bad", "run.log")
    says = [item.concern.says for group in page.groups for item in group.items]
    assert f"The last run failed in validate: {words}." in says


def test_a_run_that_has_not_ended_is_told_in_its_card(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    leave_run(tmp_path, PANEL, ended=False, stages=("ingest", "train"))
    (card,) = looked(tmp_path, PANEL).cards
    run = next(fact for fact in card.facts if fact.label == "Last run")
    assert (run.note, run.tone) == ("not ended, last in train", "")


def test_a_project_that_never_ran_says_what_to_do_next(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    page = looked(tmp_path)
    assert [(card.name, card.troubles["run"].mend) for card in page.idle] == [
        (TABLE, f"foresell run {TABLE}")
    ]
    assert [card.name for card in page.cards] == [PANEL]
    text = get(site_of(tmp_path, PANEL, TABLE), "/ui").text
    assert f"<code>foresell run {TABLE}</code>" in text


def test_a_home_without_any_run_needs_no_attention(tmp_path: Path) -> None:
    page = looked(tmp_path)
    assert (page.heading, page.groups, page.cards) == ("Nothing was run yet", (), ())
    assert [card.name for card in page.idle] == [PANEL, TABLE]


_BROKEN = [
    ("checks", "checks.json"),
    ("splits", "split.json"),
    ("monitor", "alerts.json"),
    ("monitor", "performance_summary.json"),
    ("monitor", "drift_summary.json"),
    ("bundle", "metadata.json"),
    ("bundle", "history.parquet"),
    ("forecast", "forecast.parquet"),
    ("forecast", "hierarchy.parquet"),
    ("", "run.json"),
]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"subjects": {"drift": 3}}'])
@pytest.mark.parametrize(("output", "name"), _BROKEN)
def test_a_broken_file_takes_away_its_own_part_and_says_so(
    tmp_path: Path, output: str, name: str, content: bytes
) -> None:
    leave_panel(tmp_path)
    put(tmp_path, PANEL, output, name, content)
    reply = get(site_of(tmp_path, PANEL), "/ui")
    assert reply.status_code == 200
    assert "Traceback" not in reply.text
    page = looked(tmp_path, PANEL)
    (card,) = page.cards
    shown = {fact.label for fact in card.facts} | {fact.label for fact in card.numbers}
    if name != "alerts.json":
        assert "alerts" in shown
    assert {"Version", "WAPE"} <= shown
    troubles = [one for one in card.troubles.values() if not one.next]
    assert troubles or "of another version" in reply.text
    if troubles:
        assert any(name in one.what or name in one.where for one in troubles), troubles
        assert page.groups[0].heading == "Soon"


def test_a_registry_that_was_changed_is_the_most_urgent(tmp_path: Path) -> None:
    leave_panel(tmp_path)
    leave_table(tmp_path)
    url = f"sqlite:///{tmp_path / '_registry' / 'registry.db'}"
    triggers = run(url, "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    # As whoever has the file could.
    run(
        url,
        *(f'DROP TRIGGER "{name}"' for (name,) in triggers),
        "UPDATE transitions SET reason = 'another' WHERE project = 'walmart' AND number = 1",
    )
    page = looked(tmp_path)
    first = page.groups[0]
    assert (first.heading, first.urgent) == ("Now", True)
    assert [(item.concern.project, item.way.label) for item in first.items] == [(PANEL, "Registry")]
    assert first.items[0].concern.says.startswith("The history of 'walmart' was changed")
    broken, whole = page.cards
    assert broken.says.startswith("The registry cannot be read")
    assert whole.says.startswith("Version 1 answers from prod")
    assert get(site_of(tmp_path, PANEL, TABLE), "/ui").status_code == 200


def _damaged(home: Path) -> Mapping[str, Shown]:
    (home / "_registry" / "registry.db").write_bytes(b"no database at all")
    return _shown(read_settings(home))


def _away(home: Path) -> Mapping[str, Shown]:
    away = "postgresql://nobody@127.0.0.1:1/none"  # nothing listens there
    return _shown(replace(read_settings(home), registry=away))


def _shown(settings: Settings) -> Mapping[str, Shown]:
    memory = Memory()
    return {name: shown(name, kind, settings, memory) for name, kind in KINDS.items()}


@pytest.mark.parametrize("lost", [_damaged, _away])
def test_without_its_registry_every_card_tells_what_is_known_by_the_files(
    tmp_path: Path, lost: Callable[[Path], Mapping[str, Shown]]
) -> None:
    leave_panel(tmp_path)
    leave_table(tmp_path)
    watched(tmp_path, PANEL, performance=judged("retrain"))
    page = context(Visit(own=None, projects=lost(tmp_path), path="/ui"))
    assert [card.name for card in page.cards] == [PANEL, TABLE]
    for card in page.cards:
        assert list(card.troubles) == ["registry"]
        assert card.says.startswith("The registry cannot be read")
        assert {fact.label for fact in card.facts} >= {"Last run", "Rows read"}
        assert {fact.label for fact in card.facts}.isdisjoint({"Version", "Performance", "Drift"})
        assert card.figure is not None
        assert card.figure.note.endswith(
            " It is of the last run; which version answers is not known."
        )
    assert page.standfirst.startswith("Which versions answer is not known, and ")
    urgent = [(one.concern.project, one.concern.page) for one in page.groups[0].items]
    assert urgent == [(PANEL, "registry"), (TABLE, "registry")]
    assert all(one.concern.says[-2:] != "?." for one in page.groups[0].items)


def test_a_registry_that_one_project_cannot_reach_leaves_the_others_as_they_are(
    tmp_path: Path,
) -> None:
    leave_panel(tmp_path)
    leave_table(tmp_path)
    whole = looked(tmp_path)
    known = {**_away(tmp_path), TABLE: _shown(read_settings(tmp_path))[TABLE]}
    page = context(Visit(own=None, projects=known, path="/ui"))
    assert (page.cards[1].says, page.cards[1].numbers, page.cards[1].facts) == (
        whole.cards[1].says,
        whole.cards[1].numbers,
        whole.cards[1].facts,
    )
    assert page.standfirst.startswith(
        "1 of 2\u00a0projects has a version that answers, of 1 it is not known, and "
    )


_HOSTILE = "<script>alert(1)</script>\"'&"


def _hostile_log(home: Path) -> None:
    failed = Event(kind="failed", stage="train", text=_HOSTILE)
    leave_run(home, PANEL, failed, ended=False)


def _hostile_verdict(home: Path) -> None:
    watched(home, PANEL, performance={**judged("watch"), "reasons": [_HOSTILE]})


def _hostile_champion(home: Path) -> None:
    leave_panel(home, bundle=panel_bundle(champion=_HOSTILE, seed=3))


@pytest.mark.parametrize("hostile", [_hostile_log, _hostile_verdict, _hostile_champion])
def test_what_files_say_is_never_part_of_the_page(
    tmp_path: Path, hostile: Callable[[Path], None]
) -> None:
    leave_panel(tmp_path)
    hostile(tmp_path)
    text = get(site_of(tmp_path, PANEL), "/ui").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


_WORDS = (
    "r",
    "x",
    "train",
    "failed",
    "started",
    "done",
    "2026-01-01T00:00:00+00:00",
    "\n",
    "é",
    "",
)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(_WORDS), max_size=30))
def test_a_log_of_anything_tells_of_no_failure_but_that_of_the_last_run(words: list[str]) -> None:
    text = " ".join(words)
    files = {("", "run_id"): b"r\n", ("", "run.log"): text.encode()}
    found = read_run(memory_shown(files=files))
    assert found is not None
    lines = [line.split(" ", 4) for line in text.splitlines()]
    failed = [line for line in lines if len(line) > 3 and line[1] == "r" and line[3] == "failed"]
    assert found.ended == ("failed" if failed else "open")
    if failed:
        assert found.stage == failed[0][2]
