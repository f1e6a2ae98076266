"""The ready-made queries: each says what it asks, parses, and is right about a few rows."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl
import pytest

from foresell.adapters.layer_sql import ask_layer, parse_query
from foresell.adapters.query_files import ReadyQuery, read_queries

PACKAGE = Path(str(files("foresell")))
READY = {
    (path.parents[1].name, path.stem): path
    for path in sorted((PACKAGE / "projects").glob("*/queries/*.sql"))
}
EXPECTED = {
    "sales_orders": [
        *("by_month", "by_product_line", "by_quarter", "by_year", "lines_and_orders"),
        "top_countries",
    ],
    "walmart": [
        *("by_department", "by_store", "by_store_type", "by_week", "by_year", "holiday_weeks")
    ],
    "retail": ["by_category", "by_store", "by_week", "promotions"],
    "california_housing": ["by_income", "by_latitude", "capped"],
}
FRIDAYS = [date(2010, 2, 5) + timedelta(weeks=i) for i in range(60)]
ROWS = {
    "sales_orders": pl.DataFrame({
        "ORDERNUMBER": [1, 1, 2, 3],
        "ORDERLINENUMBER": [1, 2, 1, 1],
        "QUANTITYORDERED": [10, 20, 30, 40],
        "PRICEEACH": [100.0, 50.0, 25.0, 12.5],
        "SALES": [1500.0, 1000.0, 750.0, 500.0],
        "ORDERDATE": [date(2003, 2, 24), date(2003, 2, 24), date(2003, 5, 7), date(2004, 2, 1)],
        "QTR_ID": [1, 1, 2, 1],
        "MONTH_ID": [2, 2, 5, 2],
        "YEAR_ID": [2003, 2003, 2003, 2004],
        "PRODUCTLINE": ["Trains", "Ships", "Trains", "Ships"],
        "COUNTRY": ["USA", "USA", "France", "NA"],
    }),
    "walmart": pl.DataFrame({
        "Store": [1] * 60 + [2],
        "Dept": [7] * 61,
        "Date": [*FRIDAYS, FRIDAYS[1]],
        "Weekly_Sales": [100.0 + i for i in range(60)] + [-5.0],
        "IsHoliday": [i in {1, 53} for i in range(60)] + [True],
        "Type": ["A"] * 60 + ["B"],
        "Size": [10] * 60 + [20],
    }),
    "retail": pl.DataFrame({
        "store_id": ["S0001"] * 3 + ["S0002"],
        "category": ["grocery", "grocery", "apparel", "grocery"],
        "date": [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 1), date(2024, 1, 7)],
        "units": [5, 7, 0, 8],
        "promotion": [0.0, 0.5, 0.0, 0.0],
        "discount": [0.0, 0.1, 0.0, 0.0],
        "price": [2.0, 1.8, 30.0, 2.2],
        "city": ["Ort"] * 3 + ["Dorf"],
        "size": ["small"] * 3 + ["large"],
    }),
    "california_housing": pl.DataFrame({
        "MedInc": [1.5, 1.9, 8.0],
        "HouseAge": [10.0, 20.0, 52.0],
        "Population": [100.0, 200.0, 300.0],
        "Latitude": [32.5, 37.0, 37.9],
        "MedHouseVal": [1.0, 2.0, 5.00001],
    }),
}


def ask(project: str, name: str, folder: Path) -> pl.DataFrame:
    """The answer on the small layer, cut by years where there is a date, as a run cuts it."""
    rows = ROWS[project]
    times = [column for column, kind in rows.schema.items() if kind == pl.Date]
    years = rows[times[0]].dt.year() if times else None
    names = []
    for year in sorted(set(years)) if years is not None else [None]:
        part = rows if years is None else rows.filter(years == year)
        names.append(f"year={year}/part-00000.parquet" if year else "part-00000.parquet")
        (folder / names[-1]).parent.mkdir(exist_ok=True)
        part.write_parquet(folder / names[-1])
    return ask_layer(folder, names, project, READY[project, name].read_text("utf-8"))


def test_every_project_has_the_queries_people_ask() -> None:
    found = {project: [n for p, n in READY if p == project] for project in EXPECTED}

    assert found == EXPECTED


SQL_FILES = sorted(PACKAGE.rglob("*.sql"))
WAREHOUSE = PACKAGE / "adapters" / "warehouse"
OURS = [  # what is asked of DuckDB or SQLite; that of PostgreSQL is tried where it is asked
    path
    for path in SQL_FILES
    if not path.is_relative_to(WAREHOUSE) and not path.name.startswith("postgres_")
]
MIGRATIONS = [path for path in OURS if "migrations" in path.parts]


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_every_sql_file_of_the_package_says_what_it_is_for(path: Path) -> None:
    assert path.read_text("utf-8").startswith("-- ")


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_makes_and_takes_nothing_away(path: Path) -> None:
    statements = path.read_text("utf-8").split("-- next\n")
    lines = [[line for line in one.splitlines() if line[:3] != "-- "] for one in statements]
    assert {one[0].split()[0] for one in lines} == {"CREATE"}


@pytest.mark.parametrize(
    "path", [path for path in OURS if path not in MIGRATIONS], ids=lambda path: path.stem
)
def test_every_question_of_the_package_is_one_statement_that_only_reads(path: Path) -> None:
    text = path.read_text("utf-8")
    if "$" in text:  # bound by the adapter; DuckDB knows the parameters
        assert len(duckdb.extract_statements(text)) == 1
    else:
        parse_query(text)


@pytest.mark.parametrize(("project", "name"), READY)
def test_every_ready_made_query_is_answered(project: str, name: str, tmp_path: Path) -> None:
    answer = ask(project, name, tmp_path)

    assert answer.height >= 1
    assert answer.columns == [column.lower() for column in answer.columns]


def test_order_lines_and_orders_are_different_counts(tmp_path: Path) -> None:
    assert ask("sales_orders", "lines_and_orders", tmp_path).to_dicts() == [
        {
            "order_lines": 4,
            "orders": 3,
            "lines_per_order": 4 / 3,
            "sales": 3750.0,
            "sales_per_line": 937.5,
            "sales_per_order": 1250.0,
        }
    ]
    assert ask("sales_orders", "by_product_line", tmp_path).rows() == [
        ("Trains", 2, 2, 40, 2250.0, 62.5, 1125.0),
        ("Ships", 2, 2, 60, 1500.0, 31.25, 750.0),
    ]
    assert ask("sales_orders", "by_year", tmp_path).rows() == [
        (2003, 2, 3, 2, 60, 3250.0),
        (2004, 1, 1, 1, 40, 500.0),
    ]


def test_a_country_named_na_is_a_country(tmp_path: Path) -> None:
    assert ask("sales_orders", "top_countries", tmp_path).rows() == [
        ("USA", 2, 1, 2500.0, 2500 / 3750),
        ("France", 1, 1, 750.0, 750 / 3750),
        ("NA", 1, 1, 500.0, 500 / 3750),
    ]


def test_a_holiday_week_is_set_against_the_other_weeks_of_its_year(tmp_path: Path) -> None:
    answer = ask("walmart", "holiday_weeks", tmp_path)

    usual = {2010: [100.0 + i for i in range(48) if i != 1], 2011: []}
    usual[2011] = [100.0 + i for i in range(48, 60) if i != 53]
    mean = {year: sum(values) / len(values) for year, values in usual.items()}
    assert answer.rows() == [
        (FRIDAYS[1], 96.0, round(mean[2010], 2), 96.0 / mean[2010] - 1),
        (FRIDAYS[53], 153.0, round(mean[2011], 2), 153.0 / mean[2011] - 1),
    ]


def write(folder: Path, name: str, content: bytes) -> Path:
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / name).write_bytes(content)
    return folder


def test_the_users_own_queries_are_read_by_name(tmp_path: Path) -> None:
    write(tmp_path, "b.sql", "-- Größe -- by day\r\nSELECT 1".encode())
    write(tmp_path, "a.sql", b"\xef\xbb\xbf--what\nSELECT 2\n")
    write(tmp_path, "notes.txt", b"no query")

    assert read_queries(tmp_path) == (
        ReadyQuery(name="a", title="what", text="--what\nSELECT 2\n"),
        ReadyQuery(name="b", title="Größe -- by day", text="-- Größe -- by day\nSELECT 1"),
    )
    assert read_queries(tmp_path / "none") == ()


MONEY = {
    *("sales", "sales_per_line", "sales_per_order", "sales_per_square_foot", "usual_week"),
    *("mean_price", "mean_sales_per_line", "mean_weekly_sales", "mean_weekly_sales_per_store"),
    "sales_52_weeks_before",
}


@pytest.mark.parametrize(("project", "name"), READY)
def test_sums_of_money_are_whole_cents(project: str, name: str, tmp_path: Path) -> None:
    answer = ask(project, name, tmp_path)

    money = answer.select(pl.col(column) for column in answer.columns if column in MONEY)
    assert money.equals(money.select(pl.all().round(2)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"SELECT 1", "the query does not say what it asks"),
        (b"--\nSELECT 1", "the query does not say what it asks"),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n", "the file is empty"),
        ("-- Größe\nSELECT 1".encode("latin-1"), "the file is not UTF-8"),
    ],
)
def test_a_file_that_is_no_query_is_told_of_and_keeps_none_of_the_others_away(
    content: bytes, says: str, tmp_path: Path
) -> None:
    write(tmp_path, "b.sql", b"-- what\nSELECT 2")

    broken, whole = read_queries(write(tmp_path, "a.sql", content))

    assert (broken.name, broken.title, broken.text) == ("a", "", "")
    assert broken.problem is not None
    assert (broken.problem.what, broken.problem.where) == (
        says,
        str(tmp_path / "queries" / "a.sql"),
    )
    assert whole == ReadyQuery(name="b", title="what", text="-- what\nSELECT 2")
