"""What the explorer has to show of weekly Walmart, worked out from the files of a home alone."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from tests.page_words import total

KEYS = ["Store", "Dept"]
EDGES = ["q0.025", "q0.1", "q0.9", "q0.975"]
_TARGET, _WEEK, _YEAR = "Weekly_Sales", timedelta(days=7), timedelta(days=364)
_ENOUGH = 0.9  # of the weeks: what a comparison with the year before needs
_EVERY = pl.lit(value=True)


@dataclass(frozen=True)
class Numbers:
    """What is told of some lines in numbers, each None where it cannot be said."""

    ahead: float
    weeks: int
    until: date
    change: float | None
    error: float
    judged: int
    baseline: float | None
    held: float | None


@dataclass(frozen=True)
class Explored:
    """A version's series, read from ``PROJECT/bundle`` and from what the run left beside it."""

    home: Path

    def _read(self, *names: str) -> pl.DataFrame:
        return pl.read_parquet(self.home.joinpath("walmart", *names)).rename(
            {"Date": "date"}, strict=False
        )

    @cached_property
    def metadata(self) -> Any:
        return json.loads((self.home / "walmart" / "bundle" / "metadata.json").read_text())

    @cached_property
    def version(self) -> int:
        """The version that the run registered, the only one of this home."""
        told = json.loads((self.home / "walmart" / "registered" / "version.json").read_text())
        return int(told["version"])

    @cached_property
    def history(self) -> pl.DataFrame:
        return self._read("bundle", "history.parquet").rename({_TARGET: "y"})

    @cached_property
    def judged(self) -> pl.DataFrame:
        return self._read("bundle", "judged.parquet")

    @cached_property
    def published(self) -> pl.DataFrame:
        return self._read("bundle", "published.parquet")

    @cached_property
    def outer(self) -> pl.DataFrame:
        """The band of 95 % of the test, of the champion's own predictions."""
        return self._read("predictions", f"{self.metadata['champion']}.parquet")

    @cached_property
    def levels(self) -> pl.DataFrame:
        return self._read("forecast", "hierarchy.parquet")

    def baseline(self, name: str) -> pl.DataFrame:
        return self._read("baselines", f"{name}.parquet")

    @cached_property
    def baselines(self) -> list[str]:
        return sorted(one.stem for one in (self.home / "walmart" / "baselines").glob("*.parquet"))

    @cached_property
    def best(self) -> str:
        """The baseline that the gate compared with last."""
        return str(self.metadata["gate"]["comparisons"][-1]["best_baseline"])

    @cached_property
    def cut(self) -> date:
        return date.fromisoformat(self.metadata["judged_cutoff"])

    @cached_property
    def days(self) -> pl.Series:
        """Every week, from the first one observed to the last one forecast."""
        first, last = self.history["date"].min(), self.published["date"].max()
        return pl.select(pl.date_range(pl.lit(first), pl.lit(last), _WEEK).alias("date"))["date"]

    @cached_property
    def last(self) -> date:
        found = self.history["date"].max()
        assert isinstance(found, date)
        return found

    def lines(
        self, mine: pl.Expr = _EVERY, *, level: str = "", baseline: str = "", whole: bool = True
    ) -> pl.DataFrame:
        """What is drawn of a sum, or of one series where it is not ``whole``, week by week."""
        said = ["prediction"] if whole else ["prediction", "q0.1", "q0.9"]
        truth = self.history.filter(mine).group_by("date").agg(pl.col("y").sum())
        judged = self.judged.filter(mine)
        test = judged.group_by("date").agg(pl.col(said).sum())
        rival = judged.join(
            self.baseline(baseline or self.best).select(*KEYS, "date", told="prediction"),
            on=[*KEYS, "date"],
            how="left",
        )
        against = rival.group_by("date").agg(
            baseline=pl.when(pl.col("told").null_count() == 0).then(pl.col("told").sum())
        )
        ahead = self.published.filter(mine)
        if whole:
            ahead = ahead.filter("by_default").group_by("date").agg(pl.col("prediction").sum())
            if level:
                band = self.levels.filter(
                    pl.col("level") == level, mine if level != "total" else True
                )
                ahead = ahead.join(band.select("date", *EDGES), on="date", how="left")
        else:
            wide = self.outer.filter(mine).select("date", "q0.025", "q0.975")
            test = test.join(wide, on="date", how="left")
        both = pl.concat([test, ahead.select("date", *_those(ahead))], how="diagonal")
        lines = self.days.to_frame()
        for more in (truth, both, against):
            lines = lines.join(more, on="date", how="left", maintain_order="left")
        missing = [name for name in EDGES if name not in lines.columns]
        part = (
            pl
            .when(pl.col("date") > self.last)
            .then(pl.lit("forecast"))
            .when(pl.col("date") > self.cut)
            .then(pl.lit("test"))
            .otherwise(pl.lit("history"))
        )
        return lines.with_columns(
            *(pl.lit(None, pl.Float64).alias(name) for name in missing), part=part
        ).select("date", "part", "y", "prediction", *EDGES, "baseline")

    def numbers(self, lines: pl.DataFrame, mine: pl.Expr = _EVERY) -> Numbers:
        """What is told of `lines`: of those forecasts that were asked for, or else of all."""
        own = self.published.filter(mine)
        some = own.filter("by_default")
        asked = lines["date"].is_in((some if some.height else own)["date"].unique().to_list())
        ahead = lines.filter(asked).filter(pl.col("part") == "forecast").drop_nulls("prediction")
        test = lines.filter(pl.col("part") == "test").drop_nulls(["y", "prediction"])
        before = ahead.select(pl.col("date") - _YEAR, "prediction").join(
            lines.select("date", "y").drop_nulls(), on="date"
        )
        truth = total(test["y"].abs())
        off = [total((test[one] - test["y"]).abs()) / truth for one in ("prediction", "baseline")]
        inside = test.drop_nulls("q0.1").filter(pl.col("y").is_between("q0.1", "q0.9")).height
        told = before.height >= _ENOUGH * ahead.height
        return Numbers(
            ahead=total(ahead["prediction"]),
            weeks=ahead.height,
            until=ahead["date"][-1],
            change=total(before["prediction"]) / total(before["y"]) - 1 if told else None,
            error=off[0],
            judged=test.height,
            baseline=None if test["baseline"].null_count() else off[1],
            held=inside / test.height if test["q0.1"].count() else None,
        )

    @cached_property
    def listed(self) -> pl.DataFrame:
        """Every series with the numbers of the list, the largest first."""
        year = self.history.filter(pl.col("date") > self.last - _YEAR)
        size = year.group_by(KEYS).agg(size=pl.col("y").mean())
        seen = self.history.group_by(KEYS).agg(seen=pl.len())
        judged = self.judged.group_by(KEYS).agg(
            error=(pl.col("prediction") - pl.col("y")).abs().sum() / pl.col("y").abs().sum(),
            held=pl.col("y").is_between("q0.1", "q0.9").mean(),
        )
        asked = self.published.with_columns(some=pl.col("by_default").any().over(KEYS))
        asked = asked.filter(pl.col("by_default") | ~pl.col("some"))
        ahead = asked.group_by(KEYS).agg(ahead=pl.col("prediction").sum(), n=pl.len())
        past = self.history.select(*KEYS, pl.col("date") + _YEAR, "y")
        both = asked.join(past, on=[*KEYS, "date"]).group_by(KEYS)
        change = both.agg(
            change=pl.col("prediction").sum() / pl.col("y").sum() - 1,
            both=pl.len(),
            old=pl.col("y").sum(),
        )
        table = pl.concat([self.history.select(KEYS), self.published.select(KEYS)]).unique()
        for more in (size, ahead, change, judged, seen):
            table = table.join(more, on=KEYS, how="left")
        enough = (pl.col("both") >= _ENOUGH * pl.col("n")) & (pl.col("old") > 0)
        told = table.with_columns(
            change=pl.when(enough).then("change"), seen=pl.col("seen").fill_null(0)
        )
        return told.sort("size", *KEYS, descending=[True, False, False], nulls_last=True)

    @cached_property
    def described(self) -> pl.DataFrame:
        """Key columns with type and size, as last known."""
        known = self.history.sort("date").group_by(KEYS).agg(pl.col("Type", "Size").last())
        return self.listed.select(KEYS).join(known, on=KEYS, how="left").sort(KEYS)

    @cached_property
    def occasions(self) -> dict[date, str]:
        """The weeks, each of the seven days up to its Friday, that hold a declared event."""
        bowls = ((2010, 7), (2011, 6), (2012, 5), (2013, 3))
        held = {date(year, 2, one): "super bowl" for year, one in bowls}
        for year in range(self.days[0].year, self.days[-1].year + 1):
            held |= {
                _easter(year): "easter",
                _monday(year, 5, last=True): "memorial day",
                date(year, 7, 4): "independence day",
                _monday(year, 9): "labor day",
                _thanksgiving(year): "thanksgiving",
                date(year, 12, 25): "christmas",
            }
        found = {one + timedelta(days=(4 - one.weekday()) % 7): name for one, name in held.items()}
        first, last = self.days[0], self.days[-1]
        return {one: name for one, name in sorted(found.items()) if first <= one <= last}

    @property
    def events(self) -> list[date]:
        return list(self.occasions)


def _those(frame: pl.DataFrame) -> list[str]:
    return [name for name in ("prediction", *EDGES) if name in frame.columns]


def _monday(year: int, month: int, *, last: bool = False) -> date:
    days = [date(year, month, one) for one in range(1, 31)]
    mondays = [
        one for one in [*days, date(year, month, 30) + timedelta(days=1)] if one.weekday() == 0
    ]
    return [one for one in mondays if one.month == month][-1 if last else 0]


def _thanksgiving(year: int) -> date:
    return [date(year, 11, one) for one in range(1, 31) if date(year, 11, one).weekday() == 3][3]


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)
