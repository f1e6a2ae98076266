"""The feature contract: every column of a direct frame that a project declares, with its bounds."""

from collections.abc import Iterator, Mapping

import polars as pl

from foresell.contracts.contract import Column, Contract, LogicalType, SchemaObject, TypeOptions
from foresell.contracts.gate import row_checks
from foresell.data.panel import Panel
from foresell.errors import GateError
from foresell.features.covariates import RATIOS
from foresell.features.planned import MOST
from foresell.features.season import GROWTH_BOUND
from foresell.spec.project import ProjectSpec

_MOST_SHOWN = 5
_CALENDAR: Mapping[str, tuple[int, int]] = {
    "weekday": (1, 7),
    "day_of_month": (1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "quarter": (1, 4),
}


def feature_contract(
    project: ProjectSpec, kinds: Mapping[str, LogicalType], version: str = "1.0.0"
) -> Contract:
    """Return the contract of one direct frame of ``project``, columns in the frame's order.

    ``kinds``: the types of the key and static columns. A feature that is required is never NaN;
    what a series' own past may not tell (a lag, a statistic, a covariate) may be. Targets are per
    scale, so they have no bound of their own.
    """
    columns = (
        *(
            Column(name=name, logical_type=kinds[name], required=True, primary_key=True)
            for name in project.keys
        ),
        Column(name=project.time, logical_type="date", required=True, primary_key=True),
        _column("step", "integer", required=True, low=1, high=project.horizon),
        _column("level_used", "string", required=True),
        Column(
            name="scale",
            logical_type="number",
            required=True,
            options=TypeOptions(exclusive_minimum=0),
        ),
        _column("base", "number", required=True),
        *_of_series(project, kinds),
        *_of_step(project),
        *_of_cell(project),
    )
    return Contract(
        id=f"foresell-{project.name}-features",
        version=version,
        name=f"{project.name}_features",
        schema=(
            SchemaObject(
                name="features",
                properties=columns,
                description="One row per series and step ahead of one origin.",
            ),
        ),
    )


def panel_kinds(panel: Panel) -> Mapping[str, LogicalType]:
    """Return the types of the key and static columns of ``panel``."""
    return {
        name: _kind(dtype)
        for name, dtype in (*panel.keys.schema.items(), *panel.static.schema.items())
    }


def check_features(frame: pl.DataFrame, contract: Contract, where: str) -> None:
    """Refuse a direct frame that lacks a declared feature, or in which one leaves its bounds.

    Raises:
        GateError: the first five such features are named.
    """
    declared = [column.name for column in contract.columns.values()]
    if lacking := [name for name in declared if name not in frame.columns]:
        raise GateError(
            f"declared features are missing: {', '.join(lacking[:_MOST_SHOWN])}",
            where,
            "this is a bug in foresell: please report it with project.yaml",
        )
    checks = row_checks(contract)
    known = pl.selectors.float().fill_nan(None)
    broken = frame.lazy().with_columns(known).select(c.breaks.any().alias(c.name) for c in checks)
    flags = broken.collect().row(0, named=True)
    if found := [check.says for check in checks if flags[check.name]]:
        raise GateError(
            f"features leave their bounds: {'; '.join(found[:_MOST_SHOWN])}",
            where,
            "look at the rows of that origin; if the data is right, this is a bug in foresell",
        )


def _column(
    name: str,
    kind: LogicalType = "number",
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> Column:
    """Return one column with its limits, both allowed."""
    options = TypeOptions(minimum=low, maximum=high)
    return Column(name=name, logical_type=kind, required=required, options=options)


def _of_series(project: ProjectSpec, kinds: Mapping[str, LogicalType]) -> Iterator[Column]:
    """Yield the features that are the same for every step."""
    spec = project.features
    for lag in spec.lags:
        yield _column(f"x_lag_{lag}")
    for window in spec.windows:
        for statistic in spec.statistics:
            yield _column(f"x_{statistic}_{window}", low=0 if statistic == "std" else None)
    for name in ("series", "series_short", *(f"key_{key}" for key in project.keys)):
        growth = f"x_growth_{name}"
        yield _column(growth, required=True, low=-GROWTH_BOUND, high=GROWTH_BOUND)
    yield _column("x_volatility", required=True, low=0)
    yield _column("x_log_scale", required=True)
    yield _column("x_seen", required=True, low=0)
    yield _column("x_seen_share", required=True, low=0, high=1)
    yield _column("x_since_seen", required=True, low=0)
    yield from _of_covariates(project)
    fixed = project.with_role("static")
    numbers = [name for name in fixed if kinds[name] in {"integer", "number"}]
    for name in (*project.keys, *(name for name in fixed if name not in numbers)):
        yield _column(f"x_code_{name}", required=True, low=-1)
    for name in numbers:
        yield _column(f"x_static_{name}")


def _of_covariates(project: ProjectSpec) -> Iterator[Column]:
    """Yield the features of covariates that are the same for every step."""
    spec = project.features
    for name in project.with_role("past_only"):
        yield _column(f"x_past_{name}")
        for lag in spec.covariate_lags.get(name, ()):
            yield _column(f"x_past_{name}_lag_{lag}")
        for window in spec.covariate_windows.get(name, ()):
            yield _column(f"x_past_{name}_mean_{window}")
        if name in spec.markdowns:
            yield _column(f"x_past_{name}_known", required=True, low=0, high=1)
        if name in spec.price_ratios:
            for other in ("recent", "group"):
                yield _column(f"x_past_{name}_to_{other}", low=RATIOS[0], high=RATIOS[1])
    for name in spec.promotions:
        yield _column(f"x_promo_{name}_share", low=0, high=1)


def _of_step(project: ProjectSpec) -> Iterator[Column]:
    """Yield the features that are the same for every series."""
    for name in project.features.calendar:
        low, high = _CALENDAR[name]
        yield _column(f"x_calendar_{name}", required=True, low=low, high=high)
    if project.features.cyclic:
        for turn in ("year", "week") if project.frequency == "D" else ("year",):
            for wave in ("sin", "cos"):
                yield _column(f"x_{turn}_{wave}", required=True, low=-1, high=1)
    window = project.features.event_window_days
    for event in project.events:
        yield _column(f"x_event_{event.name}", required=True, low=0, high=1)
        yield _column(f"x_event_{event.name}_to", required=True, low=0, high=window)
        yield _column(f"x_event_{event.name}_since", required=True, low=0, high=window)
    yield _column("x_aligned", required=True, low=0, high=1)


def _of_cell(project: ProjectSpec) -> Iterator[Column]:
    """Yield the features of a series at a step."""
    for name in ("base", "pooled", "level_shape"):
        yield _column(f"x_{name}", required=True)
    yield _column("x_season")
    yield _column("x_planned", required=True, low=0, high=MOST)
    for name in project.with_role("known_future"):
        yield _column(f"x_known_{name}")
        yield _column(f"x_source_{name}")
    yield from _of_cell_covariates(project)
    yield _column("x_step", required=True, low=1, high=project.horizon)


def _of_cell_covariates(project: ProjectSpec) -> Iterator[Column]:
    """Yield the features of covariates of a series at a step."""
    spec = project.features
    for name in spec.covariate_year:
        yield _column(f"x_past_{name}_year")
    for name in spec.promotions:
        for end in ("to", "since"):
            yield _column(f"x_promo_{name}_{end}", required=True, low=0, high=spec.promotion_window)
    for name in spec.price_ratios:
        if name in project.with_role("known_future"):
            for other in ("recent", "group"):
                yield _column(f"x_ratio_{name}_{other}", low=RATIOS[0], high=RATIOS[1])


def _kind(dtype: pl.DataType) -> LogicalType:
    """Return the type of a contract that a stored type has."""
    if dtype == pl.Boolean:
        return "boolean"
    if dtype == pl.Date:
        return "date"
    if dtype.is_numeric():
        return "integer" if dtype.is_integer() else "number"
    return "string"
