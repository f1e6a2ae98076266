"""What a server says of a panel is what the Python API says, to the last bit."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import foresell
from foresell.adapters.store import DirectoryStore
from foresell.answer.published import ANSWERS
from foresell.answer.rows import answer
from foresell.api import RunResult
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.serving.panel_schemas import PanelExplainReply
from foresell.spec.forecast import quantile_columns
from tests.serve_process import Running, serving

pytestmark = pytest.mark.slow
APPAREL = {"store_id": "S0001", "category": "apparel"}
ROW = {**APPAREL, "date": "2025-01-07"}
PROMOTED = {"promotion": 0.9, "discount": 0.3}


@pytest.fixture(scope="module", autouse=True)
def own_projects(shops: tuple[Path, RunResult]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(shops[0] / "own"))
        yield


@pytest.fixture(scope="module")
def home(shops: tuple[Path, RunResult]) -> Path:
    return shops[0] / "home"


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Running]:
    with serving(home, "retail", "--alias", "staging") as running:
        yield running


@pytest.fixture(scope="module")
def bundle(home: Path) -> Bundle:
    return read_bundle(DirectoryStore(home / "retail" / "bundle"))


def said(server: Running, path: str, body: Mapping[str, Any] | list[Any]) -> Any:
    found = server.ask("POST", path, json.dumps(body).encode())
    assert found.status == 200, found.body
    return found.json


def plain(frame: pl.DataFrame, names: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Columns of a frame, days as text, to be compared with what JSON held."""
    return frame.with_columns(pl.col("date").cast(pl.String)).select(*names).rows()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_what_is_published_is_what_the_model_answers_to_any_of_these_rows(
    bundle: Bundle, seed: int, count: int
) -> None:
    some = bundle.published.sample(count, seed=seed, shuffle=True)
    asked = some.select("store_id", "category", "date")
    assert answer(bundle, asked).equals(some.select(*asked.columns, *ANSWERS))
    told = some.select(*asked.columns, promotion="planned_promotion", open="planned_open")
    assert answer(bundle, told).equals(some.select(*asked.columns, *ANSWERS))


def test_a_forecast_is_the_one_of_the_command_line(server: Running, home: Path) -> None:
    told = said(server, "/forecast", {"where": {"category": "apparel"}, "quantiles": True})
    expected = foresell.forecast("retail", where={"category": "apparel"}, home=home)
    names = {"store_id": "store_id", "date": "date", "prediction": "prediction", "q0.1": "p10"}
    assert told["count"] == expected.height
    assert [tuple(one[name] for name in names.values()) for one in told["forecasts"]] == plain(
        expected, names
    )
    levels = [list(one["quantiles"].values()) for one in told["forecasts"]]
    assert levels == [list(row) for row in expected.select(quantile_columns()).rows()]


def test_a_changed_plan_over_http_is_the_what_if_of_the_command_line(
    server: Running, home: Path
) -> None:
    first, last = "2025-01-06", "2025-01-10"
    body = {"set": PROMOTED, "where": APPAREL, "first": first, "last": last}
    told = said(server, "/forecast", body)
    expected = foresell.forecast(
        "retail", set=PROMOTED, where=APPAREL, first=first, last=last, home=home
    )
    names = {
        **{name: name for name in ("store_id", "category", "date", "prediction")},
        **{name: name for name in ("prediction_planned", "effect", "changed", "level_used")},
        **{
            "q0.1": "p10",
            "q0.9": "p90",
            "q0.1_planned": "p10_planned",
            "q0.9_planned": "p90_planned",
        },
    }
    assert [tuple(one[name] for name in names.values()) for one in told["forecasts"]] == plain(
        expected, names
    )
    assert max(one["effect"] for one in told["forecasts"]) > 0


@pytest.mark.parametrize("where", [{}, {"store_id": ["S0001", "S0002"]}])
def test_sums_are_those_of_the_command_line(
    server: Running, home: Path, where: dict[str, Any]
) -> None:
    told = said(server, "/forecast", {"level": "category", "where": where})
    expected = foresell.forecast("retail", level="category", where=where, home=home)
    names = {"category": "category", "date": "date", "prediction": "prediction", "rows": "rows"}
    names |= {"q0.1": "p10", "q0.9": "p90"}
    assert [tuple(one[name] for name in names.values()) for one in told["forecasts"]] == plain(
        expected, names
    )


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROW, **PROMOTED}],
        [ROW, {**ROW, "date": "2025-01-08", "open": 0.0}],
        [{**ROW, "store_id": "S9999", "promotion": 0.0, "discount": 0.0, "size": "large"}],
    ],
    ids=["a promotion", "a closed day beside the plan", "a store nobody knows"],
)
def test_a_row_with_a_plan_of_its_own_is_answered_as_the_command_line_answers_it(
    server: Running, home: Path, rows: list[dict[str, Any]]
) -> None:
    told = said(server, "/predict/batch", rows)
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("date").str.to_date())
    expected = foresell.forecast("retail", rows=frame, home=home)
    assert told["as_planned"] is False
    assert [one["prediction"] for one in told["predictions"]] == expected["prediction"].to_list()
    assert [one["p90"] for one in told["predictions"]] == expected["q0.9"].to_list()
    assert [one["level_used"] for one in told["predictions"]] == expected["level_used"].to_list()
    new = rows[0]["store_id"] == "S9999"
    assert told["predictions"][0]["unseen"] == (["store_id"] if new else [])


def test_what_a_known_store_is_said_to_be_is_ignored_and_named(server: Running) -> None:
    told = said(server, "/predict", {**ROW, "size": "large", "city": "Nowhere"})
    assert sorted(told["ignored"]) == ["city", "size"]
    assert told["prediction"] == said(server, "/predict", ROW)["prediction"]


@pytest.mark.parametrize("plan", [{}, PROMOTED])
def test_the_parts_of_a_row_sum_to_what_predict_answers(
    server: Running, plan: dict[str, float]
) -> None:
    told = said(server, "/explain", {**ROW, **plan})
    PanelExplainReply.model_validate(told, strict=True)
    assert (told["available"], told["method"]) == (True, "additive_parts")
    total = told["base_value"] + sum(told["contributions"].values())
    assert total == pytest.approx(told["prediction"], rel=1e-9)
    answered = said(server, "/predict", {**ROW, **plan})["prediction"]
    assert told["prediction"] == answered
    for part, columns in told["columns"].items():
        assert sum(columns.values()) == pytest.approx(told["contributions"][part], abs=1e-6)


def test_the_parts_of_every_step_are_those_of_the_command_line(server: Running, home: Path) -> None:
    told = said(server, "/explain", {"where": APPAREL, "last": "2025-01-04"})
    PanelExplainReply.model_validate(told, strict=True)
    expected = foresell.explain("retail", APPAREL, steps=4, home=home)
    assert [one["step"] for one in told["explanations"]] == [1, 2, 3, 4]
    assert [one["date"] for one in told["explanations"]][-1] == "2025-01-04"
    for one in told["explanations"]:
        mine = expected.filter(pl.col("step") == one["step"])
        known = mine.filter(part="known")
        assert one["columns"]["known"] == dict(known.select("column", "value").rows())
        assert one["base_value"] == mine.filter(part="base")["value"][0]


def test_an_explanation_names_the_candidate_it_is_of(server: Running) -> None:
    asked = {"where": APPAREL, "last": "2025-01-01"}
    other = said(server, "/explain", {**asked, "candidate": "naive"})
    champion = said(server, "/explain", asked)
    assert (other["candidate"], other["model_name"]) == ("naive", champion["model_name"])
    assert champion["candidate"] == champion["model_name"] != "naive"


def test_a_plan_that_breaks_the_contract_and_a_candidate_nobody_knows_are_refused(
    server: Running,
) -> None:
    body = {"set": {"promotion": 7}, "where": APPAREL}
    refused = server.ask("POST", "/forecast", json.dumps(body).encode())
    assert (refused.status, refused.json["where"]) == (422, "set")
    body = {"where": APPAREL, "candidate": "nobody"}
    refused = server.ask("POST", "/explain", json.dumps(body).encode())
    assert (refused.status, refused.json["where"]) == (422, "candidate")


def test_a_week_in_the_gap_of_a_series_that_ended_is_answered_and_not_explained(
    whole: tuple[Path, RunResult],
) -> None:
    home = whole[0] / "home"
    gap = {"Store": 1, "Dept": 1, "Date": "2012-11-30"}
    frame = pl.DataFrame([gap]).with_columns(pl.col("Date").str.to_date())
    expected = foresell.forecast("walmart", rows=frame, home=home)
    with serving(home, "walmart", "--alias", "staging") as server:
        assert said(server, "/predict", gap)["prediction"] == expected["prediction"][0]
        told = said(server, "/explain", gap)
    PanelExplainReply.model_validate(told, strict=True)
    assert (told["available"], told["prediction"]) == (False, None)
