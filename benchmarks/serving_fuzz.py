"""Requests that nobody would send, thousands of them: ``python -m benchmarks.serving_fuzz``.

Schemathesis reads the OpenAPI document of each project from a server that runs, and asks it
everything the document allows and much that it forbids: examples, the edges of every range, and
what Hypothesis draws. A reply of 500 or above, a status, a content type, a header or a body that is
not documented is a failure. ``--home HOME`` with runs of all four projects, or ``--data DIR`` to
run them in a temporary one. ``--cases N``: drawn for each operation. Exits with 1 when there was a
failure, or fewer than 3,000 cases in all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import foresell as platform
from benchmarks.serving_processes import foresell, running
from foresell.settings import environment
from tests.held_service import free_port

PROJECTS: Mapping[str, str | None] = {
    "sales_orders": "sales_orders",
    "california_housing": "california",
    "walmart": "walmart",
    "retail": None,
}  # and the folder of its raw files
PROMISED = 3000
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
PHASES = ("examples", "coverage", "fuzzing")


def main() -> int:
    """Ask, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--home", type=Path, help="with a run of each project")
    source.add_argument("--data", type=Path, help="folder of the raw folders")
    parser.add_argument("--only", choices=list(PROJECTS), action="append")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names = asked.only or list(PROJECTS)
    with TemporaryDirectory() as place:
        home = asked.home or trained(asked.data, names, Path(place))
        told = {}
        for name in names:
            with served(home / name / "bundle", Path(place) / "home") as url:
                folder = Path(place) / name
                told[name] = fuzzed(url, folder, cases=asked.cases, seed=asked.seed)
            sys.stderr.write(f"{name}: {json.dumps(told[name])}\n")
    cases = sum(one["cases"] for one in told.values())
    failed = sum(one["failed"] for one in told.values())
    sys.stdout.write(json.dumps({"cases": cases, "failed": failed, **told}, indent=2) + "\n")
    enough = cases >= PROMISED or asked.only is not None
    return 0 if enough and not failed else 1


def trained(data: Path, names: Sequence[str], place: Path) -> Path:
    """Return a home in which the projects were run."""
    for name in names:
        folder = PROJECTS[name]
        raw = None if folder is None else data / folder
        platform.run(name, data=raw, preset="fast", override="for speed", home=place, track=False)
    return place


@contextmanager
def served(bundle: Path, home: Path) -> Iterator[str]:
    """Serve a bundle for as long as the block lasts; its URL."""
    port = free_port()
    words = ("serve", "--bundle", str(bundle), "--port", str(port), "--log", "off")
    env = {"FORESELL_HOME": str(home), "FORESELL_TRACKING": "off"}
    with running(foresell(*words), port, "/health/ready", env):
        yield f"http://127.0.0.1:{port}"


def fuzzed(
    url: str, folder: Path, *, cases: int, seed: int, phases: Sequence[str] = PHASES
) -> dict[str, Any]:
    """Return how many cases were asked of the server at ``url``, and how many failed.

    ``folder``: where the report is left. ``said``: what went wrong, in Schemathesis' words.

    Raises:
        RuntimeError: it did not run to its end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = ["run", f"{url}/openapi.json", "--phases", ",".join(phases), "-n", str(cases)]
    words += ["--seed", str(seed), "--continue-on-failure", "--checks", ",".join(CHECKS)]
    words += ["--report", "json", "--report-json-path", "report.json", "--warnings", "off"]
    program = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    report = folder / "report.json"
    if not report.exists():
        raise RuntimeError(f"Schemathesis ended with {done.returncode}\n{done.stdout[-3000:]}")
    told = json.loads(report.read_text("utf-8"))
    counts, operations = told["test_cases"], told["operations"]
    failed = counts["with_failures"] + counts["errored"] + operations["errored"]
    return {
        "cases": counts["generated"],
        "failed": failed,
        "operations": operations["tested"],
        "seconds": round(told["running_time"], 1),
        "said": done.stdout[-6000:] if failed or done.returncode else "",
    }


if __name__ == "__main__":
    sys.exit(main())
