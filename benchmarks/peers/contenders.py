"""Who takes part, and with which settings. A literal table: every row of the result is one entry.

AutoARIMA with season 52 and Prophet take the longest for each series; both are asked for a sample
of series, drawn once with a fixed seed, on which all others are scored as well.
"""

from dataclasses import dataclass

SAMPLE = 200


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One row of the table.

    ``name``: as the table shows it. ``library``: whose environment it runs in
    (``requirements/<library>.txt``); None for the Python that runs the driver. ``package``: whose
    version is shown. ``words``: what Python runs; the folder of the exchange is added as the last.
    ``settings``: in a few words, for the table. ``series``: how many, drawn by chance; None is all.
    """

    name: str
    library: str | None
    package: str
    words: tuple[str, ...]
    settings: str
    series: int | None = None


def _module(name: str, *words: str) -> tuple[str, ...]:
    return ("-m", f"benchmarks.peers.with_{name}", *words)


PEERS: tuple[Peer, ...] = (
    Peer(
        name="mlforecast, season differences",
        library="mlforecast",
        package="mlforecast",
        words=_module("mlforecast", "differences"),
        settings="LightGBM (L1), direct, 39 models on 52-week differences, lags 1-4 and 8, "
        "week, events, store, department",
    ),
    Peer(
        name="mlforecast, lags 51-53",
        library="mlforecast",
        package="mlforecast",
        words=_module("mlforecast", "lags"),
        settings="LightGBM (L1), one model, lags 51, 52, 53 (direct and recursive are the same), "
        "week, month, events, store, department",
    ),
    Peer(
        name="skforecast, lags 51-53",
        library="skforecast",
        package="skforecast",
        words=_module("skforecast"),
        settings="ForecasterRecursiveMultiSeries, LightGBM (L1), lags 51, 52, 53, "
        "week, events, store, department",
    ),
    Peer(
        name="AutoGluon-TimeSeries",
        library="autogluon",
        package="autogluon-timeseries",
        words=_module("autogluon"),
        settings="its ensemble of SeasonalNaive, AutoETS, DynamicOptimizedTheta, "
        "RecursiveTabular, DirectTabular, TemporalFusionTransformer; season 52; "
        "time limit two thirds of the budget",
    ),
    Peer(
        name="statsforecast SeasonalNaive",
        library="statsforecast",
        package="statsforecast",
        words=_module("statsforecast", "SeasonalNaive"),
        settings="season 52",
    ),
    Peer(
        name="statsforecast MSTL",
        library="statsforecast",
        package="statsforecast",
        words=_module("statsforecast", "MSTL"),
        settings="season 52, trend by ETS(ZZN)",
    ),
    Peer(
        name="statsforecast AutoETS",
        library="statsforecast",
        package="statsforecast",
        words=_module("statsforecast", "AutoETS"),
        settings="the library's own choice of error and trend, no season: with 52 seasonal states "
        "it took 16 times as long and was no better",
    ),
    Peer(
        name="statsforecast DynamicOptimizedTheta",
        library="statsforecast",
        package="statsforecast",
        words=_module("statsforecast", "DynamicOptimizedTheta"),
        settings="season 52",
    ),
    Peer(
        name="statsforecast AutoARIMA",
        library="statsforecast",
        package="statsforecast",
        words=_module("statsforecast", "AutoARIMA"),
        settings="season 52",
        series=SAMPLE,
    ),
    Peer(
        name="Prophet",
        library="prophet",
        package="prophet",
        words=_module("prophet"),
        settings="yearly seasonality, events as holidays, quantiles from 1,000 draws",
        series=SAMPLE,
    ),
)
