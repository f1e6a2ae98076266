"""The parameters of every stage: all are known, and each is found where a person declares it."""

from dataclasses import fields

import pytest

from foresell.pipeline.fingerprint import learnt_text
from foresell.pipeline.graph import PANEL_STAGES, TABULAR_STAGES
from foresell.pipeline.reads import (
    ASKED,
    OUTSIDE,
    READS,
    UNLEARNT,
    known_parameters,
    place_of,
)
from foresell.pipeline.work import Request, Stage
from foresell.spec.project import Kind, ProjectSpec

FIELDS = {item.name for item in fields(ProjectSpec)}


@pytest.mark.parametrize(("kind", "stages"), [("panel", PANEL_STAGES), ("tabular", TABULAR_STAGES)])
def test_every_stage_of_a_kind_declares_what_it_reads(
    kind: Kind, stages: tuple[Stage, ...]
) -> None:
    assert {stage.name: stage.reads for stage in stages} == READS[kind]


def test_a_field_of_a_project_is_read_by_a_stage_or_told_how_else_it_is_used() -> None:
    read = {name for kind in READS.values() for names in kind.values() for name in names}
    assert read == set(known_parameters())
    assert {*known_parameters(), *OUTSIDE} == FIELDS | set(ASKED)
    assert read.isdisjoint(OUTSIDE)


def test_what_is_asked_for_is_what_a_request_holds() -> None:
    held = {item.name for item in fields(Request)}
    assert {*ASKED} - {"declarations"} <= held
    assert {"project_text", "contract_text"} <= held  # the declarations


def test_every_parameter_has_a_place_and_its_keys_are_fields() -> None:
    for name in known_parameters():
        place, keys = place_of(name)
        if place == "run":
            assert keys == (name,)
        elif place == "project.yaml":
            assert set(keys) <= FIELDS
            assert keys or name == "declarations"
        else:
            assert (name, keys) == ("contract", ())
    declared = {key for name in known_parameters() for key in place_of(name)[1]}
    assert declared - set(ASKED) == FIELDS - {"registry"}


def test_the_sections_that_no_model_learns_from_are_no_part_of_the_declarations() -> None:
    text = "name: shop\n" + "".join(f"{name}: {{a: 1}}\n" for name in UNLEARNT)
    assert learnt_text(text) == "name: shop\n"
