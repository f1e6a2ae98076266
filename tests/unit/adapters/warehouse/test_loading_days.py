"""Loads of a project whose sales are those of days, on some of which nobody sells."""

from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

import foresell
from tests.builders import write_files
from tests.warehouse_loads import Warehouse
from tests.warehouse_toy import TOY, ask, check

MONDAY = date(2012, 1, 2)
SUNDAY = 7


def declare(folder: Path) -> None:
    """Declare ``shop``: walmart by days."""
    shipped = files("foresell") / "projects" / "walmart"
    for name in ("project.yaml", "contract.yaml"):
        text = (shipped / name).read_text("utf-8").replace("frequency: W-FRI", "frequency: D")
        write_files(folder / "shop", {name: text.replace("walmart", "shop").encode()})


def sold_on(folder: Path, days: list[date]) -> Path:
    """Write the files of one series that sold something on ``days``."""
    sales, header = ["Store,Dept,Date,Weekly_Sales,IsHoliday"], TOY["features.csv"].splitlines()[0]
    features = [header.decode()]
    for day in days:
        sales.append(f"1,1,{day},5.5,FALSE")
        features.append(f"1,{day},40,3.1,NA,NA,NA,NA,NA,200,7,FALSE")
    own = {"train.csv": sales, "features.csv": features}
    text = {name: ("\n".join(lines) + "\n").encode() for name, lines in own.items()}
    return write_files(folder, {"stores.csv": TOY["stores.csv"], **text})


def test_sundays_without_sales_are_no_holes_and_a_closed_monday_is_only_noted(
    emptied: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "declared"))
    monkeypatch.chdir(tmp_path)
    declare(tmp_path / "declared")
    warehouse = Warehouse.at(emptied)
    warehouse.name_it(monkeypatch)
    foresell.migrate_warehouse("shop")
    days = [MONDAY + timedelta(days=at) for at in range(60)]
    opened = [day for day in days if day.isoweekday() != SUNDAY]
    without = [day for day in opened if day != date(2012, 1, 16)]

    every = foresell.load_warehouse("shop", data=sold_on(tmp_path / "every", opened))
    fewer = foresell.load_warehouse("shop", data=sold_on(tmp_path / "fewer", without))

    assert (every.failed, fewer.failed) == ((), ())
    assert ask(warehouse, "SELECT count(*) FROM retailds.fact_sales_weekly") == [(len(opened),)]
    assert [check(every, name).verdict for name in ("continuity", "fact_continuity")] == [
        "passed",
        "passed",
    ]
    told = check(fewer, "continuity")
    assert (told.verdict, told.examples) == ("noted", ({"week_date": "2012-01-16"},))
