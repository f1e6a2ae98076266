"""What shadows have written, told by the command, the verb, a picture and a page."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import foresell as platform
from foresell.api.shadow import draw_shadow, shadow_page
from foresell.errors import DataError, UsageError
from tests.e2e.command import Foresell, three_lines

FOLDER = Path("_serving/sales_orders/shadow")
FILE = "shadow-20261121T20000000000{}Z-0000000{}.jsonl"


def line(number: int, live: float, shadow: float | None, **changed: object) -> dict[str, Any]:
    return {
        "timestamp": f"2026-11-21T20:00:{number:02d}.000+00:00",
        "request_id": f"order-{number}",
        "row": 1,
        "version": "1",
        "shadow_version": "2",
        "prediction": live,
        "shadow_prediction": shadow,
        "delta": None if shadow is None else shadow - live,
        "latency_ms": 0.2,
        "shadow_latency_ms": None if shadow is None else 0.4,
        "refused": "MSRP: must be at least 1" if shadow is None else None,
        "features": {"MSRP": 95, "QUANTITYORDERED": 30},
        **changed,
    }


def write(home: Path, *files: list[dict[str, Any]], folder: Path = FOLDER) -> None:
    """Write lines as servers do, a file each."""
    (home / folder).mkdir(parents=True, exist_ok=True)
    for number, lines in enumerate(files):
        text = "".join(json.dumps(one) + "\n" for one in lines)
        (home / folder / FILE.format(number, number)).write_text(text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which two servers have scored six rows, and one was killed while it wrote."""
    home = tmp_path / "home"
    write(
        home,
        [line(1, 1000.0, 1100.0), line(2, 2000.0, 2050.0), line(3, 3000.0, None)],
        [line(4, 4000.0, 3900.0), line(5, 5000.0, 5000.0)],
    )
    torn = json.dumps(line(6, 1.0, 2.0))[:40]
    with (home / FOLDER / FILE.format(1, 1)).open("a") as file:
        file.write(torn)
    return home


def truth(folder: Path, text: str) -> Path:
    file = folder / "actuals.csv"
    file.write_text(text)
    return file


def test_the_report_tells_deltas_latency_and_refusals(home: Path, foresell: Foresell) -> None:
    told = foresell("shadow", "report", "sales_orders", "--format", "json")

    assert told.code == 0
    found = json.loads(told.out)
    (pair,) = found["pairs"]
    assert (found["project"], found["target"], found["unit"]) == ("sales_orders", "SALES", "USD")
    assert (pair["version"], pair["shadow_version"]) == ("1", "2")
    assert (pair["rows"], pair["scored"], pair["refused"]) == (5, 4, 1)
    assert pair["reasons"] == {"MSRP: must be at least 1": 1}
    assert pair["delta"]["mean"] == 12.5
    assert pair["delta"]["mean_abs"] == 62.5
    assert (pair["delta"]["min"], pair["delta"]["max"]) == (-100.0, 100.0)
    assert pair["latency_ms"]["shadow"]["p50"] == 0.4
    assert pair["actuals"] is None


def test_people_get_a_table(home: Path, foresell: Foresell) -> None:
    told = foresell("shadow", "report", "sales_orders")

    assert told.code == 0
    assert "version 2 beside version 1  5 rows, 2026-11-21T20:00:01" in told.out
    assert "1 row refused by the shadow" in told.out
    assert "1: MSRP: must be at least 1" in told.out
    assert "higher in 50.0%, equal in 25.0%" in told.out


def test_of_few_rows_no_outer_percentile_is_shown_and_of_one_version_it_says_so(
    tmp_path: Path, foresell: Foresell
) -> None:
    few = [line(number, 10.0, 12.0) for number in range(29)]
    same = [line(number, 10.0, 10.0, shadow_version="1") for number in range(30)]
    write(tmp_path / "home", few, same)

    said = foresell("shadow", "report", "sales_orders").out
    own, other = said.split("version 2 beside version 1")
    assert "29 rows: too few rows for P1 and P99, which need 30" in other
    assert "these are the same version" not in other
    assert "too few rows" not in own
    assert "version 1 beside version 1" in own
    assert "these are the same version" in own


def test_once_the_truth_is_known_it_is_told_who_was_nearer(home: Path, foresell: Foresell) -> None:
    file = truth(
        home,
        "request_id,SALES\norder-1,1200\norder-2,1900\norder-4,3000\norder-5,1\norder-77,5\n",
    )

    told = foresell("shadow", "report", "sales_orders", "--actuals", file)
    found = platform.shadow_report("sales_orders", actuals=file, home=home)

    actuals = found.pairs[0].actuals
    assert actuals is not None
    assert {name: actuals[name] for name in ("matched", "wins", "losses", "ties")} == {
        "matched": 4,
        "wins": 2,
        "losses": 1,
        "ties": 1,
    }
    assert actuals["win_rate"] == pytest.approx(2 / 3)
    assert actuals["live"]["mae"] == pytest.approx((200 + 100 + 1000 + 4999) / 4)
    assert "the shadow wins 66.7%" in told.out
    assert "2 won, 1 lost, 1 tied of 4 rows with a known truth" in told.out


def test_rows_of_one_request_are_told_apart_by_their_number(home: Path) -> None:
    write(home, [line(1, 10.0, 12.0), line(1, 20.0, 30.0, row=2)], [])
    file = truth(home, "request_id,row,actual\norder-1,2,31\norder-1,1,9\n")

    found = platform.shadow_report("sales_orders", actuals=file, home=home)

    assert found.lines.select("row", "prediction", "actual").rows() == [
        (1, 10.0, 9.0),
        (2, 20.0, 31.0),
    ]


def test_rows_of_a_panel_are_named_by_keys_and_date(tmp_path: Path) -> None:
    folder = Path("_serving/walmart/shadow")
    keys = [{"Store": 1, "Dept": dept, "Date": "2012-11-02", "IsHoliday": False} for dept in (7, 8)]
    lines = [line(at, 10.0, 14.0, features=one) for at, one in enumerate(keys)]
    write(tmp_path, lines, folder=folder)
    actuals = pl.DataFrame({
        "Store": [1, 1],
        "Dept": [8, 9],
        "Date": ["2012-11-02", "2012-11-02"],
        "Weekly_Sales": [13.0, 5.0],
    }).with_columns(pl.col("Date").str.to_date())
    actuals.write_parquet(tmp_path / "actuals.parquet")

    found = platform.shadow_report("walmart", actuals=tmp_path / "actuals.parquet", home=tmp_path)

    assert found.lines.select("Dept", "actual").rows() == [("7", None), ("8", 13.0)]
    assert found.pairs[0].actuals is not None
    assert found.pairs[0].actuals["wins"] == 1


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("request_id,price\na,1\n", UsageError, "has no column 'SALES' and none named 'actual'"),
        ("order,SALES\n1,2\n", UsageError, "nothing in actuals.csv names a row"),
        ("request_id,SALES\na,many\n", DataError, "SALES is no number in 1 row"),
        ("request_id,SALES\na,1\na,2\n", DataError, "1 row with more than one truth"),
        ("", DataError, "cannot be read as a table"),
    ],
)
def test_a_file_of_actuals_that_does_not_fit_is_refused(
    text: str, error: type[Exception], said: str, home: Path
) -> None:
    with pytest.raises(error, match=said):
        platform.shadow_report("sales_orders", actuals=truth(home, text), home=home)


def test_a_file_of_actuals_that_is_not_there_is_refused(home: Path, foresell: Foresell) -> None:
    told = foresell("shadow", "report", "sales_orders", "--actuals", "gone.csv")

    assert told.code == 2
    assert "there is no file 'gone.csv'" in told.err


def test_without_a_shadow_it_says_how_to_get_one(foresell: Foresell, tmp_path: Path) -> None:
    told = foresell("shadow", "report", "sales_orders")

    assert (told.code, told.err) == (
        2,
        three_lines(
            "no shadow of 'sales_orders' has scored anything yet",
            str(tmp_path / "home" / FOLDER),
            "serve with one: foresell serve sales_orders --shadow staging",
        ),
    )


def test_a_line_that_no_shadow_wrote_is_told_by_its_file(home: Path) -> None:
    (home / FOLDER / FILE.format(2, 2)).write_text("{not json}\n")

    with pytest.raises(DataError, match="holds a line that no shadow wrote"):
        platform.shadow_report("sales_orders", home=home)


def test_the_picture_and_the_page_need_nothing_else(
    home: Path, foresell: Foresell, tmp_path: Path
) -> None:
    for name in ("a.svg", "a.png", "a.html"):
        assert foresell("shadow", "report", "sales_orders", "--out", tmp_path / name).code == 0

    svg, page = (tmp_path / "a.svg").read_text(), (tmp_path / "a.html").read_text()
    assert svg.startswith("<svg")
    assert "shadow lower, USD" in svg
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "Version 2 beside version 1" in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")


def test_texts_of_the_data_are_no_markup_of_the_page(home: Path) -> None:
    write(home, [line(1, 1.0, None, refused="<script>alert(1)</script>")], [line(2, 1.0, 2.0)])

    page = shadow_page(platform.shadow_report("sales_orders", home=home))

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_what_was_refused_altogether_cannot_be_drawn(home: Path) -> None:
    write(home, [line(1, 1.0, None)], [])
    found = platform.shadow_report("sales_orders", home=home)

    with pytest.raises(UsageError, match="version 2 has scored no row beside version 1"):
        draw_shadow(found)
    assert "Version 2 beside version 1" in shadow_page(found)
