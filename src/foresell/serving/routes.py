"""Every route of the server, in one table: what is answered and what is documented are the same.

A module with endpoints has ``routes(site) -> tuple[Route, ...]``.
"""

from foresell.serving import (
    admin,
    docs_page,
    explain,
    metrics,
    panels,
    protocol_mlflow,
    protocol_v2,
    rows,
    standing,
)
from foresell.serving.exchange import Route
from foresell.serving.site import Site

_PARTS = (rows, panels, explain, standing, metrics, protocol_v2, protocol_mlflow, admin)


def all_routes(site: Site) -> tuple[Route, ...]:
    """Return the routes: of every project those of level ``project``, of the server the others.

    Two may have one path where their ``kinds`` differ: a project is of one kind.
    """
    told = [route for part in _PARTS for route in part.routes(site)]
    told += docs_page.routes(site, lambda: told)
    return (*told, *site.pages(told))
