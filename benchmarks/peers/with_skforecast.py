"""skforecast, one LightGBM over all series: ``python -m benchmarks.peers.with_skforecast FOLDER``.

The weeks a year before and beside it, what is known of the week, store and department. No lag is
shorter than the horizon, so the recursion never eats a forecast of its own. Chosen on an earlier
cutoff (78 weeks of history) against recent lags and against scaled series.
"""

import sys
from pathlib import Path

import pandas as pd
from lightgbm import LGBMRegressor
from skforecast.recursive import ForecasterRecursiveMultiSeries

from benchmarks.peers.exchange import (
    KEY,
    TARGET,
    TIME,
    Request,
    filled,
    read_future,
    read_history,
    read_request,
    write_forecast,
)

Frames = dict[str, pd.DataFrame]


def by_series(frame: pd.DataFrame, columns: str | list[str]) -> Frames:
    """Return the columns of each series, on its own weekly index."""
    return {
        str(name): rows.set_index(TIME)[columns].asfreq("W-FRI")
        for name, rows in frame.groupby(KEY)
    }


def with_week(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the ISO week of each row."""
    return frame.assign(week=frame[TIME].dt.isocalendar().week.astype(int))


def answers(
    request: Request, history: pd.DataFrame, future: pd.DataFrame, columns: list[str]
) -> pd.DataFrame:
    """Return the forecasts of all series; those that end in the same week are asked together."""
    season = request.season
    forecaster = ForecasterRecursiveMultiSeries(
        LGBMRegressor(
            objective="l1",
            n_estimators=600,
            learning_rate=0.05,
            num_leaves=31,
            n_jobs=request.threads,
            random_state=request.seed,
            verbosity=-1,
        ),
        lags=[season - 1, season, season + 1],
    )
    forecaster.fit(
        by_series(history, TARGET), exog=by_series(history, columns), suppress_warnings=True
    )
    known = by_series(future, columns)
    ends = history.groupby(KEY)[TIME].max()
    made = []
    for end in sorted(ends.unique()):
        names = [str(name) for name in ends.index[ends == end]]
        made.append(
            forecaster.predict(
                request.horizon,
                levels=names,
                exog={name: known[name] for name in names},
                suppress_warnings=True,
            )
        )
    return pd.concat(made)


def main(folder: Path) -> None:
    """Read the question and write the answer."""
    request, history = read_request(folder), read_history(folder)
    # A series shorter than its longest lag has no row to learn from, and no answer.
    weeks = history.groupby(KEY)[TARGET].transform("size")
    history = with_week(filled(history[weeks > request.season + 1], request.season))
    future = with_week(read_future(folder))
    columns = [*request.known, "Store", "Dept", "week"]
    made = answers(request, history, future, columns).rename_axis(TIME).reset_index()
    write_forecast(folder, made.rename(columns={"level": KEY, "pred": "prediction"}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
