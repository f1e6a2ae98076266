"""What was asked by day, from lines and tables of the log of requests."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.theme import ACCENT, FAINT
from foresell.charts.traffic import rows_by_day
from foresell.dashboard.monitoring.page import context
from foresell.dashboard.monitoring.traffic import traffic_of
from foresell.dashboard.reading.shown import AbsentError
from foresell.errors import DataError
from foresell.serving.logged_rows import ANSWERS
from tests.dashboard_site import memory_shown, visit_of

LINES = "requests-20260103T000000000000Z-00000001.jsonl"
TABLE = "requests-20260102T000000000000Z-00000000.parquet"


def row(day: int, *, unseen: list[str] | None = None, outside: list[str] | None = None) -> Any:
    return {
        "timestamp": datetime(2026, 1, day, 12, tzinfo=UTC),
        **{"request_id": "r", "row": 1, "route": "/predict", "project": "toy", "version": "1"},
        **{"digest": "d", "prediction": 1.0, "p10": None, "p90": None},
        **{"unseen": unseen or [], "outside": outside or []},
    }


def table(*rows: Any) -> bytes:
    out = BytesIO()
    pl.DataFrame(list(rows), schema=dict(ANSWERS)).write_parquet(out)
    return out.getvalue()


def lines(*rows: Any) -> bytes:
    told = [
        {**one, "timestamp": one["timestamp"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "features": {}}
        for one in rows
    ]
    return "".join(json.dumps(one) + "\n" for one in told).encode()


def test_rows_are_counted_by_day_over_all_files_and_a_torn_line_is_left_out() -> None:
    files = {
        ("_requests", TABLE): table(row(2), row(2, unseen=["colour"]), row(3)),
        ("_requests", LINES): lines(row(3, outside=["price", "day"]), row(4, outside=["price"]))
        + b'{"timest',
        # Lines that a table has taken the place of, a moment before they are taken away.
        ("_requests", TABLE.replace(".parquet", ".jsonl")): lines(row(2), row(2), row(3)),
    }
    found = traffic_of(memory_shown("toy", files=files))

    assert found.figure.rows is not None
    assert found.figure.rows.rows() == [
        (datetime(2026, 1, 2).date(), 2, 1),
        (datetime(2026, 1, 3).date(), 2, 1),
        (datetime(2026, 1, 4).date(), 1, 1),
    ]
    assert found.headline.replace("\u00a0", " ") == (
        "60.0 % of the rows that were asked held a value strange to training"
    )
    assert found.lead.replace("\u00a0", " ") == (
        "5 rows were logged, 2 Jan 2026 to 4 Jan 2026. Strange values stood most often in price, "
        "colour and day."
    )
    assert [one.value for one in found.facts] == ["5", "3"]
    svg = render_svg(found.figure.draw(520))
    assert FAINT in svg
    assert ACCENT in svg


def test_without_a_log_the_page_says_how_to_have_one() -> None:
    with pytest.raises(AbsentError) as told:
        traffic_of(memory_shown("toy", files={("_requests", LINES): b""}))
    assert told.value.mend == "foresell serve toy --request-log 1.0"


@pytest.mark.parametrize(
    ("file", "content"), [(LINES, b"no json\n"), (TABLE, b"PAR1"), (LINES, b'{"timestamp": "x"}\n')]
)
def test_a_spoilt_file_of_the_log_is_named(file: str, content: bytes) -> None:
    shown = memory_shown("toy", files={("_requests", file): content})

    with pytest.raises(DataError, match=file):
        traffic_of(shown)
    assert context(visit_of(shown)).traffic is None


def test_the_picture_is_valid_vega_lite_and_one_day_is_drawn() -> None:
    one = pl.DataFrame({"date": [datetime(2026, 1, 2).date()], "rows": [3], "flagged": [0]})
    spec = rows_by_day(one)

    alt.Chart.from_dict(spec).to_dict(validate=True)
    assert spec == rows_by_day(one)
    assert "Nothing was asked" in render_svg(rows_by_day(one.clear()))
    with pytest.raises(DataError, match="flagged"):
        rows_by_day(one.drop("flagged"))
