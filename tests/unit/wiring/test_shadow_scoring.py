"""How a version answers the rows of one request for a shadow."""

from datetime import date

from foresell.wiring.shadow_scoring import scorer
from tests.served_bundles import ROW, answering_bundle
from tests.small_bundles import small_bundle

PANEL = small_bundle(kind="panel", weighted=True)


def columns(*rows: dict[str, object]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_a_table_answers_every_row_and_tells_how_long_that_took() -> None:
    found = scorer(answering_bundle(answer=7.0), "tabular")(columns({**ROW}, {**ROW}), 2)

    assert found.predictions == [7.0, 7.0]
    assert found.latency_ms is not None
    assert found.latency_ms > 0
    assert found.refused == {}


def test_rows_that_this_version_refuses_are_told_by_their_place_without_a_value() -> None:
    rows = columns({**ROW, "pieces": 777}, {**ROW}, {**ROW, "price": -5.25})

    found = scorer(answering_bundle(answer=7.0), "tabular")(rows, 3)

    assert found.predictions == [None, 7.0, None]
    assert found.refused == {
        0: "pieces: must be at most 99 (allowed: whole number, 1 to 99)",
        2: "price: must be at least 0 (allowed: number, from 0)",
    }
    assert not any("777" in why or "5.25" in why for why in found.refused.values())


def test_where_nothing_is_answered_there_is_no_latency() -> None:
    found = scorer(answering_bundle(), "tabular")(columns({**ROW, "pieces": 777}), 1)

    assert (found.predictions, found.latency_ms) == ([None], None)


def test_a_day_may_come_as_one_or_as_text() -> None:
    score = scorer(answering_bundle(answer=7.0), "tabular")

    for day in (date(2026, 2, 1), "2026-02-01"):
        assert score(columns({**ROW, "day": day}), 1).predictions == [7.0]


def test_a_panel_looks_up_what_it_has_published() -> None:
    rows = columns(
        {"shop": 2, "week": "2026-02-27", "festive": None},
        {"shop": 1, "week": "2026-02-13", "festive": True},
    )

    found = scorer(PANEL, "panel")(rows, 2)

    assert found.predictions == [127.5, 112.5]
    assert found.refused == {}


def test_a_panel_that_breaks_its_contract_is_refused_as_a_whole() -> None:
    rows = columns({"shop": 2, "week": "2026-02-27"}, {"shop": None, "week": "2026-02-27"})

    found = scorer(PANEL, "panel")(rows, 2)

    assert found.predictions == [None, None]
    assert set(found.refused) == {0, 1}
    assert found.refused[0].startswith("shop: ")
