"""Describe rows: every fact that people ask for first, as tables and sentences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from foresell.contracts.contract import Contract
from foresell.data.leakage import find_leaks
from foresell.eda.context import Eda, EdaContext, Found, RawFacts
from foresell.eda.correlations import correlations
from foresell.eda.covariates import covariate_effects
from foresell.eda.distributions import histograms, pile_ups
from foresell.eda.extremes import extremes
from foresell.eda.facts import panel_facts, row_facts, target_facts
from foresell.eda.grid import Grid, lay_grid
from foresell.eda.happenings import event_effects, event_periods
from foresell.eda.panel_findings import panel_findings
from foresell.eda.panel_sums import by_segment, levels, segment_totals, top, totals
from foresell.eda.profile import missing_by_period, number_columns, profile_columns
from foresell.eda.row_findings import row_findings
from foresell.eda.row_groups import by_category, duplicates, group_sizes, months, target_by_bin
from foresell.eda.series import cold_starts, intermittency, lengths, series_table, volatility
from foresell.eda.tables import TOP, key_names, laid_out, shape
from foresell.errors import DataError
from foresell.spec.project import ProjectSpec

__all__ = ["Eda", "EdaContext", "Found", "RawFacts", "describe"]

_DIGITS = 12
_NOT_IN_NAMES = re.compile(r"[^\w-]+", re.ASCII)


def describe(
    frame: pl.DataFrame, project: ProjectSpec, contract: Contract, context: EdaContext
) -> Eda:
    """Return the facts of ``frame``, the processed rows that ``context`` speaks of, in any order.

    ``tables``: as `eda.tables` says, those that have a row. ``told``: ``project`` (name, title,
    kind, target, unit, keys as the tables call them, time, frequency, season, horizon), ``rows``
    (which, n, of, cutoff), ``files`` (name, rows, bytes, sha256), ``facts`` (numbers, of
    `eda.facts`), ``findings`` (most important first: rank, about, says, numbers) and ``tables``
    (name -> rows, columns, says). Numbers have twelve digits. The order of the rows and the number
    of threads change nothing.

    Raises:
        DataError: there is no row.
    """
    if frame.is_empty():
        raise DataError(
            "there is no row to describe",
            f"project {project.name!r}",
            "look at all rows: --rows all",
        )
    if project.kind == "panel":
        tables, facts = _panel(frame, project, contract, context)
    else:
        tables, facts = _rows(frame, project, contract)
    kept = {
        name: _rounded(laid_out(name, table, project.keys))
        for name, table in tables.items()
        if table.height
    }
    say = panel_findings if project.kind == "panel" else row_findings
    found = sorted(say(kept, facts, project), key=lambda one: -one.weight)
    told = {
        "project": _project(project),
        "rows": {
            "which": context.rows,
            "n": frame.height,
            "of": context.of,
            "cutoff": None if context.cutoff is None else str(context.cutoff),
        },
        "files": [asdict(file) for file in context.files],
        "facts": facts,
        "findings": [
            {"rank": rank, "about": one.about, "says": one.says, "numbers": dict(one.numbers)}
            for rank, one in enumerate(found, 1)
        ],
        "tables": {
            name: {"rows": table.height, "columns": table.columns, "says": shape(name).says}
            for name, table in kept.items()
        },
    }
    return Eda(told=_plain(told), tables=kept)


def table_of_key(key: str) -> str:
    """Return the name of the table of the values of ``key``, fit for a file.

    >>> table_of_key("Store"), table_of_key("store/id")
    ('top_Store', 'top_store_id')
    """
    return TOP + _NOT_IN_NAMES.sub("_", key)


def _panel(
    frame: pl.DataFrame, project: ProjectSpec, contract: Contract, context: EdaContext
) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Return the tables and facts of a panel."""
    grid = lay_grid(frame, project)
    inside, begins = event_periods(project, grid.dates[0], grid.dates[-1])
    summed = totals(grid, project, inside)
    series = series_table(grid, project)
    tables = {
        **_columns(grid.frame, project, contract, grid),
        "totals": summed,
        "segment_totals": segment_totals(grid, project),
        "by_segment": by_segment(grid, project),
        **{
            table_of_key(name): top(grid, key)
            for key, name in zip(project.keys, key_names(project.keys), strict=True)
        },
        "levels": levels(summed, project.frequency),
        "lengths": lengths(series, len(grid.dates)),
        "series": series,
        "volatility": volatility(series),
        "intermittency": intermittency(series),
        "cold_starts": cold_starts(series, project, context.asked),
        "event_effects": event_effects(summed, begins, project),
        "covariate_effects": covariate_effects(grid, project),
        "extremes": extremes(grid, project, inside),
    }
    return tables, panel_facts(grid, series, project, context)


def _rows(
    frame: pl.DataFrame, project: ProjectSpec, contract: Contract
) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Return the tables and facts of a table of rows."""
    rows = frame.sort(frame.columns).rechunk()
    learnt = [
        name
        for name in number_columns(rows, project)
        if project.columns.get(name) not in {"target", "excluded", "weight", None}
    ]
    tables = {
        **_columns(rows, project, contract, None),
        "by_category": by_category(rows, project),
        "target_by_bin": target_by_bin(rows, learnt, project.target),
        "months": months(rows, project),
        "groups": group_sizes(rows, project),
        "duplicates": duplicates(rows, project, contract.key),
    }
    return tables, {**target_facts(rows[project.target]), **row_facts(rows, project)}


def _columns(
    rows: pl.DataFrame, project: ProjectSpec, contract: Contract, grid: Grid | None
) -> dict[str, pl.DataFrame]:
    """Return the tables that are about columns."""
    numbers = number_columns(rows, project)
    flags = [name for name, kind in rows.schema.items() if kind == pl.Boolean]
    time = project.time if project.timed and project.time in rows.columns else None
    monthly = grid is None or project.frequency == "D"
    return {
        "columns": profile_columns(rows, project, contract),
        "missing_by_period": missing_by_period(rows, time, rows.columns, monthly=monthly),
        "histograms": histograms(rows, numbers),
        "correlations": correlations(
            rows, [*numbers, *flags], None if grid is None else grid.series
        ),
        "pile_ups": pile_ups(rows, numbers),
        "leaks": _leaks(rows, project),
    }


def _leaks(rows: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the table ``leaks``."""
    found = find_leaks(rows, project)
    return pl.DataFrame(
        [(", ".join(one.columns), one.kind, one.share, one.evidence, one.note) for one in found],
        orient="row",
        schema={
            "columns": pl.String,
            "kind": pl.String,
            "share": pl.Float64,
            "evidence": pl.String,
            "note": pl.String,
        },
    )


def _project(project: ProjectSpec) -> Mapping[str, Any]:
    """Return what a reader must know of the declaration."""
    panel = project.kind == "panel"
    return {
        "name": project.name,
        "title": project.title,
        "kind": project.kind,
        "target": project.target,
        "unit": project.unit,
        "keys": list(key_names(project.keys)),
        "time": project.time if project.timed else None,
        "frequency": project.frequency if panel else None,
        "season": project.season if panel else None,
        "horizon": project.horizon if panel else None,
        "segments": list(project.segments),
        "synthetic": project.synthetic is not None,
    }


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` with floats of twelve digits: the last ones depend on the processor."""
    return table.with_columns(
        (pl.col(name).round_sig_figs(_DIGITS).fill_nan(None) + 0.0).alias(name)
        for name, kind in table.schema.items()
        if kind == pl.Float64
    )


def _plain(told: Any) -> Any:
    """Return ``told`` with numbers of twelve digits."""
    if isinstance(told, float):
        return float(f"{told:.{_DIGITS}g}") + 0.0
    if isinstance(told, Mapping):
        return {name: _plain(value) for name, value in told.items()}
    if isinstance(told, Sequence) and not isinstance(told, str):
        return [_plain(value) for value in told]
    return told
