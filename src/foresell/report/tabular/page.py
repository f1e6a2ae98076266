"""The report of a run of a tabular project as one page, made as a panel's is."""

from collections.abc import Mapping

import polars as pl

from foresell.evaluate.row_diagnostics import by_prediction
from foresell.report import captions as shared_captions
from foresell.report import figures as shared_figures
from foresell.report import tables as shared_tables
from foresell.report.rendering import Fact, Page, check_frames, first_numbers, rendered
from foresell.report.standing import METRICS, Standing, standing
from foresell.report.tabular import captions, figures, tables
from foresell.report.tabular.context import TabularReport
from foresell.report.wording import count

REQUIRED = {
    "rows": ("y", "prediction"),
    "value_added": ("baseline", "metric", "value"),
    "segments": ("segment", "value", "candidate", "wape"),
    "calibration": ("level", "bucket", "observed"),
    "importance": ("candidate", "kind", "name", "share"),
    "folds": ("candidate", "fold", "rmse"),
    "weights": ("member", "weight"),
    "split": ("protocol", "side", "rows", "groups"),
}


def render_tabular(context: TabularReport) -> str:
    """Return the HTML page of a run; see `tabular_page`."""
    return tabular_page(context).html


def tabular_page(context: TabularReport) -> Page:
    """Return the HTML page of a run of a tabular project, and its charts.

    The same context gives the same bytes, as `foresell.report.page.report_page` does.

    A leaderboard with no champion or no metric, or a frame that lacks a column, is a DataError.
    """
    check_frames(context, REQUIRED)
    held = standing(context, (context.ranked_by, *METRICS))
    # Parts of the rows are compared by shares of their actuals, so that small and large ones can
    # be drawn on one scale; the best baseline by that metric may be another one.
    by_share = standing(context)
    bins = by_prediction(_known(context.rows))
    parts = {
        "headline": shared_captions.headline(context, held),
        "standfirst": captions.standfirst(context, held),
        "numbers": key_numbers(context, held),
        "figures": {
            "predicted": figures.predicted(context, bins),
            "errors": figures.errors(context, bins),
            "segments": shared_figures.segments(context, by_share),
            "cut": shared_captions.cut(context, by_share),
            "calibration": [
                figure
                for figure in (
                    shared_figures.reliability(
                        context, "declared bands, and thirds of the predictions"
                    ),
                    figures.coverage(context, held),
                )
                if figure
            ],
            "folds": figures.folds(context, held),
            "importance": figures.importance(context, held),
        },
        "tables": _tables(context, held),
        "says": _sentences(context, by_share),
        "compared": by_share,
        "settings": _settings(context),
    }
    return rendered("tabular.html", context, held, parts)


def key_numbers(report: TabularReport, held: Standing) -> list[Fact]:
    """Return the four or five numbers a reader takes away."""
    groups = report.facts.groups
    judged = Fact(
        value=count(report.facts.rows),
        label="rows judged",
        note=f"of {count(groups, 'group')}" if groups else "",
    )
    return [*first_numbers(report, held, tables.first_numbers(report)), judged]


def _known(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose truth and prediction are finite."""
    if rows.is_empty():
        return rows
    both = pl.col("y", "prediction").is_finite().fill_null(value=False)
    return rows.filter(pl.all_horizontal(both))


def _tables(report: TabularReport, held: Standing) -> dict[str, shared_tables.Table | None]:
    """Return every table of the page by its name."""
    board = report.other
    return {
        "leaderboard": tables.leaderboard(report, report.leaderboard, report.facts.protocol),
        "other": tables.leaderboard(report, board.leaderboard, board.title) if board else None,
        "value_added": shared_tables.value_added(report),
        "intervals": shared_tables.intervals(
            report, held, report.facts.protocol, report.facts.unit
        ),
        "segments": shared_tables.segments(report, held),
        "covered": tables.covered(report, held),
        "weights": tables.weights(report),
        "folds": tables.folds(report, held),
        "importance": tables.importance(report, held),
        "rules": shared_tables.rules(report.data),
        "split": tables.split(report),
    }


def _sentences(report: TabularReport, by_share: Standing) -> dict[str, str]:
    """Return the sentences above a group of figures or a table."""
    return {
        "first": report.facts.answers,
        "other": captions.other(report),
        "segments": (
            "" if report.segments.is_empty() else shared_captions.segments(report, by_share)
        ),
        "weights": "" if report.weights.is_empty() else captions.weights(report),
    }


def _settings(report: TabularReport) -> Mapping[str, str]:
    """Return what the search found for each candidate, as one line."""
    return {
        name: ", ".join(f"{key} {_value(value)}" for key, value in sorted(found.items()))
        for name, found in sorted(report.settings.items())
        if found
    }


def _value(value: object) -> str:
    """Return a setting as it is shown: four digits of a fraction.

    >>> _value(0.123456), _value(300), _value(True)
    ('0.1235', '300', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)
