"""Claims on how forecasts fared once their truth was known, by the files of `performance`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.page_charts import Row, drawn
from tests.page_numbers import Seen
from tests.page_words import caption, change, fact, heard, line, share, table
from tests.watched_claims import Watched, counted, iso


def claim_performance(page: Seen, truth: Watched) -> None:
    """Claim how the forecasts fared once their truth was known."""
    told = truth.performance
    recent, backtest = told["recent"], told["backtest"]
    last = f"last {counted(recent['periods'], 'week')}"
    error, ratio = share(recent["wape"]), f"{recent['ratio']:.2f} times"
    line(page.within("performance"), "In the last", last, iso(recent["to"]), error, ratio)
    fact(page, "error (WAPE)", error, share(backtest["wape"]))
    fact(page, "bias", change(recent["bias_share"]), change(backtest["bias_share"]))
    held = (share(recent["coverage_80"]), "80 %", share(backtest["coverage_80"]))
    fact(page, "within the", *held)
    fact(page, "of the baseline", change(recent["value_added"]), change(backtest["value_added"]))
    weeks = f"the {counted(recent['periods'], 'week')}"
    for one in page.within("performance").root.all("p"):
        if f"row of {weeks}" in page.words(one):  # what the numbers above are of
            line(page, page.words(one), weeks)
    for text in (*told["reasons"], *told["notes"]):
        page.says(text)
    line(
        page,
        "rows known",
        *(f"{told['actuals'][name]:,}" for name in ("rows",)),
        f"{told['matched']:,}",
        f"{told['actuals']['new']:,}",
        f"{told['actuals']['revised']:,}",
    )
    line(page, "as made at the time", f"version {', '.join(map(str, told['versions']))}")
    page.says(f"Version {told['judged_by']} last saw")
    line(page, "last saw", iso(told["cutoff"]), iso(told["forecast_to"]))
    line(page, "judged on", f"{backtest['n']:,} rows", iso(backtest["from"]), iso(backtest["to"]))
    _claim_periods(page, truth)
    _claim_parts(page, truth)


def _claim_periods(page: Seen, truth: Watched) -> None:
    weeks = [one for one in truth.rows("performance_weeks.csv") if one["whole"]]
    days = [one["period"] for one in weeks]
    span = (iso(days[0]), iso(days[-1]))
    above = sum(one["wape"] > one["usual_high"] for one in weeks)
    worse = sum(one["wape"] > one["baseline_wape"] for one in weeks)
    many = f"{len(weeks)} weeks"
    said = [*([str(above)] if above else []), many, *([str(worse)] if worse else [])]
    caption(page, "error", *said)
    heard(page, "error", *said, *span)
    side = max(sum(one["bias_share"] * sign > 0 for one in weeks) for sign in (1, -1))
    assert 4 * side >= 3 * len(weeks)
    caption(page, "bias", f"{side} of {many}")
    heard(page, "bias", f"{side} of {many}", *span)
    rows = sum(one["n"] for one in weeks)
    held = share(sum(one["coverage_80"] * one["n"] for one in weeks) / rows)
    bands = ("80 %", "95 %")
    caption(page, "coverage", "80 %", held, passing=bands)
    heard(page, "coverage", "80 %", held, *span, passing=bands)
    _claim_drawn(page, truth, weeks)
    _claim_table(page, truth)


def _claim_drawn(page: Seen, truth: Watched, weeks: Sequence[Mapping[str, Any]]) -> None:
    def of(*names: str) -> list[Row]:
        return [(one["period"], *(one[name] for name in names)) for one in weeks]

    with drawn(page, "error") as chart:
        chart.same("area", ("date", "usual_low", "usual_high"), of("usual_low", "usual_high"))
        chart.same("line", ("date", "baseline_wape"), of("baseline_wape"))
        chart.same("line", ("date", "wape"), of("wape"))
        chart.same("point", ("date", "wape"), of("wape"))
        chart.holds("rule", ("wape", "expected_wape", "baseline_wape"), weeks)
    with drawn(page, "bias") as chart:
        chart.same("bar", ("date", "bias_share", "zero"), [(*row, 0.0) for row in of("bias_share")])
        chart.same("rule", ("at",), [(0.0,)])
        chart.holds("rule", ("bias_share",), weeks)
    with drawn(page, "coverage") as chart:
        for at in (0.8, 0.95, truth.performance["backtest"]["coverage_80"]):
            chart.same("rule", ("at",), [(at,)])
        for name in ("coverage_80", "coverage_95"):
            chart.same("line", ("date", name), of(name))
        chart.holds("rule", ("coverage_80", "coverage_95"), weeks)


def _claim_table(page: Seen, truth: Watched) -> None:
    lines = [
        [
            iso(one["period"]),
            f"{one['n']:,.0f}",
            *(share(one[name]) for name in ("wape", "expected_wape")),
            f"{one['ratio']:.2f}",
            change(one["bias_share"]),
            *(share(one[name]) for name in ("coverage_80", "coverage_95")),
            change(one["value_added"]),
        ]
        for one in reversed(truth.rows("performance_weeks.csv"))
    ]
    heads = ("", "Rows", "rror", "xpected", "imes", "ias", "80 %", "95 %", "dded")
    table(page, "by period", [], heads, lines)


def _claim_parts(page: Seen, truth: Watched) -> None:
    parts = truth.rows("performance_segments.csv")
    lines = [
        [
            f"{one['by']} {one['value']:.0f}" if isinstance(one["value"], float) else None,
            *(share(one[name]) for name in ("share", "wape", "backtest_wape")),
            f"{one['ratio']:.2f}",
            change(one["bias_share"]),
            share(one["coverage_80"]),
            change(one["value_added"]),
        ]
        for one in parts[:12]
    ]
    heads = ("Part", "hare", "rror", "acktest", "imes", "ias", "80 %", "dded")
    table(page, "Parts,", [], heads, lines)
    line(page.within("performance"), "not shown", f"{len(parts) - 12} rows")
