"""AutoGluon-TimeSeries: ``python -m benchmarks.peers.with_autogluon FOLDER``.

The models are named one by one: those of the presets that are pretrained would have to be fetched.
AutoGluon's season of weekly data is 1, so 52 is given wherever a model takes it. Two thirds of the
budget are its time limit for training; what is left is for loading, refitting and forecasting.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autogluon.timeseries import TimeSeriesDataFrame, TimeSeriesPredictor

from benchmarks.peers.exchange import (
    KEY,
    TARGET,
    TIME,
    read_future,
    read_history,
    read_request,
    write_forecast,
)


def models(season: int, threads: int) -> Mapping[str, Mapping[str, Any]]:
    """Return the models that need no download, with their settings."""
    local = {"seasonal_period": season, "n_jobs": threads}
    return {
        "SeasonalNaive": local,
        "AutoETS": {"n_jobs": threads, "seasonal_period": 1},
        "DynamicOptimizedTheta": local,
        "RecursiveTabular": {},
        "DirectTabular": {},
        "TemporalFusionTransformer": {},
    }


def main(folder: Path) -> None:
    """Read the question and write the answer."""
    request, past = read_request(folder), read_history(folder)
    fixed = past[[KEY, "Store", "Dept"]].drop_duplicates().astype({"Store": str, "Dept": str})
    columns = [KEY, TIME, *request.known]
    history = TimeSeriesDataFrame.from_data_frame(
        past[[*columns, TARGET]], id_column=KEY, timestamp_column=TIME, static_features_df=fixed
    )
    future = TimeSeriesDataFrame.from_data_frame(
        read_future(folder)[columns], id_column=KEY, timestamp_column=TIME
    )
    with TemporaryDirectory() as kept:
        predictor = TimeSeriesPredictor(
            prediction_length=request.horizon,
            freq="W-FRI",
            target=TARGET,
            eval_metric="WQL",
            quantile_levels=request.levels,
            known_covariates_names=request.known,
            path=kept,
        )
        predictor.fit(
            history,
            hyperparameters=models(request.season, request.threads),
            time_limit=request.seconds * 2 / 3,
            random_seed=request.seed % 1000,
        )
        print(predictor.leaderboard())
        made = predictor.predict(history, known_covariates=future).reset_index()
    named = {"item_id": KEY, "timestamp": TIME, "mean": "prediction"}
    named |= {str(level): f"q{level}" for level in request.levels}
    write_forecast(folder, made.rename(columns=named))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
