"""statsforecast: ``python -m benchmarks.peers.with_statsforecast MODEL FOLDER``."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from statsforecast import StatsForecast
from statsforecast.models import (
    MSTL,
    AutoARIMA,
    AutoETS,
    DynamicOptimizedTheta,
    SeasonalNaive,
)

from benchmarks.peers.exchange import (
    KEY,
    TARGET,
    TIME,
    filled,
    read_history,
    read_request,
    write_forecast,
)

# AutoETS without a season: with season 52 it took sixteen times as long on an earlier cutoff, and
# forecast no better.
MODELS: Mapping[str, Callable[[int], Any]] = {
    "SeasonalNaive": lambda season: SeasonalNaive(season_length=season),
    "MSTL": lambda season: MSTL(season_length=season, trend_forecaster=AutoETS(model="ZZN")),
    "AutoETS": lambda _: AutoETS(season_length=1),
    "DynamicOptimizedTheta": lambda season: DynamicOptimizedTheta(season_length=season),
    "AutoARIMA": lambda season: AutoARIMA(season_length=season),
}


def main(name: str, folder: Path) -> None:
    """Read the question and write the answer, quantiles out of the central intervals."""
    request = read_request(folder)
    history = filled(read_history(folder), request.season)[[KEY, TIME, TARGET]]
    central = {level: round(abs(1 - 2 * level) * 100) for level in request.levels if level != 0.5}
    forecaster = StatsForecast(
        models=[MODELS[name](request.season)], freq="W-FRI", n_jobs=request.threads
    )
    made = forecaster.forecast(
        df=history,
        h=request.horizon,
        level=sorted(set(central.values())),
        id_col=KEY,
        time_col=TIME,
        target_col=TARGET,
    )
    answer = made[[KEY, TIME]].assign(prediction=made[name])
    for level in request.levels:
        side = "lo" if level < 0.5 else "hi"
        column = name if level == 0.5 else f"{name}-{side}-{central[level]}"
        answer[f"q{level}"] = made[column]
    write_forecast(folder, answer)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
