"""Claims on what-if pages, by what the endpoints say of the same question."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import httpx
import pytest

from tests.page_charts import Row, drawn
from tests.page_numbers import Seen
from tests.page_words import caption, heard, minus, size, whole

Part = tuple[str, str, float]  # the part, its column where it has one, and what it adds
_SAME = 1e-6
_LATE, _TRIES = 504, 6
_SHOWN = 12  # parts that are heard


class Server:
    """A server of pages, asked over HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> httpx.Response:
        got = httpx.get(f"{self.base}{path}", timeout=300)
        assert got.status_code == 200, got.text
        return got

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        for _ in range(_TRIES):
            got = httpx.post(f"{self.base}{path}", json=body, timeout=300)
            if got.status_code != _LATE:  # a desk that starts on a busy machine takes its time
                break
        assert got.status_code == 200, got.text
        return got.json()

    def rows(self, page: Seen, figure: str) -> list[dict[str, str]]:
        """What a chart draws, as the file that the page gives away."""
        path, _, query = page.figures[figure].partition(".json")
        return list(csv.DictReader(StringIO(self.get(f"{path}.csv{query}").text)))


def signed(value: float, unit: str = "USD") -> str:
    """What is added, with its sign."""
    return f"+{size(value, unit)}" if value > 0 else size(value, unit)


def one_decimal(value: float) -> str:
    return minus(f"{value:,.1f}")


def steps(told: Mapping[str, Any]) -> list[Part]:
    """What each part, or each column of it, adds to the forecast of a week."""
    columns = told["columns"] or {}
    return [
        (part, name, amount)
        for part, value in told["contributions"].items()
        for name, amount in ((columns.get(part) or {"": value}).items())
    ]


def moved(before: Sequence[Part], after: Sequence[Part]) -> list[Part]:
    """What each part adds to the second answer less what it adds to the first."""
    summed: dict[tuple[str, str], float] = {}
    for sign, parts in ((1, after), (-1, before)):
        for part, name, value in parts:
            summed[part, name] = summed.get((part, name), 0.0) + sign * value
    return [(part, name, value) for (part, name), value in summed.items()]


def claim_reasons(
    page: Seen, server: Server, figure: str, begun: float, parts: Sequence[Part], said: str
) -> None:
    """Claim a waterfall: its words, and its numbers, which add up to what is answered.

    ``said``: what its title says before the amount that matters most.
    """
    by_name: dict[str, float] = {}
    for part, name, value in parts:
        by_name[name or part] = by_name.get(name or part, 0.0) + value
    most = max(by_name.items(), key=lambda one: (abs(one[1]), one[0]))
    caption(page, figure, *([said] if said else []), signed(most[1]))
    told = [signed(value) for _, _, value in parts if abs(value) > _SAME]
    end = begun + sum(value for _, _, value in parts)
    heard(page, figure, size(begun, "USD"), *told[:_SHOWN], size(end, "USD"))
    rows = server.rows(page, figure)
    assert float(rows[0]["value"]) == pytest.approx(begun, rel=1e-9)
    for row, (part, name, value) in zip(rows[1:], parts, strict=True):
        assert row["column"] == (name or ""), part
        assert float(row["value"]) == pytest.approx(value, rel=1e-9, abs=1e-6)
    with drawn(page, figure, ask=server.get) as chart:
        words = chart.words()
        assert whole(begun) in words
        assert whole(end) in words
        _claim_way(chart.layers, begun, end)
        chart.layers = []


def _claim_way(layers: Sequence[Any], begun: float, end: float) -> None:
    """Check that the dots at both ends lie as far apart as their numbers, by the ticks' scale."""
    dots = [one.fixed[0] for one in layers if one.mark == "point"]
    assert len(dots) == 2
    assert (dots[1] - dots[0]) * (end - begun) >= 0


def claim_varied(page: Seen, server: Server, field: str, answers: Sequence[Any]) -> None:
    """Claim the answers with other values of one field: (value, answer, its band)."""
    values = [one["prediction"] for _, one in answers]
    ends = (size(min(values), "USD"), size(max(values), "USD"))
    caption(page, "varied", *ends)
    heard(page, "varied", *ends, f"{len(answers)} values")
    rows: list[Row] = [(value, one["prediction"]) for value, one in answers]
    bands: list[Row] = [(value, one["p10"], one["p90"]) for value, one in answers]
    with drawn(page, "varied", ask=server.get) as chart:
        chart.same("area", ("x", "low", "high"), bands)
        chart.same("line", ("x", "prediction"), rows)
        chart.layers = [one for one in chart.layers if one.mark in {"area", "line"}]
    told = server.rows(page, "varied")
    assert [float(row[field]) for row in told] == [value for value, _ in answers]
    assert [float(row["prediction"]) for row in told] == pytest.approx(values)
