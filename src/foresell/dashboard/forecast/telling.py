"""What is said of a subject in words and numbers, all of it taken from its own lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from foresell.charts.pointed import FUTURE, TEST
from foresell.dashboard.forecast.beside import Beside
from foresell.dashboard.forecast.blocks import stretched
from foresell.dashboard.forecast.indexed import Index
from foresell.dashboard.forecast.subjects import Subject, came_true, counted_cells
from foresell.dashboard.page import Fact
from foresell.features.alignment import year_periods
from foresell.report.wording import amount, count, day, percent, signed
from foresell.spec.ordered_sums import one_piece

_MOST_OF = 0.9  # of the periods: what a comparison with the year before needs
_SAME = 0.0005  # a change of less is told as none


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What lines say in numbers, each None where it cannot be said.

    ``ahead``: the sum of the forecast of ``steps`` periods, the last of which is ``until``: of the
    rows that were asked for, as `counted_cells` has them.
    ``change``: as a share of the same periods of the year before. ``error``: of the test of
    ``judged`` periods, the sum of absolute errors as a share of that of absolute truths;
    ``baseline``: the same of the baseline, over the same rows and periods. ``held``: the share of
    truths of the test inside the 80 % band, of the ``banded`` periods that have one. ``since``: the
    error of the forecast over the ``known`` periods that came true, of the rows that did.
    """

    ahead: float | None
    steps: int
    until: date | None
    change: float | None
    error: float | None
    judged: int
    baseline: float | None
    held: float | None
    banded: int
    since: float | None
    known: int


def numbers_of(index: Index, beside: Beside, subject: Subject, lines: pl.DataFrame) -> Numbers:
    """Return the numbers of a subject from all of its lines, from the first period to the last."""
    lines = lines.with_columns(_counted(index, subject, lines.height))
    told = lines.filter((pl.col("part") == FUTURE) & pl.col("prediction").is_not_null())
    ahead = told.filter("counted")
    test = lines.filter(pl.col("part") == TEST).drop_nulls(["y", "prediction"])
    inside = test.drop_nulls(["q0.1", "q0.9"])
    truth, said = came_true(index, beside, subject)
    since = pl.DataFrame({"y": truth, "prediction": said}).fill_nan(None).drop_nulls()
    return Numbers(
        ahead=float(one_piece(ahead["prediction"]).sum()) if ahead.height else None,
        steps=ahead.height,
        until=ahead["date"][-1] if ahead.height else None,
        change=_change(lines, year_periods(index.spec)),
        error=_error(test, "prediction"),
        judged=test.height,
        baseline=None if test["baseline"].null_count() else _error(test, "baseline"),
        held=inside.select(pl.col("y").is_between("q0.1", "q0.9").mean()).item()
        if inside.height
        else None,
        banded=inside.height,
        since=_error(since, "prediction"),
        known=since.height,
    )


def _counted(index: Index, subject: Subject, height: int) -> pl.Series:
    """Return ``counted``, (periods,) of the first ones: whether any forecast of it counts."""
    some = np.where(counted_cells(index, subject).any(axis=0), 1.0, 0.0)
    return pl.Series("counted", stretched(some, index.published.first, (0, height)) == 1.0)


def _error(rows: pl.DataFrame, said: str) -> float | None:
    """Return the sum of absolute errors as a share of the sum of absolute truths."""
    below = float(np.abs(rows["y"].to_numpy()).sum()) if rows.height else 0.0
    if not below:
        return None
    return float(np.abs(rows["y"].to_numpy() - rows[said].to_numpy()).sum()) / below


def _change(lines: pl.DataFrame, year: int) -> float | None:
    """Return by what share what counts differs from the same periods of the year before."""
    told = lines.with_columns(
        before=pl.when(pl.col("part").shift(year) != FUTURE).then(pl.col("y").shift(year))
    ).filter((pl.col("part") == FUTURE) & pl.col("prediction").is_not_null() & pl.col("counted"))
    both = told.drop_nulls("before")
    if not told.height or both.height < _MOST_OF * told.height:
        return None
    old = float(one_piece(both["before"]).sum())
    return float(one_piece(both["prediction"]).sum()) / old - 1.0 if old > 0 else None


def noun_of(index: Index) -> str:
    """Return what a period is called."""
    return "day" if index.grid.every == 1 else "week"


def heading_of(index: Index, subject: Subject, numbers: Numbers) -> str:
    """Return the finding of the page: how much is to come."""
    if numbers.ahead is None or numbers.until is None:
        return f"{subject.label}: a history without a forecast"
    much = amount(numbers.ahead, index.spec.unit)
    span = f"{count(numbers.steps, noun_of(index))} to {day(numbers.until)}"
    return f"{subject.label}: {much} in the {span}"


def change_text(numbers: Numbers, noun: str) -> str:
    """Return how the forecast compares with the year before, as a sentence without its stop."""
    if numbers.change is None:
        return "There is no whole year before to compare the forecast with"
    if abs(numbers.change) < _SAME:
        return f"As much is forecast as the same {noun}s of the year before had"
    word = "more" if numbers.change > 0 else "less"
    much = f"{percent(abs(numbers.change))} {word}"
    return f"{much} is forecast than the same {noun}s of the year before had"


def standfirst_of(index: Index, numbers: Numbers, beside: Beside) -> str:
    """Return the sentences under the heading: how far the forecast can be trusted."""
    if numbers.error is None:
        return ""
    noun = noun_of(index)
    span, off = count(numbers.judged, noun), percent(numbers.error)
    own = f"In the test of {span} the forecast was {off} off"
    if numbers.baseline is None:
        return f"{own}."
    return f"{own}, the baseline {beside.baseline} {percent(numbers.baseline)}."


def facts_of(index: Index, subject: Subject, numbers: Numbers, beside: Beside) -> Sequence[Fact]:
    """Return the few numbers that matter, each with the file it is taken from."""
    noun, facts = noun_of(index), []
    if numbers.ahead is not None:
        source = "bundle/published.parquet"
        facts.append(
            Fact(
                value=amount(numbers.ahead, index.spec.unit),
                label="forecast",
                note=f"sum of {count(numbers.steps, noun)}",
                source=source,
            )
        )
    if numbers.change is not None:
        facts.append(
            Fact(
                value=signed(numbers.change),
                label="against the year before",
                note=f"the same {noun}s, as observed",
                source="bundle/history.parquet",
            )
        )
    if numbers.error is not None:
        than = (
            f"{beside.baseline}: {percent(numbers.baseline)}"
            if numbers.baseline is not None
            else ""
        )
        facts.append(
            Fact(
                value=percent(numbers.error),
                label="error of the test (WAPE)"
                if subject.kind == "series"
                else "error of the sum in the test (WAPE)",
                note=than,
                source="bundle/judged.parquet",
            )
        )
    if numbers.held is not None:
        facts.append(
            Fact(
                value=percent(numbers.held, 0),
                label="of the test inside the 80 % band",
                note=count(numbers.banded, noun),
                source="bundle/judged.parquet",
            )
        )
    if numbers.since is not None:
        facts.append(
            Fact(
                value=percent(numbers.since),
                label="error of the forecast so far",
                note=f"{count(numbers.known, noun)} came true since",
                source="monitor/actuals.parquet",
            )
        )
    return facts


def says_of(index: Index, subject: Subject, lines: pl.DataFrame, numbers: Numbers) -> str:
    """Return what somebody hears who cannot see the chart."""
    unit, told = index.spec.unit, []
    y = lines.filter(pl.col("part") != FUTURE).drop_nulls("y")
    if y.height:
        told.append(
            f"Observed from {day(y['date'][0])} to {day(y['date'][-1])}, "
            f"between {amount(_least(y), unit)} and {amount(_most(y), unit)} a {noun_of(index)}"
        )
    ahead = lines.filter((pl.col("part") == FUTURE) & pl.col("prediction").is_not_null())
    if ahead.height:
        first, last = ahead.row(0, named=True), ahead.row(-1, named=True)
        told.append(
            f"forecast {amount(first['prediction'], unit)} on {day(first['date'])} and "
            f"{amount(last['prediction'], unit)} on {day(last['date'])}"
        )
        if last["q0.1"] is not None and last["q0.9"] is not None:
            told.append(
                f"with a band of 80 percent from {amount(last['q0.1'], unit)} to "
                f"{amount(last['q0.9'], unit)} on that last day"
            )
    if numbers.error is not None:
        told.append(f"off by {percent(numbers.error)} in the test")
    return f"{subject.label}. {', '.join(told)}." if told else f"{subject.label}. Nothing is known."


def _least(rows: pl.DataFrame) -> float:
    """Return the least truth."""
    return float(rows["y"].min())  # type: ignore[arg-type]


def _most(rows: pl.DataFrame) -> float:
    """Return the greatest truth."""
    return float(rows["y"].max())  # type: ignore[arg-type]


def title_of(index: Index, numbers: Numbers) -> str:
    """Return the finding of a chart, as a sentence."""
    if numbers.ahead is None:
        return "No forecast of this was published."
    return f"{change_text(numbers, noun_of(index))}."


def short_note(numbers: Numbers) -> str:
    """Return what is said beside the title of one chart of several: its change, if any is known."""
    return "" if numbers.change is None else signed(numbers.change)


def together_text(index: Index, made: Sequence[Numbers]) -> str:
    """Return what is said under the heading of several: what the numbers beside them compare."""
    ends = [one.until for one in made if one.until is not None]
    if not ends:
        return ""
    noun = noun_of(index)
    return (
        f"The forecast of the {noun}s to {day(max(ends))}, beside its change against the same "
        f"{noun}s of the year before."
    )
