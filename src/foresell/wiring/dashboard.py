"""What the pages are made from, for the projects of a server."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from foresell.adapters.outputs import DirectoryOutputs
from foresell.adapters.projects import Declaration, read_declaration
from foresell.adapters.vault import open_vault
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.dashboard.acting import Acting
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.dashboard.routes import Dashboard
from foresell.dashboard.sessions import Sessions
from foresell.govern.keeping import kept_bundle
from foresell.serving.slots import Slot
from foresell.settings import SERVING, Settings
from foresell.spec.registry import Version
from foresell.wiring import runs
from foresell.wiring.keys import fresh_secret, open_ring
from foresell.wiring.mirroring_aside import mirror_aside
from foresell.wiring.places import project_workspace
from foresell.wiring.registry import registry

_PATIENCE_S = 1.0  # for a registry that is held: a page is told of an outage soon


def make_dashboard(
    slots: Mapping[str, Slot],
    settings: Settings,
    *,
    keyed: bool,
    tell: Callable[[str], None] = lambda _: None,
) -> Dashboard:
    """Return what the pages of ``slots`` are made from. ``keyed``: who has no key sees none.

    ``tell`` hears what is wrong with the list of keys, and where MLflow did not follow a change.
    """
    return Dashboard(
        acting=Acting(
            registry=lambda who: replace(registry(settings), who=who),
            changed=mirror_aside(settings, tell),
        ),
        projects={name: shown(slot, settings) for name, slot in slots.items()},
        slots=slots,
        sessions=Sessions(
            open_ring(settings, tell), required=keyed, clock=time.monotonic, dice=fresh_secret
        ),
    )


def shown(slot: Slot, settings: Settings) -> Shown:
    """Return what is shown of one project."""
    return Shown(
        slot.project,
        "panel" if slot.kind == "panel" else "tabular",
        DirectoryOutputs(project_workspace(slot.project, settings), beside(slot.project, settings)),
        registry(settings, _PATIENCE_S),
        declared=partial(_declared, slot.project, settings, {}),
        bundle_of=partial(_bundle, settings),
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


def _bundle(settings: Settings, version: Version) -> Bundle:
    """Return the bundle of a version, verified, without its model: pages compute no answer."""
    kept = kept_bundle(open_vault(settings.artifacts), version.digest)
    return read_bundle(kept, verified=True, wanted=lambda name: not name.startswith("model/"))
