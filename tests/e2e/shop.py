"""A small table with one candidate, its declaration, its data and its registry, in one folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from foresell.govern.registry import Registry, read_state
from foresell.settings import read_settings
from foresell.spec.registry import State
from foresell.wiring.registry import registry
from tests.builders import write_files
from tests.e2e.command import Foresell, Ran
from tests.tabular_files import order_files, order_lines

PROJECT = "sales_orders"
LINES = order_lines(80)


@dataclass
class Shop:
    """A small table with one candidate, and the command line in its folder."""

    folder: Path
    command: Foresell

    def declare(self, **more: Any) -> None:
        shipped = files("foresell").joinpath("projects", PROJECT)
        text = yaml.safe_load(shipped.joinpath("project.yaml").read_text("utf-8"))
        del text["risk"]  # takes longer than all other stages together
        models = {"relative_to": text["models"]["relative_to"], "candidates": ["ridge"]}
        few = {**text, "models": models, "split": {"test_share": 0.2, "folds": 3}, **more}
        own = {
            "project.yaml": yaml.safe_dump(few, sort_keys=False).encode(),
            "contract.yaml": shipped.joinpath("contract.yaml").read_bytes(),
        }
        write_files(self.folder / "declared" / PROJECT, own)

    def data(self, lines: pl.DataFrame = LINES) -> Path:
        return write_files(self.folder / "data", order_files(lines))

    def run(self, *words: str) -> Ran:
        return self.command(
            "run", PROJECT, "--data", self.folder / "data", "--preset", "fast", *words
        )

    @property
    def registry(self) -> Registry:
        return registry(read_settings())

    @property
    def state(self) -> State:
        return read_state(self.registry, PROJECT)

    @property
    def told(self) -> Mapping[str, Any]:
        place = self.folder / "home" / PROJECT / "registration" / "registration.json"
        told: dict[str, Any] = json.loads(place.read_bytes())
        return told
