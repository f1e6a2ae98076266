"""ONNX graphs of a tabular learner: raw columns by name in, the target in its own unit out.

One graph holds all there is between a row and its answer: products, ratios, months, turned axes and
places as `foresell.features.rows.derive` makes them (64 bits, in the same order, rounded to 32
once), encoding, trees or weights, the weights of an ensemble, and the factor of ``relative_to``.

Inputs are (rows, 1): float64 for numbers (booleans as 0 and 1), text for texts.
A missing number is NaN, a missing text "". The output is (rows, 1) float64.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from foresell.errors import DataError
from foresell.features.rows import RowColumn
from foresell.models.forests import Forest
from foresell.models.onnx_graphs import constant, serialised, trees_node
from foresell.models.tabular.plain import (
    SIZE,
    Categories,
    Encoding,
    Linear,
    Places,
    PlainLearner,
    PlainPart,
)

OUTPUT = "prediction"  # no column of a project may be called so
_OWN = "__"  # nor begin with this, so that no name of the graph meets a column's
_SIZE = f"{_OWN}size"
_MONTHS = 12.0


def learner_graphs(plain: PlainLearner) -> dict[str, bytes]:
    """Return a serialised graph for each candidate, each ensemble and `SIZE`, by name.

    Equal learners give equal bytes.
    """
    names = [*plain.parts, *plain.ensembles]
    found = {name: answer_graph(plain, name) for name in names}
    return found if plain.size is None else {**found, SIZE: size_graph(plain, plain.size)}


def answer_graph(plain: PlainLearner, name: str) -> bytes:
    """Return the graph of a candidate or an ensemble.

    A name that is neither is a UsageError.
    """
    sheet, weights = _Sheet(plain), plain.weights(name)
    total = sheet.whole(weights)
    return sheet.finished({OUTPUT: total}, {"model": name, "weights": dict(weights)})


def size_graph(plain: PlainLearner, size: PlainPart) -> bytes:
    """Return the graph of the size that a miss is expected to have, in the unit of the target."""
    sheet = _Sheet(plain)
    return sheet.finished({OUTPUT: sheet.size(size)}, {"model": SIZE})


def served_graph(plain: PlainLearner) -> bytes | None:
    """Return the graph that says at once what the chosen model and `SIZE` say, in this order.

    With the same bits as their own graphs: what is derived of a row is derived once, and the row is
    handed over once. None where the model is a baseline, or sizes are not learnt.
    """
    if plain.size is None or plain.chosen in plain.baselines:
        return None
    sheet, weights = _Sheet(plain), plain.weights(plain.chosen)
    said = {OUTPUT: sheet.whole(weights), _SIZE: sheet.size(plain.size)}
    return sheet.finished(said, {"model": plain.chosen, "weights": dict(weights)})


class _Sheet:
    """A graph that is being drawn; what was drawn once is used again."""

    def __init__(self, plain: PlainLearner) -> None:
        """Begin with nothing but the raw columns."""
        self._plain = plain
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._put: dict[object, str] = {}
        self._kept: dict[object, str] = {}
        self._derived: dict[str, str] = {}

    def put(self, operator: str, *given: str, **attributes: Any) -> str:
        """Return the name of a node's answer; the node is added unless the same one is there.

        Parts that encode the row alike read one table: to a lone row every node costs as much.
        """
        same = (operator, given, repr(sorted(attributes.items())))
        if same not in self._put:
            self._put[same] = name = f"{_OWN}{len(self._nodes)}"
            self._nodes.append(helper.make_node(operator, list(given), [name], **attributes))
        return self._put[same]

    def keep(self, values: Any) -> str:
        """Return the name of a constant, which is added unless an equal one is there."""
        table = np.asarray(values)
        same = (table.dtype.str, table.shape, table.tobytes())
        if same not in self._kept:
            self._kept[same] = name = f"{_OWN}c{len(self._constants)}"
            self._constants.append(constant(name, table))
        return self._kept[same]

    def number(self, value: float) -> str:
        """Return the name of one number of 64 bits."""
        return self.keep(np.float64(value))

    def whole(self, weights: Mapping[str, float]) -> str:
        """Return the name of what the parts say together, per factor."""
        said = [
            self.part(self._plain.parts[part])
            if weight == 1
            else self.put("Mul", self.part(self._plain.parts[part]), self.number(weight))
            for part, weight in weights.items()
        ]
        return reduce(lambda left, right: self.put("Add", left, right), said)

    def size(self, size: PlainPart) -> str:
        """Return the name of the size that a miss is expected to have, per factor."""
        # Not "Exp", whose last rows of an odd number have other bits than the same rows elsewhere.
        return self.put("Pow", self.number(float(np.e)), self.part(size))

    def part(self, part: PlainPart) -> str:
        """Return the name of what a part says, per factor."""
        table = self._encoded(part.encoding)
        exact = table if part.encoding.exact else self._exact(table)
        if isinstance(part.core, Forest):
            return self._trees(part.core, exact)
        return self._linear(part.core, exact)

    def finished(self, said: Mapping[str, str], about: Mapping[str, object]) -> bytes:
        """Return the graph whose outputs are what is ``said``, times the factor of its row."""
        product = ""
        if factors := self._plain.relative_to:
            product = reduce(lambda left, right: self.put("Mul", left, right), factors)
        for output, name in said.items():
            total = self.put("Mul", name, product) if product else name
            self._nodes.append(helper.make_node("Identity", [total], [output]))
        texts = self._plain.texts
        given = [
            helper.make_tensor_value_info(
                name, TensorProto.STRING if name in texts else TensorProto.DOUBLE, [None, 1]
            )
            for name in self._plain.raw
        ]
        facts = {"columns": list(self._plain.raw), "texts": list(texts), **about}
        return serialised(self._nodes, self._constants, given, list(said), facts)

    def _column(self, name: str) -> str:
        """Return the name of a derived number, (rows, 1) of 32 bits."""
        if name not in self._derived:
            column = next(column for column in self._plain.columns if column.name == name)
            if column.how == "place" and self._plain.places is not None:
                exact = self._around(self._plain.places)
            else:
                exact = self._made(column)
            self._derived[name] = self.put("Cast", exact, to=TensorProto.FLOAT)
        return self._derived[name]

    def _made(self, column: RowColumn) -> str:
        """Return the name of a derived number in 64 bits; see `foresell.features.rows`."""
        first, *others = column.of
        if column.how == "number":
            return first
        if column.how == "product":
            return reduce(lambda left, right: self.put("Mul", left, right), column.of)
        if column.how == "months":
            return self.put("Add", self.put("Mul", first, self.number(_MONTHS)), others[0])
        if column.how == "turned":
            along, across = (self.number(weight) for weight in column.weights)
            return self.put(
                "Add", self.put("Mul", first, along), self.put("Mul", others[0], across)
            )
        return self._partly_known(column)

    def _partly_known(self, column: RowColumn) -> str:
        """Return the name of a derived number that is unknown where arithmetic would not say so.

        Raises:
            DataError: it is derived in a way for which there is no graph.
        """
        first = column.of[0]
        if column.how == "ratio":
            nothing = self.put("Equal", column.of[1], self.number(0.0))
            return self._unless(nothing, self.put("Div", first, column.of[1]))
        if column.how == "step":
            reached = self.put("GreaterOrEqual", first, self.number(column.weights[0]))
            return self._unless(self.put("IsNaN", first), self._exact(reached))
        raise DataError(
            f"{column.name!r} is derived as {column.how!r}, for which there is no graph",
            "ONNX export",
            "this is a mistake in foresell: please report it",
        )

    def _unless(self, unknown: str, value: str) -> str:
        """Return the name of ``value``, NaN where ``unknown``."""
        return self.put("Where", unknown, self.keep(np.float64(np.nan)), value)

    def _around(self, places: Places) -> str:
        """Return the name of what the target is around a place, in 64 bits."""
        inputs = self._together([self._column(name) for name in places.inputs])
        total = self._trees(places.forest, self._exact(inputs))
        return self.put("Div", total, self.number(float(places.trees)))

    def _encoded(self, encoding: Encoding) -> str:
        """Return the name of the table a part reads."""
        blocks = []
        if encoding.numbers:
            blocks.append(self._numeric(encoding))
        kind = np.float64 if encoding.exact else np.float32
        blocks += [
            self._known(known, encoding, kind) for known in encoding.categories if known.values
        ]
        return self._together(blocks)

    def _numeric(self, encoding: Encoding) -> str:
        """Return the name of the numbers of a table: filled and standardised where it says so."""
        kind = np.float64 if encoding.exact else np.float32
        numbers = self._together([self._column(name) for name in encoding.numbers])
        numbers = self._exact(numbers) if encoding.exact else numbers
        if encoding.fill is not None:
            fill = self.keep(encoding.fill.astype(kind).reshape(1, -1))
            numbers = self.put("Where", self.put("IsNaN", numbers), fill, numbers)
        if encoding.center is not None and encoding.width is not None:
            center, width = encoding.center.astype(kind), encoding.width.astype(kind)
            moved = self.put("Sub", numbers, self.keep(center.reshape(1, -1)))
            numbers = self.put("Div", moved, self.keep(width.reshape(1, -1)))
        return numbers

    def _known(self, known: Categories, encoding: Encoding, kind: Any) -> str:
        """Return the name of the encoded columns of one text: a row of a table, by its text."""
        first, width = encoding.of.index(known.column), encoding.of.count(known.column)
        rows = np.zeros((len(known.values) + 1, width), dtype=kind)
        for row, place in enumerate(known.places):
            rows[row, place - first] = 1
        code = self.put(
            "LabelEncoder",
            known.column,
            domain="ai.onnx.ml",
            keys_strings=list(known.values),
            values_int64s=list(range(len(known.values))),
            default_int64=len(known.values),
        )
        flat = self.put("Squeeze", code, self.keep(np.array([1], dtype=np.int64)))
        return self.put("Gather", self.keep(rows), flat, axis=0)

    def _linear(self, core: Linear, table: str) -> str:
        """Return the name of a sum of products."""
        total = self.put("MatMul", table, self.keep(core.weights.reshape(-1, 1)))
        return self.put("Add", total, self.number(core.intercept))

    def _trees(self, forest: Forest, table: str) -> str:
        """Return the name of the sum of the trees; ``table``: of 64 bits."""
        name = f"{_OWN}{len(self._nodes)}"
        self._nodes.append(trees_node(forest, table, name))
        return self.put("Add", name, self.number(forest.base))

    def _exact(self, table: str) -> str:
        """Return the name of a table in 64 bits."""
        return self.put("Cast", table, to=TensorProto.DOUBLE)

    def _together(self, blocks: Sequence[str]) -> str:
        """Return the name of the columns of ``blocks`` beside each other."""
        return blocks[0] if len(blocks) == 1 else self.put("Concat", *blocks, axis=1)
