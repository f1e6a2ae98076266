import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from foresell.serving.factory import create_app
from foresell.serving.reloading import Outcome, Reload
from tests.live_server import live as serving
from tests.served_bundles import live, served, slot
from tests.served_sites import asked, toy_site


@pytest.mark.parametrize(
    ("outcome", "why"),
    [("unchanged", ""), ("loaded", ""), ("refused", "it is damaged"), ("unreachable", "no answer")],
)
def test_a_reload_tells_what_came_of_it_and_what_answers_now(outcome: Outcome, why: str) -> None:
    toy = slot(current=served(1))
    wanted = None if outcome == "unreachable" else live(2)
    toy.reload = lambda: Reload(
        project="toy", outcome=outcome, live=wanted, why=why, seconds=0.12345, error=OSError("x")
    )

    replied = asked(toy_site(toy), "POST /admin/reload")
    assert (replied.status, replied.told) == (
        200,
        {
            "project": "toy",
            "outcome": outcome,
            "model_version": "1",
            "wanted_version": wanted.version if wanted else None,
            "why": why or None,
            "seconds": 0.123,
        },
    )


def test_a_project_without_a_version_can_be_told_to_look_for_one() -> None:
    toy = slot()

    def load() -> Reload:
        toy.current = served(4)
        return Reload(project="toy", outcome="loaded", live=live(4))

    toy.reload = load
    replied = asked(toy_site(toy), "POST /projects/toy/admin/reload")
    assert (replied.status, replied.told["model_version"]) == (200, "4")


def test_a_site_whose_versions_never_change_says_so() -> None:
    replied = asked(toy_site(), "POST /admin/reload")

    assert (replied.status, replied.told["detail"]) == (409, "nothing is reloaded here")


def test_nobody_reloads_by_looking() -> None:
    assert asked(toy_site(), "GET /admin/reload").status == 405


def test_one_look_at_a_time_is_waited_for_and_others_are_told_to_come_back() -> None:
    toy, looks, go_on = slot(current=served(1)), threading.Semaphore(0), threading.Event()

    def look() -> Reload:
        looks.release()
        assert go_on.wait(20)
        return Reload(project="toy", outcome="unchanged", live=live(1))

    toy.reload = look
    with serving(create_app(toy_site(toy))) as server, ThreadPoolExecutor(1) as threads:
        first = threads.submit(server.ask, "POST", "/admin/reload")
        try:
            assert looks.acquire(timeout=10)
            meanwhile = [server.ask("POST", "/admin/reload") for _ in range(40)]
        finally:
            go_on.set()
        assert first.result(20).status == 200
        assert server.ask("POST", "/admin/reload").status == 200

    assert {(one.status, one.heads["retry-after"]) for one in meanwhile} == {(503, "1")}
