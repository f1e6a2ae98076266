"""The outcomes as tables, and the place in ``benchmarks/README.md`` where they stand."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.peers.judging import Outcome, wape_of
from foresell.errors import DataError

START, STOP = "<!-- peers -->", "<!-- /peers -->"
_SCORES = ("wape", "mase", "wql", "sql")
_HEAD = ("", "WAPE", "MASE", "WQL", "SQL", "seconds", "CPU s", "peak GiB", "failed series")
_SAMPLE_HEAD = (*_HEAD[:-1], "series run", "of them failed")


def ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes best first: by WAPE of all rows, then of the sample, failures last."""

    def place(one: Outcome) -> tuple[float, float, str]:
        return (wape_of(one.whole), wape_of(one.sample), one.name)

    return sorted(outcomes, key=place)


def rich_table(outcomes: Sequence[Outcome], title: str) -> Table:
    """Return the outcomes for the terminal."""
    table = Table(title=title, title_justify="left")
    for name in _HEAD:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for one in ranked(outcomes):
        if one.whole is not None or one.sample is None:
            table.add_row(one.name, *_cells(one, "whole"))
        else:
            table.add_row(f"{one.name}, {one.series} series", *_cells(one, "sample"))
    return table


def markdown(outcomes: Sequence[Outcome], head: str, sample: str) -> str:
    """Return what stands between the markers: two tables, the settings, the picture.

    ``head``: the sentences before the first table; ``sample``: those before the second.
    """
    asked_all = [one for one in outcomes if one.sample is None or one.whole]
    drawn = sorted(
        (one for one in outcomes if one.sample is not None), key=lambda one: wape_of(one.sample)
    )
    sampled = [
        [one.name, *_cells(one, "sample")[:-1], f"{one.series:,}", _cells(one, "sample")[-1]]
        for one in drawn
    ]
    settings = [
        f"- **{' '.join(filter(None, (one.name, one.version)))}**: {one.settings}"
        for one in ranked(outcomes)
    ]
    remarks = [f"- {one.name}: {one.reason}." for one in ranked(outcomes) if one.reason]
    parts = [
        head,
        _markdown_table(_HEAD, [[one.name, *_cells(one, "whole")] for one in ranked(asked_all)]),
        *(["Remarks:\n\n" + "\n".join(remarks)] if remarks else []),
        "![Error against seconds, log scale](peers.svg)",
        sample,
        _markdown_table(_SAMPLE_HEAD, sampled),
        "Settings:\n\n" + "\n".join(settings),
    ]
    return "\n\n".join(parts)


def replace_between_markers(page: Path, text: str) -> None:
    """Put ``text`` between the two markers of ``page``.

    Raises:
        DataError: the page has not both markers.
    """
    whole = page.read_text(encoding="utf-8")
    before, start, rest = whole.partition(START)
    _, stop, after = rest.partition(STOP)
    if not (start and stop):
        raise DataError("the page has no place for the table", str(page), f"add {START} and {STOP}")
    page.write_text(f"{before}{START}\n\n{text}\n\n{STOP}{after}", encoding="utf-8")


def _cells(one: Outcome, scored: str) -> list[str]:
    """Return the numbers of a row as text, a dash where there is none."""
    score = getattr(one, scored) or {}
    failed = "" if score == {} and not one.failed_series else f"{one.failed_series:,}"
    return [
        *(_number(score.get(name), 4) for name in _SCORES),
        _number(one.seconds, 0 if (one.seconds or 0) >= 10 else 1),
        _number(one.cpu_seconds, 0 if (one.cpu_seconds or 0) >= 10 else 1),
        _number(one.peak_gib, 2),
        failed or "-",
    ]


def _number(value: float | None, digits: int) -> str:
    """Return a number, one too large for a share with its power of ten, a dash for none."""
    if value is None:
        return "-"
    return f"{value:.1e}" if digits == 4 and value >= 1000 else f"{value:,.{digits}f}"


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
