"""Rows answered without a frame: what is read and answered is what a frame would have been."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.store import DirectoryStore, MemoryStore
from foresell.answer.predicting import answer_with
from foresell.answer.requests import RequestForm, read_requests, request_form
from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_answers import RowAnswers, row_answers
from foresell.answer.row_columns import columns_of_frame, columns_of_values, named
from foresell.answer.row_reading import quick_form, read_plainly, read_rows
from foresell.answer.served_files import served_files
from foresell.bundle.bundle import Bundle, read_bundle, write_bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import DataError
from foresell.settings import read_settings
from foresell.spec.forecast import quantile_columns
from foresell.spec.reading import parse_project
from foresell.wiring.runs import declaration
from tests.row_bundles import make_bundle
from tests.served_bundles import CONTRACT, PROJECT, ROW, answering_bundle
from tests.tabular_files import order_files, order_lines

LINE: Mapping[str, Any] = {
    "ORDERLINENUMBER": 3,
    "QUANTITYORDERED": 30,
    "PRICEEACH": 95.7,
    "MSRP": 120,
    "QTR_ID": 3,
    "MONTH_ID": 7,
    "YEAR_ID": 2004,
    "PRODUCTLINE": "Classic Cars",
    "COUNTRY": "USA",
}
DISTRICT: Mapping[str, Any] = {
    "MedInc": 8.3252,
    "HouseAge": 41.0,
    "AveRooms": 6.98,
    "AveBedrms": 1.02,
    "Population": 322.0,
    "AveOccup": 2.55,
    "Latitude": 37.88,
    "Longitude": -122.23,
}
LIMITS = ("{minimum: 1, maximum: 1000}", "{exclusiveMinimum: 0, maximum: 100}")


@cache
def form(name: str) -> RequestForm:
    """What a row of a project may be; ``loose``: order lines of any quantity and price."""
    if name == "toy":
        texts = (PROJECT.format(project=name), CONTRACT.format(project=name))
        return request_form(parse_project(texts[0], name), parse_contract(texts[1], name))
    told, project = declaration("sales_orders" if name == "loose" else name, read_settings())
    contract = told.contract_text
    for limits in LIMITS if name == "loose" else ():
        contract = contract.replace(limits, "{}")
    return request_form(project, parse_contract(contract, name))


SOUND = {"toy": ROW, "sales_orders": LINE, "loose": LINE, "california_housing": DISTRICT}
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from([0, 1, 7, 30.0, -0.0, 2**53 + 1, 2**63, 10**400, 1e16, 1e300, 1e-300, 3.4e38]),
    st.floats(width=64),
    st.text(max_size=4),
    st.sampled_from(["2026-02-30", "2026-03-01", "red", "Ships", "\ud800", "2026-03-01T00:00"]),
    st.just([1]),
    st.just({"a": 1}),
)


@st.composite
def changed_rows(draw: st.DrawFn, name: str) -> list[Any]:
    """Some rows of a project, sound but for what was changed in some of them."""
    fields = [*SOUND[name], *form(name).ignored[:2], "SURPRISE"]
    rows: list[Any] = []
    for _ in range(draw(st.integers(1, 5))):
        row = dict(SOUND[name])
        if draw(st.booleans()):
            row |= draw(st.dictionaries(st.sampled_from(fields), anything, max_size=2))
        if draw(st.integers(0, 5)) == 0:
            del row[draw(st.sampled_from(sorted(row)))]
        rows.append(row)
    return [*rows, 7] if draw(st.integers(0, 15)) == 0 else rows


@pytest.mark.parametrize("name", list(SOUND))
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_is_read_without_a_frame_is_what_is_read_with_one(
    name: str, data: st.DataObject
) -> None:
    rows = data.draw(changed_rows(name))
    slow = read_requests(rows, form(name))

    read = read_rows(rows, form(name), quick_form(form(name)))

    assert (read.problems, read.given, read.rows) == (slow.problems, len(rows), slow.frame.height)
    values = {column: slow.frame[column].to_list() for column in slow.frame.columns}
    assert {column: list(found) for column, found in read.values.items()} == values
    kinds = {column: list(map(type, found)) for column, found in values.items()}
    assert {column: list(map(type, found)) for column, found in read.values.items()} == kinds
    assert list(read.ignored or [()] * read.rows) == list(slow.ignored)


@pytest.mark.parametrize("name", list(SOUND))
def test_rows_as_people_send_them_are_read_without_a_frame(name: str) -> None:
    ignored = dict.fromkeys(form(name).ignored[:1], "whatever")
    rows = [dict(SOUND[name]), {**SOUND[name], **ignored}]

    read = read_plainly(rows, quick_form(form(name)))

    assert read is not None
    assert read.rows == 2


@pytest.mark.parametrize("name", list(SOUND))
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_is_taken_of_a_row_at_once_is_what_is_taken_of_it_field_by_field(
    name: str, data: st.DataObject
) -> None:
    quick = quick_form(form(name))
    row = next(iter(data.draw(changed_rows(name))))

    at_once = quick.alone(row)

    apart = {one: check([row.get(one)]) for one, check in quick.checks.items()}
    if at_once is not None:
        assert list(map(repr, at_once.items())) == list(map(repr, apart.items()))
    else:  # only a whole number that is written as another waits for the look at its field
        odd = [one for one, taken in apart.items() if taken is None or type(row.get(one)) is float]
        assert odd


@pytest.mark.parametrize("name", list(SOUND))
def test_a_row_as_people_send_it_is_read_at_once(name: str) -> None:
    optional = [one.name for one in form(name).fields if not one.required]
    without = {field: value for field, value in SOUND[name].items() if field not in optional}

    read = quick_form(form(name)).alone({**without, "SURPRISE": 1})

    assert read is not None
    assert list(read) == list(SOUND[name])
    assert {read[field][0] for field in optional} <= {None}


@pytest.mark.parametrize(
    ("change", "plain"),
    [
        ({"PRICEEACH": 1e17}, True),
        ({"PRICEEACH": 1e19}, False),
        ({"PRICEEACH": 1e-19}, False),
        ({"QUANTITYORDERED": 0}, False),
        ({"QUANTITYORDERED": -30, "PRICEEACH": -2.5}, False),
        ({"QUANTITYORDERED": 30.0}, True),
        ({"QUANTITYORDERED": 30.5}, False),
        ({"QUANTITYORDERED": 2**63}, False),
    ],
)
def test_only_numbers_of_which_all_that_is_derived_is_small_enough_are_read_without_a_frame(
    change: dict[str, Any], plain: bool
) -> None:
    read = read_plainly([{**LINE, **change}], quick_form(form("loose")))

    assert (read is not None) is plain


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({
            "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "day": st.none() | st.dates(),
            "flag": st.none() | st.booleans(),
            "text": st.none() | st.text(max_size=3),
        }),
        min_size=1,
        max_size=4,
    )
)
def test_columns_of_values_are_the_columns_of_a_frame_of_them_to_the_last_bit(
    rows: list[dict[str, Any]],
) -> None:
    kinds = {
        "whole": pl.Int64(),
        "number": pl.Float64(),
        "day": pl.Date(),
        "flag": pl.Boolean(),
        "text": pl.String(),
    }
    values = {name: [row[name] for row in rows] for name in kinds}

    ours = columns_of_values(values, frozenset({"text"}), frozenset({"day"}))
    frames = columns_of_frame(pl.DataFrame(values, schema=kinds))

    assert ours.table.tobytes() == frames.table.tobytes()
    assert list(ours.numbers) == list(frames.numbers)
    assert ours.texts == frames.texts


@cache
def _folder() -> TemporaryDirectory[str]:
    """A folder that is gone when the tests are over."""
    return TemporaryDirectory()


@cache
def trained() -> Bundle:
    content = order_files(order_lines(120))["sales_data_sample.csv"]
    home = Path(_folder().name)
    root = make_bundle("sales_orders", content, home, candidates=("ridge", "lightgbm"))
    return read_bundle(DirectoryStore(root))


@cache
def answering(*without: str) -> RowAnswers:
    """What answers rows, had the bundle no files of these names."""
    bundle = trained()
    model = {name: content for name, content in bundle.model.items() if name not in without}
    return row_answers(replace(bundle, model=model))


def same_bits(answered: AnsweredColumns, frame: pl.DataFrame) -> None:
    """Compare answers with those of `answer_with`."""
    assert answered.prediction.tobytes() == frame["prediction"].to_numpy().tobytes()
    quantiles = frame.select(quantile_columns()).to_numpy()
    assert answered.quantiles.tolist() == quantiles.tolist()
    assert answered.p10.tolist() == frame["p10"].to_list()
    assert answered.p90.tolist() == frame["p90"].to_list()
    assert named(answered.unseen, frame.height) == frame["unseen"].to_list()
    assert named(answered.outside, frame.height) == frame["outside"].to_list()
    assert frame["interval_method"].unique().to_list() == [answered.interval_method]


lines = st.fixed_dictionaries({
    **{name: st.just(value) for name, value in LINE.items()},
    "ORDERLINENUMBER": st.integers(1, 100),
    "QUANTITYORDERED": st.integers(1, 1000),
    "PRICEEACH": st.sampled_from([100, 100.0, 0.001]) | st.floats(0.01, 100),
    "MSRP": st.integers(1, 10_000),
    "YEAR_ID": st.integers(1990, 2100),
    "COUNTRY": st.sampled_from(["USA", "France", "Spain", "Atlantis", "Nowhere, ô"]),
})


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(lines, min_size=1, max_size=40), at=st.integers(0, 39))
def test_a_row_has_the_same_bits_alone_among_others_from_a_frame_and_from_either_graph(
    rows: list[dict[str, Any]], at: int
) -> None:
    rows_answered, apart = answering(), answering("served/answer.onnx")
    frame = read_requests(rows, rows_answered.form).frame
    at %= len(rows)

    together = rows_answered.answer(rows_answered.read(rows))
    alone = rows_answered.answer(rows_answered.read([rows[at]]))

    told = answer_with(rows_answered.model, frame)
    same_bits(together, told)
    same_bits(alone, told[at : at + 1])
    same_bits(apart.answer(apart.read(rows)), told)


def test_a_text_a_number_and_a_day_that_training_did_not_hold_are_flagged_and_a_null_is_not() -> (
    None
):
    answers = row_answers(answering_bundle())
    far = {"day": "2030-01-01", "price": 50.5, "colour": "mauve"}
    rows = [{**ROW, **far}, {**ROW, "colour": ""}, {**ROW, "colour": None}, dict(ROW)]

    answered = answers.answer(answers.read(rows))

    assert named(answered.unseen, 4) == [["colour"], ["colour"], [], []]
    assert named(answered.outside, 4) == [["day", "price"], [], [], []]
    for row, unseen, outside in zip(
        rows, named(answered.unseen, 4), named(answered.outside, 4), strict=True
    ):
        alone = answers.answer(answers.read([row]))
        assert named(alone.unseen, 1) == [unseen]
        assert named(alone.outside, 1) == [outside]


def test_one_graph_answers_for_the_champion_and_its_size_only_if_it_is_the_champions() -> None:
    bundle = trained()
    told = json.loads(bundle.model["plain/learner.json"])
    other = next(name for name in told["parts"] if name != told["chosen"])
    learner = json.dumps({**told, "chosen": other}).encode()

    switched = row_answers(replace(bundle, model={**bundle.model, "plain/learner.json": learner}))

    assert list(answering().model.graphs) == ["champion and size"]
    assert set(switched.model.graphs) == {other, "size"}


def test_of_the_graphs_only_the_one_that_answers_is_to_be_kept() -> None:
    store = MemoryStore()
    write_bundle(trained(), store)

    kept = read_bundle(store, wanted=served_files(store)).model

    around = {"plain/learner.json", "plain/ranges.json", "onnx/parity.json"}
    assert set(kept) == {*around, "served/answer.onnx"}
    assert list(row_answers(replace(trained(), model=kept)).model.graphs) == ["champion and size"]
    store.files.pop("model/served/answer.onnx")
    older = read_bundle(relisted(store), wanted=served_files(store)).model
    champion = json.loads(kept["plain/learner.json"])["chosen"]
    assert set(older) == {*around, f"onnx/{champion}.onnx", "onnx/size.onnx"}


def relisted(store: MemoryStore) -> MemoryStore:
    """The same files with the checksums of those that are there."""
    sums = json.loads(store.files["checksums.json"])
    there = {name: sums[name] for name in sums if name in store.files}
    store.write_bytes("checksums.json", json.dumps(there, sort_keys=True, indent=1).encode())
    return store


@pytest.mark.parametrize("change", [{"QUANTITYORDERED": [-30]}, {"PRICEEACH": [1e308]}])
def test_no_row_without_an_answer_gets_one(change: dict[str, list[float]]) -> None:
    answers = answering()
    read = answers.read([dict(LINE)])

    with pytest.raises(DataError, match="1 of 1 rows asked at once have no answer"):
        answers.answer(replace(read, values={**read.values, **change}))
