"""Small valid bundles of a toy project, by knobs: what a registry keeps, without training anything.

All of a bundle agrees with itself: its leaderboard and its gate are judged from errors as large as
the knobs say, and ``judged`` holds predictions with exactly these errors.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from foresell.adapters.store import MemoryStore
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.evaluate.gate import judge
from foresell.evaluate.metrics import Rows, Score, score
from foresell.spec.forecast import quantile_columns

Kind = Literal["tabular", "panel"]

_TABULAR = """\
name: {project}
title: A toy
kind: tabular
unit: USD
tables:
  - {{name: lines, file: lines.csv}}
columns:
  order: key
  pieces: feature
  price: feature
{weight}  sales: target
split: {{test_share: 0.2}}
seed: {seed}
"""
_PANEL = """\
name: {project}
title: A toy
kind: panel
unit: USD
tables:
  - {{name: weeks, file: weeks.csv}}
columns:
  shop: key
  week: time
{weight}  sales: target
frequency: W-FRI
horizon: 4
season: 4
split: {{test: 4, validation: [4]}}
seed: {seed}
"""
_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {project}
name: {project}
version: {version}
status: active
schema:
  - name: {table}
    logicalType: object
    properties:
"""
_COLUMNS: Mapping[Kind, str] = {
    "tabular": """\
      - {name: order, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: pieces, logicalType: integer, required: true}
      - {name: price, logicalType: number, required: true}
""",
    "panel": """\
      - {name: shop, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - name: week
        logicalType: date
        required: true
        primaryKey: true
        primaryKeyPosition: 2
        logicalTypeOptions: {format: yyyy-MM-dd}
""",
}
_WEIGHTS: Mapping[Kind, tuple[str, str, str]] = {  # in columns, in the contract, and at the end
    "tabular": ("  counts: weight\n", "counts, logicalType: number", ""),
    "panel": (
        "  festive: known_future\n",
        "festive, logicalType: boolean",
        "holiday_weight: {column: festive, value: 5.0}\n",
    ),
}


def small_bundle(
    project: str = "toy",
    *,
    kind: Kind = "tabular",
    seed: int = 1,
    passed: bool = True,
    error: float | None = None,
    baseline_error: float = 10.0,
    champion: str = "ridge",
    approval: bool = False,
    override: str | None = None,
    weighted: bool = False,
    rows: int = 12,
    contract_version: str = "1.0.0",
    judged: pl.DataFrame | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Bundle:
    """Return a whole bundle of ``project``; equal knobs give equal bytes, another seed others.

    ``error``: how far the champion is off, in every judged row, up and down in turn; by default 8,
    or 12.5 where it has not ``passed``. ``baseline_error``: the same of the one baseline, ``mean``.
    ``approval``: the project demands one. ``weighted``: it decides on RMSE and WMAE. ``judged``:
    that frame instead of the own one. ``metadata``: keys to be put over the own ones.
    """
    own = error if error is not None else 8.0 if passed else 12.5
    frame = judged if judged is not None else judged_rows(own, kind=kind, rows=rows)
    if weighted and "weight" not in frame.columns:
        frame = frame.with_columns(weight=pl.Series(np.resize([1.0, 5.0], frame.height)))
    project_text, contract_text = small_texts(
        project,
        kind=kind,
        approval=approval,
        weighted=weighted,
        version=contract_version,
        seed=seed,
    )
    scored = judged_rows(own, kind=kind, rows=rows) if frame.is_empty() else frame
    board = [
        _standing(champion, "candidate", own, scored),
        _standing("mean", "baseline", baseline_error, scored),
    ]
    board.sort(key=lambda row: (row["rmse"], row["candidate"]))
    metrics = ("rmse", "wmae" if weighted else "mae")
    verdict = judge(pl.DataFrame(board), champion, metrics).to_json()
    protocol = "held-out" if kind == "tabular" else "frozen"
    scores = next(row for row in board if row["candidate"] == champion)
    told: dict[str, Any] = {
        "project": project,
        "kind": kind,
        "target": "sales",
        "unit": "USD",
        "preset": "fast",
        "champion": champion,
        "features": [{"name": name, "role": "feature"} for name in ("pieces", "price")],
        "parameters": {champion: {"penalty": float(seed)}},
        "scores": scores,
        "protocols": {protocol: {"champion": champion, "scores": scores, "verdict": verdict}},
        "leaderboard": {protocol: board},
        "gate": {**verdict, "override": override},
        "result_id": hashlib.sha256(f"{project} {seed} {own}".encode()).hexdigest()[:16],
        "data": {
            "synthetic": True,
            "files": [{"name": "lines.csv", "bytes": 100, "sha256": "ab" * 32, "rows": rows}],
        },
        "rows": rows,
        "contract_version": contract_version,
        "contract_sha256": hashlib.sha256(contract_text.encode()).hexdigest(),
        "libraries": {"python": "3.11.15", "polars": "2.1.0"},
        "seed": seed,
    }
    if kind == "panel":
        told |= {"judged_cutoff": "2026-01-02", "refit_cutoff": "2026-01-30", "series": 3}
    return Bundle(
        metadata=told | dict(metadata or {}),
        project_text=project_text,
        contract_text=contract_text,
        model={"learner.json": f'{{"seed": {seed}}}'.encode(), "ridge/weights.txt": b"1 2 3\n"},
        history=weeks(weighted=weighted)
        if kind == "panel"
        else pl.DataFrame({"order": [1, 2], "sales": [1.5, None]}),
        asked=pl.DataFrame(),
        judged=frame,
        published=published_weeks(seed, weighted=weighted) if kind == "panel" else pl.DataFrame(),
    )


def weeks(*, weighted: bool = False) -> pl.DataFrame:
    """Return what three shops sold in the eight weeks to 2026-01-30; the last one closed early."""
    fridays = [date(2026, 1, 30) - timedelta(weeks=7 - place) for place in range(8)]
    rows = [(shop, day) for shop in range(3) for day in fridays[: 5 if shop == 2 else 8]]
    frame = pl.DataFrame(rows, schema={"shop": pl.Int64, "week": pl.Date}, orient="row")
    frame = frame.with_columns(sales=pl.Series(np.arange(len(rows)) * 1.25 + 100))
    return frame.with_columns(festive=pl.lit(value=False)) if weighted else frame


def published_weeks(seed: int = 1, *, weighted: bool = False) -> pl.DataFrame:
    """Return the published forecasts of the three shops of `weeks`, four weeks each."""
    rows = [
        (shop, date(2026, 1, 30) + timedelta(weeks=step))
        for shop in range(3)
        for step in (1, 2, 3, 4)
    ]
    frame = pl.DataFrame(rows, schema={"shop": pl.Int64, "week": pl.Date}, orient="row")
    point = np.arange(len(rows)) * 2.5 + 100 * seed
    return frame.with_columns(
        pl.lit(value=True).alias("by_default"),
        *([pl.Series("planned_festive", [False, True] * 6)] if weighted else []),
        pl.Series("prediction", point),
        *(pl.Series(name, point + at - 5) for at, name in enumerate(quantile_columns())),
        pl.lit("conformal_intervals").alias("interval_method"),
        pl.lit("series").alias("level_used"),
    )


def small_texts(
    project: str = "toy",
    *,
    kind: Kind = "tabular",
    approval: bool = False,
    weighted: bool = False,
    version: str = "1.0.0",
    seed: int = 1,
) -> tuple[str, str]:
    """Return ``project.yaml`` and ``contract.yaml`` of the toy: both parse."""
    column, described, end = _WEIGHTS[kind] if weighted else ("", "", "")
    declared = (_TABULAR if kind == "tabular" else _PANEL).format(
        project=project, weight=column, seed=seed
    )
    contract = _CONTRACT.format(
        project=project, version=version, table="lines" if kind == "tabular" else "weeks"
    )
    contract += _COLUMNS[kind]
    if weighted:
        contract += f"      - {{name: {described}, required: true}}\n"
    contract += "      - {name: sales, logicalType: number, required: true}\n"
    return declared + end + ("registry: {approval: true}\n" if approval else ""), contract


def judged_rows(
    error: float = 8.0, *, kind: Kind = "tabular", rows: int = 12, first: int = 1
) -> pl.DataFrame:
    """Return predictions beside the truth: up and down by ``error`` in turn.

    ``first``: the first order, or the first week after 2026-01-02, of ``rows`` in a row; a panel
    has three shops. Equal rows have equal truth, whatever ``error`` and ``first`` are. The band is
    12 wide on both sides, so that it covers the truth where ``error`` is below that.
    """
    places = np.arange(first, first + rows)
    if kind == "tabular":
        names = {"order": pl.Series(places, dtype=pl.Int64)}
    else:
        weeks = [date(2026, 1, 2) + timedelta(weeks=int(place) // 3) for place in places]
        names = {
            "shop": pl.Series(places % 3, dtype=pl.Int64),
            "week": pl.Series(weeks, dtype=pl.Date),
        }
    truth = 100.0 + 7.0 * (places % 5)
    said = truth + np.where(places % 2 == 0, error, -error)
    return pl.DataFrame({
        **names,
        "y": truth,
        "prediction": said,
        "q0.1": said - 12.0,
        "q0.9": said + 12.0,
    })


def stored(bundle: Bundle) -> MemoryStore:
    """Return the files of a bundle, its checksums among them."""
    store = MemoryStore()
    write_bundle(bundle, store)
    return store


def _standing(name: str, kind: str, error: float, judged: pl.DataFrame) -> dict[str, Any]:
    """Return the row of a leaderboard of one that is off by ``error`` in every row."""
    truth = judged["y"].to_numpy()
    weights = judged["weight"].to_numpy() if "weight" in judged.columns else None
    signs = np.resize([-1.0, 1.0], len(truth))
    found: Score = score(Rows(truth=truth, prediction=truth + error * signs, weights=weights))
    return {"candidate": name, "kind": kind, **found.to_json()}
