from dataclasses import asdict, fields, replace

import pytest

from foresell.adapters.sources import MemorySource
from foresell.adapters.store import MemoryStore
from foresell.errors import UsageError
from foresell.pipeline.work import Request, Work, watch
from foresell.spec.project import ProjectSpec
from tests.unit.pipeline.conftest import shipped

PROJECT, CONTRACT = shipped("walmart")
FIELDS = [item.name for item in fields(ProjectSpec)]


def work() -> Work:
    request = Request(
        project=PROJECT,
        contract=CONTRACT,
        source=MemorySource({}),
        preset="fast",
        override="because",
        project_text="p",
        contract_text="c",
    )
    return Work(request=request, inputs={}, outputs={}, scratch=MemoryStore(), note=lambda _: None)


@pytest.mark.parametrize("name", FIELDS)
def test_reading_a_field_is_remembered_and_returns_what_was_declared(name: str) -> None:
    seen: set[str] = set()
    assert getattr(watch(PROJECT, seen), name) == getattr(PROJECT, name)
    assert seen == {name}


def test_looking_at_nothing_remembers_nothing() -> None:
    seen: set[str] = set()
    watch(PROJECT, seen)
    assert seen == set()


def test_a_field_read_through_a_property_or_method_is_remembered() -> None:
    seen: set[str] = set()
    twin = watch(PROJECT, seen)
    assert (twin.keys, twin.time, twin.with_role("static")) == (
        ("Store", "Dept"),
        "Date",
        ("Type", "Size"),
    )
    assert seen == {"columns"}


def test_copying_a_watched_project_reads_every_field() -> None:
    seen: set[str] = set()
    assert asdict(watch(PROJECT, seen)) == asdict(PROJECT)
    assert seen == set(FIELDS)


def test_a_copy_with_a_change_is_a_project_of_its_own() -> None:
    twin = watch(PROJECT, set())
    assert replace(PROJECT, horizon=40).horizon == 40
    assert (twin.horizon, PROJECT.horizon) == (39, 39)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contract", CONTRACT),
        ("preset", "fast"),
        ("override", "because"),
        ("declarations", {"project.yaml": "p", "contract.yaml": "c"}),
    ],
)
def test_everything_beside_the_project_is_a_parameter_as_a_whole(name: str, value: object) -> None:
    asked = work()
    assert getattr(asked, name) == value
    assert asked.seen == {name}


def test_two_looks_at_the_project_share_one_memory() -> None:
    asked = work()
    assert (asked.project.horizon, asked.project.season) == (39, 52)
    assert asked.seen == {"horizon", "season"}


def test_a_run_without_a_registry_says_so_where_one_is_needed() -> None:
    with pytest.raises(UsageError) as caught:
        _ = work().registry
    assert caught.value.args == (
        "the run was given no registry",
        "register",
        "give it one, or stop before: --until refit",
    )
