"""What-if pages over a registry and a loaded version, asked without a socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from foresell.adapters.store import DirectoryStore
from foresell.api import registry
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.dashboard.asking import answering_of
from foresell.dashboard.page import Ask, Visit
from foresell.dashboard.pages import page_of
from foresell.dashboard.rendering import rendered
from foresell.dashboard.what_if.page import context
from foresell.dashboard.what_if.shown_page import WhatIf
from foresell.serving.exchange import Kind
from foresell.serving.loading import load_served
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.settings import read_settings
from foresell.spec.serving import Live, Place
from foresell.wiring.shown_projects import shown
from tests.served_bundles import answering_bundle, slot
from tests.served_sites import asked, toy_site
from tests.small_bundles import small_bundle

Values = Mapping[str, str | Sequence[str]]
SNAPSHOT = pl.DataFrame({
    "day": pl.Series(["2026-01-05", "2026-02-01", "2026-03-01", "2026-06-30"]).str.to_date(),
    "pieces": [1, 3, 4, 99],
    "price": [1.0, 5.5, 6.0, 50.0],
    "gift": [True, False, False, False],
    "colour": ["red", "blue", "blue", None],
    "sales": [90.0, 100.0, 101.0, 99.0],
})


@dataclass(frozen=True)
class Looked:
    """A project that can be looked at. ``home``: its registry; ``site``: what answers."""

    home: Path
    slot: Slot
    site: Site
    ask: Ask

    def visit(self, values: Values | None = None) -> Visit:
        """A visit of nobody in particular, of a page whose address holds ``values``."""
        kind: Kind = "panel" if self.slot.kind == "panel" else "tabular"
        own = shown(self.slot.project, kind, read_settings(self.home))
        query = {
            name: (value,) if isinstance(value, str) else tuple(value)
            for name, value in (values or {}).items()
        }
        return Visit(
            own=own,
            projects={own.name: own},
            query=query,
            answering=answering_of(self.slot),
            ask=self.ask,
            path=f"/ui/projects/{own.name}/what-if",
        )

    def page(self, values: Values | None = None) -> WhatIf:
        """What the page shows."""
        return context(self.visit(values))

    def html(self, values: Values | None = None) -> str:
        """The page as a browser is sent it."""
        visit = self.visit(values)
        page = page_of("what-if", visit.shown.kind)
        return rendered(page, context(visit), visit, keyed=False).decode()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What an endpoint of the project says to everybody."""
        replied = asked(self.site, f"POST /projects/{self.slot.project}{path}", body)
        assert replied.status == 200, replied.told
        return replied.told


def looked_at(home: Path, bundle: Bundle, *, loaded: bool = True) -> Looked:
    """Register ``bundle``, promote it, and load it unless it is not to be ``loaded``."""
    project = str(bundle.metadata["project"])
    folder = home / "handed_in"
    write_bundle(bundle, DirectoryStore(folder))
    done = registry.register(project, folder, reason="a test", home=home)
    number, digest = done.version.version, done.version.digest
    registry.promote(project, number, to="prod", reason="a test", home=home)
    live = Live(
        project=project,
        alias="prod",
        version=str(number),
        digest=digest,
        run_id="run",
        place=Place(project=project, version=number),
    )
    return looking(home, slot(project, load_served(bundle, live) if loaded else None))


def looking(home: Path, placed: Slot) -> Looked:
    """Return what can be looked at of a slot; its questions go through the whole application."""
    site = toy_site(placed, root=None)

    def ask(method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        replied = asked(site, f"{method} {path}", dict(body))
        return replied.status, replied.told

    return Looked(home, placed, site, ask)


def toy_bundle() -> Bundle:
    """A table whose every answer is 100, with four rows that it learnt from."""
    return replace(answering_bundle(), snapshot=SNAPSHOT)


def shops_bundle() -> Bundle:
    """A panel of three shops and four weeks, whose forecasts are published."""
    return small_bundle("shops", kind="panel", weighted=True)
