from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from foresell.errors import SpecError
from foresell.spec.calendar import Event
from foresell.spec.cleaning import Cleaning
from foresell.spec.features import FeatureSpec
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.reading import parse_project
from foresell.spec.sources import Synthetic, Table
from foresell.spec.split import SplitSpec

MINIMAL: dict[str, Any] = {
    "name": "bakery",
    "title": "Loaves by shop",
    "kind": "panel",
    "tables": [{"name": "sales", "file": "sales.csv"}],
    "columns": {"shop": "key", "day": "time", "loaves": "target", "open": "known_future"},
    "frequency": "D",
    "horizon": 7,
    "season": 7,
    "split": {"test": 7, "validation": [7]},
}


def declared(**changed: object) -> ProjectSpec:
    return parse_project(yaml.safe_dump(MINIMAL | changed), "bakery/project.yaml")


def refused(**changed: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        declared(**changed)
    return caught.value


def test_a_minimal_declaration_gets_the_documented_defaults() -> None:
    assert declared() == ProjectSpec(
        name="bakery",
        title="Loaves by shop",
        kind="panel",
        tables=(Table(name="sales", file="sales.csv"),),
        columns={"shop": "key", "day": "time", "loaves": "target", "open": "known_future"},
        frequency="D",
        horizon=7,
        season=7,
        split=SplitSpec(test=7, validation=(7,)),
        unit="",
        asked=None,
        synthetic=None,
        grouping=None,
        cleaning=Cleaning(negative_target="keep", max_rejected_share=0.01),
        holiday_weight=None,
        events=(),
        features=FeatureSpec(event_window_days=28),
        segments=(),
        nonnegative=False,
        seed=20261121,
    )


def test_roles_are_found_in_declared_order() -> None:
    project = declared(columns=MINIMAL["columns"] | {"town": "static", "till": "key"})
    assert (project.keys, project.time, project.target) == (("shop", "till"), "day", "loaves")
    assert project.with_role("static", "known_future") == ("open", "town")


def test_what_is_declared_is_read_into_nouns() -> None:
    project = declared(
        holiday_weight={"column": "open", "value": 5},
        events=[{"name": "fair", "dates": ["2010-02-07"]}],
        synthetic={
            "stores": 2,
            "products": 3,
            "start": "2022-01-01",
            "end": "2022-02-01",
            "seed": 1,
        },
    )
    assert project.holiday_weight == HolidayWeight(column="open", value=5.0)
    assert project.events == (Event(name="fair", dates=(date(2010, 2, 7),)),)
    assert project.synthetic == Synthetic(
        stores=2, products=3, start="2022-01-01", end="2022-02-01", seed=1
    )


@pytest.mark.parametrize("name", ["horizon", "columns", "never_declared"])
def test_a_declaration_is_frozen(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(declared(), name, 3)


WRONG = {
    "two targets": (
        {"columns": MINIMAL["columns"] | {"cakes": "target"}},
        "2 columns have the role 'target'",
    ),
    "no time": (
        {"columns": {"shop": "key", "loaves": "target"}},
        "0 columns have the role 'time'",
    ),
    "no key": (
        {"columns": {"day": "time", "loaves": "target"}},
        "no column has the role 'key'",
    ),
    "no table": ({"tables": []}, "no table is declared"),
    "a table that nothing ties to the first": (
        {"tables": [*MINIMAL["tables"], {"name": "towns", "file": "towns.csv"}]},
        "the table 'towns' does not say how it is joined",
    ),
    "no horizon": ({"horizon": 0}, "horizon is 0"),
    "no season": ({"season": -1}, "season is -1"),
    "a test of no periods": (
        {"split": {"test": 0, "validation": [7]}},
        "test=0, validation=[7]",
    ),
    "a test of more than all rows": ({"split": {"test_share": 1.2}}, "test_share is 1.2"),
    "a test of less than no rows": ({"split": {"test_share": -0.1}}, "test_share is -0.1"),
    "no validation": ({"split": {"test": 7, "validation": []}}, "test=7, validation=[]"),
    "a cutoff inside the test": (
        {"split": {"test": 7, "validation": [7, 0]}},
        "test=7, validation=[7, 0]",
    ),
    "a share above one": (
        {"cleaning": {"max_rejected_share": 1.5}},
        "max_rejected_share is 1.5",
    ),
    "a window of no period": (
        {"features": {"windows": [0, 4]}},
        "windows [0] look at the present or the future",
    ),
    "a segment that is not static": (
        {"segments": ["open"]},
        "'open' is no column with the role 'static'",
    ),
    "a weight on a column that is unknown ahead": (
        {"holiday_weight": {"column": "loaves", "value": 5}},
        "'loaves' is no column with the role 'known_future'",
    ),
    "an encoding that does not exist": (
        {"tables": [{"name": "sales", "file": "s.csv", "encoding": ["utf-9"]}]},
        "there is no encoding 'utf-9'",
    ),
    "a separator of two characters": (
        {"tables": [{"name": "sales", "file": "s.csv", "separator": "||"}]},
        "encoding is ['utf-8'], separator is '||'",
    ),
    "no encoding": (
        {"tables": [{"name": "sales", "file": "s.csv", "encoding": []}]},
        "encoding is [], separator is ','",
    ),
}


@pytest.mark.parametrize(("changed", "what"), WRONG.values(), ids=WRONG.keys())
def test_a_contradiction_is_refused_in_the_file_it_stands_in(
    changed: dict[str, object], what: str
) -> None:
    error = refused(**changed)
    assert error.what == what
    assert error.where.startswith("bakery/project.yaml: ")


def test_the_nearest_column_is_named_for_a_segment() -> None:
    error = refused(columns=MINIMAL["columns"] | {"town": "static"}, segments=["towm"])
    assert error.args == (
        "'towm' is no column with the role 'static'",
        "bakery/project.yaml: project 'bakery', segments",
        "did you mean 'town'? Known: town",
    )


def test_every_finding_is_told_at_once() -> None:
    error = refused(horizn=7, kind="panell", season="x")
    assert error.what == "'kind' is 'panell'; 'season' is 'x'; unknown key 'horizn'"
    assert error.where == "bakery/project.yaml, lines 7, 9, 11"


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("- a\n- b", "a mapping of keys to values was expected, not list", "p.yaml"),
        ("", "a mapping of keys to values was expected, not NoneType", "p.yaml"),
        ("a: [1", "not YAML: expected ',' or ']', but got '<stream end>'", "p.yaml, line 1"),
        ("a: 1\nb: {c: 1, c: 2}", "not YAML: the key 'c' stands twice", "p.yaml, line 2"),
        ("a: \x07", "not YAML: the text cannot be read", "p.yaml"),
    ],
)
def test_text_that_is_no_mapping_is_refused_with_its_line(text: str, what: str, where: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(text, "p.yaml")
    assert (caught.value.what, caught.value.where) == (what, where)


@pytest.mark.parametrize(
    ("name", "horizon", "keys", "target"),
    [
        ("retail", 28, ("store_id", "category"), "units"),
        ("walmart", 39, ("Store", "Dept"), "Weekly_Sales"),
    ],
)
def test_the_projects_that_ship_are_sound(
    name: str, horizon: int, keys: tuple[str, ...], target: str
) -> None:
    text = files("foresell").joinpath(f"projects/{name}/project.yaml").read_text(encoding="utf-8")
    project = parse_project(text, name)
    assert (project.name, project.horizon, project.keys, project.target) == (
        name,
        horizon,
        keys,
        target,
    )


@pytest.mark.parametrize(
    ("changed", "what", "mend"),
    [
        (
            {"holiday_weight": {"columns": "open", "column": "open", "value": 5}},
            "unknown key 'columns' in 'holiday_weight'",
            "did you mean 'column'? Known: column, value",
        ),
        (
            {"events": [{"name": "fair", "nth": {"month": 5, "weekday": "SUNDAY", "nth": 1}}]},
            "event 'fair', 'nth.weekday' is 'SUNDAY'",
            "did you mean 'SUN'? Known: FRI, MON, SAT, SUN, THU, TUE, WED",
        ),
        (
            {"features": {"lag": [1]}},
            "unknown key 'lag' in 'features'",
            "did you mean 'lags'? Known: calendar, coordinates, covariate_lags, "
            "covariate_windows, covariate_year, cyclic, event_window_days, lags, markdowns, "
            "months, price_ratios, price_window, products, promotion_depths, promotion_window, "
            "promotions, ratios, statistics, steps, windows",
        ),
    ],
)
def test_a_typo_inside_a_section_is_named_by_its_path(
    changed: dict[str, object], what: str, mend: str
) -> None:
    error = refused(**changed)
    assert (error.what, error.mend) == (what, mend)


@pytest.mark.parametrize(
    ("changed", "what", "mend"),
    [
        (
            {"cleaning": {"fill": {"Flaeche": 0}}},
            "'cleaning.fill.Flaeche' is 0",
            "'cleaning.fill.Flaeche': write it as a mapping, such as "
            "{value: 0} or {statistic: median}",
        ),
        (
            {"cleaning": {"fill": {"Flaeche": {"valu": 0}}}},
            "unknown key 'valu' in 'cleaning.fill.Flaeche'",
            "did you mean 'value'? Known: statistic, value",
        ),
        (
            {"cleaning": {"drop": "town"}},
            "'cleaning.drop' is 'town'",
            "'cleaning.drop': write a list, such as [a, b]",
        ),
        (
            {"cleaning": {"max_rejected_share": "much"}},
            "'cleaning.max_rejected_share' is 'much'",
            "'cleaning.max_rejected_share': write a number",
        ),
        (
            {"nonnegative": "perhaps"},
            "'nonnegative' is 'perhaps'",
            "'nonnegative': write true or false",
        ),
        ({"cleaning": None}, "'cleaning' is empty", None),
        ({"title": True}, "'title' is true", None),
        (
            {"cleaning": {"fill": {"a": {"value": [1]}}}},
            "'cleaning.fill.a.value' is [1]",
            "'cleaning.fill.a.value': write a whole number or a number or text or true or false",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_words(
    changed: dict[str, Any], what: str, mend: str | None
) -> None:
    error = refused(**changed)
    assert error.what == what
    assert mend in {None, error.mend}
    assert "Input" not in error.mend
