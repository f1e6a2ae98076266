"""How another version would have answered: what shadows of servers have scored lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from foresell.charts.shadow import delta_bars
from foresell.dashboard.monitoring.moments import iso_moment
from foresell.dashboard.page import Cell, Fact, Figure, Table
from foresell.dashboard.reading.shown import AbsentError, Shown
from foresell.errors import DataError, counted
from foresell.evaluate.shadowing import LINES, PAIR, PairReport, bins, compare_pairs
from foresell.report.performance_words import DASH
from foresell.report.wording import amount, percent

OUTPUT = "_shadow"
_MOST = 100_000  # rows: with so many, older files are left alone
_UNDER_1 = 0.001  # of the live answers: apart by less is as good as the same


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """The pair of versions that was met last, and of all pairs a table.

    ``older``: lines before those that are told were left out. ``figure`` None: nothing was scored.
    """

    headline: str
    lead: str
    refusals: Sequence[str]
    facts: Sequence[Fact]
    figure: Figure | None
    speeds: Table
    pairs: Table | None
    older: bool


def shadow_of(shown: Shown) -> Shadow:
    """Return how the shadow that scored last answered.

    A ``DataError``: a file holds a line that no shadow wrote.

    Raises:
        AbsentError: no shadow has scored anything.
    """
    files, older = _newest(shown)
    frames = [_lines(shown, file) for file in files]
    lines = pl.concat(frames) if frames else pl.DataFrame()
    if lines.is_empty():
        raise AbsentError(
            "no shadow has scored anything yet",
            f"{shown.name}/{OUTPUT}",
            f"foresell serve {shown.name} --shadow staging",
        )
    stamps = tuple((file, shown.stamp(OUTPUT, file)) for file in files)
    pairs = shown.kept("shadow pairs", stamps, lambda: compare_pairs(lines))
    first, unit = pairs[0], shown.declared().spec.unit
    mine = dict(zip(PAIR, (first.version, first.shadow_version), strict=True))
    deltas = lines.filter(**mine)["delta"].drop_nulls()
    return Shadow(
        headline=_headline(first),
        lead=_lead(first),
        refusals=[f"{counted(rows, 'row')}: {reason}" for reason, rows in first.reasons.items()],
        facts=_facts(first, unit),
        figure=_figure(first, deltas, unit) if first.scored else None,
        speeds=_speeds(first),
        pairs=_pairs(pairs) if len(pairs) > 1 else None,
        older=older,
    )


def _newest(shown: Shown) -> tuple[Sequence[str], bool]:
    """Return the newest files, oldest first, and whether older ones are left out.

    Names begin with when their first line was written, so that they sort by time.
    """
    named = [one for one in shown.files(OUTPUT) if one.endswith(".jsonl") and "/" not in one]
    taken: list[str] = []
    rows = 0
    for file in reversed(named):
        if rows >= _MOST:
            break
        taken.append(file)
        rows += _lines(shown, file).height
    return tuple(reversed(taken)), len(taken) < len(named)


def _lines(shown: Shown, file: str) -> pl.DataFrame:
    """Return the whole lines of one file, without features.

    A ``DataError``: a line is none of a shadow.
    """
    stamp = shown.stamp(OUTPUT, file)
    strange = DataError(
        f"{file} holds a line that no shadow wrote",
        f"{shown.name}/{OUTPUT}/{file}",
        "take the file away",
    )

    def read() -> pl.DataFrame:
        content = shown.content(OUTPUT, file)
        whole = content[: content.rfind(b"\n") + 1]
        if not whole:
            return pl.DataFrame(schema=dict(LINES))
        found = pl.read_ndjson(BytesIO(whole), schema=dict(LINES)).select(*LINES)
        if found.select(pl.any_horizontal(pl.col("timestamp", *PAIR).null_count() > 0)).item():
            raise strange
        return found

    try:
        return shown.kept(("shadow", file), stamp, read)
    except AbsentError:  # it was the oldest, and a server has just taken it away
        return pl.DataFrame(schema=dict(LINES))
    except pl.exceptions.PolarsError as error:
        raise strange from error


def _headline(pair: PairReport) -> str:
    """Return the finding as a sentence."""
    who = f"Version {pair.shadow_version}"
    if pair.delta is None:
        return f"{who} has refused every row that version {pair.version} answered"
    relative = pair.delta["relative"]
    if relative is None or relative < _UNDER_1:
        return f"{who} answers as version {pair.version} does"
    higher, equal = pair.delta["share_higher"] or 0.0, pair.delta["share_equal"] or 0.0
    lower = 1.0 - higher - equal
    side, share = ("higher", higher) if higher >= lower else ("lower", lower)
    return (
        f"{who} answers {percent(relative)} apart from version {pair.version}, "
        f"{side} in {percent(share, 0)} of the rows"
    )


def _lead(pair: PairReport) -> str:
    """Return how much was compared."""
    return (
        f"{counted(pair.rows, 'row')} from {iso_moment(pair.first)} to {iso_moment(pair.last)}, "
        f"{pair.scored:,} scored, {pair.refused:,} refused by the shadow."
    )


def _facts(pair: PairReport, unit: str) -> list[Fact]:
    """Return the numbers that matter."""
    if pair.delta is None:
        return []
    delta = pair.delta
    rows = (
        ("mean_abs", "mean size of the difference", "either way"),
        ("mean", "mean difference", "shadow less live"),
        ("p50", "median difference", "shadow less live"),
    )
    return [
        Fact(value=amount(float(value), unit), label=label, note=note, source=OUTPUT)
        for key, label, note in rows
        if (value := delta[key]) is not None
    ]


def _figure(pair: PairReport, deltas: pl.Series, unit: str) -> Figure:
    """Return the chart of differences."""
    drawn = bins(deltas.to_list())
    told = f"{counted(pair.scored, 'row')} by shadow less live"
    return Figure(
        name="deltas",
        title="How far the shadow's answers lie from the live ones, in rows",
        note="The outermost bars hold all that lies beyond",
        says=f"{told}{f', in {unit}' if unit else ''}. {_headline(pair)}.",
        draw=lambda width: delta_bars(drawn, unit=unit, width=width),
        rows=drawn,
        size=(760, 250),
    )


def _speeds(pair: PairReport) -> Table:
    """Return how long both take in their models."""
    rows = []
    for who, version in (("live", pair.version), ("shadow", pair.shadow_version)):
        known = pair.latency_ms[who]
        numbers = [
            Cell(text=DASH if known is None else f"{known[share]:.2f}")
            for share in ("p50", "p95", "p99")
        ]
        rows.append([Cell(text=f"{who}, version {version}"), *numbers])
    return Table(
        caption="Milliseconds in the model, a request counted once",
        heads=("Version", "p50", "p95", "p99"),
        rows=rows,
    )


def _pairs(pairs: Sequence[PairReport]) -> Table:
    """Return all pairs of versions that were met."""
    rows = [
        [
            Cell(text=f"{one.shadow_version} beside {one.version}"),
            Cell(text=f"{one.scored:,}"),
            Cell(text=f"{one.refused:,}"),
            Cell(text=DASH if one.delta is None else _share(one.delta["relative"])),
            Cell(text=iso_moment(one.last)),
        ]
        for one in pairs
    ]
    return Table(
        caption="Every pair of versions",
        heads=("Shadow beside live", "Scored", "Refused", "Apart", "Last"),
        rows=rows,
    )


def _share(value: float | None) -> str:
    return DASH if value is None else percent(value)
