"""What the explorer shows for an address, and what it draws as its CSV has it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import polars as pl

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import Bundle
from foresell.dashboard.forecast.page import Explorer, context, download
from foresell.dashboard.page import Visit
from foresell.dashboard.reading.shown import Shown
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from tests.dashboard_site import memory_shown, visit_of
from tests.explored_shops import run_files
from tests.small_bundles import stored


def look(shown: Shown, **query: Any) -> Explorer:
    """The page; ``f__shop`` asks for ``f.shop``."""
    return context(asking(shown, **query))


def drawn(shown: Shown, **query: Any) -> pl.DataFrame:
    """What the page draws, as the CSV has it."""
    content = download(asking(shown, **query), "explored.csv").content.decode()
    return pl.read_csv(StringIO(content), try_parse_dates=True)


def listed(shown: Shown, **query: Any) -> pl.DataFrame:
    """The series that match with their numbers, as the CSV has them."""
    return pl.read_csv(download(asking(shown, **query), "series.csv").content)


def asking(shown: Shown, **query: Any) -> Visit:
    """A visit; ``f__shop`` asks for ``f.shop``."""
    return visit_of(shown, {name.replace("__", "."): value for name, value in query.items()})


def staged(*bundles: Bundle, files: Mapping[tuple[str, str], bytes] | None = None) -> Shown:
    """The shops with these versions, the last one on staging, and the files of its run."""
    ledger = MemoryLedger()
    registry = Registry(
        ledger=ledger,
        vault=MemoryVault(),
        clock=lambda: datetime(2026, 2, 1, tzinfo=UTC),
        who="tester",
    )
    for bundle in bundles:
        register(registry, "shops", stored(bundle), reason="a run")
    promote(registry, "shops", len(bundles), "staging", reason="a test", override=True)
    return memory_shown(
        "shops",
        "panel",
        files=run_files(bundles[-1]) if files is None else files,
        bundles=dict(enumerate(bundles, start=1)),
        ledger=ledger,
    )
