"""How wrong a forecast is: every number a leaderboard shows, each over the same scored rows.

A row is scored when its truth is known: `score` leaves rows with NaN truth out of everything, and
the single metrics are to be given `Rows.known`. A number that cannot be said (an empty denominator,
no quantiles, no weights) is None, never NaN or infinity, so that a score can be written as JSON.

Source: Hyndman & Koehler, "Another look at measures of forecast accuracy", IJF 22 (2006), for the
point metrics; Gneiting & Raftery, JASA 102 (2007), for the quantile loss and the interval (Winkler)
score; WQL and SQL are averaged over rows as the public benchmark fev-bench does.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foresell.data.panel import Matrix
from foresell.errors import UsageError
from foresell.spec.forecast import BANDS, DECILES, QUANTILES

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Truth and forecast of n rows, aligned, in the unit of the target.

    ``truth`` and ``prediction``: (n,). ``quantiles``: (n, len(levels)) or None. ``weights``: (n,)
    for WMAE or None. ``scale``: (n,) the in-sample error of each row's series (`seasonal_scale`)
    or None; a zero or NaN scale excludes the row from MASE and SQL.
    """

    truth: Values
    prediction: Values
    quantiles: Matrix | None = None
    weights: Values | None = None
    scale: Values | None = None
    levels: tuple[float, ...] = QUANTILES

    def __post_init__(self) -> None:
        """Refuse arrays that do not answer the same rows, and unanswered rows.

        Raises:
            UsageError: a shape that does not fit, or a known truth without a finite forecast.
        """
        n = len(self.truth)
        for name in ("truth", "prediction", "quantiles", "weights", "scale"):
            values: Values | None = getattr(self, name)
            shape = (n, len(self.levels)) if name == "quantiles" else (n,)
            if values is not None and values.shape != shape:
                raise UsageError(
                    f"{name} has the shape {values.shape}, not {shape}",
                    "rows to be scored",
                    "give one value for each row, and one column for each quantile level",
                )
        known = np.isfinite(self.truth)
        for name in ("prediction", "quantiles"):
            values = getattr(self, name)
            if values is not None and (bad := int((~np.isfinite(values[known])).sum())):
                raise UsageError(
                    f"{bad} values of {name} are not finite where the truth is known",
                    "rows to be scored",
                    "answer every row; a model that cannot must fall back, and say so",
                )

    def known(self) -> "Rows":
        """Return the rows whose truth is known."""
        return self.where(np.isfinite(self.truth))

    def where(self, mask: NDArray[np.bool_]) -> "Rows":
        """Return the rows where ``mask`` (n,) is true."""

        def kept(values: Values | None) -> Values | None:
            return None if values is None else values[mask]

        return replace(
            self,
            truth=self.truth[mask],
            prediction=self.prediction[mask],
            quantiles=kept(self.quantiles),
            weights=kept(self.weights),
            scale=kept(self.scale),
        )


@dataclass(frozen=True, kw_only=True)
class Score:
    """The judgement of ``n`` rows; errors are in the unit of the target, shares are plain ratios.

    ``bias`` is mean(forecast - truth), ``bias_share`` the same over sum|y|. ``mase_excluded`` rows
    had no usable scale; ``mape_excluded`` rows were nearer to zero than the threshold.
    ``pinball``, ``wql`` and ``sql`` are means over the deciles; one level is `pinball_by_level`.
    ``coverage_80`` is the share of rows between the levels 0.1 and 0.9, ``coverage_95`` between
    0.025 and 0.975, ``width_...`` that band's mean width, ``winkler_...`` its `interval_score`.
    """

    n: int
    rmse: float | None
    mae: float | None
    mse: float | None
    r2: float | None
    wmae: float | None
    wape: float | None
    bias: float | None
    bias_share: float | None
    mase: float | None
    mase_excluded: int
    mape: float | None
    mape_excluded: int
    smape: float | None
    pinball: float | None
    wql: float | None
    sql: float | None
    coverage_80: float | None
    width_80: float | None
    winkler_80: float | None
    coverage_95: float | None
    width_95: float | None
    winkler_95: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Return plain numbers by name, in declared order; None where a number cannot be said."""
        return asdict(self)


def score(rows: Rows, mape_threshold: float = 1.0) -> Score:
    """Return every metric of ``rows``.

    ``mape_threshold``: rows whose truth is nearer to zero are left out of MAPE and counted.

    >>> one = score(Rows(truth=np.array([2.0, 4.0]), prediction=np.array([3.0, 4.0])))
    >>> one.mae, one.bias, one.wape == 1 / 6, one.wmae
    (0.5, 0.5, True, None)
    """
    rows = rows.known()
    mape, excluded = absolute_percentage_error(rows, mape_threshold)
    squared = mean_squared_error(rows)
    return Score(
        n=len(rows.truth),
        rmse=None if squared is None else float(np.sqrt(squared)),
        mae=_mean(np.abs(_error(rows))),
        mse=squared,
        r2=explained_variance(rows),
        wmae=weighted_absolute_error(rows),
        wape=absolute_error_share(rows),
        bias=_mean(_error(rows)),
        bias_share=_ratio(_error(rows).sum(), np.abs(rows.truth).sum()),
        mase=scaled_absolute_error(rows),
        mase_excluded=0 if rows.scale is None else int((~_usable(rows.scale)).sum()),
        mape=mape,
        mape_excluded=excluded,
        smape=symmetric_percentage_error(rows),
        pinball=None if rows.quantiles is None else _mean(_decile_loss(rows)),
        wql=weighted_quantile_loss(rows),
        sql=scaled_quantile_loss(rows),
        coverage_80=coverage(rows, 80),
        width_80=width(rows, 80),
        winkler_80=interval_score(rows, 80),
        coverage_95=coverage(rows, 95),
        width_95=width(rows, 95),
        winkler_95=interval_score(rows, 95),
    )


def mean_squared_error(rows: Rows) -> float | None:
    """MSE: mean of squared errors; None without rows."""
    return _mean(_error(rows) ** 2)


def explained_variance(rows: Rows) -> float | None:
    """R2: 1 - squared error over that of the mean of the truth; None where the truth is constant.

    Forecasting the mean gives 0, worse than that is negative.
    """
    if not len(rows.truth):
        return None
    spread = rows.truth - rows.truth.mean()
    unexplained = _ratio((_error(rows) ** 2).sum(), (spread**2).sum())
    return None if unexplained is None else 1.0 - unexplained


def weighted_absolute_error(rows: Rows) -> float | None:
    """WMAE: sum(w |e|) / sum(w); None without weights."""
    if rows.weights is None:
        return None
    return _ratio((rows.weights * np.abs(_error(rows))).sum(), rows.weights.sum())


def absolute_error_share(rows: Rows) -> float | None:
    """WAPE: sum|e| / sum|y|; None where all truth is zero."""
    return _ratio(np.abs(_error(rows)).sum(), np.abs(rows.truth).sum())


def scaled_absolute_error(rows: Rows) -> float | None:
    """MASE: mean over rows of |e| / the in-sample seasonal error of the row's series.

    Rows with no usable scale (zero or NaN) are left out; None where none is left.
    """
    if rows.scale is None:
        return None
    usable = _usable(rows.scale)
    return _mean(np.abs(_error(rows))[usable] / rows.scale[usable])


def absolute_percentage_error(rows: Rows, threshold: float) -> tuple[float | None, int]:
    """Return MAPE, mean(|e| / |y|) over rows with |y| >= threshold, and how many rows that cost.

    Raises:
        UsageError: a threshold of 0 or less, which would divide by zero.
    """
    if threshold <= 0:
        raise UsageError(f"a MAPE threshold of {threshold}", "metrics", "use a value above 0")
    kept = np.abs(rows.truth) >= threshold
    value = _mean(np.abs(_error(rows))[kept] / np.abs(rows.truth[kept]))
    return value, int((~kept).sum())


def symmetric_percentage_error(rows: Rows) -> float | None:
    """SMAPE: mean of 2|e| / (|y| + |f|), between 0 and 2; 0 where both are zero."""
    total = np.abs(rows.truth) + np.abs(rows.prediction)
    error = 2 * np.abs(_error(rows))
    return _mean(np.divide(error, total, out=np.zeros_like(total), where=total > 0))


def pinball_by_level(rows: Rows) -> dict[str, float]:
    """Return the mean quantile loss of each level, by column name; empty without quantiles.

    The loss of level a is a (y - q) above the quantile and (1 - a) (q - y) below it.
    """
    rows = rows.known()
    if rows.quantiles is None or not len(rows.truth):
        return {}
    means = _losses(rows).mean(axis=0)
    return {f"q{level}": float(mean) for level, mean in zip(rows.levels, means, strict=True)}


def weighted_quantile_loss(rows: Rows) -> float | None:
    """WQL: twice the summed quantile loss over sum|y|, averaged over the deciles."""
    if rows.quantiles is None:
        return None
    return _ratio(2 * _decile_loss(rows).sum(), np.abs(rows.truth).sum())


def scaled_quantile_loss(rows: Rows) -> float | None:
    """SQL: twice the quantile loss over the scale of the row, averaged over deciles and rows."""
    if rows.quantiles is None or rows.scale is None:
        return None
    usable = _usable(rows.scale)
    return _mean(2 * _decile_loss(rows)[usable] / rows.scale[usable])


def coverage(rows: Rows, percent: int) -> float | None:
    """Return the share of rows whose truth lies in the band of ``percent``, its edges included."""
    if (band := _band(rows, percent)) is None:
        return None
    low, high = band
    return _mean(((low <= rows.truth) & (rows.truth <= high)).astype(np.float64))


def width(rows: Rows, percent: int) -> float | None:
    """Return the mean width of the band of ``percent``."""
    band = _band(rows, percent)
    return None if band is None else _mean(band[1] - band[0])


def interval_score(rows: Rows, percent: int) -> float | None:
    """Return the mean interval (Winkler) score of the band of ``percent``; lower is better.

    Its width and, for a truth outside it, ``2 / (1 - percent / 100)`` times how far outside.
    Source: R. L. Winkler, JASA 67 (1972).

    >>> truth, band = np.array([4.0, 6.0]), np.array([[2.0, 5.0], [2.0, 5.0]])
    >>> known = Rows(truth=truth, prediction=np.ones(2), quantiles=band, levels=(0.1, 0.9))
    >>> interval_score(known, 80)  # two widths of 3, and ten times 1 for the 6 above the 5
    8.0
    """
    if (band := _band(rows, percent)) is None:
        return None
    low, high = band
    outside = np.maximum(low - rows.truth, 0.0) + np.maximum(rows.truth - high, 0.0)
    # 200 / 20 and 200 / 5 are exact, 2 / (1 - 0.8) is not.
    return _mean(high - low + 200 / (100 - percent) * outside)


def seasonal_scale(target: Matrix, season: int) -> Values:
    """Return the in-sample error of the seasonal naive: (n series,), the denominator of MASE.

    The mean of ``|y[t] - y[t - season]|`` over the pairs of ``target`` (n series, periods of the
    training part) in which both are known; NaN where a series has no such pair.

    >>> seasonal_scale(np.array([[1.0, 3.0, np.nan, 4.0], [1.0, np.nan, 2.0, np.nan]]), season=1)
    array([ 2., nan])
    """
    gaps = np.abs(target[:, season:] - target[:, :-season])
    known = np.isfinite(gaps)
    count = known.sum(axis=1)
    total = np.where(known, gaps, 0.0).sum(axis=1)
    scale: Values = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return scale


def metric_names() -> Sequence[str]:
    """Return the names of the fields of a `Score`, in the order of a leaderboard's columns."""
    return tuple(Score.__dataclass_fields__)


def _error(rows: Rows) -> Values:
    """Return forecast - truth."""
    return rows.prediction - rows.truth


def _losses(rows: Rows) -> Matrix:
    """Return (n, levels): the quantile loss of each row at each level."""
    quantiles = np.empty((len(rows.truth), 0)) if rows.quantiles is None else rows.quantiles
    over = rows.truth[:, None] - quantiles
    levels = np.asarray(rows.levels)
    return np.maximum(levels * over, (levels - 1) * over)


def _decile_loss(rows: Rows) -> Values:
    """Return (n,) each row's quantile loss, the mean over those of its levels that are deciles."""
    kept = np.isin(rows.levels, DECILES)
    return np.asarray(_losses(rows)[:, kept].mean(axis=1))


def _band(rows: Rows, percent: int) -> tuple[Values, Values] | None:
    """Return the lower and the upper edge of a band, (n,) each; None where a level is not there."""
    edges = BANDS[percent]
    if rows.quantiles is None or not set(edges) <= set(rows.levels):
        return None
    low, high = (rows.quantiles[:, rows.levels.index(edge)] for edge in edges)
    return low, high


def _usable(scale: Values) -> NDArray[np.bool_]:
    """Return where a scale can be divided by."""
    return np.asarray(np.isfinite(scale) & (scale > 0))


def _mean(values: Values) -> float | None:
    """Return the mean, None of nothing."""
    return float(values.mean()) if len(values) else None


def _ratio(above: np.float64, below: np.float64) -> float | None:
    """Return above / below, None where below is zero or so near that no number says how often."""
    found = float(above) / float(below) if below > 0 else math.inf
    return found if math.isfinite(found) else None
