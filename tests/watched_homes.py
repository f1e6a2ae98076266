"""Homes whose models were watched by the verbs themselves: a table, and a panel."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from foresell import drift, performance
from foresell.adapters.outputs import DirectoryOutputs
from foresell.dashboard.monitoring.page import Monitoring, context
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Declared, Shown
from foresell.dashboard.rendering import rendered
from foresell.errors import UsageError
from foresell.serving.exchange import Kind
from foresell.settings import read_settings
from foresell.wiring.places import project_workspace
from foresell.wiring.registry import registry
from foresell.wiring.shown_projects import beside
from tests.dashboard_site import visit_of
from tests.performing_toy import FIRST, panel_bundle, put_on_prod, weeks
from tests.watched_toys import lines, watched_shop

HOSTILE = "\"><script>alert(1)</script>'ß" + "x" * 300
DEAR = 24.0  # what a line costs at the last look; 20 before


@dataclass(frozen=True)
class Home:
    """A home with one project that was watched."""

    place: Path
    project: str
    kind: Kind

    @property
    def monitor(self) -> Path:
        return self.place / self.project / "monitor"

    def shown(self) -> Shown:
        """Return the project as pages see it; its declaration is not there."""
        settings = read_settings(self.place)
        folders = project_workspace(self.project, settings)
        return Shown(
            self.project,
            self.kind,
            DirectoryOutputs(folders, beside(self.project, settings)),
            registry(settings),
            declared=_undeclared,
            bundle_of=lambda _: panel_bundle(FIRST, seed=1),
        )

    def page(self, **query: str) -> Monitoring:
        """Return what the page shows."""
        return context(visit_of(self.shown(), query))

    def html(self, **query: str) -> str:
        """Return the page."""
        visit, page = visit_of(self.shown(), query), page_of("monitoring", self.kind)
        return rendered(page, context(visit), visit, keyed=False).decode()

    def json(self, name: str) -> Any:
        return json.loads((self.monitor / name).read_text())


def _undeclared() -> Declared:
    raise UsageError("nothing is declared here", "home", "declare it")


def watched_lines(folder: Path) -> Home:
    """Return a toy shop that was looked at three times: quiet twice, then dearer, a column short.

    Its version 1 was also looked at by itself, before version 2 came.
    """
    home, declared = folder / "home", folder / "declared"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(declared))
        watched_shop(home, declared)
        for number, (seed, price) in enumerate([(2, 20.0), (3, 20.0), (4, DEAR)]):
            rows, given = lines(300, seed, price=price), folder / f"{number}.parquet"
            (rows.drop("gift") if number == 2 else rows).write_parquet(given)
            drift("toy", current=given, evidently=False, home=home)
    return Home(home, "toy", "tabular")


def watched_weeks(home: Path) -> Home:
    """Return a toy panel of two versions on prod; of their eight weeks shop 2 doubled in four."""
    later = FIRST + timedelta(weeks=4)
    put_on_prod(home, panel_bundle(FIRST, seed=1), 1)
    put_on_prod(home, panel_bundle(later, seed=2), 2)
    doubled = (pl.col("shop") == 2) & (pl.col("week") > later)
    truth = weeks(FIRST + timedelta(weeks=1), 8, seed=7).with_columns(
        sales=pl.when(doubled).then(2 * pl.col("sales")).otherwise("sales")
    )
    truth.write_csv(home / "truth.csv")
    performance("shops", actuals=home / "truth.csv", home=home)
    performance("shops", version=1, home=home)
    return Home(home, "shops", "panel")
