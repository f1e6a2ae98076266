from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresell.data.splits import Split, make_split
from foresell.errors import SpecError
from foresell.spec.split import SplitSpec
from tests.unit.data.conftest import MakeProject

FRIDAY = date(2010, 2, 5)


def week(place: int) -> date:
    return FRIDAY + timedelta(weeks=place)


def test_walmarts_143_weeks_are_cut_where_its_declaration_says(weekly: MakeProject) -> None:
    project = weekly(horizon=39, split=SplitSpec(test=39, validation=(13, 39, 26)))
    assert make_split(week(0), week(142), project) == Split(
        first=FRIDAY,
        test_cutoff=week(103),
        last_observed=week(142),
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    periods=st.integers(2, 200),
    test=st.integers(1, 60),
    horizon=st.integers(1, 60),
)
def test_every_period_stands_in_exactly_one_split_or_the_cuts_are_refused(
    periods: int, test: int, horizon: int, weekly: MakeProject
) -> None:
    test = min(test, horizon)
    project = weekly(horizon=horizon, split=SplitSpec(test=test, validation=(1,)))
    last = week(periods - 1)
    if periods - test <= horizon:
        with pytest.raises(SpecError):
            make_split(FRIDAY, last, project)
        return
    split = make_split(FRIDAY, last, project)
    learned = [week(i) for i in range(periods) if split.first <= week(i) <= split.test_cutoff]
    tested = [week(i) for i in range(periods) if split.test_cutoff < week(i) <= split.last_observed]
    assert learned + tested == [week(i) for i in range(periods)]
    assert len(tested) == test


def test_a_horizon_the_history_cannot_hold_is_refused_with_what_would_do(
    weekly: MakeProject,
) -> None:
    project = weekly(horizon=39, split=SplitSpec(test=39, validation=(26,)))
    assert make_split(week(0), week(78), project).test_cutoff == week(39)
    with pytest.raises(SpecError) as caught:
        make_split(week(0), week(29), project)
    assert caught.value.args == (
        "a horizon of 39 is longer than the data allows: 30 periods, of which 39 are the test, "
        "leave 0",
        "project 'shops': horizon, split.test",
        "give at least 79 periods of history, or declare a shorter horizon or test",
    )
