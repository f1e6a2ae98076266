"""Load tests: a real server under requests that differ, and whether it is fast and sound enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.api.chosen_model import chosen_model, refuse_failed
from foresell.api.registry import registries
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.spec.extras import LOADING, need


@dataclass(frozen=True, kw_only=True)
class LoadTest:
    """What came of a load test.

    ``passed``: it kept within its thresholds. ``summary``: what ``summary.json`` holds. ``folder``:
    where it lies, beside ``endpoints.csv``, ``requests.csv`` and ``load.svg``.
    """

    passed: bool
    summary: Mapping[str, Any]
    folder: Path


def load_test(
    projects: str | Sequence[str] = (),
    *,
    duration: float = 30.0,
    users: int = 8,
    spawn_rate: float = 8.0,
    pace: float = 0.0,
    max_p95_ms: float = 200.0,
    max_failures: float = 0.0,
    alias: str = "prod",
    url: str | None = None,
    key: str = "",
    out: str | Path | None = None,
    home: str | Path | None = None,
) -> LoadTest:
    """Ask a server by ``users`` for ``duration`` seconds, and judge how it answered.

    Without ``url`` a server is started that answers with the version at ``alias`` (also the number
    of one); with it, one that runs is asked, by ``key`` where it wants one. Without ``projects``
    all are asked that have a version there. The questions are of every kind the server answers,
    with rows drawn from what the bundles of this home carry. ``spawn_rate``: users that come a
    second; ``pace``: requests a second of one user at the most, 0 for no limit. ``max_p95_ms``:
    what 95 % of the requests have to keep within; ``max_failures``: the share that may fail. A
    reply fails that has another status than it should, or lacks its answer. ``out``: a folder for
    what is found, by default ``_serving/load`` in the home.

    Every failure is a ``ForesellError``; a threshold that is not kept is not one: see ``passed``.
    """
    need(LOADING, "foresell loadtest", "load")
    from foresell.wiring import loadtesting as wiring  # noqa: PLC0415 - Altair and vl-convert

    load = wiring.Load(
        seconds=duration,
        users=users,
        spawn_rate=spawn_rate,
        pace=pace,
        url=url,
        version=alias,
        key=key,
        max_p95_ms=max_p95_ms,
        max_failures=max_failures,
    )
    wiring.refuse_load(load)
    settings = read_settings(Path(home) if home is not None else None)
    names = (projects,) if isinstance(projects, str) else tuple(projects)
    chosen = [chosen_model(name, home, alias) for name in names or _live(alias, home)]
    for one in chosen:
        refuse_failed(one)
    bundles = {one.project: one.bundle for one in chosen}
    summary, folder = wiring.load_test(
        bundles, load, Path(out) if out is not None else None, settings
    )
    return LoadTest(passed=bool(summary["passed"]), summary=summary, folder=folder)


def _live(alias: str, home: str | Path | None) -> Sequence[str]:
    """Return the projects that have a version at ``alias``.

    Raises:
        UsageError: none has, or it is the number of a version.
    """
    found = [
        one.project
        for one in registries(home=home)
        if alias in {"prod", "staging"} and getattr(one, alias) is not None
    ]
    if not found:
        raise UsageError(
            f"no project has a version at {alias}",
            "PROJECT, --alias",
            "name a project, or promote one: foresell registry promote PROJECT latest",
        )
    return found
