"""foresell's own row. Its test window is scored once a configuration, and `make bench` does that.

Where this tree's configuration is the last one in ``log.csv``, it runs like the others, and scoring
it tells nothing new. Where it is another, nothing is run: the row repeats the log.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.foresell_on_task import configuration
from benchmarks.peers.contenders import Peer
from benchmarks.peers.judging import Outcome
from benchmarks.peers.measuring import Ground, measure, unmeasured
from benchmarks.scored_runs import last_run
from foresell.errors import UsageError

_SCORES = ("wape", "mase", "wql", "sql")


def own_outcome(ground: Ground, data: Path, preset: str, python: Path) -> Outcome:
    """Return foresell's row.

    Raises:
        UsageError: no run of ``preset`` is in the log.
    """
    logged = last_run(f"public task, {preset}")
    if logged is None:
        raise UsageError(
            f"no scored run of the preset {preset} is in the log",
            "benchmarks/log.csv",
            "commit, then make bench DATA=DIR",
        )
    peer = Peer(
        name=f"foresell, {preset}",
        library=None,
        package="foresell",
        words=("-m", "benchmarks.peers.with_foresell", str(data.resolve()), preset),
        settings=f"--preset {preset}, as scored at commit {logged['commit'][:7]}",
    )
    if logged["configuration"] == configuration(preset):
        return measure(peer, ground, python)
    return _repeated(unmeasured(peer, ground, ""), logged)


def _repeated(row: Outcome, logged: Mapping[str, str]) -> Outcome:
    """Return the row of the log. Its seconds are of the forecast alone, without start and files."""
    whole = {name: float(logged[name]) if logged[name] else None for name in _SCORES}
    return replace(
        row,
        whole={"n": int(logged["n"]), **whole},
        seconds=float(logged["seconds"]),
        when=logged["when"][:10],
        reason="scores and seconds (without start and reading) of the last scored run; this tree "
        "has another configuration, which `make bench` has not scored",
    )
