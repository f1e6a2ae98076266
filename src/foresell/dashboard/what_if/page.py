"""The what-if page: a form from the contract, the server's own answer to it, and why."""

from foresell.dashboard.page import Visit
from foresell.dashboard.what_if import panel, table
from foresell.dashboard.what_if.shown_page import WhatIf


def context(visit: Visit) -> WhatIf:
    """Return what the page shows: the answer to a row of a table, or to a panel's changed plan."""
    return panel.context(visit) if visit.shown.kind == "panel" else table.context(visit)
