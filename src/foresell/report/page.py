"""The report of a run as one self-contained page: no script, no address, no clock."""

from foresell.report import added, captions, figures, insides, tables, wording
from foresell.report.context import RunReport
from foresell.report.rendering import Fact, Page, check_frames, first_numbers, rendered
from foresell.report.standing import Standing, standing

REQUIRED = {
    "one_step": ("candidate", "kind", "champion"),
    "value_added": ("baseline", "metric", "value"),
    "value_added_by": ("by", "value", "n", "wape", "baseline_wape", "saved", "value_added"),
    "totals": ("date", "y", "prediction"),
    "by_step": ("candidate", "step", "wape"),
    "segments": ("segment", "value", "candidate", "wape"),
    "calibration": ("level", "bucket", "observed"),
    "residuals": ("error",),
    "folds": ("cutoff", "candidate", "wape"),
    "weights": ("bucket", "member", "weight"),
    "events": ("date", "name"),
    "levels": ("level", "forecast", "wape"),
    "importance": ("candidate", "kind", "name", "share"),
}


def render_report(context: RunReport) -> str:
    """Return the HTML page of a run; see `report_page`."""
    return report_page(context).html


def report_page(context: RunReport) -> Page:
    """Return the HTML page of a run, and its charts.

    The same context gives the same bytes: nothing is read but the context and the templates that
    ship with the package. The page loads nothing from anywhere and needs no script.

    A leaderboard with no champion or no metric, or a frame that lacks a column, is a DataError.
    """
    check_frames(context, REQUIRED)
    held = standing(context)
    parts = {
        "headline": captions.headline(context, held),
        "standfirst": captions.standfirst(context, held),
        "numbers": key_numbers(context, held),
        "figures": _figures(context, held),
        "tables": _tables(context, held),
        "says": _sentences(context, held),
    }
    return rendered("panel.html", context, held, parts)


def key_numbers(report: RunReport, held: Standing) -> list[Fact]:
    """Return the four or five numbers a reader takes away."""
    names = {
        held.metric: tables.METRICS[held.metric].title,
        "bias": "bias, as a share of actuals",
        "coverage_80": "of the truth inside the 80\u00a0% band",
    }
    return [
        *first_numbers(report, held, names),
        Fact(
            value=wording.count(report.facts.rows),
            label="forecasts judged",
            note=f"{report.facts.series:,} series",
        ),
    ]


def _figures(report: RunReport, held: Standing) -> dict[str, object]:
    """Return every figure of the page by its name; None or an empty list where there is none."""
    residuals = figures.residuals(report.residuals, report.residual_unit, report.residual_share_of)
    return {
        "total": figures.total(report, held),
        "samples": figures.samples(report),
        "events": figures.events(report),
        "by_step": figures.by_step(report, held),
        "segments": figures.segments(report, held),
        "cut": captions.cut(report, held),
        "calibration": [
            figure for figure in (figures.reliability(report), *figures.coverage(report)) if figure
        ],
        "errors": [figure for figure in (residuals, figures.bias(report)) if figure],
        "folds": figures.folds(report, held),
        "gains": added.gain_figures(report),
    }


def _tables(report: RunReport, held: Standing) -> dict[str, tables.Table | None]:
    """Return every table of the page by its name."""
    return {
        "leaderboard": tables.leaderboard(report, held),
        "one_step": tables.one_step(report, held),
        "intervals": tables.intervals(report, held),
        "losses": added.losses(report),
        "hierarchy": insides.levels(report),
        "parts": insides.importance(report, held, "part"),
        "columns": insides.importance(report, held, "column"),
        "value_added": tables.value_added(report),
        "weights": insides.weights(report),
        "segments": tables.segments(report, held),
        "rules": tables.rules(report.data),
        "levels": tables.counted(
            report.data.levels,
            ["level", "n"],
            "What each delivered row was answered from.",
            "Level",
        ),
    }


def _sentences(report: RunReport, held: Standing) -> dict[str, str]:
    """Return the sentences above a group of figures or a table."""
    return {
        "segments": "" if report.segments.is_empty() else captions.segments(report, held),
        "weights": "" if report.weights.is_empty() else captions.weights(report),
        "added": "" if report.value_added_by.is_empty() else added.says(report, held),
        **captions.protocols(report, held),
    }
