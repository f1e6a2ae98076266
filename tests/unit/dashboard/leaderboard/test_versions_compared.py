"""Two versions beside each other: which errs less, on which rows, and what else differs."""

from collections.abc import Mapping
from typing import Any

import pytest

from foresell.adapters.vault_memory import MemoryVault
from foresell.dashboard.leaderboard.page import Leaderboard
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.registry.page import context as listed
from foresell.govern.approving import approve
from foresell.govern.comparison import compare
from tests.dashboard_site import visit_of
from tests.judged_run import html, looked, register_bundles, shown_run, texts
from tests.small_bundles import judged_rows, small_bundle

NBSP = "\u00a0"


def registered(*knobs: Mapping[str, Any]) -> Shown:
    shown = shown_run("tabular", {})
    register_bundles(shown, *knobs)
    return shown


def two(shown: Shown, first: str = "1", second: str = "2") -> Leaderboard:
    return looked(shown, compare=first, **{"with": second})


def test_the_one_that_errs_less_is_told_with_the_share_and_the_rows() -> None:
    page = two(registered({"error": 8.0}, {"error": 6.0, "seed": 2}))
    assert page.heading == f"Version 2 errs 25.0{NBSP}% less than version 1 on MAE"
    assert page.standfirst == "Both were judged on the same 12 rows."
    assert page.compared is not None
    (scores,) = page.compared.told.scores
    assert scores.caption.startswith("Held-out rows, both on the same rows")
    told = {row[0]: row[1:] for row in texts(scores)}
    assert told["RMSE"] == ["8.00", "6.00", f"−25.0{NBSP}%"]
    assert scores.marks[:2] == ["total", "total"]
    assert [cell.mark for cell in scores.rows[0]] == ["", "", "best", ""]


def test_what_is_told_is_what_the_registry_tells() -> None:
    knobs = {"error": 8.0}, {"error": 6.0, "seed": 2, "contract_version": "1.1.0"}
    found = compare(*(small_bundle(**own) for own in knobs))
    page = two(registered(*knobs))
    assert page.compared is not None
    told = page.compared.told
    titles = [part.title for part in told.parts]
    assert len(found.metrics) == len(texts(told.scores[0]))
    assert "Settings of candidates" in titles
    assert "Contract 1.0.0 → 1.1.0" in titles
    settings = next(one for one in told.parts if one.title == "Settings of candidates")
    assert texts(settings.table) == [["ridge: penalty", "1", "2"]]


def test_errors_of_other_rows_are_not_compared() -> None:
    page = two(registered({"judged": judged_rows(8.0)}, {"judged": judged_rows(6.0, first=50)}))
    assert page.heading == "What differs between version 1 and version 2"
    assert page.standfirst.endswith("no row was judged in both, with the same truth.")
    assert page.figures == {}


def test_of_rows_that_are_partly_the_same_those_count() -> None:
    page = two(registered({"judged": judged_rows(8.0)}, {"judged": judged_rows(6.0, first=5)}))
    assert page.compared is not None
    assert page.heading == f"Version 2 errs 25.0{NBSP}% less than version 1 on MAE"
    assert "8 of them are the same" in page.standfirst
    same, own = page.compared.told.scores
    assert same.caption.startswith(f"On the 8{NBSP}rows that both were judged on")
    assert own.caption.startswith("Held-out rows, each on the rows of its own run")
    assert {cell.mark for row in own.rows for cell in row} == {""}


def test_groups_of_rows_by_size_hold_every_row_once() -> None:
    page = two(registered({"error": 8.0}, {"error": 6.0, "seed": 2}))
    rows = page.figures["by-size"].rows
    assert rows is not None
    truth = judged_rows(8.0)["y"]
    for name, error in (("version 1", 8.0), ("version 2", 6.0)):
        own = rows.filter(candidate=name)
        sizes = dict(truth.value_counts().sort("y").iter_rows())
        assert own["n"].to_list() == list(sizes.values())
        assert own["wape"].to_list() == [pytest.approx(error / y) for y in sizes]


def test_the_form_offers_every_version_and_says_what_is_wrong_beside_the_field() -> None:
    shown = registered({"error": 8.0}, {"error": 6.0, "seed": 2})
    page = looked(shown, compare="7", **{"with": "<b>"})
    assert page.compared is None
    assert page.picking is not None
    assert [value for value, _ in page.picking.first.options] == ["2", "1"]
    assert page.picking.first.error == "There is no '7' here: choose one of these."
    sent = html(shown, compare="7", **{"with": "<b>"})
    assert "&#39;&lt;b&gt;&#39;" in sent
    assert "'<b>'" not in sent

    same = looked(shown, compare="1", **{"with": "1"})
    assert same.picking is not None
    assert same.picking.second.error == "Choose two different versions."


def test_a_version_that_was_changed_is_said_and_not_shown() -> None:
    shown = registered({"error": 8.0}, {"error": 6.0, "seed": 2})
    vault = shown.registry.vault
    assert isinstance(vault, MemoryVault)
    for name in vault.objects:
        vault.objects[name] = b"other bytes"
    page = two(shown)
    assert page.compared is None
    assert page.heading == "These two versions cannot be compared"
    assert set(page.troubles) == {"compared"}
    assert "To mend it" in html(shown, compare="1", **{"with": "2"})


def test_one_version_is_none_to_compare() -> None:
    shown = registered({"error": 8.0})
    page = looked(shown)
    assert page.picking is not None
    assert not page.picking.possible


def test_the_page_of_two_versions_is_whole() -> None:
    knobs = {"error": 8.0}, {"error": 6.0, "seed": 2, "champion": "<i>mine</i>"}
    sent = html(registered(*knobs), compare="1", **{"with": "2"})
    assert "foresell registry diff toy 1 2" in sent
    assert "<i>mine" not in sent
    assert "&lt;i&gt;mine&lt;/i&gt;" in sent


def test_equal_errors_on_the_rows_of_both_are_level_whatever_the_other_rows_say() -> None:
    rows = judged_rows(8.0)
    fewer = rows.head(6)
    shown = registered({"judged": rows}, {"judged": fewer, "seed": 2})
    page = two(shown)
    told = "Version 2 errs as much as version 1 on the rows both were judged on"
    assert page.heading == told
    assert "6 of them are the same" in page.standfirst


def test_an_approval_is_told_as_it_is_now() -> None:
    shown = registered({"approval": True}, {"approval": True, "seed": 2})
    before = two(shown)
    approve(shown.registry, "toy", 2, reason="looked at it")
    after = two(shown)

    def told(page: Leaderboard) -> list[str]:
        assert page.compared is not None
        pair = page.compared.before, page.compared.after
        return [one.value for who in pair for one in who.facts if one.label == "Approval"]

    assert told(before) == ["waits for approval", "waits for approval"]
    assert told(after) == ["waits for approval", "approved"]


def test_both_pages_tell_one_finding_and_the_same_differences() -> None:
    shown = registered({"error": 8.0}, {"error": 6.0, "seed": 2})
    board, registry = two(shown), listed(visit_of(shown, {"a": "1", "b": "2"}))
    assert board.compared is not None
    assert board.compared.told == registry.difference
    assert board.heading == board.compared.told.heading
