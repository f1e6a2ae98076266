"""What pages show of projects: where it lies, and how it is opened when somebody looks at it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from foresell.adapters.outputs import DirectoryOutputs
from foresell.adapters.projects import Declaration, read_declaration
from foresell.adapters.vault import open_vault
from foresell.bundle.bundle import PUBLISHED, SNAPSHOT, Bundle, bundle_of
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import Declared, Shown, Unopened
from foresell.govern.keeping import kept_bundle
from foresell.serving.exchange import Kind
from foresell.settings import SERVING, Settings
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from foresell.wiring import runs
from foresell.wiring.places import project_workspace
from foresell.wiring.registry import registry

_PATIENCE_S = 1.0  # for a registry that is held: a page is told of an outage soon
_TEXTS = ("metadata.json", "project.yaml", "contract.yaml")
_PANEL = ("history.parquet", "asked.parquet", "judged.parquet", PUBLISHED)
# Of a table's model: what it learnt from, by column, which the form of a what-if tells.
_TABLE = (SNAPSHOT, "model/plain/learner.json", "model/plain/ranges.json")


def shown(name: str, kind: Kind, settings: Settings, memory: Memory | None = None) -> Shown:
    """Return what is shown of one project; nothing is opened or read yet.

    ``memory``: what it shares with the other projects of the process, so that one bound holds for
    all of them; one of its own where none is told.
    """
    return Shown(
        name,
        kind,
        DirectoryOutputs(project_workspace(name, settings), beside(name, settings)),
        Unopened(open=partial(registry, settings, _PATIENCE_S), clock=_now),
        declared=partial(_declared, name, settings, {}),
        bundle_of=partial(_bundle, settings),
        memory=memory,
    )


def beside(project: str, settings: Settings) -> Mapping[str, Path]:
    """Return where lies what servers and measurements leave, which no run makes.

    ``_shadow``: the lines of the project's shadow; ``_requests``: its log of requests;
    ``_latency``: what was measured of projects, a file each; ``_load``: the last load test.
    """
    home = settings.home.absolute()
    return {
        "_shadow": home / SERVING / project / "shadow",
        "_requests": home / SERVING / project / "requests",
        "_latency": home / "_quality" / "latency",
        "_load": home / SERVING / "load",
    }


def _declared(name: str, settings: Settings, kept: dict[Declaration, Declared]) -> Declared:
    """Return what a project declares now.

    ``kept``: what its texts were parsed to last; to parse them again would take longer than all
    else of a page.
    """
    from foresell.contracts.contract import parse_contract  # noqa: PLC0415 - as in `runs.declared`

    texts = read_declaration(name, settings.projects)
    held = kept.get(texts)
    if held is None:
        texts, spec = runs.declaration(name, settings)
        contract = parse_contract(texts.contract_text, f"{texts.where}/contract.yaml")
        held = Declared(spec=spec, contract=contract, where=texts.where)
        kept.clear()
        kept[texts] = held
    return held


def _bundle(settings: Settings, digest: str) -> Bundle:
    """Return what pages read of a bundle, each file verified; the others are not looked at.

    Pages compute no answer. Of a panel there is no model, and of its history only the columns that
    its series are found, drawn and planned by; of a table neither history nor judged rows. A
    ``DataError``: one of the files is missing or was changed.
    """
    kept = kept_bundle(open_vault(settings.artifacts), digest)
    texts = {name: kept.read_bytes(name) for name in _TEXTS}
    spec = parse_project(bundle_of(texts).project_text, "bundle/project.yaml")
    names = _PANEL if spec.kind == "panel" else _TABLE
    # Bundles of before some of them were written have not all of these; a history they all have.
    there = {name: kept.read_bytes(name) for name in names if name in kept.sums}
    read = bundle_of(texts | there)
    return replace(read, history=_drawn(read.history, spec))


def _drawn(history: pl.DataFrame, spec: ProjectSpec) -> pl.DataFrame:
    """Return the columns of a history that pages look at."""
    looked = spec.with_role("key", "static", "time", "known_future", "target")
    return history.select(name for name in looked if name in history.columns)


def _now() -> datetime:
    return datetime.now(UTC)
