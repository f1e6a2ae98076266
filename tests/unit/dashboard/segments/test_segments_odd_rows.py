"""Rows that are odd, hostile, broken or missing: told, and never a blank page."""

from io import BytesIO
from typing import Any

import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.dashboard.pages import page_of
from foresell.dashboard.rendering import rendered
from foresell.dashboard.segments import page
from foresell.serving.problems import Refused
from tests.dashboard_site import visit_of
from tests.unit.dashboard.segments.judged_pages import (
    DISTRICTS,
    FILES,
    ORDERS,
    Query,
    asked_of,
    looked,
    rows_of,
    truth,
)
from tests.unit.dashboard.segments.tables import (
    CHAMPION,
    judged_files,
    layer,
    shown_of,
)


def test_a_table_without_dates_has_bands_numbers_and_no_months() -> None:
    context = looked(name=DISTRICTS)
    assert context.answered is not None

    assert (
        context.hint
        == "The rows of this project have no date, so there is nothing to forecast by month."
    )
    assert context.listed is None
    assert set(context.figures) == {"answers", "groups"}
    assert context.heading == context.answered.finding
    assert [one.facet.names for one in asked_of(context).fields if one.first] == [("band.MedInc",)]
    income = looked({"band.MedInc": ["below 2", "6 and above"]}, DISTRICTS)
    both = (pl.col("MedInc") < 2) | (pl.col("MedInc") >= 6)
    assert rows_of(income) == set(truth(DISTRICTS).filter(both)["row"].to_list())
    assert context.answered.worst.rows[0][0].text.isdigit()


def test_rows_without_a_value_and_columns_with_many_values_can_be_chosen() -> None:
    many = [f"Land {place % 40}" if place % 5 else None for place in range(layer(ORDERS).height)]
    frame = layer(ORDERS).with_columns(
        COUNTRY=pl.Series(many), PRODUCTLINE=pl.Series([None, "Ships"] * 500).head(len(many))
    )
    files = judged_files(ORDERS, frame)
    every = asked_of(looked(files=files)).kept

    none = looked({"is.PRODUCTLINE": "(none)"}, files=files)
    assert rows_of(none) == set(every.filter(pl.col("PRODUCTLINE").is_null())["row"].to_list())
    assert asked_of(none).active[0].label == "no PRODUCTLINE"
    held = looked({"has.COUNTRY": "lAND 3"}, files=files)
    own = every.filter(pl.col("COUNTRY").str.starts_with("Land 3").fill_null(value=False))
    assert own.height
    assert rows_of(held) == set(own["row"].to_list())
    assert rows_of(looked({"has.COUNTRY": "land (3"}, files=files)) == set()


def test_hostile_values_of_data_and_address_are_text_on_the_page() -> None:
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    frame = layer(ORDERS).with_columns(
        COUNTRY=pl.when(pl.col("COUNTRY") == "Spain").then(pl.lit(evil)).otherwise("COUNTRY")
    )
    query: Query = {"is.COUNTRY": [evil], "from.MSRP": "0", "segment": evil, "by": evil}
    shown = shown_of(ORDERS, judged_files(ORDERS, frame), risk=None)
    visit = visit_of(shown, query)
    context = page.context(visit)
    html = rendered(page_of("forecast", "tabular"), context, visit, keyed=False).decode()

    assert context.answered is not None
    assert context.answered.shown == frame_rows(frame, evil)
    assert "<script>alert" not in html
    assert "49" not in html.partition("<main")[2].partition('class="chosen"')[0].replace("149", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in render_svg(context.figures["groups"].draw(520))


def frame_rows(frame: pl.DataFrame, country: str) -> int:
    own = frame.with_row_index("at").filter(
        (pl.col("at") % 3 == 0) & (pl.col("COUNTRY") == country)
    )
    return own.height


@pytest.mark.parametrize(
    ("artifact", "part"),
    [
        (("evaluation", "test.json"), "rows"),
        (("evaluation", "truth.parquet"), "rows"),
        (("predictions", f"{CHAMPION}.parquet"), "rows"),
        (("baselines", "median.parquet"), "baseline"),
        (("evaluation", "importance.csv"), "importance"),
        (("registered", "version.json"), "version"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"PAR1"])
def test_a_broken_artifact_is_named_and_takes_away_its_own_part(
    artifact: tuple[str, str], part: str, content: bytes
) -> None:
    context = looked(files=FILES[ORDERS] | {artifact: content})

    assert "/".join(artifact) in f"{context.troubles[part].what} {context.troubles[part].where}"
    assert (context.answered is None) == (part == "rows")
    html = rendered(
        page_of("forecast", "tabular"), context, visit_of(shown_of(ORDERS, {})), keyed=False
    )
    assert artifact[1].encode() in html


def test_a_file_that_is_missing_says_what_makes_it() -> None:
    left = {key: held for key, held in FILES[ORDERS].items() if key[0] != "predictions"}
    trouble = looked(files=left).troubles["rows"]

    assert trouble.next
    assert trouble.mend == "foresell run sales_orders"


def test_answers_of_another_run_are_told_and_not_mixed() -> None:
    said = pl.read_parquet(BytesIO(FILES[ORDERS]["predictions", f"{CHAMPION}.parquet"]))
    content = BytesIO()
    said.head(5).write_parquet(content)
    files = FILES[ORDERS] | {("predictions", f"{CHAMPION}.parquet"): content.getvalue()}

    assert "without a finite answer" in looked(files=files).troubles["rows"].what


def test_the_chosen_rows_are_given_as_csv_and_parquet() -> None:
    visit = visit_of(shown_of(ORDERS, FILES[ORDERS], risk=None), {"is.COUNTRY": "USA"})
    as_csv, as_parquet = (page.download(visit, f"rows.{form}") for form in ("csv", "parquet"))
    own = truth().filter(pl.col("COUNTRY") == "USA").sort("row")

    assert (as_csv.name, as_csv.media_type) == ("sales_orders_rows.csv", "text/csv; charset=utf-8")
    rows = pl.read_parquet(as_parquet.content)
    assert (
        rows.select("row", "y", "prediction", "q0.1", "baseline").rows()
        == own.select("row", "y", "prediction", "q0.1", "base").rows()
    )
    assert rows["error"].to_list() == (own["prediction"] - own["y"]).to_list()
    assert pl.read_csv(as_csv.content)["y"].to_list() == own["y"].to_list()
    assert page.download(visit, "rows.parquet").content == as_parquet.content


@pytest.mark.parametrize("name", ["rows", "rows.exe", "../rows.csv", "months.csv", ""])
def test_a_file_that_is_not_given_away_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        page.download(visit_of(shown_of(ORDERS, FILES[ORDERS], risk=None)), name)

    assert refused.value.status == 404


def test_a_declaration_that_does_not_stand_is_told() -> None:
    from tests.dashboard_site import memory_shown  # noqa: PLC0415

    context = page.context(visit_of(memory_shown(ORDERS, "tabular", FILES[ORDERS])))

    assert context.troubles["declared"].what == "nothing is declared"
    assert context.answered is None


def test_a_question_is_not_answered_from_an_older_file() -> None:
    files: dict[tuple[str, str], bytes] = dict(FILES[ORDERS])
    shown = shown_of(ORDERS, files, risk=None)
    before: Any = page.context(visit_of(shown)).answered
    later = judged_files(ORDERS, layer(ORDERS).head(60))
    files.update(later)
    after: Any = page.context(visit_of(shown)).answered

    assert before.of > after.of
