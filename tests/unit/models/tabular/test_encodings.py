"""What is read of a fitted ColumnTransformer, and what is refused."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from foresell.errors import DataError
from foresell.models.tabular.encodings import read_encoding
from foresell.models.tabular.fitted import plain_part
from foresell.models.tabular.plain import encode

FRAME = pl.DataFrame({
    "a": pl.Series([1.5, np.nan, -3.0, 8.0], dtype=pl.Float32),
    "b": pl.Series([np.nan] * 4, dtype=pl.Float32),
    "town": ["Gent", "", "Gent", "Aalst"],
    "kind": ["x", "y", "z", "y"],
})
ASKED = pl.DataFrame({
    "a": pl.Series([np.nan, 0.1, 2.0], dtype=pl.Float32),
    "b": pl.Series([1.0, np.nan, 2.0], dtype=pl.Float32),
    "town": ["Gent", "Ypern", ""],
    "kind": ["q", "x", "y"],
})


def one_hot(**asked: Any) -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32, **asked)


def filled() -> SimpleImputer:
    return SimpleImputer(strategy="median", keep_empty_features=True)


def double() -> FunctionTransformer:
    return FunctionTransformer(np.asarray, kw_args={"dtype": np.float64})


KNOWN: dict[str, list[tuple[str, Any, list[str]]]] = {
    "as it is": [("n", "passthrough", ["b", "a"]), ("t", one_hot(), ["town", "kind"])],
    "filled": [("n", filled(), ["a", "b"]), ("t", one_hot(), ["kind", "town"])],
    "standardised": [
        ("n", Pipeline([("d", double()), ("f", filled()), ("s", StandardScaler())]), ["a", "b"]),
        ("t", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["town"]),
    ],
    "rare texts together": [("n", filled(), ["a"]), ("t", one_hot(max_categories=2), ["kind"])],
    "sparse": [("t", OneHotEncoder(handle_unknown="ignore"), ["town", "kind"])],
    "numbers alone": [("n", filled(), ["a"])],
}


@pytest.mark.parametrize("way", KNOWN)
def test_what_is_read_encodes_as_the_transformer_does(way: str) -> None:
    columns = ColumnTransformer(KNOWN[way], sparse_threshold=0, verbose_feature_names_out=False)
    columns.fit(FRAME)
    encoding = read_encoding(columns)

    for frame in (FRAME, ASKED):
        expected = columns.transform(frame)
        made = encode(encoding, frame)
        assert np.array_equal(made, expected, equal_nan=True)
    assert len(encoding.names) == len(encoding.of) == made.shape[1]
    assert set(encoding.of) == {name for _, _, names in KNOWN[way] for name in names}


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ([("n", MinMaxScaler(), ["a"])], "the step MinMaxScaler is not known"),
        ([("n", SimpleImputer(add_indicator=True), ["a"])], "the step SimpleImputer is not known"),
        ([("n", FunctionTransformer(np.abs), ["a"])], "the step FunctionTransformer is not known"),
        ([("t", OrdinalEncoder(), ["kind"])], "the step OrdinalEncoder is not known"),
        ([("t", one_hot(), ["kind"]), ("n", filled(), ["a"])], "numbers stand behind texts"),
        (
            [("n", filled(), ["a"]), ("m", "passthrough", ["b"])],
            "numbers are not all encoded in one way",
        ),
    ],
)
def test_what_has_no_plain_form_is_refused_and_told(steps: list[Any], what: str) -> None:
    columns = ColumnTransformer(steps, sparse_threshold=0).fit(FRAME)
    with pytest.raises(DataError) as caught:
        read_encoding(columns)
    assert caught.value.what == what


def test_an_encoder_that_takes_a_new_text_for_a_rare_one_is_refused() -> None:
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=2, sparse_output=False
    )
    columns = ColumnTransformer([("t", encoder, ["kind"])]).fit(FRAME)
    with pytest.raises(DataError, match="texts of 'kind' are not encoded as 0 and 1"):
        read_encoding(columns)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (KNeighborsRegressor(2), "neighbours: a KNeighborsRegressor has no plain form"),
        (LinearRegression(), "neighbours: the step MinMaxScaler is not known"),
    ],
)
def test_a_candidate_that_has_no_plain_form_is_named(model: Any, what: str) -> None:
    scaled = MinMaxScaler() if isinstance(model, LinearRegression) else "passthrough"
    part = Pipeline([("columns", ColumnTransformer([("n", scaled, ["a"])])), ("model", model)])
    part.fit(FRAME.fill_nan(0.0), np.arange(4.0))
    with pytest.raises(DataError) as caught:
        plain_part("neighbours", part)
    assert caught.value.what == what
