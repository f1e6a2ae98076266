"""The projects that ship, each with one thing on which its two declarations differ."""

COLUMNS = "project.yaml of the project 'walmart', columns"
RETAIL = "project.yaml of the project 'retail', columns"
KNOWN = (
    "CPI, Date, Dept, Fuel_Price, IsHoliday, MarkDown1, MarkDown2, MarkDown3, MarkDown4, "
    "MarkDown5, Size, Store, Temperature, Type, Unemployment, Weekly_Sales"
)
RAW = (
    "base_price, category, city, conversion, date, discount, event, margin, on_promotion, open, "
    "opened, price, product_id, promotion, rain, revenue, size, store_id, temperature, "
    "transactions, units, visitors"
)
WEIGHT = (
    "the column 'IsHoliday' of the holiday weight can be other than yes or no",
    "project.yaml of the project 'walmart', holiday_weight",
    "make it boolean, or an integer from 0 to 1, in contract.yaml, and where it is grouped "
    "use max, min or first",
)
PREDICTOR = (
    "a column with that role is of type integer, number or boolean; a string can be key, static or "
    "excluded"
)

# name: (project, file, text that ships, text instead, (what, where, mend))
GROUPING = (
    "  by: [store_id, category, date]\n"
    "  columns:\n"
    "    units: sum\n"
    "    promotion: first\n"
    "    discount: first\n"
    "    open: first\n"
    "    price: mean\n"
    "    visitors: first\n"
    "    temperature: first\n"
    "    rain: first\n"
    "    city: first\n"
)
WRONG = {
    "a role for no column": (
        "walmart",
        "project",
        "CPI: past_only",
        "CPY: past_only",
        (
            "the column 'CPY' has a role and stands in no table",
            COLUMNS,
            f"did you mean 'CPI'? Known: {KNOWN}",
        ),
    ),
    "a column without a role": (
        "walmart",
        "project",
        "  CPI: past_only\n",
        "",
        (
            "the column 'CPI' has no role",
            COLUMNS,
            "add 'CPI: past_only', or another role ('excluded' leaves it out)",
        ),
    ),
    "a role for a column that the grouping drops": (
        "retail",
        "project",
        "  size: static\n",
        "  size: static\n  margin: static\n",
        (
            "the column 'margin' has a role and stands in no table",
            RETAIL,
            "did you mean 'rain'? Known: category, city, date, discount, open, price, promotion, "
            "rain, size, store_id, temperature, units, visitors",
        ),
    ),
    "a time that is text": (
        "walmart",
        "contract",
        "logicalType: date\n        required: true\n        primaryKey: true\n"
        "        primaryKeyPosition: 3\n        description: The Friday that ends the week.\n"
        "        logicalTypeOptions: {format: yyyy-MM-dd}",
        "logicalType: string\n        required: true\n        primaryKey: true\n"
        "        primaryKeyPosition: 3",
        (
            "the column 'Date' has the role 'time' and the type string",
            COLUMNS,
            "a column with that role is of type date; a string can be key, static or excluded",
        ),
    ),
    "a target that is text": (
        "walmart",
        "contract",
        "name: Weekly_Sales\n        logicalType: number\n        required: true\n"
        "        description: Sales of the week in USD; negative where returns exceed sales.\n"
        "        logicalTypeOptions: {minimum: -100000, maximum: 5000000}",
        "name: Weekly_Sales\n        logicalType: string\n        required: true",
        (
            "the column 'Weekly_Sales' has the role 'target' and the type string",
            COLUMNS,
            "a column with that role is of type integer or number; a string can be key, static or "
            "excluded",
        ),
    ),
    "a target that is yes or no": (
        "walmart",
        "contract",
        "name: Weekly_Sales\n        logicalType: number\n        required: true\n"
        "        description: Sales of the week in USD; negative where returns exceed sales.\n"
        "        logicalTypeOptions: {minimum: -100000, maximum: 5000000}",
        "name: Weekly_Sales\n        logicalType: boolean\n        required: true",
        (
            "the column 'Weekly_Sales' has the role 'target' and the type boolean",
            COLUMNS,
            "a column with that role is of type integer or number; a boolean can be key, static, "
            "known_future, past_only or excluded",
        ),
    ),
    "text that is known ahead": (
        "walmart",
        "contract",
        "name: IsHoliday\n        logicalType: boolean",
        "name: IsHoliday\n        logicalType: string",
        (
            "the column 'IsHoliday' has the role 'known_future' and the type string",
            COLUMNS,
            PREDICTOR,
        ),
    ),
    "a day as a past covariate": (
        "retail",
        "project",
        "city: first\n    size: first\n\nasked:\n  file: metadata/asked.parquet\n\ncolumns:\n",
        "city: first\n    size: first\n    opened: first\n\ncolumns:\n  opened: past_only\n",
        (
            "the column 'opened' has the role 'past_only' and the type date",
            RETAIL,
            "a column with that role is of type integer, number or boolean; a date can be key, "
            "time, static or excluded",
        ),
    ),
    "a key that is a float": (
        "walmart",
        "contract",
        "name: Dept\n        logicalType: integer",
        "name: Dept\n        logicalType: number",
        (
            "the column 'Dept' has the role 'key' and the type number",
            COLUMNS,
            "a column with that role is of type string, integer, boolean or date; a number can be "
            "target, static, known_future, past_only or excluded",
        ),
    ),
    "a holiday that is a number": (
        "walmart",
        "contract",
        "name: IsHoliday\n        logicalType: boolean",
        "name: IsHoliday\n        logicalType: number",
        WEIGHT,
    ),
    "a holiday that is a count": (
        "walmart",
        "contract",
        "name: IsHoliday\n        logicalType: boolean",
        "name: IsHoliday\n        logicalType: integer\n"
        "        logicalTypeOptions: {minimum: 0, maximum: 2}",
        WEIGHT,
    ),
    "a project key coarser than the rows": (
        "walmart",
        "contract",
        "name: Size\n        logicalType: integer\n        required: true",
        "name: Size\n        logicalType: integer\n        required: true\n"
        "        primaryKey: true\n        primaryKeyPosition: 4",
        (
            "rows are told apart by 'Size', which is neither a key nor the time",
            COLUMNS,
            "declare grouping, or give the column the role key: 'Size: key'",
        ),
    ),
    "a key that the contract does not have": (
        "walmart",
        "project",
        "Size: static",
        "Size: key",
        (
            "the column 'Size' is a key or the time, and rows are told apart without it",
            COLUMNS,
            "set primaryKey: true for 'Size' in contract.yaml, or give it another role",
        ),
    ),
    "a grouping by more than the keys": (
        "retail",
        "project",
        GROUPING,
        GROUPING.replace("date]", "date, city]").replace("    city: first\n", ""),
        (
            "rows are told apart by 'city', which is neither a key nor the time",
            RETAIL,
            "give the column the role key ('city: key'), or take it out of grouping.by",
        ),
    ),
    "a grouping by less than the keys": (
        "retail",
        "project",
        "city: static",
        "city: key",
        (
            "the column 'city' is a key or the time, and rows are told apart without it",
            RETAIL,
            "add 'city' to grouping.by, or give it another role",
        ),
    ),
    "a join on an unknown column": (
        "walmart",
        "project",
        "join_on: [Store, Date]",
        "join_on: [Store, Dat]",
        (
            "'Dat' is no column of the contract",
            "tables, features, join_on",
            f"did you mean 'Date'? Known: {KNOWN}",
        ),
    ),
    "a grouping by an unknown column": (
        "retail",
        "project",
        "by: [store_id, category, date]",
        "by: [store_id, categry, date]",
        (
            "'categry' is no column of the contract",
            "grouping.by",
            f"did you mean 'category'? Known: {RAW}",
        ),
    ),
    "a grouping of an unknown column": (
        "retail",
        "project",
        "    units: sum",
        "    unts: sum",
        (
            "'unts' is no column of the contract",
            "grouping.columns",
            f"did you mean 'units'? Known: {RAW}",
        ),
    ),
    "a column that is grouped by and has a verb": (
        "retail",
        "project",
        "    units: sum",
        "    category: first\n    units: sum",
        (
            "the column 'category' is grouped by and has the verb 'first'",
            "grouping.columns.category",
            "name it in grouping.by or in grouping.columns",
        ),
    ),
    "the mean of words": (
        "retail",
        "project",
        "city: first",
        "city: mean",
        (
            "there is no mean of 'city', whose type is string",
            "grouping.columns.city",
            "use max, min or first",
        ),
    ),
    "the sum of days": (
        "retail",
        "project",
        "city: first",
        "opened: sum",
        (
            "there is no sum of 'opened', whose type is date",
            "grouping.columns.opened",
            "use max, min or first",
        ),
    ),
    "a segment of a column that is dropped": (
        "sales_orders",
        "project",
        "risk:\n  segments: [{PRODUCTLINE: Classic Cars, COUNTRY: USA}",
        "risk:\n  segments: [{PHONE: '1', COUNTRY: USA}",
        (
            "the column 'PHONE' makes no segment",
            "risk.segments",
            "known: CITY, COUNTRY, DEALSIZE, MONTH_ID, MSRP, ORDERLINENUMBER, ORDERNUMBER, "
            "PRICEEACH, PRODUCTCODE, PRODUCTLINE, QTR_ID, QUANTITYORDERED, STATE, STATUS, "
            "TERRITORY, YEAR_ID",
        ),
    ),
    "a trend of no column": (
        "retail",
        "project",
        "trending: [price, visitors]",
        "trending: [prices, visitors]",
        (
            "the column 'prices' is not compared",
            "monitoring.trending",
            "did you mean 'price'? Known: city, discount, open, price, promotion, rain, size, "
            "temperature, units, visitors",
        ),
    ),
}
