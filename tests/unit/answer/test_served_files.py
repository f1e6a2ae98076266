"""What a server keeps in memory of a bundle: what it answers from, and no more."""

from dataclasses import replace

import polars as pl
import pytest

from foresell.adapters.projects import read_declaration
from foresell.adapters.store import MemoryStore
from foresell.answer.row_answers import row_answers
from foresell.answer.served_files import served_files
from foresell.bundle.bundle import Bundle, read_bundle, write_bundle
from foresell.errors import DataError
from tests.served_bundles import ROW, answering_bundle
from tests.small_bundles import small_bundle


def stored(bundle: Bundle) -> MemoryStore:
    store = MemoryStore()
    write_bundle(bundle, store)
    return store


def test_of_a_table_all_is_kept_that_answers_and_the_answers_are_the_same() -> None:
    whole = answering_bundle()
    other = {"onnx/other.onnx": b"a graph nobody asks", "plain/other/native": b"trees"}
    store = stored(replace(whole, model={**whole.model, **other}))

    kept = read_bundle(store, wanted=served_files(store))

    assert kept.model == whole.model
    assert kept.judged.is_empty()
    answers, lean = row_answers(whole), row_answers(kept)
    row = [dict(ROW)]
    told = lean.answer(lean.read(row)).prediction
    assert told.tolist() == answers.answer(answers.read(row)).prediction.tolist()


def test_of_a_panel_all_is_kept_but_its_model() -> None:
    text = read_declaration("retail", ()).project_text
    history = pl.DataFrame({"Store": [1, 2]})
    store = stored(replace(small_bundle(), project_text=text, history=history))

    kept = read_bundle(store, wanted=served_files(store))

    assert kept.model == {}
    assert kept.history.equals(history)
    assert kept.judged.equals(read_bundle(store).judged)


def test_a_bundle_without_its_learner_is_refused() -> None:
    whole = answering_bundle()
    store = stored(replace(whole, model={"plain/ranges.json": b"{}"}))

    with pytest.raises(DataError, match=r"learner\.json"):
        served_files(store)
