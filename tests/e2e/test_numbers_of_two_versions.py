"""Every number of two versions beside each other comes from what both said of the same rows."""

import json
import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.dashboard_site import site_of
from tests.e2e.command import Foresell
from tests.leaderboard_numbers import Evaluation
from tests.page_numbers import Seen, claimed, numbers_in
from tests.registry_claims import registered, standing, timeline, versions
from tests.written_numbers import (
    MINUS,
    TITLES,
    amount,
    measured,
    moment,
    percent,
    score,
    signed,
    three,
    transitions,
)

pytestmark = pytest.mark.realdata
_KEYS = ["ORDERNUMBER", "ORDERLINENUMBER"]
_GROUPS = 8
_BY_SHARE = {"coverage_80", "coverage_95", "bias_share"}


@pytest.fixture
def both(
    looked_home: Path, tmp_path: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> Evaluation:
    """A copy of the home of ``sales_orders``, in which the next best candidate is version 2."""
    home = tmp_path / "home"
    for part in ("_registry", "sales_orders"):
        shutil.copytree(looked_home / part, home / part)
    monkeypatch.setenv("FORESELL_HOME", str(home))
    held = Evaluation(home=home, project="sales_orders", protocol="held-out")
    bundle = _handed_in(held, _second(held))
    assert foresell("registry", "register", "sales_orders", bundle).code == 0
    return held


def _second(held: Evaluation) -> str:
    return next(one for one in held.names if one != held.champion)


def _handed_in(held: Evaluation, name: str) -> Path:
    """Return the bundle of the run as if another candidate had been chosen, with what that said."""
    folder = held.home / held.project
    bundle = Path(shutil.copytree(folder / "bundle", held.home / "handed-in"))
    (bundle / "provenance.json").unlink()
    own = next(dict(one) for one in held.board if one["candidate"] == name)
    judged = pl.read_parquet(bundle / "judged.parquet")
    said = pl.read_parquet(folder / "predictions" / f"{name}.parquet")
    new = judged.select(*_KEYS, "y").join(said, on=_KEYS, how="left", maintain_order="left")
    new.select(judged.columns).write_parquet(bundle / "judged.parquet")
    told = json.loads((bundle / "metadata.json").read_bytes())
    told |= {"champion": name, "scores": {metric: own[metric] for metric in told["scores"]}}
    gate = told["gate"]
    for one in gate["comparisons"]:
        error = own[one["metric"]]
        one |= {"champion": error, "value_added": 1 - error / one["baseline"]}
    gate |= {
        "champion": name,
        "sentences": [
            f"{name}: {one['metric'].upper()} {one['champion']:,.2f} beats {one['baseline']:,.2f} "
            f"of the best baseline, {one['best_baseline']} ({one['value_added']:+.1%} value added)"
            for one in gate["comparisons"]
        ],
    }
    (bundle / "metadata.json").write_text(_json(told))
    listing = json.loads((bundle / "checksums.json").read_bytes())
    files = {file: sha256((bundle / file).read_bytes()).hexdigest() for file in listing}
    (bundle / "checksums.json").write_text(_json(files))
    return bundle


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, indent=1, ensure_ascii=False)


def test_every_number_of_two_versions_is_one_of_their_bundles(both: Evaluation) -> None:
    site = site_of(both.home, "sales_orders")
    history = transitions(both.home, "sales_orders")
    first, second = registered(history)
    with claimed(site, "/ui/projects/sales_orders/leaderboard?compare=1&with=2") as page:
        _scores(page, both)
        for who in (first, second):
            _who(page, who)
        page.sentence("Both were judged on the same", f"{both.told['rows']:,}")
        _candidates(page, both)
        _by_size(page, both)
        _rest(page)
    with claimed(site, "/ui/projects/sales_orders/registry?a=1&b=2") as page:
        standing(page, history)
        versions(page, history)
        timeline(page, history)
        part = page.within("difference")
        _scores(part, both)
        part.sentence("Both were judged on the same", "1", "2", f"{both.told['rows']:,}")
        _rest(part)


def _who(page: Seen, one: Mapping[str, Any]) -> None:
    """The facts of one of the two."""
    told = one["evidence"]
    columns = [
        box
        for box in page.root.all("div")
        if any(page.words(h) == f"Version {one['version']}" for h in box.all("h2"))
        and len(box.all("dl")) == 1
    ]
    (box,) = columns
    words = page.words(box)
    expected = [str(one["version"]), moment(one["at"]), *numbers_in(one["who"])]
    expected += [*([told["run_id"]] if told["run_id"] else []), told["digest"][:12]]
    assert page.numbers(box.start, box.end) == expected, words
    page.says(words)


def _scores(page: Seen, held: Evaluation) -> None:
    """The finding, and every score of both, as the evaluation has it of the same rows."""
    rows = {str(one["candidate"]): one for one in held.board}
    old, new = rows[held.champion], rows[_second(held)]
    change = new[held.decided["metric"]] / old[held.decided["metric"]] - 1
    side = "less" if change < 0 else "more"
    page.sentence(f"{side} than version 1", "2", percent(abs(change)), "1")
    tables = [one for one in page.root.all("table") if "same rows" in page.words(one)]
    (table,) = tables
    heads, *lines = [[page.words(two) for two in one.all("th", "td")] for one in table.all("tr")]
    assert heads == ["Metric", "Version 1", "Version 2", "Difference"]
    named = {title: metric for metric, title in TITLES.items()} | {"Bias": "bias"}
    told = {named[line[0]]: line[1:] for line in lines}
    assert {"rmse", "mae", "wape", "r2", "coverage_80"} <= set(told)
    for metric, cells in told.items():
        pair = [_bias(one[metric]) if metric == "bias" else score(metric, one[metric])
                for one in (old, new)]  # fmt: skip
        assert cells == [*pair, _difference(metric, old[metric], new[metric])], metric
    caption = page.words(table.all("caption")[0])
    page.says(page.words(table).removeprefix(caption).strip())


def _bias(value: float) -> str:
    return f"{MINUS if value < 0 else ''}{measured(abs(value))}"


def _difference(metric: str, old: float, new: float) -> str:
    """Return how a score moved: a share of it, points of a share, or the plain difference."""
    if metric in _BY_SHARE:
        return f"{signed(new - old).removesuffix(' %')} points"
    if metric in {"r2", "bias"}:
        text = three(abs(new - old)) if metric == "r2" else measured(abs(new - old))
        return f"{'+' if new > old else MINUS}{text}"
    return signed(new / old - 1)


def _candidates(page: Seen, held: Evaluation) -> None:
    """The candidates of both: the second bundle carries the leaderboard of the same run."""
    page.table(
        "every candidate of both",
        ["Candidate", "Version 1", "Version 2"],
        [[one["candidate"], *[measured(one["rmse"])] * 2] for one in held.board],
    )


def _by_size(page: Seen, held: Evaluation) -> None:
    """The errors of both by the size of the truth, worked out from what each said."""
    folder = held.home / held.project / "predictions"
    truth = held.rows("truth.parquet").select(*_KEYS, "y")
    said = {
        number: truth.join(pl.read_parquet(folder / f"{name}.parquet"), on=_KEYS)
        for number, name in ((1, held.champion), (2, _second(held)))
    }
    ranked: dict[int, Sequence[tuple[float, float]]] = {
        number: sorted(own.select("y", "prediction").iter_rows()) for number, own in said.items()
    }
    size = len(ranked[1])
    parts: list[tuple[str, float, float]] = []
    for group in range(_GROUPS):
        mine = range(-(-size * group // _GROUPS), -(-size * (group + 1) // _GROUPS))
        low, high = ranked[1][mine[0]][0], ranked[1][mine[-1]][0]
        whole = sum(ranked[1][place][0] for place in mine)
        errors = [
            sum(abs(own[place][1] - own[place][0]) for place in mine) / whole
            for own in ranked.values()
        ]
        parts.append((f"{amount(low)} to {amount(high)}", errors[0], errors[1]))
    better = sum(new < old for _, old, new in parts)
    page.captioned("by-size", "2", str(better), str(len(parts)), "2", "1")
    told = [
        number
        for place, version in ((1, "1"), (2, "2"))
        for part in parts
        for number in (*numbers_in(part[0]), percent(float(part[place])), version)
    ]
    page.spoken("by-size", *told)
    drawn = page.chart("by-size")
    dots = [one for one in drawn if "champion" in one]
    assert [(" ".join(one["value"].split()), one["baseline"], one["champion"]) for one in dots] == [
        (part, pytest.approx(old), pytest.approx(new)) for part, old, new in parts
    ]
    texts = sorted((" ".join(one["value"].split()), one["text"]) for one in drawn if "text" in one)
    assert texts == sorted((part, f"{100 * one:.1f}") for part, *two in parts for one in two)


def _rest(page: Seen) -> None:
    """What else differs: the champion and its members; and the numbers of the two in forms."""
    page.sentence("Parameters: ", "2")
    page.says("Version 1", "Version 2", "of 5 models")
    for one in page.root.all("select"):
        said = page.numbers(one.start, one.end)
        assert sorted(said) == ["1", "2"]
        page.options(one.attrs["name"], [page.words(two) for two in one.all("option")])
