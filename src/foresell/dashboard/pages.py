"""The pages there are, in the order of the navigation: a table that can be read."""

from collections.abc import Sequence

from foresell.dashboard.page import Page
from foresell.errors import nearest
from foresell.serving.exchange import Kind
from foresell.serving.problems import Refused

_ROOM = "foresell.dashboard"
PAGES: Sequence[Page] = (
    Page(
        name="forecast",
        label="Forecast",
        module=f"{_ROOM}.forecast.page",
        template="forecast.html",
        says="What is to come, by series or for a sum of them.",
        kinds=("panel",),
    ),
    Page(
        name="forecast",
        label="Forecast",
        module=f"{_ROOM}.segments.page",
        template="segments.html",
        says="What is to come of the declared segments, and how single rows were answered.",
        kinds=("tabular",),
    ),
    Page(
        name="leaderboard",
        label="Leaderboard",
        module=f"{_ROOM}.leaderboard.page",
        template="leaderboard.html",
        says="Which candidate won, by how much, and where it fails.",
    ),
    Page(
        name="what-if",
        label="What if",
        module=f"{_ROOM}.what_if.page",
        template="what_if.html",
        says="The answer to your own numbers, and what each of them did to it.",
    ),
    Page(
        name="monitoring",
        label="Monitoring",
        module=f"{_ROOM}.monitoring.page",
        template="monitoring.html",
        says="Whether the data moved away, and whether the forecast still holds.",
    ),
    Page(
        name="data",
        label="Data",
        module=f"{_ROOM}.data.page",
        template="data.html",
        says="What the contract asks of the rows, and which broke it.",
    ),
    Page(
        name="registry",
        label="Registry",
        module=f"{_ROOM}.registry.page",
        template="registry.html",
        says="Which version answers, how it came to be, and how to change that.",
    ),
)
OVERVIEW = Page(
    name="",
    label="Overview",
    module=f"{_ROOM}.overview.page",
    template="overview.html",
    says="How every project stands, and what needs attention.",
)


def pages_of(kind: Kind) -> Sequence[Page]:
    """Return the pages of a project of ``kind``, in order."""
    return tuple(page for page in PAGES if kind in page.kinds)


def page_of(name: str, kind: Kind) -> Page:
    """Return a page by its name in the address.

    Raises:
        Refused: 404, there is none.
    """
    known = {page.name: page for page in pages_of(kind)}
    if name not in known:
        raise Refused(
            f"there is no page {name[:40]!r}", "path", nearest(name[:40], known), status=404
        )
    return known[name]
