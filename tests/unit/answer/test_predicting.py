"""Rows answered by graphs: the same alone and among others, by every method there is."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foresell
from foresell.adapters.store import DirectoryStore
from foresell.answer.predicting import answer_rows, row_model
from foresell.answer.row_files import check_batch, row_form
from foresell.api.predicting import Rows
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError, UsageError
from foresell.spec.reading import parse_project
from tests.row_bundles import make_bundle
from tests.tabular_files import order_files, order_lines

CANDIDATES = ("ridge", "lightgbm", "hist_gradient_boosting")
METHODS = {  # orders trained on, and candidates: what there is decides how sure an answer is
    "conformal_intervals": (120, CANDIDATES),
    "ensemble_quantiles": (60, CANDIDATES),
    "residual_quantiles": (60, ("ridge", "lightgbm")),
}
LEVELS = [f"q{q}" for q in (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)]


@cache
def _folder() -> TemporaryDirectory[str]:
    """A folder that is gone when the tests are over."""
    return TemporaryDirectory()


@cache
def trained(method: str) -> tuple[Bundle, Path]:
    orders, candidates = METHODS[method]
    home = Path(_folder().name) / method
    content = order_files(order_lines(orders))["sales_data_sample.csv"]
    root = make_bundle("sales_orders", content, home, candidates=candidates)
    return read_bundle(DirectoryStore(root)), home


@cache
def rows() -> pl.DataFrame:
    """Two hundred order lines, typed, some with a country that nobody has met."""
    bundle, _ = trained("conformal_intervals")
    form = row_form(
        parse_project(bundle.project_text, "project"),
        parse_contract(bundle.contract_text, "contract"),
    )
    raw = order_lines().select(form.used)
    far = pl.when(pl.int_range(pl.len()) % 7 == 0).then(pl.lit("Atlantis")).otherwise("COUNTRY")
    return check_batch(raw.with_columns(far.alias("COUNTRY")), form, "rows", 1).frame


def delivering(bundle: Bundle, name: str) -> Bundle:
    """The same bundle, had ``name`` been chosen."""
    told = json.loads(bundle.model["plain/learner.json"])
    text = json.dumps({**told, "chosen": name}).encode()
    return replace(bundle, model={**bundle.model, "plain/learner.json": text})


@pytest.mark.parametrize("method", list(METHODS))
def test_the_method_follows_from_what_there_was_and_is_named_in_every_row(method: str) -> None:
    answered = answer_rows(trained(method)[0], rows())

    flags = ["interval_method", "unseen", "outside"]
    assert answered.columns == ["prediction", "p10", "p90", *LEVELS, *flags]
    assert answered["interval_method"].unique().to_list() == [method]
    assert answered.height == rows().height
    table = answered.select(LEVELS).to_numpy()
    assert np.isfinite(table).all()
    assert (np.diff(table, axis=1) >= 0).all()
    assert answered["p10"].equals(answered["q0.1"].rename("p10"))
    assert answered["p90"].equals(answered["q0.9"].rename("p90"))


@pytest.mark.parametrize("method", list(METHODS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_row_alone_is_answered_as_in_a_batch_of_any_size_bit_for_bit(
    method: str, data: st.DataObject
) -> None:
    bundle, _ = trained(method)
    ensembles = ("simple_ensemble", "greedy_ensemble", "mean")
    bundle = delivering(bundle, data.draw(st.sampled_from([*METHODS[method][1], *ensembles])))
    places = data.draw(st.lists(st.integers(0, rows().height - 1), min_size=1, max_size=70))
    together = answer_rows(bundle, rows()[places])
    at = data.draw(st.integers(0, len(places) - 1))

    alone = answer_rows(bundle, rows()[places[at] : places[at] + 1])

    assert alone.equals(together[at : at + 1])


def test_only_texts_that_no_training_row_has_are_unseen() -> None:
    answered = answer_rows(trained("conformal_intervals")[0], rows())

    far = (rows()["COUNTRY"] == "Atlantis").to_list()
    assert answered["unseen"].to_list() == [["COUNTRY"] if one else [] for one in far]


def test_no_row_is_an_empty_answer() -> None:
    answered = answer_rows(trained("conformal_intervals")[0], rows().clear())

    assert answered.height == 0
    assert answered.schema["unseen"] == pl.List(pl.String)


def test_rows_without_a_column_or_without_what_the_target_is_relative_to_are_refused() -> None:
    bundle, _ = trained("conformal_intervals")

    with pytest.raises(UsageError, match="the rows lack MSRP"):
        answer_rows(bundle, rows().drop("MSRP"))
    unknown = rows().with_columns(PRICEEACH=pl.lit(None, pl.Float64))
    nothing = "200 of 200 rows asked at once have no answer, the first is number 1 of them"
    with pytest.raises(DataError, match=nothing):
        answer_rows(bundle, unknown)
    with pytest.raises(DataError, match=nothing):
        answer_rows(bundle, rows().with_columns(QUANTITYORDERED=pl.lit(-30, pl.Int64)))


def test_a_bundle_without_a_graph_that_is_needed_says_which() -> None:
    bundle, _ = trained("conformal_intervals")
    gone = {"onnx/size.onnx", "served/answer.onnx"}
    less = {name: content for name, content in bundle.model.items() if name not in gone}

    with pytest.raises(DataError, match=r"model/onnx/size\.onnx is missing"):
        row_model(replace(bundle, model=less))


def test_the_api_takes_a_row_rows_a_frame_and_a_file_and_says_the_same(tmp_path: Path) -> None:
    _, home = trained("conformal_intervals")
    frame = rows().head(5)
    frame.write_parquet(tmp_path / "rows.parquet")
    told = ["prediction", "p10", "p90", "unseen"]

    def ask(given: Rows) -> pl.DataFrame:
        return foresell.predict("sales_orders", given, home=home).select(told)

    every = ask(frame)
    assert ask(frame.to_dicts()).equals(every)
    assert ask(frame.row(0, named=True)).equals(every.head(1))
    assert ask(tmp_path / "rows.parquet").equals(every)
    assert ask(str(tmp_path / "rows.parquet")).equals(every)


def test_the_api_takes_scalars_of_numpy_as_what_they_hold() -> None:
    _, home = trained("conformal_intervals")
    line = rows().row(0, named=True)
    other = {
        str: np.str_,
        int: np.int64,
        float: np.float64,
    }

    given = {name: other[type(value)](value) for name, value in line.items()}

    asked = foresell.predict("sales_orders", given, home=home)
    assert asked.equals(foresell.predict("sales_orders", line, home=home))


def test_a_bad_frame_is_refused_like_a_bad_file() -> None:
    _, home = trained("conformal_intervals")
    wrong = rows().head(3).with_columns(QTR_ID=pl.lit(9))

    with pytest.raises(DataError, match="3 of 3 rows are refused"):
        foresell.predict("sales_orders", wrong, home=home)
    with pytest.raises(UsageError, match="there is no row"):
        foresell.predict("sales_orders", wrong.clear(), home=home)
    with pytest.raises(UsageError, match="there is no row"):
        foresell.predict("sales_orders", [], home=home)


def test_answering_imports_neither_scikit_learn_nor_a_booster_nor_a_pickle_of_them() -> None:
    _, home = trained("conformal_intervals")
    row = rows().row(0, named=True)
    code = (
        "import sys, foresell\n"
        f"foresell.predict('sales_orders', {row!r}, home={str(home)!r})\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = {"sklearn", "joblib", "lightgbm", "xgboost", "catboost", "scipy", "pandas", "shap"}
    assert set(done.stdout.split()) & heavy == set()
    assert "onnxruntime" in done.stdout.split()


def test_an_explanation_imports_lightgbm_and_neither_it_nor_an_answer_unpickles_anything() -> None:
    _, home = trained("conformal_intervals")
    row = rows().row(0, named=True)
    code = (
        "import sys\n"
        "unpickled = []\n"
        "def hear(event, given):\n"
        "    if event == 'pickle.find_class': unpickled.append(given)\n"
        "sys.addaudithook(hear)\n"
        "from foresell.api.predicting import explain_answered, predict_rows\n"
        f"found = predict_rows('sales_orders', [{row!r}], home={str(home)!r})\n"
        "before = 'lightgbm' in sys.modules\n"
        "told = explain_answered(found)\n"
        "print(before, 'lightgbm' in sys.modules, told[0].available, unpickled)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False True True []\n"
