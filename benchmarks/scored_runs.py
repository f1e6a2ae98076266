"""The log of scored runs: a test window is scored once, by a configuration that is in a commit."""

import csv
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from foresell.errors import UsageError

LOG = Path(__file__).parent / "log.csv"
_WRITTEN = (
    "benchmarks/log.csv",
    "benchmarks/cost.json",
    "benchmarks/tabular.json",
)  # by the benchmarks themselves
_COLUMNS = ("when", "commit", "configuration", "what", "n", "wape", "mase", "wql", "sql", "seconds")


def clean_commit(root: Path) -> str:
    """Return the commit of the tree at ``root``.

    Raises:
        UsageError: the tree has changes that are in no commit.
    """
    changed = _git(root, "status", "--porcelain", "--untracked-files=normal")
    lines = [
        line
        for line in changed.splitlines()
        if not (line.endswith(_WRITTEN) or "benchmarks/tabular/found/" in line)
    ]
    if lines:
        raise UsageError(
            f"{len(lines)} file(s) are changed and in no commit: {lines[0].strip()} ...",
            str(root),
            "commit first: a scored configuration must be one that can be found again",
        )
    return _git(root, "rev-parse", "HEAD").strip()


def last_run(what: str) -> dict[str, str] | None:
    """Return the latest row of the log whose ``what`` starts so, its numbers as text."""
    if not LOG.exists():
        return None
    with LOG.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["what"].startswith(what)]
    return rows[-1] if rows else None


def append(row: Mapping[str, object]) -> None:
    """Add one scored run to the log; the time is added here."""
    fresh = not LOG.exists()
    stamped = {"when": datetime.now(UTC).isoformat(timespec="seconds"), **row}
    with LOG.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(stamped)


def _git(root: Path, *words: str) -> str:
    """Return what git prints."""
    return subprocess.run(
        ["git", *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout
