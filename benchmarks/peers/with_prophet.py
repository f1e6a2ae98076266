"""Prophet, a model a series: ``python -m benchmarks.peers.with_prophet FOLDER``.

Yearly seasonality is asked for, since 104 weeks are three days short of the two years from which it
would be on by itself. What is known of the weeks comes in as Prophet's own holidays.
"""

import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from prophet import Prophet

from benchmarks.peers.exchange import (
    KEY,
    TARGET,
    TIME,
    Request,
    read_future,
    read_history,
    read_request,
    write_forecast,
)


def holidays_of(weeks: pd.DataFrame, known: list[str]) -> pd.DataFrame:
    """Return Prophet's table of holidays: each known column's weeks."""
    marked = [
        pd.DataFrame({"holiday": name, "ds": weeks.loc[weeks[name] == 1, TIME].unique()})
        for name in known
    ]
    return pd.concat(marked, ignore_index=True)


def forecast_one(request: Request, past: pd.DataFrame, future: pd.DataFrame) -> pd.DataFrame:
    """Return the point and the quantiles of one series. Prophet leaves missing weeks out itself."""
    model = Prophet(
        yearly_seasonality=True,
        weekly_seasonality=False,
        daily_seasonality=False,
        holidays=holidays_of(pd.concat([past, future]), request.known),
    )
    model.fit(past.rename(columns={TIME: "ds", TARGET: "y"})[["ds", "y"]], seed=request.seed)
    asked = future.rename(columns={TIME: "ds"})[["ds"]].reset_index(drop=True)
    point = model.predict(asked)["yhat"].to_numpy()
    np.random.seed(request.seed)  # Prophet draws from the global generator
    drawn = model.predictive_samples(asked)["yhat"]
    quantiles = np.quantile(drawn, request.levels, axis=1)
    answer = pd.DataFrame({KEY: future[KEY].iloc[0], TIME: asked["ds"], "prediction": point})
    columns = {f"q{level}": row for level, row in zip(request.levels, quantiles, strict=True)}
    return answer.assign(**columns)


def main(folder: Path) -> None:
    """Read the question and write the answer; a series that raises is left out, and said."""
    for name in ("prophet", "cmdstanpy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    request = read_request(folder)
    future = dict(list(read_future(folder).groupby(KEY)))
    made = []
    for name, past in read_history(folder).groupby(KEY):
        try:
            made.append(forecast_one(request, past, future[name]))
        except (RuntimeError, ValueError) as error:
            sys.stderr.write(f"{name} has no forecast: {error}\n")
    write_forecast(folder, pd.concat(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
