"""What the forms of the registry page do, what they refuse, and what comes back with a refusal."""

import json
from html import unescape
from pathlib import Path

import foresell
from foresell.report.wording import typeset
from foresell.spec.registry import Transition
from tests.dashboard_site import site_of
from tests.signed_visits import PAGE, Browser, browser, live, toys

PROMOTE = f"{PAGE}?do=promote&version=2"
WHY = "fewer errors & “rückwärts” <b>"


def last(home: Path) -> Transition:
    return foresell.history("toy", home=home).transitions[-1]


def test_a_promotion_is_confirmed_with_a_reason_and_stands_under_the_name_of_the_key(
    home: Path, ana: Browser
) -> None:
    asked = ana.get(PROMOTE)
    assert live(home) == (1, None)

    done = ana.confirmed(PROMOTE, reason=WHY)

    assert asked.status_code == 200
    assert "Promote version 2 to prod?" in asked.text
    assert "Prod points to version 2; it points to version 1 now." in asked.text
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=5")
    assert live(home) == (2, None)
    one = last(home)
    assert (one.action, one.version, one.alias, one.who, one.reason) == (
        *("promote", 2, "prod", "ana"),
        WHY,
    )
    shown = ana.get(done.headers["location"]).text
    assert "Version 2 promoted to prod; it was version 1." in shown
    assert "fewer errors &amp; “rückwärts” &lt;b&gt;" in shown


def test_a_promotion_has_the_same_evidence_as_one_by_the_command(
    home: Path, ana: Browser, tmp_path: Path
) -> None:
    other = toys(tmp_path / "other" / "home", 8.0, 7.0)
    foresell.promote("toy", 1, reason="the first", home=other)
    foresell.promote("toy", 2, reason=WHY, home=other)

    ana.confirmed(PROMOTE, reason=WHY)

    assert json.dumps(last(home).evidence, sort_keys=True) == json.dumps(
        last(other).evidence, sort_keys=True
    )


def test_what_is_confirmed_is_shown_with_the_gate_and_beside_the_live_version(
    ana: Browser, home: Path
) -> None:
    text = unescape(ana.get(PROMOTE).text)

    gate = foresell.versions("toy", home=home).versions[1].record["gate"]
    assert "It passed its gate" in text
    for sentence in gate["sentences"]:
        assert typeset(sentence) in text
    assert "On the 12 rows that both were judged on" in text
    assert "Version 2 errs 12.5\u00a0% less than version 1, which is on prod, on MAE" in text
    for cell in ("8.00", "7.00", "−12.5\u00a0%"):
        assert f">{cell}<" in text


def test_looking_at_what_would_happen_changes_nothing(home: Path, ana: Browser) -> None:
    before = foresell.history("toy", home=home).transitions
    for query in (
        "do=promote&version=2",
        "do=promote&version=3&alias=staging",
        "do=reject&version=2",
        "do=rollback&to=none",
        "do=approve&version=1",
    ):
        assert ana.get(f"{PAGE}?{query}").status_code == 200

    assert foresell.history("toy", home=home).transitions == before


def test_a_failed_gate_takes_an_override_that_the_history_tells(home: Path, ana: Browser) -> None:
    path = f"{PAGE}?do=promote&version=3"
    asked = ana.get(path).text
    refused = ana.confirmed(path, reason=WHY)
    before = live(home)
    done = ana.confirmed(path, reason=WHY, override="1")

    assert "It did not pass its gate" in asked
    assert 'name="override" value="1"' in asked
    assert refused.status_code == 409
    assert "Tick this to promote it all the same." in refused.text
    assert f'value="{"fewer errors &amp; “rückwärts” &lt;b&gt;"}"' in refused.text
    assert before == (1, None)
    assert done.status_code == 303
    assert live(home) == (3, None)
    assert last(home).evidence["override"] is True
    assert "gate overridden" in ana.get(PAGE).text


def test_no_override_is_offered_where_the_gate_passed(ana: Browser) -> None:
    assert 'name="override"' not in ana.get(PROMOTE).text


def test_a_rollback_shows_where_it_goes_and_what_it_passes_over(home: Path, ana: Browser) -> None:
    foresell.promote("toy", 2, reason="better", home=home)
    foresell.promote("toy", 3, reason="newest", override=True, home=home)
    foresell.reject("toy", 2, reason="bad", home=home)

    text = ana.get(f"{PAGE}?do=rollback").text
    done = ana.confirmed(f"{PAGE}?do=rollback", reason=WHY)

    assert "Roll prod back from version 3 to 1?" in text
    assert "Version 2 is passed over: it was rejected." in text
    assert "2 promotions taken back." in text
    assert "version 2, ridge" not in text
    assert "no version at all" in text
    assert done.status_code == 303
    assert live(home) == (1, None)


def test_everything_can_be_taken_off_an_alias(home: Path, ana: Browser) -> None:
    text = ana.get(f"{PAGE}?do=rollback&to=none").text
    done = ana.confirmed(f"{PAGE}?do=rollback&to=none", reason=WHY)

    assert "Take every version off prod?" in text
    assert "Nothing answers as prod until a version is promoted." in text
    assert done.status_code == 303
    assert live(home) == (None, None)
    assert "No version answers" in ana.get(PAGE).text


def test_approving_and_rejecting_decide_about_a_version(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0, approval=True)
    ana = browser(home, "admin")
    blocked = ana.get(f"{PAGE}?do=promote&version=1").text

    approved = ana.confirmed(f"{PAGE}?do=approve&version=1", reason="looked at it")
    rejected = ana.confirmed(f"{PAGE}?do=reject&version=2", reason="too few rows")

    assert "waits for approval (PendingManualApproval)" in blocked
    assert "This cannot be done" in blocked
    assert '<form method="post" action="/ui/projects/toy/registry"' not in blocked
    assert (approved.status_code, rejected.status_code) == (303, 303)
    assert [one.approval for one in foresell.versions("toy", home=home).versions] == [
        "Approved",
        "Rejected",
    ]


def test_what_is_live_cannot_be_rejected_and_the_page_says_what_to_do(ana: Browser) -> None:
    text = ana.get(f"{PAGE}?do=reject&version=1").text

    assert "The version is prod: what is live cannot be rejected" in text
    assert "foresell registry rollback toy" in text


def test_whoever_keeps_the_other_registry_is_told_once_a_change_is_made(
    home: Path,
) -> None:
    told: list[str] = []
    token = foresell.create_key("ida", scopes=("admin",), home=home).token
    view = Browser(site_of(home, "toy", changed=told.append))
    assert view.sign_in(token).status_code == 303

    view.confirmed(PROMOTE, reason="")
    assert told == []
    view.confirmed(PROMOTE, reason=WHY)
    assert told == ["toy"]


def test_where_nothing_is_on_prod_the_version_on_staging_is_what_it_stands_beside(
    tmp_path: Path,
) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0)
    foresell.promote("toy", 1, to="staging", reason="to be tried", home=home)
    text = unescape(browser(home).get(PROMOTE).text)

    assert (
        "Version 2 errs 12.5\u00a0% less than version 1, which answers from staging, on MAE" in text
    )
    assert "Version 1, on staging" in text


def test_where_no_version_answers_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0)
    text = browser(home).get(f"{PAGE}?do=promote&version=1").text

    assert "No version answers: there is nothing to compare it with." in text


def test_a_version_that_is_prod_is_not_put_beside_itself(ana: Browser) -> None:
    text = ana.get(f"{PAGE}?do=promote&version=1&alias=staging").text

    assert "Staging points to version 1" in text
    assert "which is on prod" not in text
