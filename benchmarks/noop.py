"""What a run costs that changes nothing: all projects of a home, and a graph of 100 stages.

Usage: ``python -m benchmarks.noop [--home HOME] [--times N]``. ``--home``: one in which projects
were run with the preset fast; without it only the 100 stages are measured. Where DVC is installed
in ``.venv-dvc``, ``dvc repro`` of the same 100 stages is run in turn. Seconds are medians.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from foresell.adapters.digest_cache import DigestCaches
from foresell.adapters.sources import MemorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.contracts.contract import parse_contract
from foresell.pipeline.runner import Runner
from foresell.pipeline.work import Event, Request, Stage, Work
from foresell.spec.reading import parse_project

_STAGES = 100
_REST_S = 2.5  # until what was written is trusted without being read
_DVC = Path(".venv-dvc/bin/dvc")
_SHOP = Path("src/foresell/projects/retail")


def run(work: Work) -> None:
    """Write what was read, and one byte more."""
    before = b"".join(store.read_bytes("made") for store in work.inputs.values())
    for store in work.outputs.values():
        store.write_bytes("made", before + b"x")


def _chain() -> tuple[Stage, ...]:
    """Return stages of which each reads what the one before it made."""
    return tuple(
        Stage(
            name=f"s{at}",
            run="benchmarks.noop:run",
            needs=(f"o{at - 1}",) if at else (),
            makes=(f"o{at}",),
            says="",
        )
        for at in range(_STAGES)
    )


def _hundred(folder: Path, times: int) -> list[float]:
    """Return the seconds of runs of 100 stages that change nothing, in this process."""
    caches = DigestCaches(folder / "_pipeline", time.time_ns)
    place, kinds = DirectoryWorkspace(folder / "home", caches=caches), list[str]()
    texts = [(_SHOP / f"{part}.yaml").read_text("utf-8") for part in ("project", "contract")]
    request = Request(
        project=parse_project(texts[0], "retail"),
        contract=parse_contract(texts[1], "retail"),
        source=MemorySource({}),
    )

    def hear(event: Event) -> None:
        kinds.append(event.kind)

    runner, stages = Runner(workspace=place, clock=time.perf_counter, listen=hear), _chain()
    runner.run(stages, request)
    time.sleep(_REST_S)
    runner.run(stages, request)  # what is at rest by now is remembered
    taken = []
    for _ in range(times):
        kinds.clear()
        began = time.perf_counter()
        runner.run(stages, request)
        taken.append(time.perf_counter() - began)
        if kinds != ["kept"] * _STAGES:
            sys.exit(f"a run that should have kept {_STAGES} stages did otherwise")
    return taken


def _dvc(folder: Path, times: int) -> list[float]:
    """Return the seconds of ``dvc repro`` of the same graph, where nothing has changed."""
    folder.mkdir()
    dvc = str(_DVC.absolute())
    lines = ["stages:"]
    for at in range(_STAGES):
        before = f"cat o{at - 1} > o{at} && " if at else ""
        lines += [f"  s{at}:", f"    cmd: {before}printf x >> o{at}"]
        lines += [f"    deps: [o{at - 1}]"] if at else []
        lines += [f"    outs: [o{at}]"]
    (folder / "dvc.yaml").write_text("\n".join(lines) + "\n")
    for words in (["init", "--no-scm", "-q"], ["config", "core.analytics", "false"], ["repro"]):
        subprocess.run([dvc, *words], cwd=folder, check=True, capture_output=True)
    return [_timed([dvc, "repro"], folder) for _ in range(times)]


def _timed(words: list[str], folder: Path) -> float:
    """Return the seconds of a command."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def _say(what: str, taken: list[float]) -> None:
    """Print one measure."""
    print(f"{what:<52} {median(taken):7.3f} s   best {min(taken):.3f}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--times", type=int, default=5)
    said = parser.parse_args()
    if said.home is not None:
        command = [
            *(sys.executable, "-c", "from foresell.cli import main; main()"),
            *("run", "all", "--preset", "fast", "--no-track"),
        ]
        words = ["env", f"FORESELL_HOME={said.home.absolute()}", *command]
        for _ in range(2):  # the first may do something, the second leaves the seals
            _timed(words, Path.cwd())
            time.sleep(_REST_S)
        _say(
            "foresell run all, nothing changed",
            [_timed(words, Path.cwd()) for _ in range(said.times)],
        )
    with tempfile.TemporaryDirectory() as folder:
        ours = _hundred(Path(folder), said.times)
        _say(f"{_STAGES} stages, nothing changed", ours)
        if _DVC.is_file():
            theirs = _dvc(Path(folder) / "dvc", said.times)
            _say(f"dvc repro of {_STAGES} stages, nothing changed", theirs)
            print(f"foresell takes {median(ours) / median(theirs):.1%} of that")


if __name__ == "__main__":
    main()
