"""Requests of the Open Inference Protocol that are large, and what is said of them."""

import json

import pytest

from foresell.serving.exchange import Note
from foresell.serving.problems import Refused
from foresell.serving.protocol_v2_tensors import read_request, read_rows
from tests.served_bundles import ROW
from tests.unit.serving.test_protocol_v2 import infer, refusal, tensor


def test_more_inputs_than_there_are_columns_are_refused_at_once() -> None:
    found = refusal(infer({"inputs": [tensor(f"k{at}", 1.5) for at in range(25_000)]}))

    assert found == (400, "25,000 inputs are too many", "inputs")


def test_of_very_many_wrong_values_some_are_told_and_all_are_counted() -> None:
    names = ("price", "pieces")
    replied = infer({"inputs": [tensor(one, *["x"] * 900, datatype="FP64") for one in names]})

    assert (replied.status, len(replied.told["errors"])) == (422, 100)
    assert "1,800 problems" in replied.told["detail"]
    assert [(one["row"], one["field"]) for one in replied.told["errors"][:3]] == [
        (1, "price"),
        (1, "pieces"),
        (2, "price"),
    ]


def test_values_of_another_datatype_are_noted_as_broken_rules() -> None:
    note = Note()
    [one] = read_request({"inputs": [tensor("price", "x", datatype="FP64")]}, 5).inputs
    with pytest.raises(Refused):
        read_rows([one], 10, note)

    assert list(note.violations) == [("price", "datatype")]


def test_a_long_request_is_answered_as_a_short_one_is() -> None:
    inputs = [tensor(name, *[value] * 3000) for name, value in ROW.items()]
    replied = infer({"inputs": inputs})

    assert len(json.dumps(inputs)) > 2**16
    assert replied.status == 200
    assert replied.told["outputs"][0]["data"] == [100.0] * 3000
