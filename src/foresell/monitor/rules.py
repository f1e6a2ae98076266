"""The rules of the verdict: what has to be seen before a model is watched, or trained again.

Each needs two things: an effect that matters, and little chance of it were all as in the backtest.
What has stood for four periods calls for training (an alarm); what fewer show is watched (a note).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import exp

import numpy as np
import polars as pl

from foresell.errors import counted
from foresell.monitor.expectations import Expectation, Oddity, oddity
from foresell.monitor.reference import Reference
from foresell.monitor.weekly import ALL, PERIOD, Every
from foresell.spec.monitoring import Finding, Seen, Weight
from foresell.spec.ordered_sums import one_piece

RECENT = 4  # periods
LEAST_ROWS = 200  # of a file without time, to count as more than one period
SURE, DOUBT = 0.001, 0.01  # chances; four rules at SURE are well below 1 % of quiet runs
RISE, JUMP = 1.15, 1.25  # times the expected error: of several periods, of one alone
ONE_SIDED = 0.5  # of the usual error
PROMISE = 0.8
SHORT, BROKEN = 0.10, 0.05  # fewer rows in a band than in the backtest, and than was promised
WORSE = 1.02  # times the baseline's error
LEFT = 0.25  # of what the backtest saved: less is as good as nothing
WIDE = 0.08  # more rows in a band than was promised


@dataclass(frozen=True, kw_only=True, eq=False)
class Recent:
    """The periods that rules look at: ``weeks``, at most four whole ones, the last one last.

    ``sustained``: they are enough for an alarm. ``word``: what they are called. ``over``: over
    which of them a number was taken: each period counts alike, however many rows it has.
    """

    weeks: pl.DataFrame
    sustained: bool
    word: str
    over: str


def recent_of(weeks: pl.DataFrame, every: Every) -> Recent:
    """Return the last whole periods of ``weeks``, oldest first."""
    last = weeks.tail(RECENT)
    enough = last.height == RECENT
    if every == ALL:
        return Recent(
            weeks=last,
            sustained=bool((last["n"] >= LEAST_ROWS).all()),
            word="all rows given",
            over="over all rows given",
        )
    if last.height == 1:
        return Recent(
            weeks=last, sustained=enough, word=f"the last {every}", over=f"in the last {every}"
        )
    word = f"the last {last.height} {every}s"
    return Recent(weeks=last, sustained=enough, word=word, over=f"in the mean of {word}")


def findings_of(seen: Recent, reference: Reference) -> list[Finding]:
    """Return what the rules find, alarms first."""
    rules: tuple[Callable[[Recent, Reference], Finding | None], ...] = (
        _error,
        _bias,
        _coverage,
        _value_added,
    )
    found = [one for rule in rules if (one := rule(seen, reference)) is not None]
    return sorted(found, key=lambda one: one.weight != "alarm")


def remarks_of(seen: Recent, weeks: pl.DataFrame, every: Every) -> list[str]:
    """Return what a reader has to know and what decides nothing: gaps, and bands that are too wide.

    ``weeks``: all periods, those of ``seen`` among them.
    """
    if seen.weeks.is_empty():
        return []
    return [one for one in (_gaps(seen, weeks, every), _wide(seen)) if one]


def _gaps(seen: Recent, weeks: pl.DataFrame, every: Every) -> str:
    """Return how many periods are not known between the first and the last that were looked at."""
    if every == ALL:
        return ""
    first, last = (date.fromisoformat(seen.weeks[PERIOD][place]) for place in (0, -1))
    span = 12 * (last.year - first.year) + last.month - first.month
    if every == "week":
        span = (last - first).days // 7
    known = weeks.filter(pl.col(PERIOD).is_between(pl.lit(f"{first}"), pl.lit(f"{last}"))).height
    lacking = span + 1 - known
    if lacking <= 0:
        return ""
    verb = "is" if lacking == 1 else "are"
    return (
        f"{seen.word} do not follow each other: {counted(lacking, every)} between {verb} not known"
    )


def _wide(seen: Recent) -> str:
    """Return by how much bands are wider than they need to be, where periods leave no doubt."""
    there = seen.weeks["coverage_80"].drop_nulls()
    share, mean = there.min(), one_piece(there).mean()
    if not isinstance(share, float) or not isinstance(mean, float) or not seen.sustained:
        return ""
    if share <= PROMISE or mean < PROMISE + WIDE:
        return ""
    holds = f"{seen.over} the band of 80 % holds {_percent(mean)} of the truth"
    return f"{holds}: it is wider than it needs to be"


def _odd(weeks: pl.DataFrame, name: str, expected: Expectation) -> Oddity | None:
    """Return how odd a number of ``weeks`` is, None where no period has it."""
    there = weeks.filter(pl.col(name).is_not_null())
    if there.is_empty():
        return None
    return oddity(
        there[name].to_numpy(),
        there["step"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        expected,
    )


def _weight(seen: Recent, chance: float) -> Weight | None:
    """Return what an effect that matters weighs, None where chance explains it."""
    if seen.sustained and chance <= SURE:
        return "alarm"
    return "note" if chance <= DOUBT else None


def _error(seen: Recent, reference: Reference) -> Finding | None:
    """Find errors that are larger than the backtest's."""
    if reference.error is None or (odd := _odd(seen.weeks, "log_error", reference.error)) is None:
        return None
    over, least = seen.over, RISE
    weight = _weight(seen, odd.above) if exp(odd.apart) >= RISE else None
    if weight is None and seen.weeks.height > 1:
        last = seen.weeks.tail(1)
        one = _odd(last, "log_error", reference.error)
        if one is None or exp(one.apart) < JUMP or one.above > DOUBT / 2:
            return None
        odd, weight, over, least = one, "note", f"in the last period, {last['period'][0]},", JUMP
    if weight is None or exp(odd.apart) < least:
        return None
    says = f"{over} errors are {exp(odd.apart):.2f} times those expected from the backtest"
    return _finding("error", weight, says, odd.above, ratio=exp(odd.apart))


def _bias(seen: Recent, reference: Reference) -> Finding | None:
    """Find forecasts that keep to one side of the truth."""
    if reference.bias is None or not reference.wape:
        return None
    odd = _odd(seen.weeks, "bias_of", reference.bias)
    if odd is None:
        return None
    sides = seen.weeks["bias_of"].drop_nulls().sign().unique()
    if len(sides) > 1 or abs(odd.apart) < ONE_SIDED * reference.wape:
        return None
    chance = min(1.0, 2 * min(odd.above, odd.below))
    weight = _weight(seen, chance)
    if weight is None:
        return None
    side = "high" if odd.apart > 0 else "low"
    says = (
        f"{seen.over} forecasts are {_percent(abs(odd.apart))} too {side}, all on one side; the "
        f"backtest was off by {_percent(reference.bias_share or 0.0, '+')}"
    )
    return _finding("bias", weight, says, chance, bias_share=odd.apart)


def _coverage(seen: Recent, reference: Reference) -> Finding | None:
    """Find bands that hold too few of the truths."""
    if reference.coverage is None:
        return None
    odd = _odd(seen.weeks, "coverage_80", reference.coverage)
    share = one_piece(seen.weeks["coverage_80"]).mean()
    if odd is None or odd.apart > -SHORT or not isinstance(share, float):
        return None
    weight = _weight(seen, odd.below)
    if weight is None or share > PROMISE - BROKEN:
        return None
    says = (
        f"{seen.over} the band of 80 % holds {_percent(share)} of the truth; in the backtest it "
        f"held {_percent(reference.coverage_80 or 0.0)}"
    )
    return _finding("coverage", weight, says, odd.below, coverage_80=share)


def _value_added(seen: Recent, reference: Reference) -> Finding | None:
    """Find errors that are larger than the baseline's, where the backtest's were not."""
    if reference.value is None or reference.value.level >= 0:
        return None
    odd = _odd(seen.weeks, "log_beside", reference.value)
    beside = one_piece(seen.weeks["log_beside"]).mean()
    if odd is None or not isinstance(beside, float):
        return None
    weight, before = _weight(seen, odd.above), _percent(reference.value_added or 0.0)
    if weight is None or 1 - exp(beside) > LEFT * (1 - exp(reference.value.level)):
        return None
    if exp(beside) >= WORSE:
        says = (
            f"{seen.over} errors are {exp(beside):.2f} times those of the baseline; in the "
            f"backtest the model saved {before} of them"
        )
    else:
        weight, saved = "note", max(0.0, 1 - exp(beside))
        says = (
            f"{seen.over} the model saved {_percent(saved)} of the baseline's error, which is next "
            f"to nothing; in the backtest it saved {before}"
        )
    return _finding("value_added", weight, says, odd.above, ratio=exp(beside))


def _finding(seen: Seen, weight: Weight, says: str, chance: float, **numbers: float) -> Finding:
    """Return what was found; the chance stands in it."""
    return Finding(
        seen=seen,
        weight=weight,
        about="all rows",
        says=f"{says} (chance {_chance(chance)})",
        numbers={"chance": chance, **numbers},
    )


def _percent(share: float, sign: str = "") -> str:
    """Return a share as a person reads it, with ``sign`` "+" always with one.

    >>> _percent(0.686), _percent(0.012, "+")
    ('68.6 %', '+1.2 %')
    """
    return f"{100 * share:{sign}.1f} %"


def _chance(value: float) -> str:
    """Return a chance as a person reads it.

    >>> _chance(0.0314), _chance(1e-9)
    ('3.1 %', 'below 0.01 %')
    """
    return "below 0.01 %" if value < 1e-4 else f"{100 * value:.2g} %"
