"""The peers' side of the exchange: files in, one file out. Needs pandas and nothing of foresell.

A folder holds ``request.json`` (what is asked, see `Request`), ``history.csv`` (``unique_id``,
Store, Dept, Date, ``y`` and the known columns; every week of a series from its first to its own
cutoff, ``y`` empty where a week is missing) and ``future.csv`` (the same without ``y``: the weeks
after the cutoff). The answer is ``forecast.csv``: ``unique_id``, Date, ``prediction`` and, from
libraries that have them, one column ``q<level>`` for each level asked.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

KEY, TIME, TARGET = "unique_id", "Date", "y"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked.

    ``horizon`` and ``season`` in weeks; ``levels`` of the quantiles; ``known``: the columns known
    for the future; ``threads`` that may be used; ``seconds`` after which the process is ended.
    """

    horizon: int
    season: int
    levels: list[float]
    known: list[str]
    threads: int
    seconds: float
    seed: int


def read_request(folder: Path) -> Request:
    """Return what is asked."""
    return Request(**json.loads((folder / "request.json").read_text(encoding="utf-8")))


def read_history(folder: Path) -> pd.DataFrame:
    """Return the history, sorted by series and week; missing weeks are NaN."""
    return _read(folder / "history.csv")


def read_future(folder: Path) -> pd.DataFrame:
    """Return the weeks asked for with what is known of them, sorted by series and week."""
    return _read(folder / "future.csv")


def filled(history: pd.DataFrame, season: int) -> pd.DataFrame:
    """Return the history with missing weeks set to the value a season before, else the last one.

    For libraries that take no gaps. A series starts with an observation, so nothing stays empty.
    """
    series = history.groupby(KEY, sort=False)[TARGET]
    whole = history[TARGET].fillna(series.shift(season)).groupby(history[KEY], sort=False).ffill()
    return history.assign(**{TARGET: whole})


def write_forecast(folder: Path, forecast: pd.DataFrame) -> None:
    """Write the answer."""
    forecast.to_csv(folder / "forecast.csv", index=False)


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, parse_dates=[TIME], float_precision="round_trip")
    return frame.sort_values([KEY, TIME], ignore_index=True)
