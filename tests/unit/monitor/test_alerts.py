"""An alert fires once, stands while its findings do, and is resolved once."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from foresell.monitor.alerts import Observed, Standing, alert_text, look
from foresell.spec.monitoring import Alert, Finding
from tests.alerts_made import DAY, alert, finding, several

looks = st.lists(st.sets(st.sampled_from(["CPI", "Store", "Type"])), max_size=8)


def observed(*findings: Finding, version: int | None = 3) -> Observed:
    return Observed(project="walmart", subject="drift", version=version, findings=findings)


def seen(before: Standing | None, days: int, *about: str) -> Standing:
    return look(before, observed(*several(*about)), DAY + timedelta(days=days))


def test_the_first_alarm_fires_an_alert_with_alarms_before_notes() -> None:
    noted = finding("Year", "note")
    found = look(None, observed(noted, finding("CPI"), finding("Store")), DAY)
    assert found == Standing(
        checked=DAY,
        alert=alert("CPI has moved", "Store has moved", "Year has moved"),
        known=("shift CPI", "shift Store"),
    )


def test_notes_alone_raise_nothing() -> None:
    assert look(None, observed(finding("Year", "note")), DAY) == Standing(checked=DAY)


def test_an_alert_keeps_its_key_and_its_first_moment_while_it_stands() -> None:
    first = seen(None, 0, "CPI")
    second = seen(first, 1, "CPI")
    assert first.alert is not None
    assert second.alert is not None
    assert (second.alert.key, second.alert.since) == (first.alert.key, DAY)
    assert second.alert.at == DAY + timedelta(days=1)


def test_it_is_resolved_by_the_first_look_without_an_alarm_and_stays_so() -> None:
    over = seen(seen(None, 0, "CPI"), 1)
    later = seen(over, 2)
    assert over.alert is not None
    assert (over.alert.state, over.alert.since, over.alert.findings) == ("resolved", DAY, ())
    assert later.alert == over.alert
    assert later.checked == DAY + timedelta(days=2)


def test_an_alarm_that_was_not_told_is_news_to_those_who_were_told_of_others() -> None:
    first = Standing(
        checked=DAY, alert=seen(None, 0, "CPI").alert, known=("shift CPI",), told={"a": "firing"}
    )
    assert seen(first, 1, "CPI").told == {"a": "firing"}
    more = seen(first, 1, "Store")
    assert (more.told, more.known) == ({}, ("shift CPI", "shift Store"))


def test_one_that_comes_back_is_another_alert() -> None:
    again = seen(seen(seen(None, 0, "CPI"), 1), 2, "CPI")
    assert again.alert is not None
    assert again.alert.since == DAY + timedelta(days=2)
    assert again.alert.key == "walmart.drift.20260506T030201500000Z"


def test_a_clock_that_was_set_back_ends_no_alert_before_it_began() -> None:
    over = seen(seen(None, 0, "CPI"), -1)
    assert over.alert is not None
    assert (over.alert.state, over.alert.at) == ("resolved", DAY)


@given(looks=looks)
def test_an_alert_stands_exactly_while_the_last_look_had_an_alarm(looks: list[set[str]]) -> None:
    standing, told = None, list[Alert]()
    for day, about in enumerate(looks):
        standing = seen(standing, day, *sorted(about))
        assert standing.firing == bool(about)
        if standing.alert is not None:
            told.append(standing.alert)
    episodes = {one.key: one.since for one in told}
    starts = [bool(a) and not b for a, b in zip(looks, [set(), *looks], strict=False)]
    assert len(episodes) == sum(starts)


def test_a_flood_of_findings_is_cut_and_counted() -> None:
    found = look(None, observed(*several(*(f"c{n}" for n in range(70)))), DAY).alert
    assert found is not None
    assert len(found.findings) == 51
    assert found.findings[-1] == "and 20 findings more"
    assert found.says == "the data has drifted (70 alarms)"


def test_the_text_says_what_since_when_of_which_version_and_where_more_is() -> None:
    assert alert_text(alert("CPI has moved"), "drift_report.html") == (
        "walmart: the data has drifted (2 alarms)\n"
        "\n"
        "since    2026-05-04 03:02 UTC\n"
        "looked   2026-05-04 03:02 UTC\n"
        "version  3\n"
        "severity warning\n"
        "page     drift_report.html\n"
        "\n"
        "- CPI has moved\n"
        "\n"
        "This file goes away with the first look that finds nothing to be alarmed about.\n"
    )
