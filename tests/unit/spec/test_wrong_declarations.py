"""The project that ships, with one slip of the pen each: refused at once, and how."""

from importlib.resources import files

import pytest

from foresell.errors import SpecError
from foresell.spec.holiday_names import check_holidays
from foresell.spec.reading import parse_project

EASTER = "{name: easter, easter: 0}"
INTEGER = "write a whole number"
CENTURY = "write a number of at most 36600"

# name: (text that ships, text instead, what, where after "p.yaml", mend)
WRONG = {
    "month 13": (
        EASTER,
        "{name: easter, nth: {month: 13, weekday: MON, nth: 1}}",
        ("month is 13", ": events, nth.month", "use 1 to 12"),
    ),
    "month 0": (
        EASTER,
        "{name: easter, nth: {month: 0, weekday: MON, nth: 1}}",
        ("month is 0", ": events, nth.month", "use 1 to 12"),
    ),
    "the sixth Monday": (
        EASTER,
        "{name: easter, nth: {month: 5, weekday: MON, nth: 6}}",
        ("nth is 6", ": events, nth.nth", "use 1 to 5, or -1 for the last one"),
    ),
    "the zeroth Monday": (
        EASTER,
        "{name: easter, nth: {month: 5, weekday: MON, nth: 0}}",
        ("nth is 0", ": events, nth.nth", "use 1 to 5, or -1 for the last one"),
    ),
    "a place that is yes": (
        EASTER,
        "{name: easter, nth: {month: 5, weekday: MON, nth: true}}",
        (
            "event 'easter', 'nth.nth' is true",
            ", line 74",
            f"event 'easter', 'nth.nth': {INTEGER}",
        ),
    ),
    "an Easter of another year": (
        EASTER,
        "{name: easter, easter: 366}",
        ("easter is 366", ": events, easter", "use days after Easter Sunday, from -365 to 365"),
    ),
    "a day that no year has": (
        "day: 12-25",
        "day: 02-30",
        (
            "day '02-30' is not a month and a day",
            ": events, christmas",
            "write MM-DD, for example 12-25",
        ),
    ),
    "a day in another order": (
        "day: 12-25",
        "day: 25.12.",
        (
            "day '25.12.' is not a month and a day",
            ": events, christmas",
            "write MM-DD, for example 12-25",
        ),
    ),
    "an empty day": (
        "day: 12-25",
        "day: ''",
        (
            "day '' is not a month and a day",
            ": events, christmas",
            "write MM-DD, for example 12-25",
        ),
    ),
    "two events of one name": (
        "name: easter",
        "name: christmas",
        ("'christmas' stands more than once", ": events", "keep one of each"),
    ),
    "an event window of no day": (
        "event_window_days: 28",
        "event_window_days: 0",
        ("event_window_days is 0", ": features.event_window_days", "use 1 to 366 days"),
    ),
    "a holiday weight of nothing": (
        "value: 5",
        "value: 0",
        ("value is 0.0", ": holiday_weight.value", "use a number above 0, such as 5"),
    ),
    "a holiday weight below nothing": (
        "value: 5",
        "value: -5",
        ("value is -5.0", ": holiday_weight.value", "use a number above 0, such as 5"),
    ),
    "a holiday weight without end": (
        "value: 5",
        "value: .inf",
        ("value is inf", ": holiday_weight.value", "use a number above 0, such as 5"),
    ),
    "a holiday weight that is no number": (
        "value: 5",
        "value: .nan",
        ("value is nan", ": holiday_weight.value", "use a number above 0, such as 5"),
    ),
    "a level of a column that no series has": (
        "[[Store], [Dept], []]",
        "[[Stor], []]",
        (
            "'Stor' is no column with the role 'key' or 'static'",
            ": hierarchy.levels",
            "did you mean 'Store'? Known: Dept, Size, Store, Type",
        ),
    ),
    "a level of the series themselves": (
        "[[Store], [Dept], []]",
        "[[Dept, Store], []]",
        (
            "the level 'Dept x Store' holds every key: it is the series themselves",
            ": hierarchy.levels",
            "name fewer columns; the series are always forecast",
        ),
    ),
    "a level twice": (
        "[[Store], [Dept], []]",
        "[[Store], [], []]",
        ("'total' stands more than once", ": hierarchy.levels", "keep one of each"),
    ),
    "a hierarchy without levels": (
        "[[Store], [Dept], []]",
        "[]",
        ("no level is declared", ": hierarchy.levels", "name at least one: [[Store], []]"),
    ),
    "a negative seed": (
        "season: 52",
        "season: 52\nseed: -1",
        ("seed is -1", ": seed", "use 0 to 2147483646"),
    ),
    "a seed of 32 bits": (
        "season: 52",
        "season: 52\nseed: 2147483647",
        ("seed is 2147483647", ": seed", "use 0 to 2147483646"),
    ),
    "a horizon that is yes": (
        "horizon: 39",
        "horizon: true",
        ("'horizon' is true", ", line 59", f"'horizon': {INTEGER}"),
    ),
    "a season with a point": (
        "season: 52",
        "season: 52.0",
        ("'season' is 52.0", ", line 60", f"'season': {INTEGER}"),
    ),
    "a season of ages": (
        "season: 52",
        "season: 36601",
        ("'season' is 36601", ", line 60", f"'season': {CENTURY}"),
    ),
    "a lag with a point": (
        "lags: [1,",
        "lags: [1.0,",
        ("'features.lags', item 1 is 1.0", ", line 82", f"'features.lags', item 1: {INTEGER}"),
    ),
    "a lag twice": (
        "lags: [1, 2,",
        "lags: [2, 2,",
        ("2 stands more than once", ": features.lags", "keep one of each"),
    ),
    "a window that is yes": (
        "windows: [4,",
        "windows: [yes,",
        (
            "'features.windows', item 1 is true",
            ", line 83",
            f"'features.windows', item 1: {INTEGER}",
        ),
    ),
    "a test that is text": (
        "test: 39",
        "test: '39'",
        ("'split.test' is '39'", ", line 67", f"'split.test': {INTEGER}"),
    ),
    "a cutoff that is yes": (
        "validation: [39,",
        "validation: [true,",
        (
            "'split.validation', item 1 is true",
            ", line 69",
            f"'split.validation', item 1: {INTEGER}",
        ),
    ),
    "a segment twice": (
        "segments: [Type]",
        "segments: [Type, Type]",
        ("'Type' stands more than once", ": segments", "keep one of each"),
    ),
    "a table twice": (
        "name: stores,",
        "name: sales,",
        ("'sales' stands more than once", ": tables", "keep one of each"),
    ),
    "a table without a file": (
        "file: stores.csv",
        "file: ''",
        (
            "none of file, table, query says where the rows are",
            ": tables, stores",
            "keep one of file: train.csv, table: schema.name, query: SELECT ...",
        ),
    ),
    "a feature as a role": (
        "CPI: past_only",
        "CPI: feature",
        (
            "columns ['CPI'] have a role of tabular projects",
            ": project 'walmart', columns",
            "in a panel, use known_future, past_only, static or excluded",
        ),
    ),
    "a weight as a role": (
        "CPI: past_only",
        "CPI: weight",
        (
            "columns ['CPI'] have a role of tabular projects",
            ": project 'walmart', columns",
            "in a panel, use known_future, past_only, static or excluded",
        ),
    ),
    "a group as a role": (
        "CPI: past_only",
        "CPI: group",
        (
            "columns ['CPI'] have a role of tabular projects",
            ": project 'walmart', columns",
            "in a panel, use known_future, past_only, static or excluded",
        ),
    ),
    "an id of a column that no answer has": (
        "{Store}_{Dept}_{Date}",
        "{Store}_{Dep}_{Date}",
        (
            "the id names 'Dep', which is no column with the role 'key' or 'time'",
            ": project 'walmart', asked.id",
            "did you mean 'Dept'? Known: Date, Dept, Store",
        ),
    ),
    "an id with a loose brace": (
        "{Store}_{Dept}_{Date}",
        "{Store_{Dept}_{Date}",
        (
            "id is '{Store_{Dept}_{Date}'",
            ": asked.id",
            "write it as '{key}_{date}', braces in pairs",
        ),
    ),
    "an id under the name of the value": (
        "id_column: Id",
        "id_column: Weekly_Sales",
        (
            "'Weekly_Sales' stands more than once",
            ": asked: id_column, value_column",
            "keep one of each",
        ),
    ),
    "a date that no year has": (
        "[2010-02-07,",
        "[2010-02-30,",
        (
            "not YAML: '2010-02-30' cannot be read: day is out of range for month",
            ", line 73",
            "mend the syntax there",
        ),
    ),
    "a key that is a list": (
        "unit: USD",
        "[unit]: USD",
        ("not YAML: a key is no word", ", line 4", "mend the syntax there"),
    ),
}


def shipped(name: str) -> str:
    return files("foresell").joinpath(f"projects/{name}/project.yaml").read_text(encoding="utf-8")


def altered(old: str, new: str) -> str:
    assert old in shipped("walmart")
    return shipped("walmart").replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_setting_that_cannot_be_is_refused_when_it_is_read(
    old: str, new: str, said: tuple[str, str, str]
) -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(altered(old, new), "p.yaml")
    what, where, mend = said
    assert caught.value.args == (what, f"p.yaml{where}", mend)


@pytest.mark.parametrize("role", ["key", "static", "known_future", "past_only"])
@pytest.mark.parametrize("name", ["step", "q0.5", "weight", "x_price", "__found"])
def test_a_column_named_as_one_of_foresells_own_is_refused(name: str, role: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_project(altered("CPI: past_only", f"{name}: {role}"), "p.yaml")
    assert (caught.value.what, caught.value.where) == (
        f"columns ['{name}'] have names that foresell gives to columns of its own",
        "p.yaml: project 'walmart', columns",
    )


def test_an_excluded_column_may_have_any_name() -> None:
    project = parse_project(altered("CPI: past_only", "weight: excluded"), "p.yaml")
    assert project.with_role("excluded") == ("weight",)


@pytest.mark.parametrize("rule", ["day: 02-29", "nth: {month: 12, weekday: SAT, nth: 5}"])
def test_a_day_that_only_some_years_have_is_accepted(rule: str) -> None:
    project = parse_project(altered("day: 12-25", rule), "p.yaml")
    assert project.events[-1].name == "christmas"


@pytest.mark.parametrize("name", ["walmart", "retail"])
def test_every_holiday_of_a_project_that_ships_exists(name: str) -> None:
    check_holidays(parse_project(shipped(name), name).events)


def test_an_unknown_holiday_is_refused_with_the_nearest_name() -> None:
    events = parse_project(altered("Thanksgiving Day", "Thanksgivin Day"), "p.yaml").events
    with pytest.raises(SpecError, match="did you mean 'Thanksgiving Day'") as caught:
        check_holidays(events)
    assert (caught.value.what, caught.value.where) == (
        "holiday 'Thanksgivin Day' is not in the calendar of US",
        "events, thanksgiving",
    )


@pytest.mark.parametrize(("country", "hint"), [("ZZZZZ", ""), ("USS", "did you mean 'US'? ")])
def test_an_unknown_country_is_refused_with_the_nearest_code(country: str, hint: str) -> None:
    changed = altered("holiday: Labor Day", f"holiday: Labor Day, country: {country}")
    with pytest.raises(SpecError) as caught:
        check_holidays(parse_project(changed, "p.yaml").events)
    assert caught.value.args == (
        f"country '{country}' has no holiday calendar",
        "events, labor_day",
        f"{hint}use an ISO 3166 country code such as US, or give day, nth, easter or dates",
    )
