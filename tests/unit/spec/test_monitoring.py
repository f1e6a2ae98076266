"""What a project may say of the watch over its model, and of segments."""

from collections.abc import Mapping

import pytest

from foresell.errors import SpecError
from foresell.spec.monitoring import MonitoringSpec, RiskSpec, check_watched

COLUMNS = {
    "store": "key",
    "day": "time",
    "units": "target",
    "price": "past_only",
    "city": "static",
    "note": "excluded",
}


def check(
    monitoring: Mapping[str, object] | None = None,
    segments: tuple[Mapping[str, str], ...] | None = None,
    columns: Mapping[str, str] = COLUMNS,
) -> None:
    risk = RiskSpec(segments=segments) if segments is not None else None
    check_watched(MonitoringSpec(**(monitoring or {})), risk, columns)  # type: ignore[arg-type]


def test_features_and_the_target_are_watched_and_any_column_of_the_layer_makes_a_segment() -> None:
    check({"trending": ("price", "units"), "ignored": ("city",)})
    check(segments=({"city": "Rome", "note": "x"}, {"store": "1"}, {}))


@pytest.mark.parametrize(
    ("monitoring", "said"),
    [
        (
            {"trending": ("prize",)},
            ("the column 'prize' is not compared", "monitoring.trending"),
        ),
        ({"ignored": ("store",)}, ("the column 'store' is not compared", "monitoring.ignored")),
        ({"ignored": ("note",)}, ("the column 'note' is not compared", "monitoring.ignored")),
    ],
)
def test_a_column_that_is_not_compared_is_refused(
    monitoring: Mapping[str, object], said: tuple[str, str]
) -> None:
    with pytest.raises(SpecError) as refused:
        check(monitoring)
    assert refused.value.args[:2] == said
    assert "price" in refused.value.mend


@pytest.mark.parametrize("name", ["units", "day", "town"])
def test_a_segment_of_the_target_the_time_or_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(SpecError) as refused:
        check(segments=({"city": "Rome"}, {name: "x"}))
    assert refused.value.args[:2] == (f"the column {name!r} makes no segment", "risk.segments")


def test_segments_need_months_and_none_stands_twice() -> None:
    undated = {name: role for name, role in COLUMNS.items() if role != "time"}
    with pytest.raises(SpecError, match="segments have no months"):
        check(segments=({},), columns=undated)
    with pytest.raises(SpecError, match="stands more than once"):
        RiskSpec(segments=({"city": "Rome"}, {"city": "Rome"}))
    with pytest.raises(SpecError, match="no segment is named"):
        RiskSpec(segments=())
