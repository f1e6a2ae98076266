"""What serving costs, beside peers in the same run: ``python -m benchmarks.serving --data DIR``.

``DIR`` holds ``sales_orders/``; the project is run in a temporary home, or ``--bundle FOLDER`` is
what a run has left. foresell answers as it would in earnest: an API key, a rate limit, the
contract, quantiles and flags, metrics, a log of every request. The peers
(`benchmarks.serving_peers`) check nothing and answer a point. All servers have one worker and run
at the same time; they are asked in turn, some rounds of each, so that what else the machine does
hits all alike. Figures are medians over the rounds; ``cpu_us`` is what the server's process
computes for one request, which hangs least on what else the machine does.

- closed loop: wrk, one thread, 16 connections, rows that differ; one row, and 100 at once;
- open loop: a request every 2 ms, whether or not the last is answered, latency from when it was to
  be sent (`benchmarks.serving_client`); nothing else is asked meanwhile;
- shadow: the same at 300 a second, with another version beside and without, in turn;
- start: from nothing to the first answer, and what the server itself counts after its imports.

``--only closed|batch|open|shadow``, again for more. ``benchmarks/serving.json`` keeps the figures,
and ``docs/benchmarks.md`` shows them.
Exits with 1 when one of the promises printed below the table is not kept.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.serving_contests import batch, closed, opened, shadowed
from benchmarks.serving_ground import Ground, prepared

KEPT = Path(__file__).with_name("serving.json")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS = ("closed", "batch", "open", "shadow")
_MARKS = ("<!-- serving -->", "<!-- /serving -->")
_TITLES: Mapping[str, str] = {
    "closed": "a row, 16 connections",
    "batch": "100 rows, 16 connections",
    "open": "a row, 500 a second",
    "shadow": "a row, 300 a second",
}
_SHOWN: Mapping[str, tuple[str, int]] = {  # in the page: its heading, and decimals
    "per_second": ("a second", 0),
    "p50_ms": ("p50, ms", 2),
    "p99_ms": ("p99, ms", 2),
    "cpu_us": ("CPU, µs", 0),
    "failed": ("failed", 0),
    "resident_mb": ("memory, MB", 0),
    "ready_after_imports_s": ("ready, s", 2),
}


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the raw folders")
    source.add_argument("--bundle", type=Path, help="a bundle of sales_orders")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    console = Console(width=150)
    told: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    with TemporaryDirectory() as place:
        ground = prepared(Path(place), asked.data, asked.bundle, asked.seconds, asked.rounds)
        told["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
        told["python"] = platform.python_version()
        for part in asked.only or PARTS:
            before = os.getloadavg()[0]
            told[part] = _MEASURES[part](ground) | {"load_before": round(before, 1)}
            console.print(shown(part, told[part]))
            KEPT.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            write_page(told)
    broken = [(words, kept) for words, kept in promises(told) if kept is not None]
    for words, kept in broken:
        console.print(f"{'kept  ' if kept else 'BROKEN'} {words}")
    return 0 if all(kept for _, kept in broken) else 1


_MEASURES: Mapping[str, Callable[[Ground], dict[str, Any]]] = {
    "closed": closed,
    "batch": batch,
    "open": opened,
    "shadow": shadowed,
}


def promises(told: Mapping[str, Any]) -> Iterator[tuple[str, bool | None]]:
    """Yield what issue 7 asks for in words, and whether it is so; None where nobody measured."""

    def at(part: str, name: str, figure: str) -> float | None:
        found = told.get(part, {}).get("rivals", {}).get(name, {}).get(figure)
        return None if found is None else float(found)

    def compared(part: str, other: str, share: float) -> tuple[str, bool | None]:
        ours, theirs = at(part, "foresell", "per_second"), at(part, other, "per_second")
        if ours is None or not theirs:
            return f"{part}: {other}", None
        ratio = ours / theirs
        return f"{part}: {ratio:.2f} of {other}, at least {share:g}", ratio >= share

    def below(part: str, name: str, figure: str, most: float) -> tuple[str, bool | None]:
        found = at(part, name, figure)
        words = f"{part}, {name}: {figure} {found}, below {most:g}"
        return words, None if found is None else found < most

    yield compared("closed", "FastAPI, dict in and out", 0.8)
    yield compared("closed", "FastAPI, body by hand", 0.8)
    yield compared("closed", "mlflow, dataframe_split", 5)
    yield compared("batch", "plain ASGI, orjson", 0.8)
    yield compared("batch", "plain ASGI, orjson, our graph", 0.8)
    yield below("closed", "foresell", "p99_ms", 10)
    yield below("open", "foresell", "p99_ms", 10)
    yield below("closed", "foresell", "ready_after_imports_s", 1)
    yield below("closed", "foresell", "resident_mb", 200)
    yield below("closed", "foresell", "failed", 1)
    on, off = (at("shadow", f"shadow {name}", "p99_ms") for name in ("on", "off"))
    apart = None if on is None or off is None else on - off
    yield (
        f"shadow: p99 {apart or 0:+.2f} ms, within 1 ms of shadow off",
        None if apart is None else abs(apart) <= 1,
    )


def shown(part: str, told: Mapping[str, Any]) -> Table:
    """Return the figures of a part as a table."""
    rivals: Mapping[str, Mapping[str, float]] = told["rivals"]
    names = list(dict.fromkeys(name for rival in rivals.values() for name in rival))
    table = Table(title=f"{part}, load before {told['load_before']}")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for rival, figures in rivals.items():
        table.add_row(rival, *(f"{figures[n]:,.2f}" if n in figures else "-" for n in names))
    return table


def write_page(told: Mapping[str, Any]) -> None:
    """Put the figures between the marks of the page of benchmarks."""
    lines = [f"{told['machine']}, Python {told['python']}.", ""]
    for part in (part for part in PARTS if part in told):
        rivals: Mapping[str, Mapping[str, float]] = told[part]["rivals"]
        names = [name for name in _SHOWN if any(name in one for one in rivals.values())]
        heads = " | ".join(_SHOWN[name][0] for name in names)
        lines += [f"| {_TITLES[part]} | {heads} |", f"|---|{'---:|' * len(names)}"]
        lines += [
            f"| {name} | {' | '.join(_cell(one, n) for n in names)} |"
            for name, one in rivals.items()
        ]
        lines += ["", f"Load of the machine before: {told[part]['load_before']}.", ""]
    lines += [
        f"- {'kept' if kept else '**not kept**'}: {words}"
        for words, kept in promises(told)
        if kept is not None
    ]
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    middle = "\n".join(["", "", *lines, "", ""])
    PAGE.write_text(before + _MARKS[0] + middle + _MARKS[1] + after, encoding="utf-8")


def _cell(figures: Mapping[str, float], name: str) -> str:
    """Return one figure as the page has it, empty where there is none."""
    return f"{figures[name]:,.{_SHOWN[name][1]}f}" if name in figures else ""


if __name__ == "__main__":
    sys.exit(main())
