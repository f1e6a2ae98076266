"""mlforecast with LightGBM: ``python -m benchmarks.peers.with_mlforecast differences|lags FOLDER``.

Both ways were chosen on earlier cutoffs (91 and 78 weeks of history, windows that end before the
test begins). Points only: the library's conformal intervals need two more held-out windows of 39
weeks than a series of 104 weeks and a season of 52 can give.
"""

import sys
from pathlib import Path

import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.target_transforms import Differences

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


def fitted(way: str, request: Request, history: pd.DataFrame) -> MLForecast:
    """Return the fitted forecaster.

    ``differences``: changes on the year before, direct, a model a step, from the latest changes.
    ``lags``: one model on the weeks a year before and beside it. No lag is shorter than the
    horizon, so it never eats a forecast of its own: direct and recursive are the same.
    """
    direct = way == "differences"
    season = request.season
    model = LGBMRegressor(
        objective="l1",
        n_estimators=200 if direct else 600,
        learning_rate=0.05,
        num_leaves=31,
        n_jobs=request.threads,
        random_state=request.seed,
        verbosity=-1,
    )
    forecaster = MLForecast(
        models={"prediction": model},
        freq="W-FRI",
        lags=[1, 2, 3, 4, 8] if direct else [season - 1, season, season + 1],
        date_features=["week"] if direct else ["week", "month"],
        target_transforms=[Differences([season])] if direct else None,
        num_threads=request.threads,
    )
    forecaster.fit(
        history,
        id_col=KEY,
        time_col=TIME,
        target_col=TARGET,
        static_features=["Store", "Dept"],
        max_horizon=request.horizon if direct else None,
    )
    return forecaster


def main(way: str, folder: Path) -> None:
    """Read the question and write the answer."""
    request, history = read_request(folder), read_history(folder)
    # A series with no complete season before its cutoff has no difference to learn from.
    weeks = history.groupby(KEY)[TARGET].transform("size")
    history = filled(history[weeks > request.season], request.season)
    future = read_future(folder).drop(columns=["Store", "Dept"])
    future = future[future[KEY].isin(history[KEY].unique())]
    answer = fitted(way, request, history).predict(request.horizon, X_df=future)
    write_forecast(folder, answer[[KEY, TIME, "prediction"]])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
