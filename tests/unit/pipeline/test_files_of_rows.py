import polars as pl

from foresell.contracts.gate import ROW, RULES
from foresell.pipeline.rejects import with_files


def test_a_row_of_many_files_is_known_by_its_file_and_its_row_there() -> None:
    rows = pl.DataFrame({ROW: [1, 2, 3, 5], RULES: ["r"] * 4}, schema_overrides={ROW: pl.UInt64})
    files = [{"name": name, "rows": count} for name, count in (("a", 2), ("b", 0), ("c", 3))]
    assert with_files(rows, files).rows() == [
        (1, "a", 1, "r"),
        (2, "a", 2, "r"),
        (3, "c", 1, "r"),
        (5, "c", 3, "r"),
    ]
    assert with_files(rows, ()).rows()[0] == (1, None, None, "r")
