"""The tables that only a tabular project has."""

from collections.abc import Mapping

from foresell.eda.shapes import Shape

ROW_TABLES: Mapping[str, Shape] = {
    "by_category": Shape(
        of=("tabular",),
        says="the target by the values of columns that hold few",
        columns={
            "column": "text",
            "value": "text; '(others)' for those beyond the 30 with most rows; null: missing",
            "rows": "integer",
            "share": "number: of the rows",
            "y": "number: total",
            "y_share": "number: of the total",
            "mean": "number",
            "median": "number",
            "p25": "number",
            "p75": "number",
            "chance": "number: of the column: how likely its values, or those of another column, "
            "differ so by chance (Kruskal and Wallis over groups, Holm)",
        },
    ),
    "target_by_bin": Shape(
        of=("tabular",),
        says="the target by ten groups, as equal in size as can be, of each column of numbers",
        columns={
            "column": "text",
            "bin": "integer from 1",
            "low": "number: least value in it",
            "high": "number: largest value in it",
            "rows": "integer",
            "mean": "number: of the target",
            "median": "number",
            "p25": "number",
            "p75": "number",
        },
    ),
    "months": Shape(
        of=("tabular",),
        says="rows and target by month, where rows have a date; a month without rows is there",
        columns={
            "month": "date: its first day",
            "rows": "integer",
            "groups": "integer: null where no column has the role group",
            "y": "number: total",
            "mean": "number: null of no rows",
        },
    ),
    "groups": Shape(
        of=("tabular",),
        says="how many rows belong together, such as the lines of an order",
        columns={
            "size": "integer: rows of a group",
            "groups": "integer: of that size",
            "rows": "integer",
        },
    ),
    "duplicates": Shape(
        of=("tabular",),
        says="rows that say the same",
        columns={
            "kind": "text: 'whole rows', 'features' (all that is learnt from), 'key'",
            "rows": "integer: with at least one other like it",
            "distinct": "integer: different ones among them",
            "disagreeing": "integer: of the rows, those whose like has another target",
        },
    ),
}
