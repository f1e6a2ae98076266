"""With what a served version is trained again, and what is kept of one that was stopped."""

import json
from pathlib import Path
from typing import Any

import pytest

from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import judged_version, read_state
from foresell.spec.reading import parse_project
from foresell.wiring.retraining import (
    Served,
    begun_before,
    place_of,
    preset_of,
    selection_of,
    served,
)
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import small_registry

SERVED = {"alias": "staging", "version": 1}


def trained_with(**metadata: Any) -> Served:
    registry = small_registry()
    register(registry, "toy", stored(small_bundle(metadata=metadata)), reason="a run")
    version = read_state(registry, "toy").versions[0]
    return Served(version=version, alias="prod", bundle=judged_version(registry, version))


@pytest.mark.parametrize(
    ("metadata", "preset", "selection"),
    [
        ({"preset": "fast", "selection": "baseline"}, "fast", None),
        ({"preset": "fast", "selection": "tuned"}, "fast", "tuned"),
        ({"preset": "default", "selection": "both"}, "default", "both"),
        ({"preset": "default", "selection": "whatever"}, "default", None),
        ({"preset": "of another time"}, "default", None),
    ],
)
def test_a_challenger_is_trained_as_the_served_version_was(
    metadata: dict[str, Any], preset: str, selection: str | None
) -> None:
    before = trained_with(**metadata)
    project = parse_project(before.bundle.project_text, "toy")
    assert preset_of(before) == preset
    assert selection_of(before, project, preset_of(before)) == selection


@pytest.mark.parametrize(
    ("runs", "number", "moved"), [([], 2, False), (["run 1"], 2, False), (["run 2"], 1, True)]
)
def test_only_what_a_retraining_has_put_on_staging_itself_is_taken_for_its_challenger(
    runs: list[str], number: int, moved: bool
) -> None:
    registry = small_registry(versions=2)
    promote(registry, "toy", 2, "staging", reason="a run")
    found = served(registry, "toy", {"served": SERVED, "runs": runs})
    assert (found.version.version, found.moved) == (number, moved)


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ({"state": "begun", "served": SERVED}, True),
        ({"state": "stopped", "served": SERVED}, False),
        ({"state": "ended", "served": SERVED}, False),
        ({"state": "begun", "served": {}}, False),
        ([], False),
    ],
)
def test_only_one_that_did_not_end_is_taken_up(tmp_path: Path, told: Any, there: bool) -> None:
    (tmp_path / "retrain.json").write_text(json.dumps(told))
    assert (begun_before(tmp_path / "retrain.json") is not None) is there
    assert begun_before(tmp_path / "none.json") is None


def test_a_place_of_data_is_told_so_that_another_process_finds_it() -> None:
    assert place_of("s3://bucket/prefix") == "s3://bucket/prefix"
    assert place_of("data") == str(Path.cwd() / "data")
    assert place_of(None) is None
