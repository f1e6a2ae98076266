"""What nobody could know at the origin, spoilt: no feature and no prediction changes a byte.

The values that are known in advance (a promotion plan, holidays) stay: a forecast may use those.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import foresell
from foresell.api import RunResult
from tests.builders import snapshot, weekly_files, write_files

Row = dict[str, str]
Spoil = Callable[[Row, int], None]
LEARNT = ("features", "baselines", "judged", "predictions")
HIGH, LOW = "4999999", "-99999"


def spoilt(content: bytes, after: str, column: str, spoil: Spoil) -> bytes:
    """The CSV with every row whose date lies after ``after`` spoilt."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    for i, row in enumerate(rows):
        if row[column] > after:
            spoil(row, i)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def learnt(workspace: Path, after: str = "9999") -> dict[str, bytes]:
    """Every frame and model that was learnt, and the features of origins up to ``after``."""
    files = snapshot(workspace)
    return {
        name: content
        for name, content in files.items()
        if name.split("/")[0] in LEARNT and not name.endswith("provenance.json")
        if not (name.startswith("features/cutoff=") and name[16:26] > after)
    }


def cutoff_of(result: RunResult) -> str:
    split = json.loads((result.workspace / "splits" / "split.json").read_bytes())
    return str(split["test_cutoff"])


def extreme(names: Mapping[str, tuple[str, str]]) -> Spoil:
    """Each named column, at the two ends of what its contract allows in turn."""

    def spoil(row: Row, i: int) -> None:
        row.update({name: ends[i % 2] for name, ends in names.items() if name in row})

    return spoil


MARKDOWNS = [f"MarkDown{i}" for i in range(1, 6)]
ENDS = {
    **dict.fromkeys(MARKDOWNS, ("4999999", "-9999")),
    **{"Weekly_Sales": (HIGH, LOW), "Temperature": ("139", "-79"), "Fuel_Price": ("19", "0.001")},
    **{"CPI": ("999", "0.001"), "Unemployment": ("99", "0")},
}
NOTHING = dict.fromkeys((*MARKDOWNS, "CPI", "Unemployment"), ("NA", "NA"))
ZERO = {"Weekly_Sales": ("0", "0"), "Temperature": ("0", "0"), **NOTHING}


def weekly_run(files: Mapping[str, bytes], folder: Path, until: str) -> RunResult:
    data = write_files(folder / "data", files)
    return foresell.run("walmart", data=data, preset="fast", until=until, home=folder / "home")


@pytest.fixture(scope="module")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return weekly_run(weekly_files(ragged=True), tmp_path_factory.mktemp("clean"), "train")


@pytest.mark.parametrize("poison", [ENDS, NOTHING, ZERO], ids=["extremes", "nothing", "zeros"])
def test_no_value_after_the_test_cutoff_reaches_a_weekly_feature_or_prediction(
    poison: Mapping[str, tuple[str, str]], weekly: RunResult, tmp_path: Path
) -> None:
    cutoff, files = cutoff_of(weekly), dict(weekly_files(ragged=True))
    for name in ("train.csv", "features.csv"):
        files[name] = spoilt(files[name], cutoff, "Date", extreme(poison))

    dirty = weekly_run(files, tmp_path, "train")

    assert cutoff_of(dirty) == cutoff
    assert len(learnt(dirty.workspace, cutoff)) > 10
    assert learnt(dirty.workspace, cutoff) == learnt(weekly.workspace, cutoff)
    parts = sorted((dirty.workspace / "processed").rglob("*.parquet"))
    assert [part.read_bytes() for part in parts] != [
        (weekly.workspace / part.relative_to(dirty.workspace)).read_bytes() for part in parts
    ]


def test_the_same_poison_one_period_earlier_does_reach_them(
    weekly: RunResult, tmp_path: Path
) -> None:
    """The comparison above can fail."""
    cutoff, files = cutoff_of(weekly), dict(weekly_files(ragged=True))
    before = str(date.fromisoformat(cutoff) - timedelta(weeks=1))
    files["train.csv"] = spoilt(files["train.csv"], before, "Date", extreme(ENDS))

    dirty = weekly_run(files, tmp_path, "train")

    clean = learnt(weekly.workspace, cutoff)
    changed = {
        name for name, content in learnt(dirty.workspace, cutoff).items() if clean[name] != content
    }
    assert {name.split("/")[0] for name in changed} == set(LEARNT)


def test_no_covariate_after_the_last_period_reaches_the_forecast(tmp_path: Path) -> None:
    files = dict(weekly_files(stores=2, weeks=120))
    last = max(row["Date"] for row in csv.DictReader(io.StringIO(files["train.csv"].decode())))
    later = dict(files)
    later["features.csv"] = spoilt(files["features.csv"], last, "Date", extreme(ENDS))
    assert later["features.csv"] != files["features.csv"]

    clean, dirty = (
        weekly_run(content, tmp_path / name, "forecast")
        for name, content in (("clean", files), ("dirty", later))
    )

    assert learnt(dirty.workspace) == learnt(clean.workspace)
    for name in ("forecast", "bundle"):
        assert frames(dirty.workspace / name) == frames(clean.workspace / name)
    assert frames(clean.workspace / "forecast")


def frames(folder: Path) -> dict[str, bytes]:
    """The Parquet files and models of an output: what answers; no checksums of the sources."""
    files = snapshot(folder)
    return {name: files[name] for name in files if not name.endswith(".json")}


DAYS, FIRST = 150, date(2024, 1, 1)
PROJECT = """
name: kiosk
title: Daily units of three kiosks
kind: panel
unit: units
tables:
  - {name: sales, file: sales.csv, na: [NA]}
columns:
  kiosk: key
  day: time
  units: target
  promo: known_future
  town: static
  price: past_only
  visitors: past_only
frequency: D
horizon: 7
season: 7
nonnegative: true
split: {test: 7, validation: [14, 7]}
events: []
features:
  lags: [1, 7, 14]
  windows: [7, 28]
  statistics: [mean, std]
  calendar: [weekday]
  promotions: [promo]
  covariate_lags: {visitors: [1, 7], price: [1]}
  covariate_windows: {visitors: [7]}
  covariate_year: [visitors]
  markdowns: [price]
  price_ratios: [price]
  price_window: 7
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: kiosk
name: kiosk
version: 1.0.0
status: active
schema:
  - name: sales
    logicalType: object
    properties:
      - {name: kiosk, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - name: day
        logicalType: date
        required: true
        primaryKey: true
        primaryKeyPosition: 2
        logicalTypeOptions: {format: yyyy-MM-dd}
      - {name: units, logicalType: number, required: true}
      - {name: promo, logicalType: integer, required: true}
      - {name: town, logicalType: string, required: true}
      - {name: price, logicalType: number, required: false}
      - {name: visitors, logicalType: number, required: false}
"""


def kiosks() -> bytes:
    """Three kiosks, five months of days, a promotion now and then."""
    rng = np.random.default_rng(7)
    lines = ["kiosk,day,units,promo,town,price,visitors"]
    for k, name in enumerate(("a", "b", "c")):
        for i in range(DAYS):
            promo = int(rng.uniform() < 0.2)
            units = (20 + 15 * k) * (1 + 0.3 * (i % 7 >= 5)) * (1 + 0.4 * promo)
            units *= rng.gamma(40, 1 / 40)
            price, visitors = rng.uniform(2, 3), units * rng.uniform(3, 5)
            day = FIRST + timedelta(days=i)
            lines.append(f"{name},{day},{units:.1f},{promo},T{k % 2},{price:.2f},{visitors:.0f}")
    return "\n".join([*lines, ""]).encode()


@pytest.mark.parametrize(
    "poison",
    [
        {"units": ("1e12", "0"), "price": ("1e12", "-1e12"), "visitors": ("1e12", "0")},
        {"units": ("0", "0"), "price": ("NA", "NA"), "visitors": ("NA", "NA")},
    ],
    ids=["extremes", "nothing"],
)
def test_no_value_after_the_test_cutoff_reaches_a_daily_feature_or_prediction(
    poison: Mapping[str, tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(
        tmp_path / "own" / "kiosk",
        {"project.yaml": PROJECT.encode(), "contract.yaml": CONTRACT.encode()},
    )
    monkeypatch.setenv("FORESELL_PROJECTS", str(tmp_path / "own"))

    def run(name: str, content: bytes) -> RunResult:
        data = write_files(tmp_path / name / "data", {"sales.csv": content})
        home = tmp_path / name / "home"
        return foresell.run("kiosk", data=data, preset="fast", until="train", home=home)

    clean = run("clean", kiosks())
    cutoff = cutoff_of(clean)
    dirty = run("dirty", spoilt(kiosks(), cutoff, "day", extreme(poison)))

    assert cutoff == str(FIRST + timedelta(days=DAYS - 1 - 7))
    assert learnt(dirty.workspace, cutoff) == learnt(clean.workspace, cutoff)
    assert len(learnt(clean.workspace, cutoff)) > 10
