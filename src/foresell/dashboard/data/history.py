"""What the gate found, run after run, as charts."""

from collections.abc import Mapping, Sequence
from functools import partial

import polars as pl

from foresell.charts.checks import rules_broken, set_aside
from foresell.dashboard.data.moments import moment
from foresell.dashboard.data.shares import limit, share
from foresell.dashboard.page import Figure
from foresell.dashboard.reading.shown import Shown
from foresell.pipeline.checks_log import LOG, Checked, ChecksLog, read_log
from foresell.report.wording import count, day

_LEAST = 2  # runs that make a history


def history_of(shown: Shown) -> ChecksLog:
    """Return what the gate has found so far; nothing where no log was kept yet.

    Raises DataError: it cannot be read.
    """
    stamp = shown.stamp("", LOG)
    if stamp is None:
        return ChecksLog(found=())
    return shown.kept(("checks log", LOG), stamp, lambda: read_log(shown.content("", LOG)))


def history_says(log: ChecksLog) -> str:
    """Return what is to be said where there is no history to draw, or some of it is damaged."""
    said = []
    if len(log.found) < _LEAST:
        said.append(
            "What the gate finds is kept from run to run. From the second result on that differs "
            "they stand side by side here."
        )
    if log.damaged:
        lines = count(log.damaged, "line")
        verb = "is" if log.damaged == 1 else "are"
        said.append(f"{lines} of {LOG} cannot be read and {verb} left out.")
    return " ".join(said)


def history_figures(log: ChecksLog) -> Mapping[str, Figure]:
    """Return the charts of a history; none of a single run."""
    if len(log.found) < _LEAST:
        return {}
    figures = [_aside(log.found)]
    if any(one.broken for one in log.found):
        figures.append(_rules(log.found))
    return {one.name: one for one in figures}


def _share(one: Checked) -> float:
    """Return the share of the rows checked that broke a rule; where all were, of all rows."""
    return one.failed / one.checked if one.checked else 0.0


def _is_sampled(found: Sequence[Checked]) -> bool:
    """Tell whether some result is of a sample, so that of other rows nothing is known."""
    return any(one.checked < one.read for one in found)


def _aside(found: Sequence[Checked]) -> Figure:
    """Return the chart of the share set aside; of samples, the share that broke a rule."""
    shares = [_share(one) for one in found]
    rows = _times(found).with_columns(
        share=pl.Series(shares, dtype=pl.Float64),
        allowed=pl.Series([one.allowed_share for one in found], dtype=pl.Float64),
        checked=pl.Series([one.checked for one in found], dtype=pl.Int64),
        aside=pl.Series([one.quarantined for one in found], dtype=pl.Int64),
        passed=pl.Series([one.passed for one in found], dtype=pl.Boolean),
    )
    told = pl.DataFrame({
        "at": [one.at.isoformat() for one in found],
        "run_id": [one.run_id for one in found],
        "contract": [one.contract for one in found],
        "read": [one.read for one in found],
        "quarantined": [one.quarantined for one in found],
        "repaired": [one.repaired for one in found],
        "checked": [one.checked for one in found],
        "broken": [one.failed for one in found],
        "share": shares,
        "allowed_share": [one.allowed_share for one in found],
        "passed": [one.passed for one in found],
    })
    stopped = sum(not one.passed for one in found)
    strong = (
        f" In full ink: {count(stopped, 'run')} that {'was' if stopped == 1 else 'were'} stopped."
    )
    sampled = _is_sampled(found)
    label = "Share of checked rows that broke a rule" if sampled else "Share of rows set aside"
    first, last = found[0], found[-1]
    return Figure(
        name="set-aside",
        title=_sampled_title(shares) if sampled else _aside_title(shares),
        note=f"{label}, result by result.{strong if stopped else ''}",
        says=(
            f"{label} in {len(found)} results, from {moment(first.at)} to "
            f"{moment(last.at)}: first {share(shares[0])}, last {share(shares[-1])}, "
            f"most {share(max(shares))}. {limit(last.allowed_share)} may be."
        ),
        draw=lambda width: set_aside(rows, width=width),
        rows=told,
        size=(760, 218),
    )


def _aside_title(shares: Sequence[float]) -> str:
    """Return the finding about the shares set aside."""
    if not any(shares):
        return f"No row was set aside in any of {len(shares)} results"
    if shares[-1] == 0:
        return f"No row is set aside now; the most there were is {share(max(shares))}"
    return f"{share(shares[-1])} of the rows are set aside, {_beside(shares, 'were')}"


def _sampled_title(shares: Sequence[float]) -> str:
    """Return the finding about the shares of the rows checked, where not all were."""
    if not any(shares):
        return f"No checked row broke a rule in any of {len(shares)} results"
    if shares[-1] == 0:
        return f"No checked row breaks a rule now; the most that did is {share(max(shares))}"
    return f"{share(shares[-1])} of the checked rows break a rule, {_beside(shares, 'did')}"


def _beside(shares: Sequence[float], did: str) -> str:
    """Return how the last share compares with those before; ``did``: the verb of the sentence."""
    last, before = shares[-1], shares[-2]
    if last == max(shares) and shares.count(last) == 1:
        return "more than ever before"
    if last == before:
        return "as the time before"
    return f"after {share(before)}" if before else f"none {did} the time before"


def _rules(found: Sequence[Checked]) -> Figure:
    """Return the chart of the rules that were broken in some run."""
    last = found[-1].broken
    total: dict[str, int] = {}
    for one in found:
        for rule, rows in one.broken.items():
            total[rule] = total.get(rule, 0) + rows
    order = sorted(total, key=lambda rule: (-last.get(rule, 0), -total[rule], rule))
    times = _times(found)
    counts = pl.concat([
        times.with_row_index("run").with_columns(
            rule=pl.lit(rule),
            broken=pl.Series([one.broken.get(rule, 0) for one in found], dtype=pl.Int64),
        )
        for rule in order
    ])
    told = counts.select(
        "rule",
        at=pl.Series([one.at.isoformat() for _ in order for one in found], dtype=pl.String),
        run_id=pl.Series([one.run_id for _ in order for one in found], dtype=pl.String),
        broken="broken",
    )
    return Figure(
        name="rules-broken",
        title=_rules_title(order, last),
        note="Each dot is a result, its area the rows that broke the rule.",
        says="Rows that broke each rule, in the last result: "
        + "; ".join(f"{rule}: {last.get(rule, 0):,}" for rule in order),
        draw=partial(_draw_rules, counts),
        rows=told,
        size=(760, 58 + 28 * min(len(order), 10)),
    )


def _rules_title(order: Sequence[str], last: Mapping[str, int]) -> str:
    r"""Return the finding about the rules, ``order``: those of most rows first.

    >>> _rules_title(["a: minimum", "b: values"], {"a: minimum": 1, "b: values": 1})
    '2 rules are broken most: each by 1\xa0row'
    """
    top = order[0]
    most = last.get(top, 0)
    if not most:
        return f"No rule is broken now; {top} was, most often"
    level = sum(rows == most for rows in last.values())
    if level > 1:
        return f"{count(level)} rules are broken most: each by {count(most, 'row')}"
    return f"{top} is broken most: by {count(most, 'row')}"


def _draw_rules(counts: pl.DataFrame, width: int) -> dict[str, object]:
    """Draw the rules in one width."""
    return rules_broken(counts, width=width)


def _times(found: Sequence[Checked]) -> pl.DataFrame:
    """Return when each result was: ``label`` below the chart, and in full (``said``)."""
    days = {one.at.date() for one in found}
    return pl.DataFrame({
        "label": [f"{one.at:%H:%M} UTC" if len(days) == 1 else day(one.at) for one in found],
        "said": [moment(one.at) for one in found],
    })
