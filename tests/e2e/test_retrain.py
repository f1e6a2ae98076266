"""A served version is trained again where that is needed, and nothing is pretended."""

import json
import shutil
from pathlib import Path

import pytest

import foresell as public
from foresell.errors import MachineError, UsageError
from foresell.govern.promoting import promote
from foresell.govern.registry import read_history
from foresell.pipeline.work import Event
from foresell.settings import read_settings
from foresell.wiring.retraining import held
from tests.e2e.command import Foresell
from tests.e2e.retrained_shop import CONSTANT, MORE, WEAK, WORSE, again, begin, record, told
from tests.e2e.shop import LINES, PROJECT, Shop


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begin(tmp_path_factory.mktemp("begun"))


@pytest.fixture
def shop(begun: Path, tmp_path: Path, foresell: Foresell) -> Shop:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Shop(tmp_path, foresell)


def test_where_nothing_asks_for_it_nothing_is_read_or_trained_and_why_is_told(shop: Shop) -> None:
    missing = shop.command("retrain", PROJECT, "--if-needed", "--data", shop.folder / "nowhere")
    assert missing.code == 0
    assert missing.out.splitlines()[:3] == [
        f"{PROJECT}, version 1 on staging: nothing asks for training again, so nothing was trained",
        "- nothing is known of performance yet: foresell monitor performance sales_orders "
        "--actuals FILE tells",
        "- nothing is known of drift yet: foresell monitor drift sales_orders tells",
    ]
    assert (record(shop)["state"], record(shop)["trained"]) == ("ended", False)

    told(shop, "performance_summary.json", {**WORSE, "version": 7})
    other = again(shop, if_needed=True)
    assert (other.needed, other.trained, other.done) == (False, False, True)
    assert other.reasons[0] == (
        "what is known of performance is of version 7, and 1 is served: "
        "foresell monitor performance sales_orders --actuals FILE"
    )


def test_a_needed_challenger_is_trained_on_new_data_and_prod_is_left_alone(shop: Shop) -> None:
    promote(shop.registry, PROJECT, 1, "prod", reason="the first")
    told(shop, "performance_summary.json", WORSE)
    shop.data(MORE)

    found = again(shop, if_needed=True)

    assert (found.served, found.alias, found.needed, found.reasons) == (
        1,
        "prod",
        True,
        ("WAPE 0.30 against 0.07 in the backtest",),
    )
    assert (found.trained, found.version, found.new, found.passed, found.done) == ((
        True,
        2,
        True,
        True,
        True,
    ))
    assert shop.state.aliases == {"prod": 1, "staging": 2}
    assert found.promoted is False
    assert found.new_data is True
    assert f"sales_data_sample.csv ({LINES.height} to {MORE.height} rows)" in found.says[2]
    assert found.beside is not None
    assert found.beside["n"] > 30
    kept = record(shop)
    assert (kept["state"], kept["version"], kept["served"]) == (
        "ended",
        2,
        {"alias": "prod", "version": 1},
    )

    twice = again(shop, if_needed=True)
    assert (twice.version, twice.new, shop.state.aliases) == (2, False, {"prod": 1, "staging": 2})
    assert "version 2, the challenger, registered before, passed its gate" in twice.says


def test_without_new_data_a_needed_training_is_not_pretended(shop: Shop) -> None:
    told(shop, "performance_summary.json", WORSE)

    ran = shop.command("retrain", PROJECT, "--if-needed", "--data", shop.folder / "data")

    assert ran.code == 1
    assert ran.out.splitlines()[1:4] == [
        "- WAPE 0.30 against 0.07 in the backtest",
        "- no new data since version 1: the same file, byte for byte",
        "- nothing was trained: it would learn what is known; give new data: --data DIR",
    ]
    assert len(shop.state.versions) == 1

    asked = again(shop)
    assert (asked.version, asked.new, asked.trained, asked.done) == (1, False, False, False)
    assert asked.says[-1] == "the run made version 1 again, which is served: nothing was learnt"


def test_other_bytes_with_equal_rows_are_no_new_data(shop: Shop) -> None:
    told(shop, "performance_summary.json", WORSE)
    shop.data(LINES.reverse())

    found = again(shop, if_needed=True)

    assert (found.new_data, found.trained, found.done) == (False, False, False)
    assert found.says[-2] == (
        "no new data since version 1: other files, sales_data_sample.csv (changed), with equal rows"
    )
    assert len(shop.state.versions) == 1


def test_a_challenger_that_fails_its_gate_is_registered_and_goes_nowhere(shop: Shop) -> None:
    promote(shop.registry, PROJECT, 1, "prod", reason="the first")
    shop.data(CONSTANT)

    ran = shop.command("retrain", PROJECT, "--data", shop.folder / "data", "--format", "json")

    assert ran.code == 1
    said = json.loads(ran.out)
    assert (said["needed"], said["version"], said["passed"], said["promoted"]) == ((
        False,
        2,
        False,
        False,
    ))
    assert shop.state.aliases == {"prod": 1, "staging": 1}
    assert "version 2, the challenger did not pass its gate" in said["says"]
    assert "version 1 stays on prod" in said["says"]


def test_only_a_project_that_says_so_promotes_and_only_what_is_better_on_the_same_rows(
    shop: Shop,
) -> None:
    shop.declare(**WEAK)
    assert shop.run("--no-track").code == 0
    assert shop.state.aliases == {"prod": None, "staging": 2}
    shop.declare(monitoring={"promote": "when_better"})
    shop.data(MORE)

    first = again(shop)
    assert (first.better, first.promoted) == (True, False), first.says
    assert first.says[-2].startswith("nothing is on prod yet, and the first is for a person")
    assert first.says[-1] == (
        "nothing is on prod, so staging is what answers: version 3 answers from now on, it was "
        "better there; to go back: foresell registry rollback sales_orders --alias staging "
        "--reason TEXT"
    )
    assert shop.state.aliases == {"prod": None, "staging": 3}

    promote(shop.registry, PROJECT, 2, "prod", reason="the weak one")
    moved = {"seen": "shift", "weight": "alarm", "about": "MSRP", "says": "MSRP moved by 40"}
    told(shop, "drift_summary.json", {"version": 2, "findings": [moved]})
    found = again(shop, if_needed=True)
    assert (found.version, found.better, found.promoted) == (3, True, True), found.says
    assert shop.state.aliases == {"prod": 3, "staging": 3}
    last = read_history(shop.registry, PROJECT)[-1]
    assert (last.alias, last.after) == ("prod", 3)
    assert last.reason.startswith("retrained and better on ")


def test_a_challenger_that_is_no_better_is_not_promoted(shop: Shop) -> None:
    promote(shop.registry, PROJECT, 1, "prod", reason="the good one")
    shop.declare(**WEAK, monitoring={"promote": "when_better"})
    shop.data(MORE)

    found = again(shop)

    assert (found.passed, found.better, found.promoted) == (True, False, False), found.says
    assert found.says[-1] == (
        "it is not called better than version 1: its errors there are not smaller by every metric "
        "that decides"
    )
    assert shop.state.aliases == {"prod": 1, "staging": 2}


def test_prod_that_was_moved_during_the_training_is_left_where_it_is(shop: Shop) -> None:
    shop.declare(**WEAK)
    assert shop.run("--no-track").code == 0
    promote(shop.registry, PROJECT, 2, "prod", reason="the weak one")
    shop.declare(monitoring={"promote": "when_better"})
    shop.data(MORE)

    def person(event: Event) -> None:
        if (event.kind, event.stage) == ("started", "report"):
            promote(shop.registry, PROJECT, 1, "prod", reason="somebody was quicker")

    found = again(shop, listen=person)

    assert (found.served, found.better, found.promoted) == (2, True, False), found.says
    assert shop.state.aliases["prod"] == 1
    assert found.says[-1].startswith(
        "not promoted: prod was moved meanwhile, from version 2 to version 1"
    )


def test_a_challenger_that_lost_and_answers_all_the_same_is_told_with_the_way_back(
    shop: Shop,
) -> None:
    shop.declare(**WEAK)
    shop.data(MORE)

    found = again(shop)

    assert (found.better, shop.state.aliases) == (False, {"prod": None, "staging": 2})
    assert found.says[-1] == (
        "nothing is on prod, so staging is what answers: version 2 answers from now on, though it "
        "was not called better than 1; to go back: foresell registry rollback sales_orders "
        "--alias staging --reason TEXT"
    )


def test_a_challenger_that_needs_an_approval_waits_for_a_person(shop: Shop) -> None:
    shop.declare(**WEAK)
    assert shop.run("--no-track").code == 0
    promote(shop.registry, PROJECT, 2, "prod", reason="the weak one")
    shop.declare(monitoring={"promote": "when_better"}, registry={"approval": True})
    shop.data(MORE)

    found = again(shop)

    assert (found.better, found.promoted) == (True, False), found.says
    assert shop.state.aliases["prod"] == 2
    assert found.says[-1].startswith("not promoted: the version waits for approval")


def test_two_at_once_and_a_project_that_is_not_served_are_refused(
    shop: Shop, tmp_path: Path
) -> None:
    with (
        held(PROJECT, read_settings()),
        pytest.raises(MachineError, match="is being trained again already"),
    ):
        again(shop)
    with pytest.raises(UsageError, match="is served, so none can be trained again"):
        public.retrain(PROJECT, home=tmp_path / "another")
    with pytest.raises(UsageError, match="there is no preset 'quick'"):
        again(shop, preset="quick")
