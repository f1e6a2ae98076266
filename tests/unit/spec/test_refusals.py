import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import SpecError
from foresell.spec.refusals import RESERVED, refuse_reserved, refuse_twice, template_names

WORDS = st.text("ab_", min_size=1, max_size=3)


@settings(deadline=None)
@given(values=st.lists(st.integers(0, 5), max_size=8))
def test_a_list_is_refused_exactly_when_a_value_stands_in_it_again(values: list[int]) -> None:
    if len(set(values)) == len(values):
        refuse_twice(values, "here")
        return
    with pytest.raises(SpecError) as caught:
        refuse_twice(values, "here")
    twice = [v for v in dict.fromkeys(values) if values.count(v) > 1]
    named = caught.value.what.removesuffix(" stands more than once").split(", ")
    assert sorted(named) == sorted(map(str, twice))


@pytest.mark.parametrize("name", sorted({*RESERVED, "x_lag", "__row"}))
def test_a_name_of_foresells_own_columns_is_refused(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        refuse_reserved(["Store", name, "Date"], "columns")
    what = f"columns ['{name}'] have names that foresell gives to columns of its own"
    assert (caught.value.what, caught.value.where) == (what, "columns")


def test_every_name_the_brief_of_a_forecast_has_is_reserved() -> None:
    assert {"prediction", "q0.1", "q0.5", "q0.9", "level_used", "step", "weight"} <= RESERVED


@settings(deadline=None)
@given(names=st.lists(WORDS, max_size=4))
def test_a_template_names_its_columns_in_order(names: list[str]) -> None:
    template = "-".join(f"{{{name}}}" for name in names)
    assert template_names(template, "asked.id") == tuple(names)


@pytest.mark.parametrize("template", ["{Store", "Store}", "{}", "{{Store}}", "{a}{"])
def test_a_template_with_a_loose_brace_is_refused(template: str) -> None:
    with pytest.raises(SpecError) as caught:
        template_names(template, "asked.id")
    assert caught.value.args == (
        f"id is {template!r}",
        "asked.id",
        "write it as '{key}_{date}', braces in pairs",
    )
