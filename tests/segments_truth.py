"""What the forecast page of sales_orders has to show, worked out from the files of a home alone."""

import csv
import json
import math
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tests.page_words import total

FEW = 30  # values of a column of whole numbers or texts from which on they are not listed
_PRICE = 100  # where the declared bands of PRICEEACH part
_OWN = ("row", "y", "prediction")


@dataclass(frozen=True)
class Segment:
    """One declared segment, as ``segment_risk/NAME.json`` has it."""

    told: Any

    @cached_property
    def months(self) -> pl.DataFrame:
        return _monthly(self.told["series"]["months"], "value")

    @cached_property
    def ahead(self) -> pl.DataFrame:
        edges = ("lower_80", "upper_80", "lower_95", "upper_95")
        return _monthly(self.told["forecast"]["months"], "prediction", *edges)

    @cached_property
    def returns(self) -> pl.DataFrame:
        return _monthly(self.told["returns"]["values"], "return").rename({"return": "value"})

    @cached_property
    def path(self) -> pl.DataFrame:
        own = _monthly(self.told["volatility"]["path"], "monthly")
        return own.rename({"monthly": "value"})

    @property
    def total(self) -> float:
        return total(self.ahead["prediction"])

    @property
    def change(self) -> float:
        """How far the months to come lie above the same ones of the year before."""
        known = dict(self.months.iter_rows())
        before = [float(known[one.replace(year=one.year - 1)]) for one in self.ahead["date"]]
        return self.total / math.fsum(before) - 1

    @cached_property
    def tried(self) -> list[Any]:
        """The candidates of the backtest, least RMSE first."""
        known = [one for one in self.told["backtest"]["candidates"] if one["available"]]
        return sorted(known, key=lambda one: (one["rmse"], one["name"]))

    def candidate(self, name: str) -> Any:
        return next(one for one in self.tried if one["name"] == name)

    @property
    def own(self) -> Any:
        """The method of the forecast."""
        return self.candidate(self.told["forecast"]["method"])

    @property
    def rival(self) -> Any:
        """The better naive forecast."""
        both = [self.candidate(name) for name in ("naive", "seasonal_naive")]
        return min(both, key=lambda one: one["rmse"])

    def less(self, one: Any) -> float:
        """How far an RMSE lies below that of the better naive forecast."""
        return float(1 - one["rmse"] / self.rival["rmse"])

    @cached_property
    def naive(self) -> list[float]:
        """What the better naive forecast says of the months ahead."""
        if self.rival["name"] == "naive":
            return [self.months["value"][-1]] * self.ahead.height
        known = dict(self.months.iter_rows())
        return [known[one.replace(year=one.year - 1)] for one in self.ahead["date"]]


@dataclass(frozen=True)
class Orders:
    """What a run of sales_orders left of its segments and of its judged rows."""

    home: Path

    def at(self, *names: str) -> Path:
        return self.home.joinpath("sales_orders", *names)

    def _json(self, *names: str) -> Any:
        return json.loads(self.at(*names).read_text())

    @cached_property
    def segments(self) -> dict[str, Segment]:
        listed = self._json("segment_risk", "risk.json")["segments"]
        names = [one["name"] for one in listed]
        return {name: Segment(self._json("segment_risk", f"{name}.json")) for name in names}

    @cached_property
    def version(self) -> int:
        return int(self._json("registered", "version.json")["version"])

    @cached_property
    def units(self) -> dict[str, str]:
        return {"QUANTITYORDERED": " units", "PRICEEACH": " USD", "MSRP": " USD"}

    def judged(self, protocol: str, **chosen: str) -> "Judged":
        case = self._json("evaluation", "test.json")["protocols"][protocol]
        folder = "" if protocol == "held-out" else f"{protocol}/"
        truth = pl.read_parquet(self.at("evaluation", f"{folder}truth.parquet"))
        said = pl.read_parquet(self.at("predictions", f"{folder}{case['champion']}.parquet"))
        rival = pl.read_parquet(
            self.at("baselines", f"{folder}{case['best_baseline']['candidate']}.parquet")
        )
        names = [name for name in said.columns if name not in truth.columns]
        rows = truth.join(said.select("row", *names), on="row").sort("row")
        rows = rows.join(rival.select("row", rival="prediction"), on="row").sort("row")
        return Judged(
            protocol=protocol,
            champion=case["champion"],
            baseline=case["best_baseline"]["candidate"],
            every=rows,
            kept=rows.filter(True, *(pl.col(name) == value for name, value in chosen.items())),
            telling=self._telling(folder, case["champion"]) or names_of(truth),
        )

    def _telling(self, folder: str, champion: str) -> list[str]:
        """The columns that matter, most first; none where nobody has said."""
        file = self.at("evaluation", f"{folder}importance.csv")
        if not file.exists():
            return []
        with file.open() as lines:
            told = [one for one in csv.DictReader(lines) if one["candidate"] == champion]
        columns = [one for one in told if one["kind"] == "column"]
        ranked = sorted(columns, key=lambda one: float(one["share"]), reverse=True)
        return [one["name"] for one in ranked]


def names_of(truth: pl.DataFrame) -> list[str]:
    """The columns of the data, as they were declared."""
    return [name for name in truth.columns if name not in _OWN]


@dataclass(frozen=True)
class Judged:
    """The rows of a test, those that were chosen of them, and the best baseline's answers."""

    protocol: str
    champion: str
    baseline: str
    every: pl.DataFrame = field(repr=False)
    kept: pl.DataFrame = field(repr=False)
    telling: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """By what rows can be chosen, beside segments, the date and the bands."""
        head = {"PRODUCTLINE", "COUNTRY", "ORDERDATE", "rival", *_OWN}
        return [one for one in self.every.columns if one not in head and not one.startswith("q0")]

    def listed(self, column: str) -> list[tuple[Any, int]]:
        """The values of a column, and how many judged rows have each."""
        counts = self.every.group_by(column).len(name="n")
        if self.every.schema[column].is_integer():
            return list(counts.sort(column).iter_rows())
        return list(counts.sort("n", column, descending=[True, False]).iter_rows())

    @property
    def bands(self) -> list[tuple[str, int]]:
        low = self.every.filter(pl.col("PRICEEACH") < _PRICE).height
        return [(f"below {_PRICE}", low), (f"{_PRICE} and above", self.every.height - low)]

    def share(self, said: str, rows: pl.DataFrame | None = None) -> float:
        """The sum of absolute errors over that of absolute truths."""
        own = self.kept if rows is None else rows
        return total((own[said] - own["y"]).abs()) / total(own["y"].abs())

    def mean(self, said: str) -> float:
        """The mean absolute error."""
        return total((self.kept[said] - self.kept["y"]).abs()) / self.kept.height

    def held(self, low: str, high: str, rows: pl.DataFrame | None = None) -> float:
        own = self.kept if rows is None else rows
        return own.filter(pl.col("y").is_between(low, high)).height / own.height

    def bias(self, rows: pl.DataFrame | None = None) -> float:
        own = self.kept if rows is None else rows
        return total(own["prediction"] - own["y"]) / total(own["y"].abs())

    def groups(self, column: str) -> list[tuple[str, pl.DataFrame]]:
        """The twelve largest groups of the chosen rows, in the order of the list."""
        parts = {
            value: self.kept.filter(pl.col(column) == value) for value, _ in self.listed(column)
        }
        some = [(value, rows) for value, rows in parts.items() if rows.height]
        largest = sorted(some, key=lambda one: -one[1].height)[:12]
        return [one for one in some if any(one[0] == two[0] for two in largest)]

    @cached_property
    def worst(self) -> pl.DataFrame:
        """The twelve rows that were answered worst."""
        off = self.kept.with_columns(error=pl.col("prediction") - pl.col("y"))
        return off.sort(pl.col("error").abs(), "row", descending=[True, False]).head(12)

    @cached_property
    def sums(self) -> pl.DataFrame:
        """The sums of each month, from the first to the last; null where no row lies."""
        month = pl.col("ORDERDATE").dt.month_start().alias("date")
        sums = self.kept.group_by(month).agg(pl.col("y", "prediction", "rival").sum()).sort("date")
        days = pl.date_range(sums["date"][0], sums["date"][-1], "1mo", eager=True).alias("date")
        return days.to_frame().join(sums, on="date", how="left", maintain_order="left")


def _monthly(rows: list[Any], *names: str) -> pl.DataFrame:
    found = [
        {"date": date.fromisoformat(f"{row['month']}-01"), **{name: row[name] for name in names}}
        for row in rows
    ]
    return pl.DataFrame(found)
