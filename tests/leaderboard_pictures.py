"""Claims of what the leaderboard's page draws: each chart by its data, and the words around it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from tests.leaderboard_numbers import Evaluation, label, phrase
from tests.page_numbers import Seen, numbers_in
from tests.written_numbers import TITLES, day, percent, read, score

Row = Mapping[str, Any]
_GROUPS = 12  # in the chart of coverage of a table


def about(value: float) -> Any:
    """Return what is equal to ``value`` but for the order in which it was summed."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def gains(page: Seen, held: Evaluation) -> None:
    """Claim the value added by key column: charts, the sentence above them, and the losses."""
    parts = held.rows("value_added_by.csv").cast({"value": pl.String})
    for number, key in enumerate(held.keys):
        own = parts.filter((pl.col("by") == key) & pl.col("value_added").is_not_null())
        ranked = sorted(
            ({**one, "value": label(key, one["value"])} for one in own.to_dicts()),
            key=lambda one: (-one["value_added"], one["value"]),
        )
        ahead = sum(one["value_added"] >= 0 for one in ranked)
        told = [str(ahead)] if ahead < len(ranked) else []
        cut = [percent(-1, 0)] if ranked[-1]["value_added"] < -1 else []
        page.captioned(f"gain-{number}", *told, str(len(ranked)), *cut)
        ends = [f"{one['value']} {percent(one['value_added'])}" for one in (ranked[0], ranked[-1])]
        page.spoken(f"gain-{number}", *numbers_in(" ".join(ends)))
        drawn = page.chart(f"gain-{number}")
        bars = [(one["value"], one["value_added"]) for one in drawn if "color" in one]
        tips = [one for one in drawn if "baseline_wape" in one]
        names = ("value", "value_added", "wape", "baseline_wape", "n")
        assert bars == [(one["value"], max(one["value_added"], -1.0)) for one in ranked]
        assert [[one[name] for name in names] for one in tips] == [
            [one[name] for name in names] for one in ranked
        ]


def steps(page: Seen, held: Evaluation, rival: str) -> None:
    """Claim the error by step: worked out from the truth and the forecasts of each candidate."""
    keys = [*held.keys, *(n for n, role in held.metadata["roles"].items() if role == "time")]
    truth = held.rows("truth.parquet").select(*keys, "step", "y")
    others = [name for name in held.names if name not in {held.champion, held.rival, rival}]
    names = [*dict.fromkeys([held.champion, held.rival, rival]), *others[:2]]
    errors: dict[str, list[float]] = {}
    for name in names:
        folder = held.home / held.project
        place = folder / "predictions" / f"{name}.parquet"
        place = place if place.exists() else folder / "baselines" / f"{name}.parquet"
        both = truth.join(pl.read_parquet(place, columns=[*keys, "prediction"]), on=keys)
        assert both.height == truth.height
        error = (pl.col("prediction") - pl.col("y")).abs().sum() / pl.col("y").abs().sum()
        errors[name] = both.group_by("step").agg(e=error).sort("step")["e"].to_list()
    ours, theirs = errors[held.champion], errors[rival]
    third, last = len(ours) // 3, len(ours)
    early = 1 - sum(ours[:third]) / sum(theirs[:third])
    late = 1 - sum(ours[-third:]) / sum(theirs[-third:])
    worst = max(range(last), key=ours.__getitem__)
    told = [percent(early, 0), "1", str(third), percent(late, 0), str(last - third + 1)]
    told += [str(worst + 1), percent(ours[worst])]
    page.captioned("steps", *told)
    page.spoken("steps", *told)
    drawn = page.chart("steps")
    lines = {(one["candidate"], one["step"]): one["wape"] for one in drawn if "candidate" in one}
    assert lines == {
        (name, step): about(value)
        for name, own in errors.items()
        for step, value in enumerate(own, 1)
    }
    tips = [one for one in drawn if "c0" in one]
    assert [(one["step"], one["c0"], one["c1"]) for one in tips] == [
        (step, about(ours[step - 1]), about(theirs[step - 1])) for step in range(1, last + 1)
    ]


def spots(page: Seen, held: Evaluation, rival: str) -> None:
    """Claim the errors by part of the rows, all charts on one scale, and the table of them."""
    every = held.rows("segments.parquet")
    ours = every.filter(pl.col("candidate") == held.champion)
    theirs = every.filter(pl.col("candidate") == rival)
    both = ours.join(
        theirs, on=["segment", "value"], suffix="_rival", maintain_order="left"
    ).to_dicts()
    known = pl.concat([ours["wape"], theirs["wape"]])
    largest, usual = float(str(known.max())), float(str(known.median()))
    limit = 1.08 * largest if largest <= 5 * usual else 5 * usual
    _leads(page, both)
    if limit < largest:
        far = [one for one in both if max(one["wape"], one["wape_rival"]) > limit]
        beyond = [n for one in far for n in numbers_in(phrase(one["segment"], one["value"]))]
        rows = f"{sum(one['n'] for one in far):,}"
        page.sentence("The scale ends at", percent(limit, 0), *beyond, rows)
    for number, segment in enumerate(dict.fromkeys(one["segment"] for one in both)):
        own = [one for one in both if one["segment"] == segment]
        _dumbbells(page, f"segment-{number}", own, limit)
    columns = ("mae", "rmse", "coverage_80", "coverage_95")
    page.table(
        "by part of the rows",
        ["Part", "Rows", "WAPE", f"of {rival}", *(TITLES[name] for name in columns)],
        [
            [
                phrase(one["segment"], one["value"]),
                f"{one['n']:,}",
                percent(one["wape"]),
                percent(one["wape_rival"]),
                *(score(name, one[name]) for name in columns),
            ]
            for one in both
        ],
    )


def _leads(page: Seen, both: Sequence[Row]) -> None:
    ahead = sum(one["wape"] < one["wape_rival"] for one in both)
    leads = [1 - one["wape"] / one["wape_rival"] for one in both]
    best = both[leads.index(max(leads))]
    where = numbers_in(phrase(best["segment"], best["value"]))
    if ahead == len(both):
        page.sentence("the widest lead is", str(ahead), percent(max(leads), 0), *where)
    else:
        lost = [one for one in both if one["wape"] > one["wape_rival"]]
        named = lost if len(lost) <= 4 else lost[:3]
        said = [n for one in named for n in numbers_in(phrase(one["segment"], one["value"]))]
        said += [str(len(lost) - 3)] if len(lost) > 4 else []
        level = len(both) - ahead - len(lost)
        said = [*([str(level)] if level else []), *said]
        page.sentence(
            "the widest lead is", str(ahead), str(len(both)), *said, percent(max(leads), 0), *where
        )


def _dumbbells(page: Seen, name: str, own: Sequence[Row], limit: float) -> None:
    ahead = sum(one["wape"] < one["wape_rival"] for one in own)
    page.captioned(name, *([str(ahead)] if ahead < len(own) else []), str(len(own)))
    pairs = [(label(one["segment"], one["value"]), one["wape"], one["wape_rival"]) for one in own]
    told = [f"{part} {percent(wape)} against {percent(other)}" for part, wape, other in pairs]
    page.spoken(name, *numbers_in(", ".join(told)))
    drawn = page.chart(name)
    dots = {
        _plain(one["value"]): (one["champion"], one["baseline"])
        for one in drawn
        if "champion" in one
    }
    assert [(part, *both) for part, both in dots.items()] == [
        (part, min(wape, limit), min(other, limit)) for part, wape, other in pairs
    ]
    texts = sorted((_plain(one["value"]), one["text"]) for one in drawn if "text" in one)
    assert texts == sorted(
        (part, f"{100 * wape:,.1f}" if wape < 10 else f"{100 * wape:,.0f}")
        for part, *both in pairs
        for wape in both
    )


def _plain(text: str) -> str:
    return " ".join(text.split())


def coverage(page: Seen, held: Evaluation) -> None:
    """Claim how much of the truth the bands held, by horizon or by group."""
    own = held.rows("segments.parquet").filter(pl.col("candidate") == held.champion)
    ahead = own.filter(pl.col("segment") == "horizon").to_dicts()
    if not held.is_panel or not ahead:
        _by_group(page, held, own.to_dicts())
        return
    for promised in (80, 95):
        rows = [
            (label("horizon", one["value"]), float(one[f"coverage_{promised}"])) for one in ahead
        ]
        _held(page, promised, rows)
        ends = (min(rows, key=_second), max(rows, key=_second))
        told = [n for part, share in ends for n in (percent(share), *numbers_in(part))]
        page.captioned(f"coverage-{promised}", f"{promised} %", *told, f"{promised} %")


def _by_group(page: Seen, held: Evaluation, own: Sequence[Row]) -> None:
    least = sorted((one["n"] for one in own), reverse=True)[:_GROUPS][-1]
    rows, sizes = [], {}
    for one in [one for one in own if one["n"] >= least][:_GROUPS]:
        part, value = label(one["segment"], one["value"]), one["value"]
        band = value.startswith("below ") or value.endswith(" and above")
        named = f"{one['segment']} {part}" if band else part
        named = phrase(one["segment"], value) if held.is_panel else named
        rows.append((named, float(one["coverage_80"])))
        sizes[named] = f"{one['n']:,}"
    _held(page, 80, rows)
    told = ["80 %"]
    for named, share in (min(rows, key=_second), max(reversed(rows), key=_second)):
        told += [percent(share), *numbers_in(named), sizes[named]]
    page.captioned("coverage-80", *told, "80 %")


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _held(page: Seen, promised: int, rows: Sequence[tuple[str, float]]) -> None:
    name = f"coverage-{promised}"
    page.spoken(name, f"{promised} %", *numbers_in(", ".join(f"{a} {percent(b)}" for a, b in rows)))
    drawn = page.chart(name)
    bars = [(one["bucket"], one["coverage"], one["text"]) for one in drawn if "bucket" in one]
    assert [(_plain(part), share, _plain(text)) for part, share, text in bars] == [
        (part, share, percent(share)) for part, share in rows
    ]
    rest = [one for one in drawn if "bucket" not in one]
    assert [one["coverage"] for one in rest if "coverage" in one] == [promised / 100]
    texts = [number for one in rest for number in numbers_in(_plain(one.get("text", "")))]
    assert set(texts) <= {f"{promised} %"}


def folds(page: Seen, held: Evaluation) -> None:
    """Claim the errors on the folds: chart, sentence, table."""
    rows = held.rows("backtest.csv").to_dicts()
    metric, place = ("wape", "cutoff") if held.is_panel else ("rmse", "fold")
    places = sorted({one[place] for one in rows})
    known = {(one["candidate"], one[place]): one for one in rows}
    means = {}
    for name in {one["candidate"] for one in rows}:
        own = [known[name, one] for one in places]
        if held.is_panel:
            means[name] = sum(one["wape"] for one in own) / len(own)
        else:
            squares = sum(one["n"] * one["rmse"] ** 2 for one in own)
            means[name] = math.sqrt(squares / sum(one["n"] for one in own))
    ranked = sorted(means, key=lambda name: (means[name], name))
    heads = [f"to {day(one)}" if held.is_panel else f"Fold {n}" for n, one in enumerate(places, 1)]
    page.table(
        f"{TITLES[metric]} on each fold",
        ["Candidate", *heads, "All"],
        [
            [
                name,
                *(score(metric, known[name, one][metric]) for one in places),
                score(metric, means[name]),
            ]
            for name in ranked
        ],
    )
    kinds = {one["candidate"]: one["kind"] for one in rows}
    drawn = [name for name in ranked if kinds[name] != "baseline" or name == held.champion]
    page.spoken("folds", *(score(metric, means[name]) for name in drawn))
    scale = 100 if metric == "wape" else 1
    dots = [(name, scale * known[name, one][metric]) for name in drawn for one in places]
    dots += [(name, scale * means[name]) for name in drawn]
    told = [(one["candidate"], one["error"]) for one in page.chart("folds")]
    assert sorted(told) == [(name, about(error)) for name, error in sorted(dots)]
    page.captioned("folds", *_ahead_on_folds(held, ranked, known, places, metric))


def _ahead_on_folds(
    held: Evaluation,
    ranked: Sequence[str],
    known: Mapping[tuple[str, Any], Row],
    places: Sequence[Any],
    metric: str,
) -> list[str]:
    rival = held.rival if held.is_panel else next(n for n in ranked if n != held.champion)
    ahead = sum(known[held.champion, one][metric] < known[rival, one][metric] for one in places)
    if held.is_panel:
        return [str(ahead), str(len(places))]
    won = ranked[0] == held.champion
    return [str(len(places)), *([str(ahead), str(len(places))] if won else [])]


def importance(page: Seen, held: Evaluation) -> None:
    """Claim what moves the answers: columns as a chart, parts of the forecast as a table."""
    own = held.rows("importance.csv").filter(pl.col("candidate") == held.champion)
    ranked = own.sort("share", "name", descending=[True, False])
    columns = [
        one
        for one in ranked.filter(pl.col("kind") == "column").to_dicts()
        if not one["name"].startswith("(")
    ]
    named = [f"{one['name']} {percent(one['share'], 0)}" for one in columns]
    page.captioned("importance", *numbers_in(", ".join(named[:3])))
    page.spoken("importance", *numbers_in(", ".join(named[:14])))
    drawn = page.chart("importance")
    assert [(one["name"], one["mean_abs"]) for one in drawn] == [
        (one["name"], one["mean_abs"]) for one in columns if one["mean_abs"] > 0
    ][:14]
    for one in drawn:
        assert float(one["text"].replace(",", "")) == pytest.approx(one["mean_abs"], rel=5e-4)
    parts = ranked.filter(pl.col("kind") == "part").to_dicts()[:10]
    if parts:
        rows = [[one["name"], percent(one["share"])] for one in parts]
        page.table("Share of each part", ["Part", "Share"], rows)


def weights(page: Seen, held: Evaluation) -> None:
    """Claim what the champion is an average of, as it was learnt."""
    own = "" if held.is_panel else held.folder
    learner = read(held.home, held.project, "judged", *f"{own}learner.json".split("/"))
    source = held.champion
    if source == "reconciled":
        source = learner["reconciling"]["source"]
    found = learner["ensembles"].get(source)
    if not found:
        return
    spans, by_span = [""], [found]
    if held.is_panel:
        lasts, by_span = learner["buckets"], found
        spans = [f"{a + 1}–{b}" for a, b in zip([0, *lasts[:-1]], lasts, strict=True)]
    members = {name for one in by_span for name, weight in one.items() if weight > 0}
    mean = {name: sum(one[name] for one in by_span) / len(by_span) for name in members}
    ranked = sorted(members, key=lambda name: (-mean[name], name))
    page.sentence("has the largest weight", str(len(ranked)), percent(mean[ranked[0]], 0))
    digits = 0 if held.is_panel else 1
    page.table(
        "Weight of each member",
        ["Member", *(spans if held.is_panel else ["Weight"])],
        [
            [name, *(percent(one[name], digits) if one[name] > 0 else "·" for one in by_span)]
            for name in ranked
        ],
    )


def levels(page: Seen, held: Evaluation) -> None:
    """Claim the errors of the levels of the hierarchy."""
    rows = held.rows("hierarchy.csv").to_dicts()
    ways = list(dict.fromkeys(one["forecast"] for one in rows))
    table = []
    for level in dict.fromkeys(one["level"] for one in rows):
        own = [one for one in rows if one["level"] == level]
        bands = [
            next(percent(one[name]) for one in own if one[name] is not None)
            for name in ("coverage_80", "coverage_95")
        ]
        by_way = {one["forecast"]: percent(one["wape"]) for one in own}
        table.append([level[0].upper() + level[1:], *(by_way[way] for way in ways), *bands])
    heads = ["Level", *(way.replace("_", " ") for way in ways), "in 80 %", "in 95 %"]
    page.table("WAPE by level of the hierarchy", heads, table)
