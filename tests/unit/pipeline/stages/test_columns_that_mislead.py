"""Declarations that would let a later value reach the past, or one row hide another."""

from dataclasses import replace

import pytest

from foresell.errors import DataError, SpecError
from foresell.spec.features import FeatureSpec
from foresell.spec.project import ProjectSpec, Role
from tests.builders import weekly_files
from tests.unit.pipeline.conftest import GROUND, House, MakeRequest

RAW = weekly_files(stores=2, depts=2, weeks=100)


def redeclared(project: ProjectSpec, columns: dict[str, Role]) -> ProjectSpec:
    """The project with other roles, and nothing declared that rests on the old ones."""
    return replace(project, columns=columns, features=FeatureSpec(), hierarchy=None, asked=None)


def test_a_static_column_that_changes_within_a_series_is_refused(
    house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)
    columns: dict[str, Role] = {**request.project.columns, "Temperature": "static"}

    with pytest.raises(SpecError) as refused:
        house.run(replace(request, project=redeclared(request.project, columns)), GROUND)

    assert refused.value.args == (
        "the static column 'Temperature' varies within 4 series, Store=1, Dept=1 first",
        "project 'walmart', columns",
        "give 'Temperature' the role 'past_only' or 'known_future', or mend the data",
    )


def test_keys_too_coarse_to_tell_rows_apart_are_refused(house: House, ask: MakeRequest) -> None:
    request = ask(RAW)
    columns: dict[str, Role] = {**request.project.columns, "Dept": "past_only"}
    coarse = redeclared(request.project, columns)

    with pytest.raises(DataError, match=r"^200 keys stand on more than one row: .*Store=1"):
        house.run(replace(request, project=coarse), GROUND)


def test_another_order_of_the_key_columns_runs_every_stage_that_reads_them_again(
    house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)
    house.run(request, GROUND)
    first, second, *others = request.project.columns.items()
    swapped = replace(request.project, columns=dict([second, first, *others]))

    again = house.run(replace(request, project=swapped), GROUND)

    assert (first[0], second[0]) == ("Store", "Dept")
    assert "validate" in again


def test_a_step_that_is_not_that_of_the_dates_is_refused_with_the_one_found(
    house: House, ask: MakeRequest
) -> None:
    request = ask(RAW)

    with pytest.raises(SpecError) as refused:
        house.run(replace(request, project=replace(request.project, frequency="D")), GROUND)

    assert refused.value.what == "dates lie 7 days apart, and D means 1"
