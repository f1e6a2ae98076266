import json
from dataclasses import replace

import numpy as np
import polars as pl

from foresell.monitor.schema import Renamed, SchemaColumn, TypeChange, compare_schema, to_json

DECLARED = [
    SchemaColumn(name="Store", type="integer"),
    SchemaColumn(name="Fuel_Price", type="number"),
    SchemaColumn(name="Type", type="string", required=False),
]


def found(*columns: tuple[str, str]) -> list[SchemaColumn]:
    return [SchemaColumn(name=name, type=kind) for name, kind in columns]


def test_columns_as_declared_are_no_change_and_whole_numbers_are_numbers() -> None:
    changes = compare_schema(
        DECLARED, found(("Store", "integer"), ("Fuel_Price", "integer"), ("Type", "string"))
    )

    assert changes.findings == ()
    assert not changes.alarmed


def test_a_renamed_column_is_known_by_its_name_and_is_neither_missing_nor_unexpected() -> None:
    changes = compare_schema(
        DECLARED, found(("Store", "integer"), ("fuelprice", "number"), ("Type", "string"))
    )

    assert changes.renamed == (Renamed(name="Fuel_Price", now="fuelprice", by="name"),)
    assert (changes.missing, changes.unexpected) == ((), ())
    assert [(one.seen, one.weight, one.about) for one in changes.findings] == [
        ("column_renamed", "alarm", "Fuel_Price")
    ]
    assert "fuelprice" in changes.findings[0].says


def test_a_renamed_column_is_known_by_its_values_where_its_name_says_nothing() -> None:
    draw = np.random.default_rng(1)
    prices, sizes = pl.Series(draw.normal(3, 1, 500)), pl.Series(draw.normal(90, 5, 500))
    declared = [
        SchemaColumn(name="Fuel_Price", type="number", values=prices),
        SchemaColumn(name="Size", type="number", values=sizes),
    ]
    given = [
        SchemaColumn(name="x1", type="number", values=sizes.sample(200, seed=1)),
        SchemaColumn(name="x2", type="number", values=prices.sample(200, seed=1)),
    ]

    changes = compare_schema(declared, given)

    assert {(one.name, one.now, one.by) for one in changes.renamed} == {
        ("Fuel_Price", "x2", "values"),
        ("Size", "x1", "values"),
    }


def test_values_of_another_kind_are_no_renaming() -> None:
    declared = [SchemaColumn(name="Type", type="string", values=pl.Series(["a", "b"] * 50))]
    given = [SchemaColumn(name="City", type="number", values=pl.Series([1.0, 2.0] * 50))]

    changes = compare_schema(declared, given)

    assert (changes.missing, changes.unexpected, changes.renamed) == (("Type",), ("City",), ())


def test_a_column_unlike_in_name_and_values_is_known_by_its_place() -> None:
    draw = np.random.default_rng(2)
    names = ["Store", "Temperature", "Unemployment", "Size"]
    declared = [
        SchemaColumn(name=name, type="number", values=pl.Series(draw.normal(8, 1, 300)))
        for name in names
    ]
    given = [
        *(replace(one) for one in declared[:1]),
        SchemaColumn(name="Degrees", type="number", values=pl.Series(draw.normal(90, 1, 300))),
        SchemaColumn(name="JoblessRate", type="integer", values=pl.Series([5] * 300)),
        *(replace(one) for one in declared[3:]),
        SchemaColumn(name="Extra", type="string"),
    ]

    changes = compare_schema(declared, given)

    assert changes.renamed == (
        Renamed(name="Temperature", now="Degrees", by="place"),
        Renamed(name="Unemployment", now="JoblessRate", by="place"),
    )
    assert (changes.missing, changes.unexpected) == ((), ("Extra",))
    assert changes.alarmed
    assert changes.findings[1].says == (
        "the column Unemployment is missing, and JoblessRate of its kind stands in its place: "
        "perhaps renamed"
    )


def test_the_only_column_that_is_missing_is_perhaps_the_only_new_one_wherever_it_stands() -> None:
    moved = found(("Store", "integer"), ("Type", "string"), ("cost", "number"))
    other = found(("Store", "integer"), ("Type", "string"), ("cost", "string"))

    (told,) = compare_schema(DECLARED, moved).renamed

    assert told == Renamed(name="Fuel_Price", now="cost", by="kind")
    assert compare_schema(DECLARED, other).renamed == ()


def test_a_new_column_is_not_taken_for_one_that_is_missing_elsewhere_beside_others() -> None:
    given = found(("Weather", "number"), ("Store", "integer"), ("Mood", "string"))

    changes = compare_schema(DECLARED, given)

    assert changes.renamed == ()
    assert changes.missing == ("Fuel_Price", "Type")


def test_what_must_be_there_is_an_alarm_and_the_rest_a_note() -> None:
    changes = compare_schema(DECLARED, found(("Weather", "string")))

    assert {(one.seen, one.about): one.weight for one in changes.findings} == {
        ("column_missing", "Store"): "alarm",
        ("column_missing", "Fuel_Price"): "alarm",
        ("column_missing", "Type"): "note",
        ("column_unexpected", "Weather"): "note",
    }
    assert [one.weight for one in changes.findings] == ["alarm", "alarm", "note", "note"]


def test_another_type_is_an_alarm_and_another_order_a_note() -> None:
    changes = compare_schema(
        DECLARED, found(("Type", "string"), ("Fuel_Price", "string"), ("Store", "integer"))
    )

    assert changes.types == (TypeChange(name="Fuel_Price", expected="number", found="string"),)
    assert changes.order == ("Type", "Fuel_Price", "Store")
    assert [(one.seen, one.weight) for one in changes.findings] == [
        ("column_type", "alarm"),
        ("column_order", "note"),
    ]
    told = json.loads(json.dumps(to_json(changes)))
    assert told["types"] == [{"name": "Fuel_Price", "expected": "number", "found": "string"}]
