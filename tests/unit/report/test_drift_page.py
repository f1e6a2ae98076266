from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars as pl

from foresell.monitor.drift import Column, Drift, measure
from foresell.monitor.schema import SchemaColumn, compare_schema
from foresell.monitor.segments_moved import find_moved
from foresell.report.drift_page import Compared, drift_html
from foresell.spec.monitoring import MonitoringSpec

LIMITS = MonitoringSpec()
COMPARED = Compared(
    project="walmart",
    target="sales",
    unit="USD",
    version=3,
    alias="prod",
    reference="1,000 training rows of version 3",
    current="the file <new>.csv, 400 rows",
    season="The same weeks of the year before.",
    notes=("2 series are new.",),
)


def sides(columns: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    draw = np.random.default_rng(1)
    reference, current = (
        pl.DataFrame({
            "week": np.arange(rows) % weeks,
            "store": np.arange(rows) // weeks % 10,
            "sales": draw.normal(50, 5, rows),
            **{f"f{place}": draw.normal(size=rows) for place in range(columns)},
        })
        for rows, weeks in ((1000, 10), (400, 2))
    )
    return reference, current


def drift_of(reference: pl.DataFrame, current: pl.DataFrame) -> Drift:
    columns = [
        Column(name=name, kind="number")
        for name in reference.columns
        if name not in ("week", "store")
    ]
    return measure(reference, current, columns, LIMITS, periods="week")


class Reader(HTMLParser):
    """Collects the tags, and the addresses that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href")]


def test_a_page_of_40_columns_is_under_300_kb_and_fetches_nothing() -> None:
    page = drift_html(COMPARED, LIMITS, drift_of(*sides(40)))

    reader = Reader()
    reader.feed(page)
    assert len(page.encode()) < 300_000
    assert reader.fetched == []
    assert "script" not in reader.tags
    assert reader.tags.count("figure") == 24
    assert reader.tags.count("tr") == 42  # all columns, the target and the heads


def test_the_page_tells_every_alarm_what_was_compared_and_what_to_do() -> None:
    reference, current = sides(2)
    current = current.with_columns(
        pl.col("f0") + 3,
        sales=pl.when(pl.col("store") == 4).then(2.0).otherwise(1.0) * pl.col("sales"),
    )
    drift = drift_of(reference, current)
    schema = compare_schema(
        [SchemaColumn(name="CPI", type="number")], [SchemaColumn(name="<b>", type="string")]
    )
    segments = find_moved(reference, current, ["store"], LIMITS, target="sales", periods="week")

    page = drift_html(COMPARED, LIMITS, drift, schema=schema, segments=segments)

    about = [one.about for one in (*schema.findings, *segments.findings, *drift.findings)]
    assert about == ["CPI", "<b>", "store=4", "f0", "sales"]
    assert "<h1>4 alarms</h1>" in page
    assert "the column CPI is missing" in page
    assert "store 4: sales is" in page
    assert page.index("f0: drift") < page.index("<b>f1</b>")
    assert "the file &lt;new&gt;.csv" in page
    assert "the column &lt;b&gt; is not declared" in page
    assert "Restore the column" in page
    assert "The same weeks of the year before." in page


def test_quiet_rows_and_too_few_rows_are_told_as_such() -> None:
    reference, current = sides(2)

    quiet = drift_html(COMPARED, LIMITS, drift_of(reference, current))
    few = drift_html(COMPARED, LIMITS, drift_of(reference, current.head(10)))

    assert "No drift to act on" in quiet
    assert "Too few rows to compare" in few
    assert "10 current rows are too few" in few


def test_equal_reports_give_equal_bytes() -> None:
    drift = drift_of(*sides(3))

    assert drift_html(COMPARED, LIMITS, drift) == drift_html(COMPARED, LIMITS, replace(drift))


def test_a_page_of_made_up_data_says_so_and_a_unit_named_as_the_target_is_said_once() -> None:
    drift = drift_of(*sides(1))
    plain = drift_html(COMPARED, LIMITS, drift)
    assert "SYNTHETIC data." not in plain
    assert "sales, in USD" in plain
    made_up = drift_html(replace(COMPARED, synthetic=True, unit="sales"), LIMITS, drift)
    assert "SYNTHETIC data." in made_up
    assert "sales, in sales" not in made_up
