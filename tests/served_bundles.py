"""Bundles of toys that answer, made in milliseconds: what a server loads, reloads and refuses."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from foresell.answer.learnt import PLAIN
from foresell.bundle.bundle import Bundle
from foresell.errors import UsageError
from foresell.models.tabular.ranges import RANGES
from foresell.serving.loading import load_served
from foresell.serving.served import Served
from foresell.serving.slots import Shelf, Slot
from foresell.spec.forecast import QUANTILES
from foresell.spec.serving import Live, Place
from tests.small_bundles import small_bundle

ROW: Mapping[str, object] = {
    "day": "2026-02-01",
    "pieces": 3,
    "price": 5.5,
    "gift": True,
    "colour": "red",
}
_BELOW_AND_ABOVE = np.linspace(-9.5, 9.5, len(QUANTILES))

PROJECT = """\
name: {project}
title: A toy shop
kind: tabular
unit: USD
tables:
  - {{name: lines, file: lines.csv}}
columns:
  order: key
  day: feature
  pieces: feature
  price: feature
  gift: feature
  colour: feature
  sales: target
split: {{test_share: 0.2}}
seed: 1
"""
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: {project}
name: {project}
version: 1.0.0
status: active
schema:
  - name: lines
    logicalType: object
    properties:
      - name: order
        logicalType: integer
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: day
        logicalType: date
        required: true
        logicalTypeOptions: {{format: yyyy-MM-dd}}
      - name: pieces
        logicalType: integer
        required: true
        logicalTypeOptions: {{minimum: 1, maximum: 99}}
      - name: price
        logicalType: number
        required: true
        logicalTypeOptions: {{minimum: 0}}
      - {{name: gift, logicalType: boolean, required: true}}
      - {{name: colour, logicalType: string}}
      - {{name: sales, logicalType: number, required: true}}
"""


def answering_bundle(project: str = "toy", answer: float = 100.0, *, passed: bool = True) -> Bundle:
    """Return a whole bundle whose every answer is ``answer``: its champion is one number.

    Its rows have ``day``, ``pieces`` (1 to 99), ``price`` (0 and above), ``gift`` and ``colour``
    (which may be missing); prices from 1 to 50 were seen, and the colours red and blue.
    """
    uncertainty = {
        "method": "residual_quantiles",
        "table": [[_BELOW_AND_ABOVE.tolist()]],
        "edges": [[]],
        "floors": [1.0],
        "rows": 12,
    }
    parts = {
        "ridge": {"encoding": {"categories": [{"column": "colour", "values": ["blue", "red"]}]}}
    }
    told = {
        "chosen": "same",
        "baselines": {"same": answer},
        "uncertainty": {"same": uncertainty},
        "parts": parts,
    }
    ranges = {"pieces": [1, 99], "price": [1.0, 50.0], "day": ["2026-01-01", "2026-06-30"]}
    plain = small_bundle(project, champion="same", passed=passed)
    return replace(
        plain,
        project_text=PROJECT.format(project=project),
        contract_text=CONTRACT.format(project=project),
        model={PLAIN: json.dumps(told).encode(), RANGES: json.dumps(ranges).encode()},
        history=pl.DataFrame(),
    )


def live(version: int = 1, project: str = "toy") -> Live:
    """Return a version of a project as an alias names it."""
    return Live(
        project=project,
        alias="prod",
        version=str(version),
        digest=f"{version:064d}",
        run_id=f"run {version}",
        place=Place(project=project, version=version),
    )


def served(version: int = 1, answer: float = 100.0, project: str = "toy") -> Served:
    """Return a version that is loaded and answers ``answer``."""
    return load_served(answering_bundle(project, answer), live(version, project))


def served_panel(version: int = 1, project: str = "shops") -> Served:
    """Return a version of a panel whose published forecasts are looked up."""
    return load_served(small_bundle(project, kind="panel", weighted=True), live(version, project))


def slot(project: str = "toy", current: Served | None = None) -> Slot:
    """Return the place of a toy in a server, with ``current`` or empty; its shelf has nothing."""

    def nothing(*_: object) -> Live:
        raise UsageError(f"no version of {project!r} is prod", "registry", "promote one")

    def none(_: Live) -> Bundle:
        raise UsageError("there is none", "registry", "register one")

    shelf = Shelf(look=nothing, fetch=none)
    kind = current.spec.kind if current is not None else "tabular"
    return Slot(project=project, kind=kind, shelf=shelf, current=current)
