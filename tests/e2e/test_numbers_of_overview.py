"""Every number of the overview stands in the registry or in what the last runs left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.page_numbers import Seen, claimed, numbers_in, site_over
from tests.written_numbers import (
    TITLES,
    amount,
    began,
    day,
    measured,
    percent,
    read,
    transitions,
)

pytestmark = pytest.mark.realdata
_PROJECTS = ("walmart", "sales_orders")


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """A total through time, worked out from the artifacts: what was, and what is forecast of it.

    ``bands``: by level, the lower and the upper edge; ``before``: the sum a year before.
    """

    observed: Mapping[date, float]
    ahead: Mapping[date, float]
    bands: Mapping[int, Sequence[tuple[float, float]]]
    before: float


def test_every_number_of_the_overview_is_one_of_its_artifacts(looked_home: Path) -> None:
    with claimed(site_over(looked_home), "/ui") as page:
        whole = str(len(_PROJECTS))
        page.sentence("have a version that answers", whole, whole, whole)
        _attention(page, looked_home)
        for project in _PROJECTS:
            card = page.within(f"project-{project}")
            _card(card, looked_home, project)
            outlook = _panel if project == "walmart" else _months
            _picture(card, looked_home / project, outlook(looked_home / project))


def _live(home: Path, project: str) -> Mapping[str, Any]:
    """Return the registration of the version that answers, from staging: nothing is on prod."""
    history = transitions(home, project)
    assert not any(one["alias"] == "prod" for one in history)
    number = [one["after_version"] for one in history if one["alias"] == "staging"][-1]
    (found,) = (one for one in history if (one["action"], one["version"]) == ("register", number))
    return found


def _reaches(folder: Path) -> date:
    """Return the last week that the version can forecast, as its bundle tells it."""
    told = read(folder, "bundle", "metadata.json")
    return date.fromisoformat(told["refit_cutoff"]) + timedelta(weeks=int(told["horizon"]))


def _ends(folder: Path) -> date:
    """Return the last day of the processed rows, from the rows themselves."""
    time = {"walmart": "Date", "sales_orders": "ORDERDATE"}[folder.name]
    rows = pl.scan_parquet(folder / "processed" / "**" / "*.parquet").select(pl.col(time).max())
    return date.fromisoformat(str(rows.collect().item())[:10])


def _attention(page: Seen, home: Path) -> None:
    """What needs attention: which version waits for prod, and which forecast has run out."""
    part = page.within("attention")
    for project in _PROJECTS:
        part.sentence("nothing is on prod", str(_live(home, project)["version"]))
    folder = home / "walmart"
    part.sentence("The forecast ran out on", day(_reaches(folder)), day(_ends(folder)))


def _card(card: Seen, home: Path, project: str) -> None:
    """The numbers to take away, and the quiet facts below them."""
    folder, live = home / project, _live(home, project)
    told, number = live["evidence"], str(live["version"])
    one, scores = told["gate"]["comparisons"][-1], told["scores"]
    bundle = (folder / "bundle" / "checksums.json").read_bytes()
    assert told["digest"] == sha256(bundle).hexdigest(), "the last run's version answers"
    gain = percent(one["value_added"])
    title = f"{TITLES[one['metric']]} is {gain} below that of {one['best_baseline']}"
    card.sentence(title, number, gain)
    card.sentence(" answers from staging", number, gain)
    errors = (measured(one["champion"]), measured(one["baseline"]))
    card.fact("below the best baseline", gain, *errors)
    card.fact("WAPE", percent(scores["wape"]), f"{scores['n']:,}")
    card.fact("inside the 80 % band", percent(scores["coverage_80"]))
    card.fact("Version", f"{number}, staging", day(live["at"]))
    _last_run(card, folder)
    checks = read(folder, "checks", "checks.json")
    assert checks["quarantined"] == 0
    card.fact("Rows read", f"{checks['read']:,}")
    title = str(read(folder, "eda", "eda_report.json")["project"]["title"])
    card.says(title) if numbers_in(title) else None
    if project == "walmart":
        card.fact("Forecast", f"to {day(_reaches(folder))}")


def _last_run(card: Seen, folder: Path) -> None:
    run = read(folder, "run.json")
    own = [name for name, by in run["stages"].items() if by == run["run_id"]]
    seconds = sum(run["seconds"][name] or 0.0 for name in own)
    took = f"{seconds:.0f}" if seconds < 60 else f"{round(seconds / 60)}"
    card.fact("Last run", began(run["run_id"]), *([took] if own else []))
    if own:  # else it was asked for again, and nothing had changed
        card.says(f"{took} {'s' if seconds < 60 else 'min'} of work")
    loaded = began(run["stages"]["ingest"]).partition(",")[0]
    card.fact("Data", f"to {day(_ends(folder))}", loaded)


def _panel(folder: Path) -> Outlook:
    """Return the total of all series: summed from the rows, and the forecast of the top level."""
    rows = pl.read_parquet(folder / "bundle" / "history.parquet", columns=["Date", "Weekly_Sales"])
    sums = rows.group_by("Date").agg(y=pl.col("Weekly_Sales").sum()).sort("Date")
    known = dict(sums.iter_rows())
    levels = pl.read_parquet(folder / "forecast" / "hierarchy.parquet")
    total = levels.filter(pl.col("level") == "total").sort("Date")
    ahead = dict(total.select("Date", "prediction").iter_rows())
    asked = pl.read_parquet(
        folder / "forecast" / "forecast.parquet", columns=["Date", "prediction"]
    )
    for when, value in asked.group_by("Date").agg(pl.col("prediction").sum()).iter_rows():
        assert ahead[when] == pytest.approx(value), "the total is that of its series"
    return Outlook(
        observed=dict(list(known.items())[-max(3 * len(ahead), 60) :]),
        ahead=ahead,
        bands={
            level: list(total.select(f"q{low}", f"q{high}").iter_rows())
            for level, low, high in ((80, 0.1, 0.9), (95, 0.025, 0.975))
        },
        before=sum(known[when - timedelta(days=364)] for when in ahead),
    )


def _months(folder: Path) -> Outlook:
    """Return the months of all rows, summed from the rows, and what the risk document foretells."""
    rows = pl.read_parquet(folder / "processed" / "**" / "*.parquet", hive_partitioning=False)
    sums = rows.group_by(pl.col("ORDERDATE").dt.truncate("1mo").cast(pl.Date).alias("month"))
    known = dict(sums.agg(pl.col("SALES").sum()).sort("month").iter_rows())
    risk = read(folder, "segment_risk", "risk.json")["segments"]
    name = next(one["name"] for one in risk if not one["segment"])
    ahead = {
        date.fromisoformat(f"{one['month']}-01"): one
        for one in read(folder, "segment_risk", f"{name}.json")["forecast"]["months"]
    }
    return Outlook(
        observed=known,
        ahead={when: one["prediction"] for when, one in ahead.items()},
        bands={
            level: [(one[f"lower_{level}"], one[f"upper_{level}"]) for one in ahead.values()]
            for level in (80, 95)
        },
        before=sum(known[when.replace(year=when.year - 1)] for when in ahead),
    )


def _picture(card: Seen, folder: Path, held: Outlook) -> None:
    """The picture of a project: its sentence, what is said of it, and its data."""
    figure = f"outlook-{folder.name.replace('_', '-')}"
    weekly = folder.name == "walmart"
    total = sum(held.ahead.values())
    change = percent(abs(total / held.before - 1))
    told = _series(folder) if weekly else []
    first, last, start, end = (
        day(one) if weekly else str(one.year)
        for one in (*_outer(held.observed), *_outer(held.ahead))
    )
    sizes = [
        numbers_in(amount(one))[0]
        for one in (
            held.observed[max(held.observed)],
            held.ahead[min(held.ahead)],
            held.ahead[max(held.ahead)],
        )
    ]
    card.captioned(
        figure, str(len(held.ahead)), end, *numbers_in(amount(total)), change, *told, "80", "95 %"
    )
    side = "more" if total > held.before else "less"
    card.says(f"{amount(total, 'USD')}, {change} {side} than a year before")
    card.spoken(figure, *told, first, last, sizes[0], start, end, *sizes[1:])
    drawn = card.chart(figure)
    assert _line(drawn, "y") == pytest.approx(_dated(held.observed))
    joined = max(held.observed)
    assert _line(drawn, "prediction") == pytest.approx(
        _dated({joined: held.observed[joined], **held.ahead})
    )
    bands = [(one["date"], one["low"], one["high"]) for one in drawn if "low" in one]
    assert bands == [
        (when.isoformat(), low, high)
        for level in (95, 80)
        for when, (low, high) in zip(held.ahead, held.bands[level], strict=True)
    ]
    tips = {one["date"]: one for one in drawn if "c0" in one}
    assert len(tips) == len(held.observed) + len(held.ahead)
    for when, value in {**held.observed, **held.ahead}.items():
        tip = tips[when.isoformat()]
        assert tip["c0"] == f"{value:,.0f}"
        assert " ".join(tip["title"].split()) == (day(when) if weekly else f"{when:%B %Y}")


def _series(folder: Path) -> list[str]:
    """Return how many series were observed, and of how many the forecast is."""
    keys = ["Store", "Dept"]
    places = (("bundle", "history.parquet"), ("forecast", "forecast.parquet"))
    found = [pl.read_parquet(folder.joinpath(*one), columns=keys).n_unique() for one in places]
    assert found[0] == read(folder, "bundle", "metadata.json")["series"]
    return [f"{one:,}" for one in found]


def _outer(held: Mapping[date, float]) -> tuple[date, date]:
    return min(held), max(held)


def _dated(held: Mapping[date, float]) -> Mapping[str, float]:
    return {when.isoformat(): value for when, value in held.items()}


def _line(drawn: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, float]:
    return {one["date"]: one[name] for one in drawn if name in one}
