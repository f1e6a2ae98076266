"""A part of a project's stages: what runs, on what, and what is refused."""

import json
from pathlib import Path

import pytest

from tests.builders import snapshot
from tests.e2e.command import Foresell, Ran
from tests.e2e.retrained_shop import CONSTANT
from tests.e2e.shop import PROJECT, Shop

DATA = ("manifest", "ingest", "validate", "split")


@pytest.fixture
def shop(tmp_path: Path, foresell: Foresell) -> Shop:
    found = Shop(tmp_path, foresell)
    found.declare()
    found.data()
    return found


def marks(ran: Ran) -> list[tuple[str, str]]:
    """The first sign and the stage of each line of progress."""
    lines = [line.split() for line in ran.err.splitlines() if line[:1] in "✓·✗!"]
    return [(words[0], words[1]) for words in lines if words]


def test_stage_by_stage_gives_the_bytes_of_one_run(shop: Shop) -> None:
    assert shop.run("--until", "split").code == 0
    whole = results(shop.folder / "home")
    (shop.folder / "home").rename(shop.folder / "first")

    for stage in DATA:
        assert shop.run("--stage", stage).code == 0

    assert results(shop.folder / "home") == whole


def results(home: Path) -> dict[str, bytes]:
    """What stages have made: no log, no lock, no record with a time in it."""
    files = snapshot(home / PROJECT)
    own = (".lock", ".state", "checks_log.jsonl", "run.log", "run_id", "run.json")
    return {name: files[name] for name in files if not name.startswith(own)}


def test_a_stage_whose_input_was_never_made_says_which_stage_to_run_first(shop: Shop) -> None:
    assert shop.run("--stage", "manifest").code == 0
    ran = shop.run("--stage", "split")

    assert ran.code == 2
    place = shop.folder / "home" / PROJECT / "processed"
    assert ran.err == (
        "error the stage split needs processed, and the stage validate was never done\n"
        f"  where {place}\n"
        f"  mend  run that one first: foresell run {PROJECT} --stage validate\n"
    )


def test_an_output_that_is_gone_is_made_again_by_its_stage_and_refused_by_those_that_read_it(
    shop: Shop,
) -> None:
    assert shop.run("--until", "split").code == 0
    place = shop.folder / "home" / PROJECT
    before = snapshot(place / "processed")
    (place / "processed").rename(shop.folder / "taken")

    refused = shop.run("--stage", "split")
    assert refused.code == 2
    assert "and what the stage validate made is gone\n" in refused.err

    assert marks(shop.run("--stage", "validate")) == [("✓", "validate")]
    assert marks(shop.run("--stage", "split")) == [("·", "split")]
    assert snapshot(place / "processed") == before


def test_a_fresh_stage_is_kept_and_by_force_done_again(shop: Shop) -> None:
    assert shop.run("--until", "split").code == 0

    kept = shop.run("--stage", "split", "--format", "json")
    forced = shop.run("--stage", "split", "--force", "--format", "json")

    assert json.loads(kept.out)["stages"] == {"split": "kept"}
    assert json.loads(forced.out)["stages"] == {"split": "done"}


def test_a_stale_stage_before_it_is_told_of_and_its_outputs_are_used_as_they_are(
    shop: Shop,
) -> None:
    assert shop.run("--until", "split").code == 0
    shop.declare(split={"test_share": 0.3, "folds": 3})

    ran = shop.run("--stage", "baselines")

    assert ran.code == 0
    assert marks(ran) == [("!", "baselines"), ("✓", "baselines")]
    assert "split is stale (parameter split" in ran.err


def test_a_stale_stage_before_it_is_refused_where_that_is_asked_for(shop: Shop) -> None:
    assert shop.run("--until", "baselines").code == 0
    shop.declare(split={"test_share": 0.3, "folds": 3})
    home = shop.folder / "home" / PROJECT
    before = snapshot(home / "judged")

    ran = shop.run("--stage", "baselines", "--stage", "eda", "--refuse-stale")

    assert (ran.code, marks(ran)) == (2, [])
    says = "the stage eda follows from split, which is stale: parameter split"
    assert says in " ".join(ran.err.split())
    assert f"foresell run {PROJECT} --stage split" in ran.err
    assert snapshot(home / "judged") == before
    assert shop.run("--stage", "split", "--refuse-stale").code == 0
    assert shop.run("--stage", "baselines", "--refuse-stale").code == 0
    assert shop.run("--from", "split", "--until", "eda", "--refuse-stale").code == 0


def test_a_failed_gate_is_a_result_of_its_stage_unless_it_is_to_fail(shop: Shop) -> None:
    shop.data(CONSTANT)
    assert shop.run("--until", "train").code == 0

    ran = shop.run("--stage", "evaluate", "--format", "json")
    again = shop.run("--stage", "evaluate", "--fail-on", "gate", "--format", "json")

    assert json.loads(ran.out)["passed"] is False
    assert (ran.code, again.code) == (0, 1)
    assert json.loads(again.out)["stages"] == {"evaluate": "kept"}


def test_a_stage_that_reads_no_raw_file_needs_no_place_of_them(shop: Shop) -> None:
    assert shop.run("--until", "split").code == 0
    (shop.folder / "data").rename(shop.folder / "elsewhere")

    ran = shop.command("run", PROJECT, "--stage", "baselines", "--preset", "fast")

    assert ran.code == 0, ran.err
    assert shop.command("run", PROJECT, "--stage", "ingest").code == 2


def test_from_and_until_cut_the_list_at_both_ends(shop: Shop) -> None:
    assert shop.run("--until", "ingest").code == 0

    assert marks(shop.run("--from", "validate", "--until", "split")) == [
        ("✓", "validate"),
        ("✓", "split"),
    ]
    refused = shop.run("--from", "split", "--until", "validate")
    assert refused.code == 2
    assert refused.err.startswith("error validate comes before split, so no stage is between them")


def test_several_projects_end_in_one_answer_and_one_that_fails_stops_no_other(shop: Shop) -> None:
    broken = shop.folder / "declared" / "broken"
    broken.mkdir()
    (broken / "project.yaml").write_text("name: broken\n", encoding="utf-8")
    (broken / "contract.yaml").write_text("", encoding="utf-8")
    assert shop.command("stage", PROJECT, shop.folder / "data").code == 0

    ran = shop.command("run", "broken", PROJECT, "--until", "ingest", "--format", "json")

    told = json.loads(ran.out)
    assert ran.code == 2
    assert [one["project"] for one in told["runs"]] == [PROJECT]
    assert list(told["failed"]) == ["broken"]
    assert marks(ran) == [("✓", f"{PROJECT}:"), ("✓", f"{PROJECT}:")]


def test_files_are_not_given_to_several_projects_at_once(shop: Shop) -> None:
    ran = shop.command("run", "all", "--data", shop.folder / "data")

    assert ran.code == 2
    assert ran.err.startswith("error files are given, and several projects are meant")
