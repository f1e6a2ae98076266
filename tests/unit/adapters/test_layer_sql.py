"""A query sees the layer, the whole layer and nothing else, and changes nothing."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from foresell.adapters.layer_sql import ask_layer, layer_columns, parse_query
from foresell.errors import DataError, UsageError
from tests.builders import snapshot

ROWS = pl.DataFrame({
    "shop": ["NA", "NA", None, "b"],
    "day": [date(2020, 1, 1), date(2020, 1, 2), date(2021, 1, 1), date(2021, 1, 2)],
    "units": [1, 2, None, 4],
    "price": [1.5, None, 2.5, float("nan")],
    "promo": [True, None, False, True],
    "cost": [Decimal("1.20"), None, Decimal("3.00"), Decimal("0.05")],
})
ALL = [
    "year=2020/part-00000.parquet",
    "year=2021/part-00000.parquet",
    "year=2021/part-00001.parquet",
]


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """Four rows in three parts, below a folder whose name looks like a partition."""
    folder = tmp_path / "run=5" / "o'brien" / "processed"
    for name, part in zip(ALL, (ROWS[:2], ROWS[2:3], ROWS[3:]), strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_parquet(path)
    return folder


def test_the_view_holds_every_row_and_column_of_every_part_and_the_year(layer: Path) -> None:
    answer = ask_layer(layer, ALL, "shops", "SELECT * FROM shops ORDER BY day")

    year = pl.Series("year", [2020, 2020, 2021, 2021])
    expected = ROWS.with_columns(year, pl.col("cost").cast(pl.Decimal(38, 2)))
    assert answer.equals(expected)
    assert answer.schema == expected.schema
    assert layer_columns(layer, ALL, "shops") == (*ROWS.columns, "year")


def test_a_layer_without_folders_has_no_year(layer: Path) -> None:
    ROWS.write_parquet(layer / "part-00000.parquet")

    assert layer_columns(layer, ["part-00000.parquet"], "shops") == tuple(ROWS.columns)


def test_a_column_of_the_files_wins_over_the_name_of_a_folder(layer: Path) -> None:
    own = pl.DataFrame({"Year": [1, 2], "a b": [3, 4], 'a"c.d': [5, 6]})
    own.write_parquet(layer / ALL[0])

    answer = ask_layer(layer, ALL[:1], "my-shop", 'SELECT * FROM "my-shop"')

    assert answer.equals(own)


def test_numbers_come_back_as_numbers(layer: Path) -> None:
    query = """
        SELECT sum(units) AS s, count(*) AS n, 170141183460469231731687303715884105727 AS huge,
               sum(cost) AS c, avg(units) AS m, 1.5 AS d
        FROM shops
    """

    answer = ask_layer(layer, ALL, "shops", query)

    assert answer.rows() == [(7, 4, float(2**127 - 1), Decimal("4.25"), 7 / 3, Decimal("1.5"))]
    assert [str(kind) for kind in answer.dtypes] == [
        *("Int64", "Int64", "Float64"),
        *("Decimal(precision=38, scale=2)", "Float64", "Decimal(precision=2, scale=1)"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "DESCRIBE shops",
        "SHOW TABLES",
        "SUMMARIZE shops",
        "EXPLAIN SELECT 1",
        "explain analyze SELECT count(*) FROM shops",
        "FROM shops",
        "VALUES (1), (2)",
        "-- a comment\nWITH a AS (SELECT 1 AS x) SELECT * FROM a;",
        "SELECT shop FROM shops UNION SELECT shop FROM shops",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t",
        "SELECT * FROM (PIVOT shops ON year IN (2020, 2021) USING sum(units))",
    ],
)
def test_every_way_to_ask_is_answered(query: str, layer: Path) -> None:
    assert ask_layer(layer, ALL, "shops", query).height >= 1
    parse_query(query)


NO_QUESTION = r"does more than read|statements were asked"
WRITES = [
    "COPY (SELECT 1) TO '{place}/new.csv'",
    "COPY shops TO '{layer}/new.parquet'",
    "WITH x AS (COPY (SELECT 1) TO '{layer}/new.csv') SELECT * FROM x",
    "WITH x AS (COPY (SELECT 1 AS shop) TO '{layer}/year=2020/part-00000.parquet') FROM x",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{layer}/new.csv'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{layer}/new.csv'",
    "EXPLAIN ANALYZE WITH x AS (COPY (SELECT 1) TO '{layer}/new.csv') SELECT * FROM x",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM json_execute_serialized_sql('{{}}')",
    "ATTACH '{place}/new.db'",
    "EXPORT DATABASE '{layer}'",
    "CREATE TABLE t AS SELECT 1",
    "INSERT INTO shops VALUES (1)",
    "WITH x AS (INSERT INTO shops VALUES (1) RETURNING *) SELECT * FROM x",
    "DROP VIEW shops",
    "DELETE FROM shops",
    "SET threads = 4",
    "PRAGMA table_info('shops')",
    "CALL duckdb_functions()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "VACUUM",
    "SELECT 1; COPY (SELECT 1) TO '{layer}/new.csv'",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("query", WRITES)
def test_what_does_more_than_ask_is_refused_and_does_nothing(
    query: str, layer: Path, tmp_path: Path
) -> None:
    before = snapshot(tmp_path)
    place = str(tmp_path).replace("'", "''")
    text = query.format(layer=str(layer).replace("'", "''"), place=place)

    with pytest.raises(UsageError, match=NO_QUESTION):
        ask_layer(layer, ALL, "shops", text)
    with pytest.raises(UsageError, match=NO_QUESTION):
        parse_query(text)

    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('{layer}/../secret.txt')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    ],
)
def test_files_outside_the_layer_are_closed(query: str, layer: Path) -> None:
    (layer.parent / "secret.txt").write_text("secret")
    text = query.format(layer=str(layer).replace("'", "''"))

    with pytest.raises(UsageError) as caught:
        ask_layer(layer, ALL, "shops", text)

    assert caught.value.args == (
        "files outside the layer are closed to queries",
        "the query",
        "ask the view 'shops'; --out FILE writes the answer",
    )


LISTS = "the layer is the view 'shops'; 'DESCRIBE shops' lists its columns"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "SELECT unit FROM shops",
            (
                "there is no column 'unit'",
                "the query",
                "did you mean 'units'? Known: cost, day, price, promo, shop, units, year",
            ),
        ),
        (
            "SELECT *\nFROM shops\nWHERE units >> > 1",
            ('syntax error at or near ">"', "the query, line 3: WHERE units >> > 1", LISTS),
        ),
        ("SELECT * FROM stores", ("Table with name stores does not exist!", "the query", LISTS)),
        (
            "SELECT CAST(shop AS INT) AS x FROM shops",
            (
                "Could not convert string 'NA' to INT32 when casting from source column shop",
                "the query, line 1: SELECT CAST(shop AS INT) AS x FROM shops",
                LISTS,
            ),
        ),
        (
            "SELECT 1 AS a, 2 AS a, 3 AS b",
            (
                "the answer has several columns named 'a'",
                "the query",
                "give each a name of its own: ... AS name",
            ),
        ),
        (
            "SELECT INTERVAL 1 DAY AS one",
            (
                "the column 'one' of the answer is of the type INTERVAL, which cannot be shown",
                "the query on shops",
                "write it as text: CAST(... AS VARCHAR)",
            ),
        ),
        (
            "SELECT ?",
            ("Values were not provided for the following parameters: 1", "the query", LISTS),
        ),
    ],
)
def test_a_wrong_query_is_told_what_where_and_how_to_mend_it(
    query: str, said: tuple[str, str, str], layer: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        ask_layer(layer, ALL, "shops", query)

    assert caught.value.args == said


def test_a_part_that_is_gone_or_broken_is_an_error_that_says_so(layer: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        ask_layer(layer, ["year=2020/gone.parquet"], "shops", "FROM shops")
    (layer / ALL[0]).write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="cannot be read"):
        ask_layer(layer, ALL[:1], "shops", "FROM shops")


def test_a_part_whose_rows_are_spoilt_is_an_error_that_says_so(layer: Path) -> None:
    """Its end, where the columns are told, is whole."""
    content = bytearray((layer / ALL[0]).read_bytes())
    content[4:200] = bytes(196)
    (layer / ALL[0]).write_bytes(content)

    assert layer_columns(layer, ALL, "shops") == (*ROWS.columns, "year")
    with pytest.raises(DataError, match="cannot be read"):
        ask_layer(layer, ALL, "shops", "FROM shops")


def test_a_name_in_a_query_is_never_one_of_python(layer: Path) -> None:
    for name in ("names", "folder", "ROWS", "rows"):
        with pytest.raises(UsageError, match=f"Table with name {name} does not exist!"):
            ask_layer(layer, ALL, "shops", f"FROM {name}")


def test_sums_of_floats_are_the_same_to_the_last_digit_each_time(layer: Path) -> None:
    rows = pl.DataFrame({"x": [(i * 7919 % 1009) / 7 for i in range(400_000)]})
    rows.write_parquet(layer / "many.parquet", row_group_size=5_000)

    answers = {
        ask_layer(layer, ["many.parquet"], "shops", "SELECT sum(x) AS s FROM shops").item()
        for _ in range(4)
    }

    assert len(answers) == 1


def test_nothing_is_left_to_say_when_the_process_ends(layer: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from foresell.adapters.layer_sql import ask_layer\n"
        f"print(ask_layer(Path({str(layer)!r}), {ALL!r}, 'shops', 'FROM shops').height)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("4\n", "")
