"""An alert fires once, stands while its findings do, and is resolved once."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from foresell.monitor.alerts import Heard, Observed, Sight, Standing, alert_text, look
from foresell.spec.monitoring import Alert, Finding
from tests.alerts_made import DAY, alert, finding, several

parts = st.sets(st.sampled_from(["CPI", "Store=14", "Type"]))
looks = st.lists(st.tuples(parts, parts), max_size=8)  # what is seen, and what of it is an alarm


def observed(*findings: Finding, **more: Any) -> Observed:
    plain: dict[str, Any] = {"project": "walmart", "subject": "drift", "version": 3, **more}
    return Observed(findings=findings, **plain)


def looked(*at: str, **known: frozenset[str]) -> Sight:
    return Sight(seen=frozenset(at), **known)


def seen(before: Standing | None, days: int, *about: str, **more: Any) -> Standing:
    found = look(before, observed(*several(*about), **more), DAY + timedelta(days=days))
    assert found is not None
    return found


def test_the_first_alarm_fires_an_alert_with_alarms_before_notes() -> None:
    noted = finding("Year", "note")
    found = look(None, observed(noted, finding("CPI"), finding("Store")), DAY)
    assert found == Standing(
        checked=DAY,
        alert=alert("CPI has moved", "Store has moved", "Year has moved"),
        known=("shift CPI", "shift Store"),
        alarms={"shift CPI": "CPI has moved", "shift Store": "Store has moved"},
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
    assert (more.told, more.known) == ({"a": "stale"}, ("shift CPI", "shift Store"))


def test_who_never_heard_that_an_alert_is_over_is_owed_the_news_of_the_next_one() -> None:
    told: dict[str, Heard] = {"a": "firing", "b": "resolved", "c": "stale"}
    over = seen(seen(None, 0, "CPI"), 1)
    again = seen(Standing(checked=DAY, alert=over.alert, told=told), 2, "CPI")
    assert again.told == {"a": "stale", "c": "stale"}


def test_a_look_that_compared_nothing_leaves_what_stands_and_counts_as_no_look() -> None:
    first = seen(None, 0, "CPI")
    later = seen(first, 1, sight=looked())
    assert later.alert == replace(first.alert, at=DAY + timedelta(days=1))  # type: ignore[type-var]
    assert (later.checked, later.alarms, later.unseen) == (DAY, first.alarms, ("shift CPI",))
    assert look(None, observed(sight=looked()), DAY) is None
    quiet = Standing(checked=DAY)
    assert seen(quiet, 1, sight=looked()) == quiet


def test_an_alarm_that_a_look_cannot_see_stands_beside_what_it_found() -> None:
    first = seen(None, 0, "CPI", "Store=14")
    part = seen(first, 1, "Type", sight=looked("Type"))
    assert part.alert is not None
    assert part.alert.says == "the data has drifted (3 alarms)"
    assert part.alert.findings == (
        "Type has moved",
        "CPI has moved (not looked at this time)",
        "Store=14 has moved (not looked at this time)",
    )
    assert part.unseen == ("shift CPI", "shift Store=14")
    left = seen(part, 2, sight=looked("CPI", "Type"))
    assert left.alarms == {"shift Store=14": "Store=14 has moved"}
    assert not seen(left, 3, sight=looked("Store=14")).firing


def test_an_alarm_of_a_column_that_is_no_more_ends() -> None:
    first = seen(None, 0, "CPI", "Store=14")
    known = frozenset({"Store"})
    assert seen(first, 1, sight=looked("Type", known=known)).alarms == {
        "shift Store=14": "Store=14 has moved"
    }
    assert not seen(first, 1, sight=looked("Type", known=frozenset({"Type"}))).firing


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
def test_an_alert_stands_exactly_while_the_last_look_that_saw_a_part_had_an_alarm_of_it(
    looks: list[tuple[set[str], set[str]]],
) -> None:
    standing: Standing | None = None
    told, stands = list[Alert](), [set[str]()]
    for day, (at, about) in enumerate(looks):
        found = observed(*several(*sorted(at & about)), sight=looked(*at))
        after = look(standing, found, DAY + timedelta(days=day))
        standing = after
        stands.append(stands[-1] - at | at & about)
        assert (standing is not None and standing.firing) == bool(stands[-1])
        if after is None:
            continue
        if after.firing:
            assert set(after.alarms) == {f"shift {one}" for one in stands[-1]}
        if after.alert is not None:
            told.append(after.alert)
    episodes = {one.key: one.since for one in told}
    starts = [bool(now) and not before for before, now in pairwise(stands)]
    assert len(episodes) == sum(starts)


def test_a_flood_of_findings_is_cut_and_counted() -> None:
    found = seen(None, 0, *(f"c{n}" for n in range(70))).alert
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
        "This file goes away with the first look that finds nothing to be alarmed about; a look\n"
        "that cannot see a column or segment leaves its alarm standing.\n"
    )
