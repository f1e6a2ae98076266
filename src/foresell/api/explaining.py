"""Why a forecast or an answer is what it is: its parts, as numbers and as a picture."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from foresell.api.chosen_model import Which, panel_model
from foresell.api.explaining_rows import Rows, draw_row, explain_project_rows, is_tabular
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.wiring import runs as wiring


def explain(
    project: str,
    where: Mapping[str, object] | None = None,
    *,
    rows: Rows | None = None,
    day: date | str | None = None,
    steps: int | None = None,
    candidate: str | None = None,
    model: Which = None,
    home: str | Path | None = None,
) -> pl.DataFrame:
    """Return forecasts of the last run of ``project``, taken apart: one row a date and named part.

    Of a panel, ``where``: key column -> a value or a list of values, as in ``{"Store": 1}``.
    ``day``: one date of the horizon; ``steps``: so many of its first; by default all of it.
    ``candidate``: any the run has fitted, by default the champion, whose forecast is what
    `foresell.forecast` answers. ``model``: ``prod``, ``staging``, ``latest`` or the number of a
    registered version, instead of the last run. ``home``: where all state lives.

    Key columns, date, ``step``, ``candidate``, ``part``, ``column`` and ``value`` in the unit of
    the target. The values of one series and date sum to its forecast: ``base`` (the year before),
    ``events``, ``growth``, ``known`` (what is planned), ``residual`` (what was learnt beside),
    ``newcomer``, ``floor`` and ``reconciliation``; a part that plays no role is left out.
    ``column`` names the column of the data where a part is told by column, else it is null.

    Of a tabular project, ``where`` names rows of the test by any of their columns or by ``row``,
    their number in the processed layer; or ``rows`` gives one row, as a mapping of its features, or
    several. Key columns, ``row``, ``candidate``, ``part`` (``base``: before any column is known,
    ``column``, and ``floor``), ``column``, ``text`` (the row's own value of it) and ``value``. The
    values of one row sum to its answer.

    A project without a bundle, and a column, value, date or candidate that is not there, are each a
    UsageError.

    Raises:
        UsageError: ``rows`` of a panel; and ``day`` or ``steps`` of a tabular project.
    """
    if is_tabular(project):
        refuse_dates(day, steps)
        return explain_project_rows(project, where, rows, candidate, home, model)
    if rows is not None:
        raise UsageError("a panel explains its own series", "rows", "name series by their keys")
    from foresell.answer.explaining import explain_bundle  # noqa: PLC0415 - heavy

    wanted = {
        name: list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        for name, value in (where or {}).items()
    }
    bundle = panel_model(project, home, model).bundle
    return explain_bundle(bundle, wanted, steps=steps, day=_day(day), candidate=candidate)


def refuse_dates(day: date | str | None, steps: int | None) -> None:
    """Refuse dates ahead, asked of a tabular project.

    Raises:
        UsageError: one of them is given.
    """
    if day is not None or steps is not None:
        raise UsageError(
            "a tabular project has no dates ahead", "date, steps", "name rows by their columns"
        )


def draw_explanation(project: str, found: pl.DataFrame, *, png: bool = False) -> bytes:
    """Return a picture of what `explain` found: SVG on a clear ground, or PNG on paper.

    A row of a tabular project, or one date: a step from each part to the next. More: every part
    through the horizon, below the forecast. Several series are drawn as their sum.
    """
    if "row" in found.columns and is_tabular(project):
        return draw_row(project, found, png=png)
    from foresell.charts.drawing import render_png, render_svg  # noqa: PLC0415 - heavy
    from foresell.charts.explanation import explanation_chart  # noqa: PLC0415 - heavy
    from foresell.charts.theme import PAPER  # noqa: PLC0415 - heavy
    from foresell.charts.waterfall import waterfall_chart  # noqa: PLC0415 - heavy

    _, spec = wiring.declaration(project, read_settings())
    shown = found.rename({spec.time: "date"} if spec.time != "date" else {})
    draw = waterfall_chart if shown["date"].n_unique() == 1 else explanation_chart
    chart = draw(shown, title=series_title(found, spec.keys), unit=spec.unit, titled=True)
    return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()


def series_title(found: pl.DataFrame, keys: tuple[str, ...]) -> str:
    """Return what a table or picture of an explanation is about.

    >>> series_title(pl.DataFrame({"Store": [1, 1], "Dept": [7, 7]}), ("Store", "Dept"))
    'Store 1, Dept 7'
    >>> series_title(pl.DataFrame({"Store": [1, 1], "Dept": [7, 8]}), ("Store", "Dept"))
    'the sum of 2 series, Store 1'
    """
    series = found.select(keys).unique()
    alike = [name for name in keys if series[name].n_unique() == 1]
    named = ", ".join(f"{name} {series[name][0]}" for name in alike)
    if series.height == 1:
        return named
    return f"the sum of {series.height} series" + (f", {named}" if named else "")


def _day(day: date | str | None) -> date | None:
    """Return a date, given as one or as text.

    Raises:
        UsageError: the text is none.
    """
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(f"{day!r} is no date", "date", "write it as 2012-11-02") from error
