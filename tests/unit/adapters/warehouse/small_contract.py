"""A small contract for the star schema: a rule of every kind, within a table and over two."""

from dataclasses import replace

from foresell.spec.warehouse import WarehouseSpec
from tests.migrated import WALMART
from tests.unit.contracts.every_rule import column, condition, contract_of, domain

KEYED = {"required": True, "primaryKey": True}
PROPERTIES = [
    column("Store", "integer", **KEYED, primaryKeyPosition=1, logicalTypeOptions={"minimum": 1}),
    column("Dept", "integer", **KEYED, primaryKeyPosition=2, logicalTypeOptions={"maximum": 99}),
    column(
        "Week day",
        "date",
        **KEYED,
        primaryKeyPosition=3,
        logicalTypeOptions={"minimum": "2010-01-01"},
    ),
    column("Sales", "number", required=True, logicalTypeOptions={"maximum": 5000}),
    column("Holiday", "boolean", required=True),
    column("Degrees", "number", required=True, logicalTypeOptions={"minimum": -80, "maximum": 140}),
    column("Fuel", "number", logicalTypeOptions={"exclusiveMinimum": 0, "exclusiveMaximum": 20}),
    column("CPI", "number", quality=domain(1, 2.5)),
    column("Type", "string", required=True, logicalTypeOptions={"pattern": "^[ABC]%?$"}),
    column("Size", "integer", required=True, logicalTypeOptions={"minimum": 1}),
    column("Other", "string", logicalTypeOptions={"maxLength": 3}),
]
CONDITIONS = [
    condition("holiday_sales", "Holiday AND Sales < 0"),
    condition("small_a", "Type = 'A' AND Size < 1000"),
    condition("cold_c", "Type = 'C' AND COALESCE(Fuel, 0) > 10"),
    condition("ratio", "Sales / Degrees > 50.5"),
    condition("others", "Other = 'x' AND Sales > 0"),
]
NAMES = {
    **{"Store": "store_id", "Dept": "dept_id", "Week day": "week_date", "Sales": "weekly_sales"},
    **{"Holiday": "isholiday", "Degrees": "temperature", "Fuel": "fuel_price", "CPI": "cpi"},
    **{"Type": "store_type", "Size": "store_size"},
}
CONTRACT = contract_of(PROPERTIES, CONDITIONS, "small")
SMALL = replace(
    WALMART,
    project=replace(WALMART.project, name="small"),
    warehouse=WarehouseSpec(columns=NAMES),
    contract=CONTRACT,
)
