from datetime import date, timedelta
from typing import get_args

import pytest

from foresell.errors import SpecError
from foresell.spec.calendar import Event, Frequency, Nth, anchor_weekday, step


@pytest.mark.parametrize("frequency", get_args(Frequency))
def test_a_step_leads_from_anchor_to_anchor(frequency: Frequency) -> None:
    assert step(frequency) == timedelta(days=1 if frequency == "D" else 7)


def test_the_anchor_of_a_week_is_its_iso_weekday() -> None:
    anchors = [anchor_weekday(frequency) for frequency in get_args(Frequency)]
    assert anchors == [None, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "event",
    [
        Event(name="a", holiday="Labor Day"),
        Event(name="a", easter=0),
        Event(name="a", nth=Nth(month=11, weekday="THU", nth=4)),
        Event(name="a", day="12-25"),
        Event(name="a", dates=(date(2010, 2, 7),)),
    ],
)
def test_an_event_with_one_rule_is_accepted(event: Event) -> None:
    assert event.name == "a"


def test_an_event_without_a_rule_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^event 'fair' has 0 rules\n"):
        Event(name="fair")


def test_an_event_with_two_rules_is_refused() -> None:
    with pytest.raises(SpecError, match=r"^event 'fair' has 2 rules\n"):
        Event(name="fair", easter=0, day="05-01")
