"""The command line as tests call it, and what it says and leaves behind."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.builders import snapshot

Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    err: str
    out: str = ""


Foresell = Callable[..., Ran]


def run_to_split(foresell: Foresell, data: Path) -> Ran:
    return foresell("run", "walmart", "--data", data, "--until", "split")


def three_lines(what: str, where: str, mend: str) -> str:
    return f"error {what}\n  where {where}\n  mend  {mend}\n"


def kept(home: Path) -> Files:
    """Everything in the workspace but what tells of each run: log, lock, time of raw files.

    Nor what is remembered of sums in ``_pipeline``, which anybody may delete.
    """
    files = snapshot(home)
    own = ("run.log", "run_id", "run.json", ".lock", "sources/sources.json", "checks_log.jsonl")
    lasting = (name for name in files if not name.startswith("_pipeline/"))
    return {name: files[name] for name in lasting if not name.endswith(own)}
