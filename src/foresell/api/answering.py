"""Answer from what a run left behind or registered: forecasts, sums, what-ifs, a submission."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from foresell.api.chosen_model import Which, panel_model, refuse_failed
from foresell.errors import UsageError, nearest
from foresell.settings import read_settings
from foresell.spec.reading import parse_project
from foresell.wiring import runs as wiring


def forecast(
    project: str,
    *,
    rows: str | Path | pl.DataFrame | None = None,
    set: Mapping[str, object] | None = None,  # noqa: A002 - as the option is called
    where: Mapping[str, object] | None = None,
    first: str | date | None = None,
    last: str | date | None = None,
    level: str | None = None,
    nonnegative: bool = False,
    model: Which = None,
    home: str | Path | None = None,
) -> pl.DataFrame:
    """Answer rows from the bundle of the last run of ``project``, or from a registered version.

    ``rows``: a CSV or Parquet file or a frame with the key columns and the date, and any
    known-future covariates; by default the rows the project asks for. ``where``: only those of the
    series whose key or static columns have these values (one, or a list of them). Returns the rows
    in their order: key columns and date as they came, then ``prediction``, ``q0.025`` ...
    ``q0.975`` (all finite, in the unit of the target), ``interval_method`` and ``level_used``.

    ``set``: what if known-future columns had these values, in the series of ``where``, from day
    ``first`` to ``last``. Then the rows have ``prediction_planned``, ``effect`` and ``changed`` as
    well; see `foresell.answer.what_if`.

    ``level``: the sums of the rows at a declared level (``Store``, ``Type x Dept``, ``total``)
    and date instead, with quantiles of their own; see `foresell.answer.levels`. ``nonnegative``: no
    answer is below 0, whatever the project says; sums are those of the rows all the same.

    ``model``: ``prod``, ``staging``, ``latest`` or the number of a registered version, which
    answers instead of the last run once all its bytes were verified.

    A model that failed the gate, and that nobody gave a reason to use, is a ``GateError``.

    Raises:
        UsageError: ``first`` or ``last`` without ``set``, a day that is none, a column or value of
            ``where`` that is none, or a level that is none or asked for beside ``set``.
    """
    from foresell.answer.choosing import choose  # noqa: PLC0415 - heavy
    from foresell.answer.reach import default_rows  # noqa: PLC0415 - heavy
    from foresell.answer.rows import answer  # noqa: PLC0415 - heavy

    chosen = panel_model(project, home, model)
    refuse_failed(chosen)
    bundle = chosen.bundle
    asked = default_rows(bundle)[0] if rows is None else wiring.read_rows(rows, bundle)
    if set:
        if level is not None or nonnegative:
            raise UsageError(
                "a what-if is answered row by row, as the project says",
                "level, nonnegative",
                "leave them out, or plan nothing else",
            )
        from foresell.answer.what_if import Change, what_if  # noqa: PLC0415 - heavy

        days = (_day(first, "first"), _day(last, "last"))
        change = Change(values=set, where=where or {}, first=days[0], last=days[1])
        return what_if(bundle, asked, change)
    if first is not None or last is not None:
        raise UsageError(
            "these are days of a change, and nothing is changed",
            "first, last",
            "say what is planned instead, as in set={'promotion': 1}",
        )
    if where:
        asked = choose(bundle, asked, where)
    if level is None:
        return answer(bundle, asked, nonnegative=nonnegative)
    from foresell.answer.levels import answer_levels, wanted_levels  # noqa: PLC0415 - heavy

    wanted_levels(parse_project(bundle.project_text, "bundle/project.yaml"), level)
    return answer_levels(bundle, answer(bundle, asked, nonnegative=nonnegative), level, asked)


def _day(given: str | date | None, option: str) -> date | None:
    """Return the day that is meant.

    Raises:
        UsageError: it is none.
    """
    if given is None or isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"{given!r} is no day", option, "write it as 2024-12-31") from error


def unanswered(
    project: str, *, model: Which = None, home: str | Path | None = None
) -> pl.DataFrame:
    """Return the rows the source of ``project`` asked for that its bundle cannot answer.

    Key columns, date, known-future covariates and ``reason``; no rows as a rule. ``model``: as
    `forecast` takes it.
    """
    from foresell.answer.reach import default_rows  # noqa: PLC0415 - heavy: only when it answers

    return default_rows(panel_model(project, home, model).bundle)[1]


def unplanned(
    project: str,
    rows: str | Path | pl.DataFrame,
    *,
    model: Which = None,
    home: str | Path | None = None,
) -> dict[str, int]:
    """Return the plan columns that some of ``rows`` do not tell, with how many rows.

    Those that are known in advance and that the contract requires; their usual value of the series
    is taken. ``rows``, ``model``: as `forecast` takes them.
    """
    from foresell.answer.rows import Answering  # noqa: PLC0415 - heavy: only when it answers

    bundle = panel_model(project, home, model).bundle
    return Answering(bundle).untold(wiring.read_rows(rows, bundle))


def unit(project: str) -> str:
    """Return the unit of the target of ``project``; empty where it declares none."""
    return wiring.declaration(project, read_settings())[1].unit


def submission(project: str, answered: pl.DataFrame) -> pl.DataFrame:
    """Return ``answered`` in the two columns the project's ``asked`` section names.

    Raises:
        UsageError: the project declares no such form, or these are no rows but sums or parts.
    """
    _, spec = wiring.declaration(project, read_settings())
    if spec.asked is None or spec.asked.id is None:
        raise UsageError(
            f"the project {project!r} declares no submission form",
            "project.yaml, asked.id",
            "add asked: {id: '{key}_{date}', id_column: ..., value_column: ...}",
        )
    if "rows" in answered.columns and "level_used" not in answered.columns:
        raise UsageError(
            "a submission has a line a row, and these are sums of rows",
            f"project {project!r}, level",
            "leave out the level, or the submission",
        )
    names = [part.split("}")[0] for part in spec.asked.id.split("{")[1:]]
    for name in names:
        if name not in answered.columns:
            raise UsageError(
                f"asked.id names {name!r}", "project.yaml", nearest(name, answered.columns)
            )
    template = spec.asked.id
    for name in names:
        template = template.replace("{" + name + "}", "{}")
    return answered.select(
        pl.format(template, *names).alias(spec.asked.id_column),
        pl.col("prediction").alias(spec.asked.value_column),
    )
