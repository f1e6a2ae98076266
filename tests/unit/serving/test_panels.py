"""Published forecasts over HTTP: looked up, checked, flagged; nothing is computed here."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from foresell.answer.requests import read_requests
from foresell.answer.row_reading import read_rows
from foresell.serving.loading import load_served
from foresell.serving.panel_requests import explain_schema, forecast_schema
from foresell.serving.panel_schemas import (
    ForecastReply,
    PanelBatchReply,
    PanelPredictReply,
)
from foresell.serving.request_schemas import batch_schema, row_schema
from foresell.serving.site import Site
from tests.served_bundles import live, slot
from tests.served_sites import asked, toy_site
from tests.small_bundles import published_weeks, small_bundle

SERVED = load_served(small_bundle(kind="panel", weighted=True), live(3))
ROW: dict[str, Any] = {"shop": 1, "week": "2026-02-13"}
MODEL = {
    "model_name": "ridge",
    "model_version": "3",
    "target_name": "sales",
    "input_features": ["shop", "week", "festive"],
    "currency": "USD",
}
ANSWER = {
    "prediction": 112.5,
    "y_hat": 112.5,
    "p10": 108.5,
    "p90": 116.5,
    "interval_method": "conformal_intervals",
    "level_used": "series",
    "unseen": [],
    "outside": [],
    "ignored": [],
}


@pytest.fixture
def site() -> Site:
    return panel_site()


def panel_site(max_rows: int = 10_000) -> Site:
    place = slot(current=SERVED)
    place.kind = "panel"
    return toy_site(place, max_rows=max_rows)


def without_id(told: dict[str, Any]) -> dict[str, Any]:
    assert told.pop("request_id")
    return told


def test_a_row_as_planned_is_answered_by_what_was_published(site: Site) -> None:
    replied = asked(site, "POST /predict", ROW)
    assert replied.status == 200
    PanelPredictReply.model_validate(replied.told, strict=True)
    assert without_id(replied.told) == {**ANSWER, "as_planned": True, **MODEL}
    same = asked(site, "POST /predict", {**ROW, "festive": True, "sales": 7})
    assert without_id(same.told) == {**ANSWER, "ignored": ["sales"], "as_planned": True, **MODEL}


@pytest.mark.parametrize("wrapped", [True, False])
def test_several_series_and_weeks_are_answered_in_their_order(site: Site, wrapped: bool) -> None:
    rows = [{"shop": 2, "week": "2026-02-27"}, ROW, {"shop": 0, "week": "2026-02-06"}]
    replied = asked(site, "POST /predict/batch", {"rows": rows} if wrapped else rows)
    assert replied.status == 200
    PanelBatchReply.model_validate(replied.told, strict=True)
    assert [one["prediction"] for one in replied.told["predictions"]] == [127.5, 112.5, 100.0]
    assert replied.told["predictions"][1] == ANSWER
    assert replied.told["as_planned"] is True


def test_many_rows_are_found_as_one_is(site: Site) -> None:
    stand = published_weeks(weighted=True)
    rows = [
        {"shop": shop, "week": str(week)} for shop, week in stand.select("shop", "week").rows()
    ] * 20
    told = asked(site, "POST /predict/batch", rows).told["predictions"]
    assert [one["prediction"] for one in told] == stand["prediction"].to_list() * 20


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        ({**ROW, "week": "2026-02-14"}, "week", "reachable"),
        ({**ROW, "week": "2026-03-06"}, "week", "reachable"),
        ({**ROW, "week": "2026-01-30"}, "week", "reachable"),
        ({**ROW, "week": "14.02.2026"}, "week", "type"),
        ({**ROW, "shop": "1"}, "shop", "type"),
        ({**ROW, "shop": 1.5}, "shop", "type"),
        ({**ROW, "festive": 1}, "festive", "type"),
        ({"shop": 1}, "week", "required"),
        ({**ROW, "festiv": True}, "festiv", "unknown"),
    ],
)
def test_a_row_that_cannot_be_answered_is_refused_by_field_and_rule(
    site: Site, row: dict[str, Any], field: str, rule: str
) -> None:
    for path, body in (("/predict", row), ("/predict/batch", [ROW, row]), ("/explain", row)):
        replied = asked(site, f"POST {path}", body)
        assert replied.status == 422, replied.told
        at = 2 if path == "/predict/batch" else 1
        told = [(one["row"], one["field"], one["rule"]) for one in replied.told["errors"]]
        assert told == [(at, field, rule)]


def test_how_far_it_reaches_is_told_to_who_asks_further(site: Site) -> None:
    told = asked(site, "POST /predict", {**ROW, "week": "2026-03-06"}).told["errors"][0]
    assert told["says"] == "cannot be answered: more than 4 periods after 2026-01-30"
    assert told["allowed"] == "2026-02-06 to 2026-02-27, every 7 days"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/predict", {**ROW, "festive": False}),
        ("/predict", {**ROW, "shop": 7}),
        ("/predict/batch", [ROW, {**ROW, "festive": False}]),
        ("/forecast", {"set": {"festive": True}}),
        ("/explain", ROW),
    ],
)
def test_without_a_desk_nothing_is_computed_and_what_is_published_goes_on(
    site: Site, path: str, body: Any
) -> None:
    replied = asked(site, f"POST {path}", body)
    assert (replied.status, replied.told["mend"]) == (503, "start one by: foresell serve PROJECT")
    assert asked(site, "POST /predict", ROW).status == 200


def test_more_rows_than_the_server_allows_are_refused(site: Site) -> None:
    small = panel_site(max_rows=3)
    assert asked(small, "POST /predict/batch", [ROW] * 3).status == 200
    assert asked(small, "POST /predict/batch", [ROW] * 4).status == 413
    many = asked(small, "POST /forecast", {})
    assert (many.status, many.told["detail"]) == (422, "12 rows are too many")
    assert (
        asked(small, "POST /forecast", {"where": {"shop": 0}, "last": "2026-02-20"}).status == 200
    )


def test_a_forecast_has_the_chosen_series_and_days_with_p10_and_p90(site: Site) -> None:
    body = {"where": {"shop": [1]}, "first": "2026-02-13", "last": "2026-02-13"}
    replied = asked(site, "POST /forecast", body)
    ForecastReply.model_validate(replied.told, strict=True)
    names = ("prediction", "y_hat", "p10", "p90", "interval_method", "level_used")
    assert without_id(replied.told) == {
        "forecasts": [{**ROW, **{name: ANSWER[name] for name in names}}],
        "count": 1,
        "last_observed": "2026-01-30",
        **MODEL,
    }
    told = asked(site, "POST /forecast", {**body, "quantiles": True}).told["forecasts"][0]
    assert list(told["quantiles"])[:2] == ["0.025", "0.1"]
    assert told["quantiles"]["0.9"] == told["p90"]


def test_a_forecast_asked_wrongly_is_refused_whole(site: Site) -> None:
    replied = asked(site, "POST /forecast", {"wheer": 1, "first": "soon"})
    told = [(one["field"], one["rule"]) for one in replied.told["errors"]]
    assert (replied.status, told) == (422, [("wheer", "unknown"), ("first", "type")])
    nobody = asked(site, "POST /forecast", {"where": {"shop": 8}})
    assert (nobody.status, nobody.told["detail"]) == (422, "no row has shop=8")


def test_an_explanation_asked_wrongly_tells_each_thing_once(site: Site) -> None:
    body = {"where": {"shap": 1}, "level": "total", "candidate": 3}
    told = asked(site, "POST /explain", body).told["errors"]
    assert [(one["field"], one["rule"]) for one in told] == [
        ("where.shap", "unknown"),
        ("level", "unknown"),
        ("candidate", "type"),
    ]
    many = asked(panel_site(max_rows=3), "POST /explain", {"where": {"shop": 1}})
    assert (many.status, many.told["detail"]) == (422, "4 steps are too many")


odd = st.sampled_from([None, 1, 1.0, 2.5, "1", True, "2026-02-13", "2026-02-30", "soon", -1, 2**70])
FIELDS = st.sampled_from(["shop", "week", "festive", "sales", "other"])


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(FIELDS, odd).map(lambda more: {**ROW, **more}) | odd, min_size=1, max_size=4
    )
)
def test_rows_read_at_once_are_read_as_each_field_for_itself(rows: list[Any]) -> None:
    quick = read_rows(rows, SERVED.form, SERVED.quick)
    whole = read_requests(rows, SERVED.form)
    assert quick.problems == whole.problems
    if not whole.problems:
        assert quick.values == whole.frame.to_dict(as_series=False)
        assert tuple(quick.ignored or [()] * len(rows)) == whole.ignored


days = st.sampled_from(["2026-02-06", "2026-02-27", "2026-02-30", 7, None])
bodies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "where": st.sampled_from([{}, {"shop": 1}, {"shop": [0, 2]}, {"shop": "a"}, 3, None]),
        "series": st.sampled_from([[], [{"shop": 1}], [{}], {}, None]),
        "first": days,
        "last": days,
        "rows": st.sampled_from(["asked", "all", "some", None]),
        "quantiles": st.sampled_from([True, None, 1]),
        "other": st.just(1),
    },
)


@settings(max_examples=60, deadline=None)
@given(body=bodies)
def test_what_the_schema_forbids_is_refused_and_nothing_else_for_its_form(
    body: dict[str, Any],
) -> None:
    schema = forecast_schema(SERVED)
    Draft202012Validator.check_schema(schema)
    fine = Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    ).is_valid(body)
    replied = asked(panel_site(), "POST /forecast", body)
    assert replied.status in {200, 422}
    if not fine:
        assert replied.status == 422
    elif replied.status == 422:  # well formed, but no row is meant, or the days are turned round
        rules = {one["rule"] for one in replied.told.get("errors", [])}
        assert rules <= {"order"}


def test_the_schemas_of_requests_are_sound_and_take_what_is_answered() -> None:
    for schema, body in (
        (row_schema(SERVED), ROW),
        (batch_schema(SERVED, 10), [ROW]),
        (explain_schema(SERVED), ROW),
        (explain_schema(SERVED), {"where": {"shop": 1}, "candidate": "ridge"}),
        (forecast_schema(SERVED), {"set": {"festive": True}}),
    ):
        Draft202012Validator.check_schema(schema)
        assert Draft202012Validator(schema).is_valid(body)
