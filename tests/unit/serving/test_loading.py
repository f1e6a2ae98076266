"""What a bundle has to prove before it answers requests."""

import json
from dataclasses import replace

import pytest

from foresell.answer.learnt import PLAIN
from foresell.errors import DataError, ForesellError
from foresell.serving.loading import load_served
from tests.served_bundles import answering_bundle, live, served


def test_a_version_that_is_loaded_knows_its_project_its_fields_and_its_champion() -> None:
    found = served(4)

    assert found.live == live(4)
    assert (found.spec.name, found.spec.kind, found.model_name) == ("toy", "tabular", "same")
    assert [one.name for one in found.form.fields] == ["day", "pieces", "price", "gift", "colour"]
    assert found.rows is not None
    assert found.published is None


def test_a_bundle_without_its_model_is_refused_by_the_name_of_the_file() -> None:
    bundle = replace(answering_bundle(), model={})

    with pytest.raises(DataError, match=PLAIN):
        load_served(bundle, live())


def test_a_bundle_whose_contract_contradicts_itself_is_refused() -> None:
    bundle = answering_bundle()
    spoilt = bundle.contract_text.replace("minimum: 1, maximum: 99", "minimum: 99, maximum: 1")
    assert spoilt != bundle.contract_text

    with pytest.raises(ForesellError, match="pieces"):
        load_served(replace(bundle, contract_text=spoilt), live())


def test_a_bundle_whose_champion_is_none_of_its_graphs_is_refused() -> None:
    bundle = answering_bundle()
    told = json.loads(bundle.model[PLAIN])
    told["baselines"] = {}
    model = {**bundle.model, PLAIN: json.dumps(told).encode()}

    with pytest.raises(ForesellError, match="same"):
        load_served(replace(bundle, model=model), live())
