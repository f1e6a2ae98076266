"""Why rows of a tabular project are answered as they are, and what matters on the whole."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.api.chosen_model import Which, chosen_model
from foresell.api.given_rows import listed_rows
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError, nearest
from foresell.evaluate.row_truth import ROW
from foresell.pipeline.layer import learning_columns, read_layer, read_row_splits
from foresell.settings import read_settings
from foresell.spec.commands import run_command
from foresell.spec.project import ProjectSpec
from foresell.wiring import runs as wiring

if TYPE_CHECKING:
    from foresell.api.predicting import Answered

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]

SUMMARY = "importance.json"  # of ``predictions``


def is_tabular(project: str) -> bool:
    """Return whether ``project`` answers rows; otherwise it forecasts dates."""
    return wiring.declaration(project, read_settings())[1].kind == "tabular"


def explain_project_rows(
    project: str,
    where: Mapping[str, object] | None,
    rows: Rows | None,
    candidate: str | None,
    home: str | Path | None,
    model: Which = None,
) -> pl.DataFrame:
    """Return answers of one bundle, taken apart; see `foresell.api.explaining.explain`.

    ``rows``: one row as a mapping of its features, or several; without them the rows of the test
    that ``where`` names. These are rows of the last run's test, which an older or newer version may
    have learnt from.

    Raises:
        UsageError: both are given.
    """
    from foresell.answer.choosing_rows import choose_rows  # noqa: PLC0415 - heavy
    from foresell.answer.explaining_rows import explain_rows  # noqa: PLC0415 - heavy

    bundle = chosen_model(project, home, model).bundle
    if rows is not None:
        if where:
            raise UsageError(
                "these rows are given, and no others are chosen", "where", "leave one of them out"
            )
        from foresell.api.predicting import predict_rows  # noqa: PLC0415 - ONNX Runtime

        answered = predict_rows(project, listed_rows(rows), model=model, home=home)
        return explain_rows(bundle, answered.rows, candidate=candidate)
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = wiring.declaration(project, settings)
    place = wiring.workspace(project, settings)
    key = [name for name in contract.key if name in spec.columns]
    columns = tuple(dict.fromkeys((*key, *learning_columns(spec))))
    layer = read_layer(place.output("processed"), columns).with_row_index(ROW)
    split = next(iter(read_row_splits(place.output("splits")).values()))
    tested = layer.filter(pl.Series(split.side("test")))
    chosen = choose_rows(tested, where or {}, contract)
    return explain_rows(bundle, chosen, candidate=candidate, names=key)


def importance(
    project: str, *, candidate: str | None = None, home: str | Path | None = None
) -> pl.DataFrame:
    """Return what matters to the candidates of the last run of a tabular project, on the whole.

    One row a candidate and column of the data, largest first: ``candidate``, ``kind``, ``name``,
    ``mean_abs`` and ``mean`` of its contributions in the unit of the target, ``share`` of the sum
    of ``mean_abs``, and ``rows``, how many rows of the test that is the mean of. Of the model that
    was judged: it never saw these rows. ``candidate``: only this one; by default all.

    Raises:
        UsageError: the project is a panel or was not run, or has no such candidate.
    """
    told = summary(project, home=home)
    known = told["candidates"]
    if candidate is not None and candidate not in known:
        raise UsageError(
            f"there is no candidate {candidate!r}", "candidate", nearest(candidate, known)
        )
    return pl.DataFrame([
        {
            "candidate": name,
            "kind": "column",
            **{word: column[word] for word in ("name", "mean_abs", "mean", "share")},
            "rows": one["rows"],
        }
        for name, one in known.items()
        if candidate in {None, name}
        for column in one["columns"]
    ])


def summary(project: str, *, home: str | Path | None = None) -> dict[str, Any]:
    """Return `importance` as its JSON tells it, with base, mean answer and method of each.

    Raises:
        UsageError: the project is a panel or was not run.
    """
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = wiring.declaration(project, settings)
    _refuse_panel(spec)
    place = wiring.workspace(project, settings)
    if place.record("train") is None:
        raise UsageError(
            f"the project {project!r} has learnt nothing yet",
            str(place.root),
            f"run it first: {run_command(spec)}",
        )
    told: dict[str, Any] = json.loads(place.output("predictions").read_bytes(SUMMARY))
    return told


def _refuse_panel(spec: ProjectSpec) -> None:
    """Refuse a panel, whose parts are told by series and date.

    Raises:
        UsageError: it is one.
    """
    if spec.kind == "panel":
        raise UsageError(
            f"the project {spec.name!r} is a panel: what matters stands in its report",
            f"project {spec.name!r}",
            "see evaluation/importance.csv of its run",
        )


def draw_importance(project: str, found: pl.DataFrame, *, png: bool = False) -> bytes:
    """Return a picture of `importance` of one candidate: SVG on a clear ground, or PNG on paper.

    Raises:
        UsageError: there are several candidates in it.
    """
    from foresell.charts.importance import importance_chart  # noqa: PLC0415 - heavy

    names = found["candidate"].unique().to_list()
    if len(names) != 1:
        raise UsageError(
            f"a picture is of one candidate, and here are {len(names)}",
            "candidate",
            "name one of them",
        )
    chart = importance_chart(found, title=names[0], unit=_unit(project))
    return _drawn(chart, png=png)


def draw_row(project: str, found: pl.DataFrame, *, png: bool = False) -> bytes:
    """Return a picture of the way from the base to the answer of one row: SVG or PNG.

    ``found``: as `foresell.explain` returns it.

    Raises:
        UsageError: there are several rows in it.
    """
    if (rows := found["row"].n_unique()) != 1:
        raise UsageError(
            f"a picture is of one row, and here are {rows:,}",
            "where",
            f"name one, as in row={found['row'][0]}",
        )
    return _way(project, found, row_title(found), png=png)


def draw_answered(project: str, answered: "Answered", *, png: bool = False) -> bytes:
    """Return a picture of the way from the base to the one answer of `predict_rows`: SVG or PNG.

    Raises:
        UsageError: there are several answers in it.
    """
    from foresell.answer.explaining_rows import explain_rows  # noqa: PLC0415 - heavy

    if (rows := answered.rows.height) != 1:
        raise UsageError(
            f"a picture is of one row, and here are {rows:,}", "answered", "ask for one row"
        )
    found = explain_rows(answered.bundle, answered.rows)
    return _way(project, found, f"{project}, by {found['candidate'][0]}", png=png)


def _way(project: str, found: pl.DataFrame, title: str, *, png: bool) -> bytes:
    """Return the picture of one row."""
    from foresell.charts.waterfall import row_waterfall_chart  # noqa: PLC0415 - heavy

    chart = row_waterfall_chart(found, title=title, unit=_unit(project), titled=True)
    return _drawn(chart, png=png)


def row_title(found: pl.DataFrame) -> str:
    """Return what the explanation of one row is about: its key, or its number.

    >>> row_title(pl.DataFrame({"order": [7], "line": [2], "row": [5], "candidate": ["ridge"]}))
    'order 7, line 2'
    """
    key = found.columns[: found.columns.index(ROW)]
    return ", ".join(f"{name} {found[name][0]}" for name in key or (ROW,))


def _unit(project: str) -> str:
    """Return the unit of the target."""
    return wiring.declaration(project, read_settings())[1].unit


def _drawn(chart: dict[str, Any], *, png: bool) -> bytes:
    """Return a chart as a picture."""
    from foresell.charts.drawing import render_png, render_svg  # noqa: PLC0415 - heavy
    from foresell.charts.theme import PAPER  # noqa: PLC0415 - heavy

    return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()
