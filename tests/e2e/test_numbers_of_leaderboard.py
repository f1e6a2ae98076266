"""Every number of the leaderboard stands in the evaluation of the run, and every chart draws it."""

from pathlib import Path

import pytest

from tests import leaderboard_pictures as pictures
from tests.leaderboard_numbers import Evaluation
from tests.page_numbers import Seen, claimed, numbers_in, site_over
from tests.written_numbers import (
    MINUS,
    TITLES,
    amount,
    began,
    day,
    measured,
    percent,
    read,
    score,
)

pytestmark = pytest.mark.realdata

_POINT = {
    "walmart": ("wape", "wmae", "rmse", "mae", "mase", "r2", "bias_share"),
    "sales_orders": ("rmse", "mae", "wape", "r2", "bias_share"),
}
_BANDS = (
    *("wql", "coverage_80", "width_80", "winkler_80"),
    *("coverage_95", "width_95", "winkler_95"),
)
_EXPLAINED = {  # numbers of the words that explain the columns
    "WQL": ("0.1", "0.9"),
    "80 % held": ("80 %",),
    "80 % width": ("80 %",),
    "Winkler 80": ("80 %",),
    "95 % held": ("95 %",),
    "95 % width": ("95 %",),
    "Winkler 95": ("95 %",),
}


@pytest.mark.parametrize(
    ("project", "protocol"),
    [
        ("walmart", "frozen"),
        ("walmart", "one-step"),
        ("sales_orders", "held-out"),
        ("sales_orders", "chronological"),
    ],
)
def test_every_number_of_a_leaderboard_is_one_of_its_evaluation(
    looked_home: Path, project: str, protocol: str
) -> None:
    held = Evaluation(home=looked_home, project=project, protocol=protocol)
    site = site_over(looked_home)
    path = f"/ui/projects/{project}/leaderboard"
    decides = protocol in {"frozen", "held-out"}
    with claimed(site, path if decides else f"{path}?protocol={protocol}") as page:
        _whole(page, held, held.rival)


def test_another_candidate_that_is_asked_for_is_the_one_compared_with(looked_home: Path) -> None:
    held = Evaluation(home=looked_home, project="walmart", protocol="frozen")
    other = next(one for one in held.names if one not in {held.champion, held.rival})
    path = f"/ui/projects/walmart/leaderboard?against={other}"
    with claimed(site_over(looked_home), path) as page:
        _whole(page, held, other)


def _whole(page: Seen, held: Evaluation, rival: str) -> None:
    """All of the page; ``rival``: with whom the champion is compared part by part."""
    decides = held.protocol in {"frozen", "held-out"}
    _finding(page, held, decides=decides)
    _facts(page, held)
    _gate(page, held)
    _boards(page, held)
    _added(page, held)
    pictures.spots(page, held, rival)
    pictures.coverage(page, held)
    pictures.weights(page, held)
    if decides and held.is_panel:
        pictures.steps(page, held, rival)
        pictures.levels(page, held)
    if held.place("backtest.csv").exists():
        pictures.folds(page, held)
    if held.place("importance.csv").exists():
        pictures.importance(page, held)
    _run(page, held)


def _finding(page: Seen, held: Evaluation, *, decides: bool) -> None:
    """The heading and what stands below it."""
    one = held.decided
    page.sentence(f"that of {one['best_baseline']}, the best baseline", percent(one["value_added"]))
    page.says(f"{TITLES[one['metric']]} is {percent(one['value_added'])} below that of")
    if decides and held.is_panel:
        test = held.test
        truth = held.rows("truth.parquet").select("step", "Date")
        first = truth.filter(truth["step"] == 1)["Date"][0]
        days = (test["cutoff"], str(first), test["last"])
        cutoff, first, last = (day(when) for when in days)
        page.sentence("was made on", cutoff, str(truth["step"].max()), first, last)
    elif decides:
        errors = (amount(one["champion"]), amount(one["baseline"]))
        page.sentence("was judged once", f"{held.told['rows']:,}", *errors)


def _facts(page: Seen, held: Evaluation) -> None:
    """The numbers to take away."""
    one, scores = held.decided, held.told["scores"]
    page.fact(f"{TITLES[one['metric']]}, {held.unit}", measured(one["champion"]), of="numbers")
    page.fact(f"below {one['best_baseline']}", percent(one["value_added"]), of="numbers")
    assert one["champion"] == scores[one["metric"]]
    assert one["value_added"] == pytest.approx(1 - one["champion"] / one["baseline"])
    if held.is_panel:
        page.fact("WAPE", percent(scores["wape"]), of="numbers")
        page.fact("bias", score("bias_share", scores["bias_share"]), of="numbers")
    else:
        page.fact(f"RMSE, {held.unit}", measured(scores["rmse"]), of="numbers")
    page.fact(
        "of the truth inside the 80 % band", percent(scores["coverage_80"]), "80 %", of="numbers"
    )
    page.fact("rows judged", f"{held.rows('truth.parquet').height:,}", of="numbers")


def _gate(page: Seen, held: Evaluation) -> None:
    """The gate's sentences say the numbers that it compared, and of which version they are."""
    verdict = held.told["verdict"]
    (box,) = [one for one in page.root.all("div") if "verdict" in one.attrs.get("class", "")]
    said = [page.words(one) for one in box.all("li")]
    for sentence, one in zip(said, verdict["comparisons"], strict=True):
        assert sentence.startswith(f"{held.champion}: {TITLES[one['metric']]} ")
        error, baseline, gain = numbers_in(sentence)
        assert _close(error, one["champion"])
        assert _close(baseline, one["baseline"])
        assert _close(gain.removesuffix(" %"), 100 * one["value_added"])
        page.says(sentence)
    page.sentence("The last run is version", str(held.version))


def _close(text: str, value: float) -> bool:
    """Tell whether ``text`` is ``value``, cut to the digits that it has."""
    digits = len(text.partition(".")[2])
    return bool(
        abs(float(text.replace(",", "").replace(MINUS, "-")) - value) <= 0.500001 * 10**-digits
    )


def _boards(page: Seen, held: Evaluation) -> None:
    """The leaderboard and the intervals, in the order of the metric that ranks."""
    others = [one for one in held.names if one != held.champion]
    page.options("against", others)
    for caption, metrics in (
        ("every candidate on the same rows", _POINT[held.project]),
        ("the intervals of every candidate", _BANDS),
    ):
        counted = metrics != _BANDS
        page.table(
            caption,
            ["Candidate", *(TITLES[one] for one in metrics), *(["Rows"] if counted else [])],
            [
                [
                    row["candidate"],
                    *(score(one, row[one]) for one in metrics),
                    *([f"{row['n']:,}"] if counted else []),
                ]
                for row in held.board
            ],
        )
    explained = page.within("board-section")
    for title, numbers in _EXPLAINED.items():
        explained.sentence(title, *numbers_in(title)) if numbers_in(title) else None
        _explained(explained, title, numbers)
    if "moving_average" in held.names:
        page.static("the mean of the last 28 days")


def _explained(page: Seen, title: str, numbers: tuple[str, ...]) -> None:
    """Claim the numbers of the words that say what a column means."""
    for one in page.root.all("div"):
        pair = one.all("dt", "dd")
        if len(pair) == 2 and page.words(pair[0]) == title:
            page.fact(title, page.words(pair[1]), of="long")
            assert numbers_in(page.words(pair[1])) == list(numbers)


def _added(page: Seen, held: Evaluation) -> None:
    """The value added over each baseline, and where some was lost."""
    rows = held.rows("value_added.csv").to_dicts()
    own = [one for one in rows if one["candidate"] == held.champion]
    metrics = [one for one in ("wape", "wmae", "rmse", "mae") if own[0][one] is not None]
    page.table(
        "Value added: how far the errors of",
        ["Baseline", *(TITLES[one] for one in metrics)],
        [[one["baseline"], *(percent(one[name]) for name in metrics)] for one in own],
    )
    by, names = held.ranked_by, list(dict.fromkeys(one["candidate"] for one in rows))
    baselines = list(dict.fromkeys(one["baseline"] for one in rows))
    known = {(one["candidate"], one["baseline"]): one[by] for one in rows}
    scores = {one["candidate"]: one[by] for one in held.board}
    for (name, baseline), gain in known.items():
        assert gain == pytest.approx(1 - scores[name] / scores[baseline])
    page.table(
        "Value added by every candidate over every baseline",
        ["Candidate", *baselines],
        [[name, *(percent(known[name, one]) for one in baselines)] for name in names],
    )
    page.static("Value added is 1 less the error")
    if held.is_panel:
        _saved(page, held)
        pictures.gains(page, held)


def _saved(page: Seen, held: Evaluation) -> None:
    """How much error the champion takes away, and in which series it adds some."""
    parts = held.rows("value_added_by.csv").to_dicts()
    whole = next(one for one in parts if one["by"] == "all")
    series = [one for one in parts if one["by"] == "series"]
    worse = [one for one in series if one["saved"] < 0]
    lost = amount(-sum(one["saved"] for one in worse))
    page.sentence(
        "of absolute error over the test window",
        amount(abs(whole["saved"])).split(" ")[0],
        *(f"{len(worse):,}", f"{len(series):,}", lost.split(" ")[0]),
    )
    page.says(f"{amount(abs(whole['saved']), held.unit)} of absolute error", f"{lost} {held.unit}")
    ranked = sorted(worse, key=lambda one: (one["saved"], one["value"]))
    page.table(
        "furthest behind the best baseline",
        [", ".join(held.keys), "Rows", "WAPE", "Baseline’s", "Error added"],
        [
            [
                one["value"],
                f"{one['n']:,}",
                percent(one["wape"]),
                percent(one["baseline_wape"]),
                amount(-one["saved"], held.unit),
            ]
            for one in ranked[:6]
        ],
    )


def _run(page: Seen, held: Evaluation) -> None:
    """Which run it was, how it was made, and of what."""
    run, made = read(held.home, held.project, "run.json"), held.metadata
    part = page.within("run-section")
    part.fact("Run", run["run_id"])
    part.fact("Began", began(run["run_id"]))
    own = [name for name, by in run["stages"].items() if by == run["run_id"]]
    took = _took(sum(run["seconds"][name] or 0.0 for name in own))
    kept = len(run["stages"]) - len(own)
    part.fact("Took", took, str(len(own)), *([str(kept)] if kept else []))
    part.fact("Code", run["commit"][:12] if run["commit"] else "in no repository")
    part.fact("Seed", str(made["seed"]))
    if held.is_panel:
        part.fact("Series", f"{made['series']:,}")
        part.fact("Judged as of", day(made["judged_cutoff"]))
        part.fact("Refitted to", day(made["refit_cutoff"]))
    else:
        part.fact("Rows learnt from", f"{made['rows']:,}")
    part.fact("Result", held.test["result_id"])
    part.fact("Contract", made["contract_version"], made["contract_sha256"][:12])
    for name, version in made["libraries"].items():
        part.fact(name, str(version))
    seconds = {name: float(one or 0.0) for name, one in run["seconds"].items()}
    ranked = sorted(seconds, key=lambda name: (-seconds[name], name))
    part.table(
        "What each stage took",
        ["Stage", "Time", "Done by"],
        [
            [name, _took(seconds[name]), "this run" if name in own else run["stages"][name]]
            for name in ranked
        ],
    )
    files = read(held.home, held.project, "manifest", "manifest.json")["files"]
    part.table(
        "The raw files of the run",
        ["File", "Rows", "Size", "sha256"],
        [
            [
                one["name"],
                "–" if one["rows"] is None else f"{one['rows']:,}",
                _size(one["bytes"]),
                one["sha256"][:12],
            ]
            for one in files[:12]
        ],
    )
    whole = _size(sum(one["bytes"] for one in files)).split(" ")[0]
    part.sentence("The raw files of the run", str(len(files)), whole)
    explored = read(held.home, held.project, "eda", "eda_report.json")["report"]
    part.sentence("Fingerprint of these files", explored["raw_fingerprint"])


def _took(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.2f} s"
    return f"{round(seconds) // 60:,} min {round(seconds) % 60} s"


def _size(held: int) -> str:
    for least, unit, digits in ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0)):
        if held >= least:
            return f"{held / least:,.{digits}f} {unit}"
    return f"{held} B"
