"""The page as it is served: its addresses over a real home, and the version its rows belong to."""

import json
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import pytest

from foresell.dashboard.page import Trouble
from foresell.dashboard.segments.standing import standing_of
from tests.dashboard_site import board_of, context, get, site_of
from tests.explored_shops import shops_bundle, shops_shown
from tests.overview_homes import TABLE, leave_table, put
from tests.unit.dashboard.forecast.explored_pages import staged
from tests.unit.dashboard.segments.tables import CHAMPION, assessed, judged_files, risk_files

AT = f"/ui/projects/{TABLE}/forecast"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with what a run leaves of segments and rows, and a version on prod."""
    folder = tmp_path_factory.mktemp("home")
    leave_table(folder)
    for (output, file), content in (judged_files(TABLE) | risk_files(assessed(30))).items():
        put(folder, TABLE, output, file, content)
    return folder


def test_the_page_every_chart_of_it_and_every_file_is_served(home: Path) -> None:
    site = site_of(home, TABLE)
    page = get(site, f"{AT}?is.COUNTRY=USA")
    assert page.status_code == 200
    assert "style=" not in page.text
    assert "<script>" not in page.text

    for name in ("months", "swings", "answers", "groups", "sums"):
        assert f'id="{name}"' in page.text
        spec = get(site, f"{AT}/figures/{name}.json?is.COUNTRY=USA&width=520")
        assert spec.json()["layer"]
        svg = get(site, f"{AT}/figures/{name}.svg?is.COUNTRY=USA")
        assert svg.text.startswith("<svg")
        rows = get(site, f"{AT}/figures/{name}.csv?is.COUNTRY=USA")
        assert pl.read_csv(rows.content).height
    for file in ("rows.parquet", "months.parquet"):
        assert f"{AT}/files/{file}?is.COUNTRY=USA" in page.text
        assert pl.read_parquet(BytesIO(get(site, f"{AT}/files/{file}").content)).height
    assert get(site, f"{AT}/files/none.csv").status_code == 404


def test_every_link_to_a_segment_and_without_a_choice_is_served(home: Path) -> None:
    site = site_of(home, TABLE)
    found = context(board_of(home, TABLE), TABLE, "forecast", **{"is.COUNTRY": "USA"})

    links = [row[0].href for row in found.listed.rows]
    assert links == [f"{AT}?is.COUNTRY=USA&segment=sales_ts_risk_usa"]
    assert [get(site, one).status_code for one in links] == [200]
    assert urlsplit(links[0]).path == AT


def test_the_rows_are_told_to_belong_to_the_version_of_the_last_run(home: Path) -> None:
    board = board_of(home, TABLE)

    put(home, TABLE, "registered", "version.json", {"version": 1})
    assert context(board, TABLE, "forecast").standing == (
        "They were the test of version 1 (prod), which answers now."
    )
    put(home, TABLE, "registered", "version.json", {"version": 2, "more": "than before"})
    assert context(board, TABLE, "forecast").standing == (
        "They were the test of version 2; version 1 (prod) answers now."
    )


def test_no_version_is_said_to_answer_where_nothing_points_to_one() -> None:
    files = {("registered", "version.json"): b'{"version": 1}'}
    troubles: dict[str, Trouble] = {}

    assert standing_of(shops_shown(files=files), troubles) == (
        "They were the test of version 1. No version answers: none is on prod or on staging."
    )
    assert standing_of(staged(shops_bundle(), files=files), troubles) == (
        "They were the test of version 1 (staging), which answers now."
    )
    assert not troubles


def test_a_file_that_is_written_again_is_read_again(home: Path) -> None:
    board = board_of(home, TABLE)
    before = context(board, TABLE, "forecast")
    told = {**assessed(30), "unit": "EUR"}
    put(home, TABLE, "segment_risk", "sales_ts_risk_usa.json", json.dumps(told).encode())
    after = context(board, TABLE, "forecast")
    put(home, TABLE, "predictions", f"{CHAMPION}.parquet", b"half of a file")
    broken = context(board, TABLE, "forecast")

    assert "USD" in before.heading
    assert "EUR" in after.heading
    assert f"predictions/{CHAMPION}.parquet" in broken.troubles["rows"].what
    assert broken.ahead is not None
