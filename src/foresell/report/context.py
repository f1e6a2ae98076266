"""What the report of a run is made of: frozen facts and frames, filled by the pipeline.

Frames may be empty: their section then says so in one sentence. Shares are shares (0.08), never
percent; errors are forecast less truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from foresell.report.wording import typeset


@dataclass(frozen=True, kw_only=True)
class ResultFacts:
    """What was run, on what, with what: of a project of any kind.

    ``rows`` counts the judged rows. ``result_id`` follows from the judged result and stands in the
    bundle, too; the page holds no clock and no run id, so the same result has the same page.
    ``command`` is what a reader types to get the same page. ``bundle``: the sha256 that names the
    bundle in the registry; which version it has there can change without the page.
    """

    project: str
    title: str
    synthetic: bool
    unit: str
    target: str
    rows: int
    preset: str
    fingerprint: str
    contract_version: str = ""
    contract_sha256: str = ""
    command: str = ""
    result_id: str = ""
    bundle: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunFacts(ResultFacts):
    """What was run of a panel.

    ``every`` names one period ("week", "day"). ``cutoff`` is the last date the judged model saw;
    ``refit_cutoff`` the last one the delivered model saw, None where it was not refitted.
    ``series`` counts the judged series; ``keys`` name what tells series apart.
    """

    every: str
    horizon: int
    cutoff: date
    test_first: date
    test_last: date
    series: int
    refit_cutoff: date | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Did the champion pass the gate, and why: whole sentences."""

    passed: bool
    reasons: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """The reasons as pages print them."""
        return tuple(typeset(one) for one in self.reasons)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One series to look at. ``kind`` says why it was chosen: "big", "small", "erratic" ...

    Frames as `foresell.charts.series.one_series` takes them, ascending by date.
    """

    label: str
    kind: str
    history: pl.DataFrame
    test: pl.DataFrame
    future: pl.DataFrame = field(default_factory=pl.DataFrame)
    events: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What the gate read and did.

    ``rules``: ``rule``, ``rows`` (failed), most first. ``levels``: ``level`` (of the fallback that
    answered: "series", "department x type" ...), ``n``.
    """

    read: int
    kept: int
    quarantined: int
    rules: pl.DataFrame = field(default_factory=pl.DataFrame)
    levels: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the report of a project of any kind tells.

    leaderboard
        ``candidate``, ``kind`` ("baseline" | "candidate"), ``champion`` (exactly one true), then
        any of ``n, wmae, rmse, mae, wape, r2, bias, mase, wql``, and of each band
        (80, 95) ``coverage_80, width_80, winkler_80`` (null allowed).
    ranked_by
        The metric that orders the leaderboards, as in ``leaderboard.csv`` and on the terminal.
    value_added
        ``baseline``, ``metric``, ``value`` (the share by which the champion's error is lower).
    segments
        ``segment``, ``value``, ``candidate``, ``wape``; ``n``, ``mae``, ``rmse`` and
        ``coverage_80`` where known. Drawn in the order given.
    calibration
        ``level``, ``bucket`` ("all" or the name of a part of the rows), ``observed``.
    importance
        ``candidate``, ``kind`` ("part" of the forecast, "column" of the data), ``name``,
        ``share`` of its kind. Empty where nobody asked.
    baseline
        The candidate to compare with; by default the baseline of lowest error.
    """

    facts: ResultFacts
    verdict: Verdict
    leaderboard: pl.DataFrame
    data: DataFacts
    ranked_by: str = ""
    value_added: pl.DataFrame = field(default_factory=pl.DataFrame)
    segments: pl.DataFrame = field(default_factory=pl.DataFrame)
    calibration: pl.DataFrame = field(default_factory=pl.DataFrame)
    importance: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: tuple[str, ...] = ()
    baseline: str = ""


@dataclass(frozen=True, kw_only=True)
class RunReport(Result):
    """What the report of a panel tells besides.

    one_step, one_step_verdict
        The same leaderboard under the other protocol, one step ahead, and how the champion fares
        there; the gate does not look at it.
    value_added_by
        ``by``, ``value``, ``n``, ``wape``, ``baseline_wape``, ``saved``, ``value_added``: the
        champion over ``baseline`` in parts of the rows, `foresell.evaluate.value_added`.
    totals
        ``date``, ``y``, ``prediction``, ``baseline`` summed over all series, history included
        (``prediction`` null there).
    by_step
        ``candidate``, ``step``, ``wape``.
    coverage
        ``bucket`` (of the horizon, in order), ``coverage``: share of truth in a band; ``promised``
        (0.8, 0.95): which one, 0.8 where the column is missing.
    residuals
        ``error``: a sample of the champion's errors, in ``residual_unit``; where
        ``residual_share_of`` names something ("the series' mean"), they are shares of it.
    folds
        ``cutoff`` (date), ``candidate``, ``wape``: the earlier cutoffs that chose the champion;
        ``fold`` (may be missing): false where no fold was possible and these are others.
    weights
        ``bucket``, ``member``, ``weight``: what the champion is made of.
    levels
        ``level``, ``forecast`` (the way it was made: own, bottom_up, reconciled), ``wape``,
        ``coverage_80`` and ``coverage_95`` of the one that is delivered (null for others; may be
        missing). Empty where no hierarchy was judged.
    events
        ``date`` (of the period), ``name``: marked on the chart of the total.
    """

    facts: RunFacts
    one_step: pl.DataFrame = field(default_factory=pl.DataFrame)
    one_step_verdict: Verdict | None = None
    value_added_by: pl.DataFrame = field(default_factory=pl.DataFrame)
    totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    samples: tuple[Sample, ...] = ()
    by_step: pl.DataFrame = field(default_factory=pl.DataFrame)
    coverage: pl.DataFrame = field(default_factory=pl.DataFrame)
    residuals: pl.DataFrame = field(default_factory=pl.DataFrame)
    residual_unit: str = ""
    residual_share_of: str = ""
    folds: pl.DataFrame = field(default_factory=pl.DataFrame)
    weights: pl.DataFrame = field(default_factory=pl.DataFrame)
    levels: pl.DataFrame = field(default_factory=pl.DataFrame)
    events: pl.DataFrame = field(default_factory=pl.DataFrame)
