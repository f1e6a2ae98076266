"""Claims on the monitoring page, by the files that looks and judgements leave in ``monitor``."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.page_charts import Row, drawn
from tests.page_numbers import Seen
from tests.page_words import caption, day, fact, heading, heard, line, options, share, table

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_STATES = ("quiet", "far", "expected", "moved")


@dataclass(frozen=True)
class Watched:
    """What lies in ``PROJECT/monitor``."""

    folder: Path

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    @cached_property
    def drift(self) -> Any:
        return self._json("drift_summary.json")

    @cached_property
    def schema(self) -> Any:
        return self._json("schema_summary.json")

    @cached_property
    def alerts(self) -> dict[str, Any]:
        subjects: dict[str, Any] = self._json("alerts.json")["subjects"]
        return subjects

    @cached_property
    def standing(self) -> list[Any]:
        found = [one["alert"] for one in self.alerts.values() if one["alert"]]
        return [one for one in found if one["state"] == "firing"]

    @cached_property
    def looks(self) -> list[Any]:
        lines = (self.folder / "distribution_log.jsonl").read_text().splitlines()
        return [json.loads(one) for one in lines]

    @cached_property
    def performance(self) -> Any:
        return self._json("performance_summary.json")

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a CSV; numbers where a cell is one, None where it is empty."""
        with (self.folder / name).open() as file:
            return [
                {key: _typed(text) for key, text in one.items()} for one in csv.DictReader(file)
            ]


def _typed(text: str) -> Any:
    if text in {"", "true", "false"}:
        return {"": None, "true": True, "false": False}[text]
    try:
        return float(text)
    except ValueError:
        return text


def moment(text: str) -> str:
    """An ISO moment of UTC, to the minute."""
    at = datetime.fromisoformat(text)
    return f"{day(at.date())}, {at:%H:%M} UTC"


def iso(text: str) -> str:
    return day(date.fromisoformat(text))


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def dashed(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def label(one: Mapping[str, Any]) -> str:
    """What a column is called among features, target and prediction."""
    apart = one["part"] not in {"feature", one["name"]}
    return f"{one['name']} ({one['part']})" if apart else str(one["name"])


def effect(one: Mapping[str, Any], limits: Mapping[str, float]) -> float:
    """How many times its limit a column moved by, by PSI beyond chance or by KS."""
    found = [(float(one["psi"]) - float(one["psi_expected"])) / limits["psi"]]
    found += [] if one["ks"] is None else [float(one["ks"]) / limits["ks"]]
    return max(0.0, *found)


def state(one: Mapping[str, Any], limits: Mapping[str, float]) -> str:
    if one["drifted"]:
        return "expected" if one["trending"] else "moved"
    return "far" if effect(one, limits) >= 1 else "quiet"


def times(value: float) -> str:
    return f"{value:,.0f}×" if value >= 100 else f"{value:.1f}×"


def chance(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def claim_alerts(page: Seen, truth: Watched) -> None:
    """Claim the alerts that stand, those that do not, and whether to train again."""
    firing = [one for one in truth.alerts.values() if one["alert"] in truth.standing]
    heading(page, *(counted(len(one["alarms"]), "alarm") for one in firing))
    standing = len(truth.standing)
    fact(page, "alert", str(standing), f"{len(truth.alerts)} subjects")
    for subject, one in truth.alerts.items():
        alert, looked = one["alert"], moment(one["checked"])
        if alert is None:
            line(page, f"{subject.capitalize()} is quiet", looked)
            continue
        page.says(f"{alert['says'][:1].upper()}{alert['says'][1:]}")
        line(page, "Since ", moment(alert["since"]), looked, f"version {alert['version']}")
        for text in alert["findings"]:
            if any(sign.isdigit() for sign in text):
                page.says(text)


def claim_drift(page: Seen, truth: Watched) -> None:
    """Claim what the last look found, column by column and segment by segment."""
    told, columns = truth.drift, truth.drift["columns"]
    now, before = told["current"], told["reference"]
    line(
        page,
        "learnt from",
        now["told"],
        counted(now["rows"], "row"),
        iso(now["first"]),
        iso(now["last"]),
        counted(before["rows"], "row"),
        f"version {told['version']}",
        _ISO.sub(lambda found: iso(found[0]), before["says"].rstrip(".")),
    )
    moved = [one for one in columns if one["drifted"] and not one["trending"]]
    expected = [one for one in columns if one["drifted"] and one["trending"]]
    noun = counted(len(columns), "column")
    more = [str(len(expected))] if expected else []
    fact(page, f"of {noun} moved", str(len(moved)), noun, *more)
    for part, name in (("prediction", "PSI of the answers"), ("target", "PSI of the target")):
        for one in columns:
            if one["part"] == part:
                fact(page, name, f"{one['psi']:.2f}", f"{one['psi_expected']:.2f}")
    rows = [
        [
            label(one),
            one["verdict"],
            *(dashed(one[name]) for name in ("psi", "psi_expected", "ks")),
            chance(one["adjusted"]),
            *(share(one[name]) for name in ("reference_missing", "current_missing")),
            "–" if one["unseen_share"] is None else share(one["unseen_share"]),
        ]
        for one in columns
    ]
    heads = ("Column", "Verdict", "PSI", "chance", "KS", "hance", "issing", "now", "nseen")
    table(page, "Every column", [], heads, rows)
    levels = told["segments"]["levels"]
    shown = [
        [
            f"{one['by']} {one['level']}",
            *(f"{one[name]:.2f}" for name in ("ratio", "others")),
            chance(one["adjusted"]),
            f"{one['current_rows']:,}",
        ]
        for one in levels[:10]
    ]
    table(page, "Segments", [], ("Segment", "Now", "others", "hance", "Rows"), shown)
    if len(levels) > 10:
        line(page.within("drift"), "not shown", f"{len(levels) - 10} row")
    notes = [one["says"] for one in told["findings"] if one["weight"] != "alarm"] + told["notes"]
    if notes:
        line(page, "to this look", counted(len(notes), "note"))
    for text in [one["says"] for one in told["findings"]] + notes:
        if any(sign.isdigit() for sign in text):
            page.says(text)
    options(page, "column")


def claim_movement(page: Seen, truth: Watched) -> None:
    """Claim the charts of how far columns moved: all of them, and the farthest."""
    told, limits = truth.drift, truth.drift["limits"]
    columns, looks = told["columns"], truth.looks
    one = columns[0]
    named, many = counted(len(columns), "column"), counted(len(looks), "look")
    if any(sign.isdigit() for sign in one["says"]):
        page.says(one["says"])
    bins = list(
        zip(*(one["bins"][name] for name in ("labels", "reference", "current")), strict=True)
    )
    heard(page, "shares", one["says"], f"{len(bins)} bins")
    some = [(at, *row) for at, row in enumerate(bins) if row[1] + row[2] > 0]
    kept = sorted(sorted(some, key=lambda row: (-max(row[2:]), row[0]))[:12])
    with drawn(page, "shares") as chart:
        for place, side in ((2, "reference"), (3, "current")):
            rows: list[Row] = [(row[place], 0.0, at + 0.5) for at, row in enumerate(kept)]
            chart.same("bar", (side, "zero", "middle"), rows)
        assert [text.removesuffix("…") for text in chart.words()] == [
            row[1] if len(row[1]) <= 18 else text
            for row, text in zip(kept, _cut(kept), strict=True)
        ]
    if len(looks) < 2:
        caption(page, "moves")
        heard(page, "moves", "1 column")
        _claim_now(page, columns, limits)
        return
    caption(page, "moves", many)
    heard(page, "moves", named, many)
    heard(page, "course", many)
    cells = [
        (place, label(two), two, look)
        for name in map(label, columns)
        for place, look in enumerate(looks)
        for two in look["columns"]
        if label(two) == name
    ]
    _claim_looks(page, "moves", cells, one=False)
    _claim_looks(page, "course", [cell for cell in cells if cell[1] == label(one)], one=True)


def _cut(kept: Sequence[Any]) -> list[str]:
    return [row[1][:17] for row in kept]


def _claim_looks(
    page: Seen, figure: str, cells: Sequence[tuple[int, str, Any, Any]], *, one: bool
) -> None:
    """Claim a dot for each look at each column, and what a pointer is told there."""
    places = ("place", "effect") if one else ("place", "column")
    tips = [
        {
            "column": name,
            "looked": moment(look["at"]),
            "found": f"{two['verdict']}; {look['current']['told']}, version {look['version']}",
            "times its limit": times(effect(two, look["limits"])),
        }
        for _, name, two, look in cells
    ]
    with drawn(page, figure) as chart:
        chart.tips("point", places, tips)
        rows: list[tuple[str, Row]] = [
            (
                state(two, look["limits"]),
                (place, effect(two, look["limits"]) if one else name),
            )
            for place, name, two, look in cells
        ]
        for word in _STATES:
            own = [row for other, row in rows if other == word]
            if own:
                chart.same("point", places, own)
        if one:
            chart.same("line", places, [row for _, row in rows])
            chart.same("rule", ("effect",), [(1.0,)])
        chart.words()


def _claim_now(page: Seen, columns: Sequence[Any], limits: Mapping[str, float]) -> None:
    """Claim how far each column lay at the only look there was."""
    most = max(effect(one, limits) for one in columns)
    far = min(10.0, max(1.5, most))
    with drawn(page, "moves") as chart:
        rows: list[Row] = [(min(effect(one, limits), far), 0.0, label(one)) for one in columns]
        chart.same("rule", ("shown", "zero", "column"), rows)
        chart.same("rule", ("shown",), [(1.0,)])
        for word in _STATES:
            own: list[Row] = [
                (row[0], row[2])
                for row, one in zip(rows, columns, strict=True)
                if state(one, limits) == word
            ]
            if own:
                chart.same("point", ("shown", "column"), own)
        words = [times(effect(one, limits)) for one in columns]
        assert sorted(chart.words()) == sorted([*words, "limit"])


def claim_schema(page: Seen, truth: Watched) -> None:
    """Claim how the columns that came differ from those that were declared."""
    told = truth.schema
    alarms = [one for one in told["findings"] if one["weight"] == "alarm"]
    title = page.within("schema")
    if alarms:
        line(title, "did not come", counted(len(alarms), "column"))
    elif told["findings"]:
        line(title, "with ", counted(len(told["findings"]), "note"))
    else:
        line(title, "came as declared", counted(len(told["expected"]), "column"))
    line(title, "beside contract", told["current"]["told"], told["contract_version"])
    came = {one["name"]: one["type"] for one in told["found"]}
    rows = [
        [one["name"], one["type"], came.get(one["name"], "missing")] for one in told["expected"]
    ]
    table(page, "as declared, and", [], ("Column", "Declared", "Came"), rows)
