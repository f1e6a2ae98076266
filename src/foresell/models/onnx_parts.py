"""Parts of the learner that answer by an ONNX graph, and how each part becomes one.

A graph holds what was learnt. What it is given is made by the same few lines of arithmetic as for
the part itself: the features of the direct frame, or a regression's terms; what it answers is per
scale, and added to the reference forecast where the part learns its residual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.errors import DataError
from foresell.features.levels import Vector
from foresell.models.boosted import Booster
from foresell.models.forests import FORESTS, joined
from foresell.models.lad import Lad, lad_terms
from foresell.models.onnx_running import graph_facts, run_graph
from foresell.models.parts import Part
from foresell.models.ridge import Ridge, ridge_terms
from foresell.models.seasonal import reference

Kind = Literal["features", "lad", "ridge"]
ON_REFERENCE: Mapping[Kind, bool] = {"features": True, "lad": False, "ridge": True}


@dataclass(frozen=True)
class OnnxPart:
    """A part as a serialised graph; it forecasts as the part it was made from."""

    graph: bytes

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the graph says of itself: ``kind``, ``columns``, ``decay``, ``part``."""
        return graph_facts(self.graph)

    def table(self, frame: pl.DataFrame) -> NDArray[Any]:
        """Return (n rows, columns) of a direct frame, as the graph reads them."""
        facts = self.facts
        columns = facts["columns"]
        if facts["kind"] == "features":
            return frame.select(columns).to_numpy()
        made = (lad_terms if facts["kind"] == "lad" else ridge_terms)(frame, facts["decay"])
        made["scale"] = frame["scale"].to_numpy()
        nothing = np.zeros(frame.height)
        return np.column_stack([made.get(name, nothing) for name in columns])

    def per_scale(self, table: NDArray[Any]) -> Vector:
        """Return (n rows,) what the graph answers: the learnt part, per scale."""
        return run_graph(self.graph, table)

    def forecast(self, frame: pl.DataFrame) -> Vector:
        """Return (n rows,) forecasts of the rows of a direct frame, in the unit of the target."""
        learnt: Vector = self.per_scale(self.table(frame)) * frame["scale"].to_numpy()
        return reference(frame) + learnt if ON_REFERENCE[self.facts["kind"]] else learnt

    def files(self) -> dict[str, bytes]:
        """Return ``graph.onnx``."""
        return {"graph.onnx": self.graph}

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Self:
        """Return the part whose `files` are ``files``."""
        return cls(files["graph.onnx"])


def exported(name: str, part: Part) -> OnnxPart | None:
    """Return ``part`` as a graph; None for one that learnt nothing a graph could hold.

    Raises:
        DataError: the part cannot be exported; it is named.
    """
    try:
        if isinstance(part, Booster):
            return OnnxPart(_booster_graph(name, part))
        if isinstance(part, (Lad, Ridge)):
            return OnnxPart(_linear_graph(name, part))
    except DataError as error:
        raise DataError(f"{name}: {error.what}", f"ONNX export of {name}", error.mend) from error
    return None


def _booster_graph(name: str, booster: Booster) -> bytes:
    """Return the mean over the seeds of a booster's trees as one graph."""
    from foresell.models.onnx_graphs import forest_graph  # noqa: PLC0415 - only when written

    share = 1 / len(booster.trees)
    forests = [FORESTS[booster.library](trees.text()).scaled(share) for trees in booster.trees]
    about = {"kind": "features", "part": name, "library": booster.library}
    return forest_graph(joined(forests), booster.features, about)


def _linear_graph(name: str, part: Lad | Ridge) -> bytes:
    """Return a regression as one graph."""
    from foresell.models.onnx_graphs import banded_graph, standard_graph  # noqa: PLC0415

    if isinstance(part, Lad):
        about: dict[str, object] = {"kind": "lad", "part": name, "decay": part.decay}
        return banded_graph(np.array(part.weights), part.edges, (*part.terms, "scale"), about)
    about = {"kind": "ridge", "part": name, "decay": part.decay}
    standard = (np.array(part.center), np.array(part.width), np.array(part.weights))
    return standard_graph(standard, part.intercept, part.terms, about)
