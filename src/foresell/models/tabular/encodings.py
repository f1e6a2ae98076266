"""A fitted ColumnTransformer as an `Encoding`: read step by step, refused where a step is unknown.

scikit-learn is not imported; the steps are told by the names of their classes. What an encoder does
with a text is asked of the encoder itself, text by text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from foresell.errors import DataError
from foresell.models.tabular.plain import Categories, Encoding, Vector

_NOBODY = "\x00nobody has this text"
_WHERE = "the columns of a fitted pipeline"
_EMPTY = "give the column the role 'excluded': there is nothing to learn from it"
_MEND = "this is a mistake in foresell: please report it"


@dataclass
class _Read:
    """What was read of a ColumnTransformer so far."""

    numbers: list[str] = field(default_factory=list)
    fill: list[float] = field(default_factory=list)
    center: list[float] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    exact: bool = False
    categories: list[Categories] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    of: list[str] = field(default_factory=list)


def read_encoding(columns: Any) -> Encoding:
    """Return what a fitted ColumnTransformer does with a derived frame.

    Known are numbers as they are, filled (SimpleImputer), standardised (StandardScaler), brought to
    64 bits (FunctionTransformer) and texts as 0 and 1 (OneHotEncoder that ignores the unknown);
    numbers come before texts.

    Raises:
        DataError: it does anything else.
    """
    read = _Read()
    for _, step, names in columns.transformers_:
        if not len(names) or (isinstance(step, str) and step == "drop"):
            continue
        if _kind(_steps(step)[-1]) == "OneHotEncoder":
            _read_texts(read, step, list(names))
        elif read.categories:
            raise DataError("numbers stand behind texts", _WHERE, _MEND)
        else:
            _read_numbers(read, _steps(step), list(names))
    return Encoding(
        numbers=tuple(read.numbers),
        fill=_whole(read.fill, read.numbers),
        center=_whole(read.center, read.numbers),
        width=_whole(read.width, read.numbers),
        categories=tuple(read.categories),
        names=tuple(read.names),
        of=tuple(read.of),
        exact=read.exact,
    )


def _steps(step: Any) -> list[Any]:
    """Return the steps of a pipeline, or the one step there is."""
    return [own for _, own in step.steps] if hasattr(step, "steps") else [step]


def _kind(step: Any) -> str:
    """Return the name of a step's class; of "passthrough" itself."""
    return step if isinstance(step, str) else type(step).__name__


def _read_numbers(read: _Read, steps: Sequence[Any], names: list[str]) -> None:
    """Add columns of numbers.

    Raises:
        DataError: a step is unknown.
    """
    for step in steps:
        kind = _kind(step)
        if kind == "SimpleImputer" and not step.add_indicator:
            read.fill += _filling(step)
        elif kind == "StandardScaler" and step.mean_ is not None and step.scale_ is not None:
            read.center += step.mean_.tolist()
            read.width += step.scale_.tolist()
            read.exact = True
        elif kind == "FunctionTransformer" and _to_double(step):
            read.exact = True
        elif kind != "passthrough" and not _idle(step):
            raise DataError(f"the step {kind} is not known", _WHERE, _MEND)
    read.numbers += names
    read.names += names
    read.of += names


def _filling(step: Any) -> list[float]:
    """Return what stands for an unknown number; 0 in a column that was never known.

    Raises:
        DataError: a column that was never known is left out.
    """
    found = np.asarray(step.statistics_, dtype=np.float64)
    if np.isnan(found).any() and not step.keep_empty_features:
        raise DataError("a number is unknown in every row", _WHERE, _EMPTY)
    filled: list[float] = np.nan_to_num(found, nan=0.0).tolist()
    return filled


def _to_double(step: Any) -> bool:
    """Tell whether a function makes 64 bits of 32 and nothing else."""
    if step.func is None:
        return False
    probe = np.array([[1.5, np.nan, -np.inf]], dtype=np.float32)
    made = np.asarray(step.func(probe, **(step.kw_args or {})))
    return made.dtype == np.float64 and np.array_equal(made, probe, equal_nan=True)


def _idle(step: Any) -> bool:
    """Tell whether a FunctionTransformer without a function stands here, as for "passthrough"."""
    return _kind(step) == "FunctionTransformer" and step.func is None


def _read_texts(read: _Read, encoder: Any, names: list[str]) -> None:
    """Add columns of texts: which encoded column each known text is 1 in.

    Raises:
        DataError: the encoder does not answer with a single 1, or with zeros for the unknown.
    """
    first = len(read.names)
    encoded = [str(name) for name in encoder.get_feature_names_out()]
    owner = [""] * len(encoded)
    for name, values in zip(names, encoder.categories_, strict=True):
        known = [str(value) for value in values]
        asked = pl.DataFrame({other: [_NOBODY] * (len(known) + 1) for other in names})
        table = _dense(encoder.transform(asked.with_columns(pl.Series(name, [*known, _NOBODY]))))
        if table[-1].any() or (np.sort(table, axis=1)[:, :-1] != 0).any():
            raise DataError(f"texts of {name!r} are not encoded as 0 and 1", _WHERE, _MEND)
        told = [
            (text, int(row.argmax())) for text, row in zip(known, table, strict=False) if row.any()
        ]
        for _, place in told:
            owner[place] = name
        read.categories.append(
            Categories(
                column=name,
                values=tuple(text for text, _ in told),
                places=tuple(first + place for _, place in told),
            )
        )
    read.names += encoded
    read.of += owner


def _dense(table: Any) -> Any:
    """Return a table of zeros and ones as an array."""
    return np.asarray(table.toarray() if hasattr(table, "toarray") else table)


def _whole(values: list[float], numbers: list[str]) -> Vector | None:
    """Return one value for each number, None where there is none.

    Raises:
        DataError: some numbers have one and some have none.
    """
    if not values:
        return None
    if len(values) != len(numbers):
        raise DataError("numbers are not all encoded in one way", _WHERE, _MEND)
    return np.array(values)
