import pytest

from foresell.serving.reloading import Outcome, Reload
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
