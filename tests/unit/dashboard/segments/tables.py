"""Builders: what a run leaves of a table, by the writers of a run, without a run."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from foresell.adapters.projects import read_declaration
from foresell.adapters.store import MemoryStore
from foresell.contracts.contract import parse_contract
from foresell.contracts.headers import dropped_columns
from foresell.contracts.reading import read_table
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.evaluate.protocols import row_protocols
from foresell.evaluate.row_truth import row_truth
from foresell.features.threads import one_thread
from foresell.pipeline.judgement import Case, judge_case
from foresell.risks.assessment import Asked, assess
from foresell.risks.document import document, document_bytes
from foresell.spec.forecast import QUANTILES, quantile_columns
from foresell.spec.reading import parse_project
from tests.dashboard_site import memory_shown
from tests.tabular_files import district_files, order_files, order_lines
from tests.unit.risks.segments import project as shipped
from tests.unit.risks.segments import seasonal_months, usa

CHAMPION, BASELINES = "ridge", ("mean", "median")
Files = dict[tuple[str, str], bytes]


@cache
def declared(name: str, **changes: Any) -> Declared:
    """The declaration of a shipped project."""
    texts = read_declaration(name, ())
    spec = parse_project(texts.project_text, name)
    contract = parse_contract(texts.contract_text, name)
    return Declared(spec=replace(spec, **changes), contract=contract, where=texts.where)


@cache
def layer(name: str) -> pl.DataFrame:
    """Small rows of a project, typed as its contract says."""
    told = declared(name)
    raw = order_files(order_lines(40)) if name == "sales_orders" else district_files(120)
    content = next(iter(raw.values()))
    dropped = dropped_columns(told.contract, told.spec.cleaning)
    return read_table(content, told.spec.tables[0], told.contract, dropped)


def judged_files(name: str, frame: pl.DataFrame | None = None) -> Files:
    """What `evaluate` and `train` leave: the truth, a champion 5 % too high or so, means."""
    told = declared(name)
    rows = layer(name) if frame is None else frame
    spec, store, files = told.spec, MemoryStore(), dict[tuple[str, str], bytes]()
    key = tuple(one for one in told.contract.key if one in spec.columns)
    summaries: dict[str, Any] = {}
    for place, protocol in enumerate(row_protocols(spec)):
        tested = pl.Series([(at + place) % 3 == 0 for at in range(rows.height)])
        truth = row_truth(rows, tested, spec, key)
        said = forecasts(truth, key)
        case = Case(
            protocol=protocol,
            truth=truth,
            forecasts=said,
            champion=CHAMPION,
            baselines=BASELINES,
        )
        _, summaries[protocol.name] = judge_case(case, spec, store)
        store.write_frame(f"{protocol.folder}truth.parquet", truth)
        for candidate, answers in said.items():
            kept = MemoryStore()
            kept.write_frame("one", answers)
            output = "baselines" if candidate in BASELINES else "predictions"
            files[output, f"{protocol.folder}{candidate}.parquet"] = kept.files["one"]
    store.write_bytes("test.json", json.dumps({"protocols": summaries}).encode())
    return files | {("evaluation", file): content for file, content in store.files.items()}


def forecasts(truth: pl.DataFrame, key: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """Answers to the rows of ``truth``, as files of predictions hold them."""
    drawn = np.random.default_rng(7)
    y = truth["y"].to_numpy()
    size = float(np.abs(y).mean())
    guesses = {
        CHAMPION: 1.05 * y + 0.05 * size * drawn.standard_normal(len(y)),
        "mean": np.full(len(y), float(y.mean())),
        "median": np.full(len(y), float(np.median(y))),
    }
    return {
        name: truth.select(*key, "row").with_columns(
            prediction=pl.Series(guess),
            **{
                column: pl.Series(guess + (level - 0.5) * 0.3 * size)
                for level, column in zip(QUANTILES, quantile_columns(), strict=True)
            },
        )
        for name, guess in guesses.items()
    }


@cache
def assessed(count: int, steps: int = 3, *, last: float | None = None) -> Mapping[str, Any]:
    """What `foresell risk` tells of ``count`` months of orders, as its file holds it."""
    months = seasonal_months(count)
    if last is not None:
        months[-1] = last
    with one_thread():
        found = assess(usa(months), shipped("sales_orders"), Asked(forecast_steps=steps))
        told: Mapping[str, Any] = json.loads(document_bytes(document(found, {"synthetic": False})))
    return told


def risk_files(*documents: Mapping[str, Any], absent: str = "") -> Files:
    """What the stage `risk` leaves of these documents; ``absent``: a country that no row has."""
    listed: list[dict[str, Any]] = [
        {"segment": one["segment"], "available": True, "name": one["name"], "told": one["told"]}
        for one in documents
    ]
    if absent:
        why = f"no row has COUNTRY={absent}; known: USA"
        listed.append({"segment": {"COUNTRY": absent}, "available": False, "reason": why})
    files = {("segment_risk", f"{one['name']}.json"): document_bytes(one) for one in documents}
    return files | {("segment_risk", "risk.json"): json.dumps({"segments": listed}).encode()}


def shown_of(name: str, files: Files, **changes: Any) -> Shown:
    """A tabular project over these files, as it is declared but for ``changes``."""
    return memory_shown(name, "tabular", files, declared=lambda: declared(name, **changes))
