"""What is known of the real files, as they are read."""

from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.sources import DirectorySource
from foresell.contracts.reading import Reader, ReadFile
from tests.unit.pipeline.conftest import shipped

pytestmark = pytest.mark.realdata


def read(project: str, folder: Path, table: int) -> tuple[pl.DataFrame, list[ReadFile]]:
    """One table of a project whole, personal columns too."""
    spec, contract = shipped(project)
    heard: list[ReadFile] = []
    rows = Reader(source=DirectorySource(folder), contract=contract).whole(
        spec.tables[table], heard.append
    )
    return rows, heard


def test_the_sales_export_is_cp850_and_keeps_its_words(walmart_data: Path) -> None:
    rows, heard = read("sales_orders", walmart_data.parent / "sales_orders", 0)
    assert heard == [ReadFile(name="sales_data_sample.csv", rows=2_823, encoding="cp850")]
    assert rows.width == 25
    texts = rows.select(pl.col(pl.String))
    for word in ("Berguvsvägen", "Martín", "Cataluña"):
        assert texts.select(pl.any_horizontal(pl.all().str.contains(word)).any()).item(), word
    assert (rows["TERRITORY"] == "NA").sum() == 1_074
    assert rows["TERRITORY"].null_count() == 0
    assert rows["STATE"].null_count() == 1_486
    assert (rows["STATE"] == "").sum() == 0
    assert rows["ORDERNUMBER"].n_unique() == 307
    assert rows.select("ORDERNUMBER", "ORDERLINENUMBER").is_duplicated().sum() == 0
    assert (rows["PRICEEACH"] == 100).sum() == 1_304
    agree = (pl.col("ORDERDATE").dt.month() == pl.col("MONTH_ID")) & (
        pl.col("ORDERDATE").dt.year() == pl.col("YEAR_ID")
    )
    assert rows.select(agree.all()).item()


def test_the_walmart_tables_have_their_rows_and_na_is_null(walmart_data: Path) -> None:
    heights = {}
    for place, name in enumerate(("sales", "features", "stores")):
        rows, heard = read("walmart", walmart_data, place)
        heights[name] = rows.height
        assert [file.encoding for file in heard] == ["utf-8"]
    assert heights == {"sales": 421_570, "features": 8_190, "stores": 45}
    features, _ = read("walmart", walmart_data, 1)
    literal = pl.read_csv(walmart_data / "features.csv", infer_schema=False)
    for name in literal.columns:
        assert features[name].null_count() == (literal[name] == "NA").sum(), name


def test_the_districts_are_whole(walmart_data: Path) -> None:
    rows, _ = read("california_housing", walmart_data.parent / "california", 0)
    assert (rows.height, rows.width) == (20_640, 9)
    assert rows.null_count().sum_horizontal().item() == 0
    assert (rows["MedHouseVal"] >= 5).sum() == 992
    assert (rows["MedHouseVal"] == 5.00001).sum() == 965
