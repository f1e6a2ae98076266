"""Text under the pointer is read from the row, as Vega hands it over."""

import json
from typing import Any

import polars as pl
import vl_convert

from foresell.charts.gains import gains
from foresell.charts.pointing import pointed

QUOTED = json.dumps('a "b"') + ": isValid"
ROWS = pl.DataFrame({
    "value": ["A", "B"],
    "value_added": [0.2, None],
    "rank": [0, 1],
    'od."d': [1.0, 2.0],
})


def tips_of(spec: dict[str, Any]) -> list[str]:
    made = vl_convert.vegalite_to_vega(spec)
    return [
        one["encode"]["update"]["tooltip"]["signal"]
        for one in made["marks"]
        if "tooltip" in one.get("encode", {}).get("update", {})
    ]


def test_text_is_looked_for_in_the_row_and_not_in_the_cell_around_it() -> None:
    words = {"value": "Store", "value_added": "Value added", 'od."d': 'a "b"'}
    spec = pointed(gains(ROWS), ROWS, "rank", words, formats={"value_added": ".1%"})
    for tip in tips_of(spec):
        assert '"Store": isValid((datum.datum || datum)["value"])' in tip
        assert 'format((datum.datum || datum)["value_added"], ".1%") : \'–\'' in tip
        assert QUOTED in tip
    assert len(tips_of(spec)) == 2
