"""What matters to every tabular candidate on the whole: mean sizes of contributions by column."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from foresell.data.hashing import row_hashes
from foresell.models.forests import Forest
from foresell.models.tabular.contributions import Contributions, contributions
from foresell.models.tabular.plain import PlainLearner
from foresell.spec.project import ProjectSpec

ROWS = 800  # of the test, at most
FEWEST = 50  # of the test, where each takes long
COLUMNS = {
    "candidate": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "mean_abs": pl.Float64,
    "mean": pl.Float64,
    "share": pl.Float64,
    "rows": pl.Int64,
}
_STEPS = 1e10  # of TreeSHAP for one candidate: some ten seconds

Note = Callable[[str], None]


def importance_files(
    plain: PlainLearner, frame: pl.DataFrame, project: ProjectSpec, note: Note
) -> dict[str, bytes]:
    """Return ``importance.csv``, ``importance.json`` and ``importance.svg``, of every candidate.

    ``plain``: with the means of its training rows (`with_means`). ``frame``: the raw rows of the
    test, in any order; up to `ROWS` of them are drawn by what they hold and the project's seed,
    fewer for forests so large that it would take minutes. ``note`` is told of both.

    The table has a row a candidate and raw column, as a panel's has: `COLUMNS`, with kind
    ``column``; ``mean_abs`` and ``mean`` of the contributions are in the unit of the target, over
    ``rows`` rows; ``share`` is that of the sum of ``mean_abs``. The JSON has the same with base,
    mean answer and method of each candidate; the picture is of the chosen one.
    """
    rows = drawn(plain, frame, project.seed)
    note(f"taking apart what {len(plain.parts)} candidates say of {rows.height:,} test rows")
    found = candidate_contributions(plain, rows, note)
    table = importance_table(found)
    return {
        "importance.csv": table.write_csv().encode(),
        "importance.json": _told(plain, project, found, table),
        "importance.svg": _picture(plain.chosen, project, table),
    }


def drawn(plain: PlainLearner, frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return at most `ROWS` rows of ``frame`` in the order of a draw that their values decide."""
    order = np.argsort(row_hashes(frame, plain.raw, seed), kind="stable")
    return frame[order[:ROWS]]


def candidate_contributions(
    plain: PlainLearner, rows: pl.DataFrame, note: Note
) -> dict[str, Contributions]:
    """Return the contributions of every part, ensemble and baseline at the first of ``rows``.

    As many as there is time for, the same for equal input on any machine; an ensemble at the rows
    of its members. Chosen first, then in the order of the learner.
    """
    found: dict[str, Contributions] = {}
    for name in plain.parts:
        count = min(rows.height, _affordable(plain, name))
        if count < rows.height:
            note(f"{name}: large trees, explained at {count} of {rows.height} rows")
        found[name] = contributions(plain, name, rows.head(count))
    for name in plain.ensembles:
        weights = plain.weights(name)
        found[name] = _weighed({part: found[part] for part in weights}, weights)
    for name in plain.baselines:
        found[name] = contributions(plain, name, rows)
    return {plain.chosen: found[plain.chosen], **found}


def importance_table(found: Mapping[str, Contributions]) -> pl.DataFrame:
    """Return `COLUMNS`: a row a candidate and column, by candidate, the largest column first."""
    lines: list[dict[str, object]] = []
    for candidate, own in found.items():
        sizes, means = _means(np.abs(own.values)), _means(own.values)
        total = sum(sizes)
        order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], own.columns[at]))
        lines += [
            {
                "candidate": candidate,
                "kind": "column",
                "name": own.columns[place],
                "mean_abs": sizes[place],
                "mean": means[place],
                "share": sizes[place] / total if total > 0 else 0.0,
                "rows": len(own.values),
            }
            for place in order
        ]
    return pl.DataFrame(lines, schema=COLUMNS)


def _means(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
    """Return the mean of each column of (rows, columns), 0 where there are no rows."""
    return [float(own.mean()) if len(own) else 0.0 for own in values.T]


def _affordable(plain: PlainLearner, name: str) -> int:
    """Return at how many rows a part can be explained."""
    core = plain.parts[name].core
    if not isinstance(core, Forest):
        return ROWS
    from foresell.models.tabular.tree_shap import shap_steps  # noqa: PLC0415 - imports LightGBM

    return int(np.clip(_STEPS / shap_steps(core), FEWEST, ROWS))


def _weighed(members: Mapping[str, Contributions], weights: Mapping[str, float]) -> Contributions:
    """Return the weighted sum of ``members`` at the rows that all of them have."""
    rows = min(len(own.values) for own in members.values())
    first = next(iter(members.values()))
    values = np.sum([weights[name] * own.values[:rows] for name, own in members.items()], axis=0)
    base = sum(weights[name] * own.base for name, own in members.items())
    method = "weighted_shap" if len(members) > 1 else first.method
    return replace(first, base=float(base), values=values, method=method)


def _told(
    plain: PlainLearner,
    project: ProjectSpec,
    found: Mapping[str, Contributions],
    table: pl.DataFrame,
) -> bytes:
    """Return the summary as JSON."""
    candidates = {}
    for name, own in found.items():
        lines = table.filter(pl.col("candidate") == name)
        candidates[name] = {
            "method": own.method,
            "rows": len(own.values),
            "base": own.base,
            "mean_prediction": float(own.answers.mean()) if len(own.values) else own.base,
            "columns": lines.select("name", "mean_abs", "mean", "share").to_dicts(),
        }
    content = {
        "project": project.name,
        "target": project.target,
        "unit": project.unit,
        "rows_of": "test",
        "seed": project.seed,
        "chosen": plain.chosen,
        "candidates": candidates,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _picture(candidate: str, project: ProjectSpec, table: pl.DataFrame) -> bytes:
    """Return the picture of one candidate as SVG."""
    from foresell.charts.drawing import render_svg  # noqa: PLC0415 - heavy: when it is drawn
    from foresell.charts.importance import importance_chart  # noqa: PLC0415 - heavy

    own = table.filter(pl.col("candidate") == candidate)
    chart = importance_chart(own, title=candidate, unit=project.unit)
    return render_svg(chart).encode()
