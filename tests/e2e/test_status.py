"""What `foresell status` says, and that a run then does exactly that."""

import json
from pathlib import Path

import pytest

import foresell as platform
from tests.builders import snapshot
from tests.e2e.command import Foresell, Ran
from tests.e2e.shop import LINES, PROJECT, Shop

DATA = ("manifest", "ingest", "validate", "split")


@pytest.fixture
def shop(tmp_path: Path, foresell: Foresell) -> Shop:
    found = Shop(tmp_path, foresell)
    found.declare()
    found.data()
    assert found.run("--until", "split").code == 0
    return found


def ask(shop: Shop, *words: str) -> Ran:
    return shop.command(
        "status", PROJECT, "--data", shop.folder / "data", "--preset", "fast", *words
    )


def states(shop: Shop, *words: str) -> dict[str, tuple[str, list[str]]]:
    """State and reasons of the first four stages."""
    found = json.loads(ask(shop, "--format", "json", *words).out)[0]["stages"]
    return {
        one["stage"]: (one["state"], [reason["says"] for reason in one["reasons"]])
        for one in found
        if one["stage"] in DATA
    }


def done(shop: Shop) -> list[str]:
    """The stages that a run does."""
    ran = shop.run("--until", "split")
    lines = [line.split() for line in ran.err.splitlines()]
    return [words[1] for words in lines if words[:1] == ["✓"]]


def test_what_was_run_is_fresh_and_asking_writes_nothing(shop: Shop) -> None:
    before = snapshot(shop.folder / "home" / PROJECT)
    assert states(shop) == dict.fromkeys(DATA, ("fresh", []))
    assert snapshot(shop.folder / "home" / PROJECT) == before
    assert done(shop) == []


def test_each_change_is_named_and_a_run_does_what_was_named(shop: Shop) -> None:
    shop.declare(split={"test_share": 0.3, "folds": 3})
    assert states(shop) == {
        "manifest": ("fresh", []),
        "ingest": ("fresh", []),
        "validate": ("fresh", []),
        "split": ("stale", ["parameter split.test_share: 0.2 -> 0.3"]),
    }
    assert done(shop) == ["split"]

    shop.data(LINES.head(60))
    assert states(shop) == {
        "manifest": ("stale", ["source sales_data_sample.csv has changed"]),
        "ingest": ("follows", []),
        "validate": ("follows", []),
        "split": ("follows", []),
    }
    assert done(shop) == list(DATA)

    place = shop.folder / "home" / PROJECT / "landing" / "report.json"
    place.write_bytes(place.read_bytes() + b" ")
    assert states(shop)["ingest"] == ("stale", ["output landing/report.json has changed"])
    assert states(shop)["validate"] == ("stale", ["input landing/report.json has changed"])
    assert done(shop) == ["ingest"]  # which makes the same again, so that nothing follows


def test_people_read_a_line_a_stage_and_the_reasons_below(shop: Shop) -> None:
    shop.declare(split={"test_share": 0.3, "folds": 3})
    lines = ask(shop).out.splitlines()
    assert lines[:6] == [
        f"{PROJECT}  10 stages to do again",
        "  ✓ manifest   fresh",
        "  ✓ ingest     fresh",
        "  ✓ validate   fresh",
        "  ! split      stale",
        "      parameter split.test_share: 0.2 -> 0.3",
    ]
    assert lines[6] == "  · eda        never"
    assert lines[-1] == f"brought up to date by: foresell run {PROJECT}"


def test_it_fails_where_something_is_stale_only_if_asked_to(shop: Shop) -> None:
    assert (ask(shop).code, ask(shop, "--fail-on", "stale").code) == (0, 1)


def test_raw_files_that_are_nowhere_are_not_looked_at_and_that_is_told(shop: Shop) -> None:
    found = platform.status([PROJECT], preset="fast", home=shop.folder / "home")[0]
    assert found.unseen == f"the project {PROJECT!r} needs data"
    assert [one.state for one in found.stages[:4]] == ["fresh"] * 4


def test_projects_that_were_never_run_say_so(shop: Shop) -> None:
    ran = shop.command("status", "retail", "walmart")
    assert (ran.code, ran.out) == (0, "retail  never run\nwalmart  never run\n")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("status", "walmrt"), "there is no project 'walmrt'"),
        (("status", "all", "--data", "data"), "one folder of raw files is given, and 4 projects"),
    ],
)
def test_bad_input_is_refused(words: tuple[str, ...], what: str, shop: Shop) -> None:
    ran = shop.command(*words)
    assert ran.code == 2
    assert what in ran.err
