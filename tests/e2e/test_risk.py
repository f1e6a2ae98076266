"""``foresell risk``: files, what it says, how it refuses."""

import json
import sys
from pathlib import Path

import polars as pl
import pytest

import foresell as platform
from foresell.errors import MachineError
from tests.builders import weekly_files, write_files
from tests.e2e.command import Foresell, three_lines
from tests.tabular_files import order_files, order_lines

USA = ("--segment", "COUNTRY=USA")
NAME = "sales_ts_risk_usa"


def in_every_month(lines: pl.DataFrame) -> pl.DataFrame:
    """The same lines, dated so that every country buys in each of 24 months."""
    place = (pl.col("ORDERNUMBER").cast(pl.Int64) - 10100) // 4 % 24
    month, year = place % 12 + 1, 2003 + place // 12
    day = (pl.col("ORDERNUMBER").cast(pl.Int64) - 10100) % 28 + 1
    return lines.with_columns(
        ORDERDATE=pl.format("{}/{}/{} 0:00", month, day, year),
        MONTH_ID=month.cast(pl.String),
        QTR_ID=((month + 2) // 3).cast(pl.String),
        YEAR_ID=year.cast(pl.String),
    )


@pytest.fixture
def passed(foresell: Foresell, tmp_path: Path) -> Path:
    """The workspace of orders that passed the gate."""
    data = write_files(tmp_path / "data", order_files(in_every_month(order_lines(orders=200))))
    assert foresell("run", "sales_orders", "--data", data, "--until", "validate").code == 0
    return tmp_path / "home" / "sales_orders"


def test_the_three_files_lie_in_the_workspace_and_a_second_time_they_are_the_same(
    foresell: Foresell, passed: Path
) -> None:
    first = foresell("risk", "sales_orders", *USA, "--forecast-steps", "3", "--garch-horizon", "2")
    files = {path.name: path.read_bytes() for path in (passed / "risk").iterdir()}
    again = foresell("risk", "sales_orders", *USA, "--forecast-steps", "3", "--garch-horizon", "2")

    assert (first.code, first.err, again.code) == (0, "", 0)
    assert set(files) == {f"{NAME}.json", f"{NAME}.svg", f"{NAME}.png"}
    assert files == {path.name: path.read_bytes() for path in (passed / "risk").iterdir()}
    told = json.loads(files[f"{NAME}.json"])
    assert told["asked"] == {"forecast_steps": 3, "garch_horizon": 2}
    assert [len(told["forecast"]["months"]), len(told["volatility"]["path"])] == [3, 2]
    assert files[f"{NAME}.png"].startswith(b"\x89PNG")


def test_the_months_are_those_that_sql_sums(foresell: Foresell, passed: Path) -> None:
    told = platform.risk("sales_orders", {"COUNTRY": "USA"}).told
    asked = platform.sql(
        "sales_orders",
        "SELECT strftime(ORDERDATE, '%Y-%m') AS month, SUM(SALES) AS value FROM sales_orders "
        "WHERE COUNTRY = 'USA' GROUP BY ALL",
    )

    summed = {row["month"]: row["value"] for row in told["series"]["months"] if row["value"]}
    assert summed == pytest.approx(dict(asked.iter_rows()), rel=1e-9)


def test_json_is_printed_as_it_is_written(foresell: Foresell, passed: Path) -> None:
    done = foresell("risk", "sales_orders", *USA, "--format", "json")

    assert done.out == (passed / "risk" / f"{NAME}.json").read_text("utf-8")
    assert json.loads(done.out)["data"]["synthetic"] is False


def test_people_read_what_was_found_and_what_limits_it(foresell: Foresell, passed: Path) -> None:
    done = foresell("risk", "sales_orders", *USA)

    for words in ("Backtest: ", "Forecast in USD by ", "Volatility ", "Value at risk", "Kupiec"):
        assert words in done.out
    assert "months of data are short" in done.out
    assert str(passed / "risk" / f"{NAME}.json") in done.out.replace("\n", "")


def test_out_is_a_folder_or_one_file(foresell: Foresell, passed: Path, tmp_path: Path) -> None:
    assert foresell("risk", "sales_orders", *USA, "--out", tmp_path / "here").code == 0
    assert foresell("risk", "sales_orders", *USA, "--out", tmp_path / "one.svg").code == 0

    assert len(list((tmp_path / "here").iterdir())) == 3
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "here" / f"{NAME}.svg").read_bytes()
    assert not (passed / "risk").exists()


def test_a_segment_without_rows_says_why_nothing_can_be_said(
    foresell: Foresell, passed: Path
) -> None:
    both = (*USA, "--segment", "CITY=Madrid")

    done = foresell("risk", "sales_orders", *both, "--format", "json")

    told = json.loads(done.out)
    assert done.code == 0
    assert (told["data"]["rows"], told["series"]["reason"]) == (0, "no row has these values")
    for part in ("forecast", "backtest", "returns", "volatility", "value_at_risk", "kupiec"):
        assert (told[part]["available"], bool(told[part]["reason"])) == (False, True)
    assert foresell("risk", "sales_orders", *both).code == 0


@pytest.mark.parametrize(
    ("words", "what", "where", "mend"),
    [
        (
            ("--segment", "COUNTRY=usa"),
            "no row has COUNTRY=usa",
            "--segment",
            "did you mean 'USA'?",
        ),
        (
            ("--forecast-steps", "0"),
            "forecast_steps is 0",
            "--forecast-steps",
            "use 1 to 120 months",
        ),
        (
            ("--segment", "COUNTRY"),
            "'COUNTRY' is no NAME=VALUE",
            "--segment",
            "write --segment COLUMN=VALUE",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_two(
    foresell: Foresell, passed: Path, words: tuple[str, ...], what: str, where: str, mend: str
) -> None:
    done = foresell("risk", "sales_orders", *words)

    assert (done.code, done.err) == (2, three_lines(what, where, mend))


def test_an_unknown_column_is_refused_with_the_nearest(foresell: Foresell, passed: Path) -> None:
    done = foresell("risk", "sales_orders", "--segment", "COUNTRI=USA")

    assert done.code == 2
    assert "there is no column 'COUNTRI'" in done.err
    assert "did you mean 'COUNTRY'?" in done.err


def test_a_project_that_was_not_run_says_what_to_run(foresell: Foresell, tmp_path: Path) -> None:
    done = foresell("risk", "sales_orders")

    place = tmp_path / "home" / "sales_orders"
    assert (done.code, done.err) == (
        2,
        three_lines(
            "the project 'sales_orders' has no processed layer yet",
            str(place),
            "run it first: foresell run sales_orders --until validate --data DIR",
        ),
    )


def test_a_project_without_dates_is_refused(foresell: Foresell) -> None:
    done = foresell("risk", "california_housing")

    assert done.code == 2
    assert "no column with the role time" in done.err


def test_bytes_that_did_not_pass_the_gate_are_not_read(foresell: Foresell, passed: Path) -> None:
    part = next((passed / "processed").rglob("*.parquet"))
    pl.read_parquet(part, hive_partitioning=False).head(5).write_parquet(part)

    done = foresell("risk", "sales_orders", *USA)

    assert done.code == 1
    assert "is not the one that passed the gate" in done.err
    assert not (passed / "risk").exists()


def test_another_segment_of_the_same_name_is_not_written_over(
    foresell: Foresell, passed: Path
) -> None:
    assert foresell("risk", "sales_orders", *USA).code == 0
    kept = passed / "risk" / f"{NAME}.json"
    other = json.loads(kept.read_bytes())
    other["segment"] = {"TERRITORY": ["USA"]}
    kept.write_text(json.dumps(other))

    done = foresell("risk", "sales_orders", *USA)

    assert done.code == 2
    assert "holds another segment" in done.err
    assert json.loads(kept.read_bytes()) == other


def test_without_its_libraries_it_says_how_to_get_them(
    passed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.startswith("foresell.risks.garch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "arch.univariate", None)

    with pytest.raises(MachineError) as refused:
        platform.risk("sales_orders", {"COUNTRY": "USA"})

    assert refused.value.exit_code == 3
    assert refused.value.args == (
        "the library 'arch.univariate' is not installed",
        "foresell risk",
        "install it: pip install 'foresell[risk]'",
    )


def test_weekly_panels_have_months_too(foresell: Foresell, tmp_path: Path) -> None:
    data = write_files(tmp_path / "data", weekly_files(stores=2, depts=2))
    assert foresell("run", "walmart", "--data", data, "--until", "validate").code == 0

    done = foresell("risk", "walmart", "--segment", "Store=1", "--format", "json")

    told = json.loads(done.out)
    assert told["name"] == "weekly_sales_ts_risk_store_1"
    assert told["series"]["n_months"] == 34
    assert [one["month"] for one in told["series"]["left_out"]] == ["2010-01", "2012-12"]
    assert told["forecast"]["available"]
    rows = sum(one["rows"] for one in (*told["series"]["months"], *told["series"]["left_out"]))
    assert rows == told["data"]["rows"]


@pytest.mark.realdata
def test_classic_cars_in_the_usa_have_29_short_months_and_a_garch(
    foresell: Foresell, walmart_data: Path, tmp_path: Path
) -> None:
    data = walmart_data.parent / "sales_orders"
    assert foresell("run", "sales_orders", "--data", data, "--until", "validate").code == 0
    segment = ("--segment", "PRODUCTLINE=Classic Cars", "--segment", "COUNTRY=USA")
    months = ("--forecast-steps", "6", "--garch-horizon", "6")

    done = foresell("risk", "sales_orders", *segment, *months)

    kept = tmp_path / "home" / "sales_orders" / "risk" / "sales_ts_risk_classic_cars_usa.json"
    told = json.loads(kept.read_bytes())
    assert done.code == 0
    assert (told["series"]["n_months"], told["series"]["short"]) == (29, True)
    assert told["series"]["zero_months"] == ["2003-01", "2003-02", "2004-04"]
    assert told["sarima"]["improvement_over_naive"]["rmse"] > 0.4
    assert (told["volatility"]["method"], told["returns"]["n"]) == ("garch", 24)
    assert 0 < told["volatility"]["garch"]["persistence"] < 1
    assert told["kupiec"]["levels"][0]["reason"].startswith("12 months are too few")
    assert told["limitations"][0].startswith("29 months of data are short")


def test_a_run_that_will_gauge_segments_misses_a_library_before_any_work(
    foresell: Foresell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arch", None)

    ran = foresell("run", "sales_orders", "--data", tmp_path)

    assert ran.code == 3
    assert ran.err == three_lines(
        "the library 'arch' is not installed",
        "foresell run sales_orders, the stage risk",
        "pip install 'foresell[risk]'",
    )
    assert not (tmp_path / "home").exists()
    other = foresell("run", "sales_orders", "--data", tmp_path, "--until", "report")
    assert "arch" not in other.err
