"""A retraining that was stopped: taken up, dropped in words, or over."""

import shutil
from pathlib import Path

import pytest

import foresell as public
from foresell.errors import DataError
from foresell.pipeline.work import Event
from tests.e2e.command import Foresell
from tests.e2e.retrained_shop import MORE, WORSE, Stopped, again, begin, record, told
from tests.e2e.shop import PROJECT, Shop


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begin(tmp_path_factory.mktemp("begun"))


@pytest.fixture
def shop(begun: Path, tmp_path: Path, foresell: Foresell) -> Shop:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Shop(tmp_path, foresell)


@pytest.mark.parametrize(
    ("stage", "aliases"),
    [("ingest", {"prod": None, "staging": 1}), ("report", {"prod": None, "staging": 2})],
)
def test_what_stopped_in_between_is_taken_up_with_the_version_it_began_with(
    shop: Shop, stage: str, aliases: dict[str, int | None]
) -> None:
    told(shop, "performance_summary.json", WORSE)
    shop.data(MORE)

    def stop(event: Event) -> None:
        if (event.kind, event.stage) == ("started", stage):
            raise Stopped

    with pytest.raises(Stopped):
        again(shop, if_needed=True, listen=stop)
    assert (record(shop)["state"], shop.state.aliases) == ("begun", aliases)

    told(shop, "performance_summary.json", {**WORSE, "version": 2, "verdict": "unknown"})
    found = again(shop, if_needed=True)
    assert (found.resumed, found.served, found.needed, found.version) == (True, 1, False, 2)
    assert found.says[0] == "it was needed when it began, and goes on"
    assert found.beside is not None
    assert record(shop)["state"] == "ended"
    assert shop.state.aliases == {"prod": None, "staging": 2}

    after = again(shop, if_needed=True)
    assert (after.resumed, after.served, after.needed) == (False, 2, False)


def test_one_that_an_error_ended_is_over_and_what_is_served_since_is_looked_at(shop: Shop) -> None:
    with pytest.raises(DataError, match="the data folder does not exist"):
        public.retrain(PROJECT, data=shop.folder / "nowhere", track=False)
    kept = record(shop)
    assert (kept["state"], kept["error"]) == ("stopped", "the data folder does not exist")

    shop.data(MORE)
    assert shop.run("--no-track").code == 0
    told(shop, "performance_summary.json", {**WORSE, "version": 2})
    found = again(shop, if_needed=True)
    assert (found.resumed, found.served, found.needed) == (False, 2, True)


def test_one_that_was_killed_is_dropped_in_words_where_another_version_is_served_since(
    shop: Shop,
) -> None:
    def stop(event: Event) -> None:
        if (event.kind, event.stage) == ("started", "manifest"):
            raise Stopped

    with pytest.raises(Stopped):
        again(shop, listen=stop)
    shop.data(MORE)
    assert shop.run("--no-track").code == 0

    found = again(shop, if_needed=True)
    assert (found.resumed, found.served, found.trained) == (False, 2, False)
    assert found.says[-1] == (
        "one that began with version 1 was stopped and is dropped: 2 is served by now"
    )


def test_one_that_was_asked_for_and_killed_is_taken_up_though_nothing_asks_for_it(
    shop: Shop,
) -> None:
    shop.data(MORE)

    def stop(event: Event) -> None:
        if (event.kind, event.stage) == ("started", "report"):
            raise Stopped

    with pytest.raises(Stopped):
        again(shop, listen=stop)
    assert shop.state.aliases == {"prod": None, "staging": 2}

    found = public.retrain(PROJECT, if_needed=True, track=False)

    assert (found.resumed, found.needed, found.served, found.version) == (True, False, 1, 2)
    assert found.beside is not None
    assert record(shop)["state"] == "ended"
