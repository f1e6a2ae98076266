"""Panels over the protocols: series and dates in, what was published out."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.served_bundles import served_panel, slot
from tests.served_sites import Replied, asked, toy_site

FIRST = date(2026, 2, 6)
ROWS: list[dict[str, Any]] = [
    {"shop": shop, "week": str(FIRST + timedelta(weeks=week))} for week in (0, 3) for shop in (2, 0)
]


def ask(request: str, body: Any, media: str = "application/json") -> Replied:
    site = toy_site(slot("shops", served_panel()), root="shops")
    return asked(site, request, body, content_type=media)


def tensors(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": "INT32" if name == "shop" else "BYTES",
            "data": [row[name] for row in rows],
        }
        for name in ("shop", "week")
    ]


@pytest.fixture(scope="module")
def plain() -> list[dict[str, Any]]:
    replied = ask("POST /predict/batch", {"rows": ROWS})
    assert replied.status == 200, replied.told
    found: list[dict[str, Any]] = replied.told["predictions"]
    return found


def test_tensors_of_keys_and_dates_get_what_predict_answers(plain: list[dict[str, Any]]) -> None:
    told = ask("POST /v2/models/shops/infer", {"inputs": tensors(*ROWS)}).told
    data = {one["name"]: one["data"] for one in told["outputs"]}

    names = ("prediction", "p10", "p90", "interval_method", "level_used")
    assert {name: data[name] for name in names} == {
        name: [one[name] for one in plain] for name in names
    }
    assert (data["unseen"], data["outside"]) == (["[]"] * 4, ["[]"] * 4)


@pytest.mark.parametrize("form", ["dataframe_records", "instances", "inputs"])
def test_rows_of_keys_and_dates_get_what_predict_answers(
    form: str, plain: list[dict[str, Any]]
) -> None:
    replied = ask("POST /invocations", {form: ROWS})

    assert replied.told == {"predictions": [one["prediction"] for one in plain]}


def test_csv_of_keys_and_dates_gets_what_predict_answers(plain: list[dict[str, Any]]) -> None:
    lines = ["shop,week", *(f"{row['shop']},{row['week']}" for row in ROWS)]
    replied = ask("POST /invocations", "\n".join(lines), "text/csv")

    assert replied.told == {"predictions": [one["prediction"] for one in plain]}


def test_a_panel_tells_its_inputs_and_on_which_level_an_answer_rests() -> None:
    told = ask("GET /v2/models/shops", None).told

    assert told["platform"] == "foresell_forecast"
    assert [(one["name"], one["datatype"]) for one in told["inputs"]] == [
        ("shop", "INT64"),
        ("week", "BYTES"),
        ("festive", "BOOL"),
    ]
    assert told["outputs"][-1] == {"name": "level_used", "datatype": "BYTES", "shape": [-1]}


def test_a_date_out_of_reach_is_refused_by_its_row_in_every_protocol() -> None:
    far = [ROWS[0], {"shop": 0, "week": str(FIRST + timedelta(weeks=50))}]
    replies = [
        ask("POST /v2/models/shops/infer", {"inputs": tensors(*far)}),
        ask("POST /invocations", {"instances": far}),
    ]

    assert [
        (one.status, [(wrong["row"], wrong["field"]) for wrong in one.told["errors"]])
        for one in replies
    ] == [(422, [(2, "week")])] * 2
