"""Where pages are: their addresses, made and taken apart in one place."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from foresell.dashboard.page import Query

ROOT = "/ui"


def path_to(project: str = "", page: str = "", *more: str) -> str:
    """Return the path of a page, or of something below it.

    >>> path_to(), path_to("retail", "forecast"), path_to("retail", "data", "files", "a b.csv")
    ('/ui', '/ui/projects/retail/forecast', '/ui/projects/retail/data/files/a%20b.csv')
    """
    parts = ("projects", project, page, *more) if project else ()
    return "/".join((ROOT, *(quote(part, safe="") for part in parts if part)))


def query_text(query: Query | Mapping[str, Sequence[str]]) -> str:
    """Return values as a query with its ``?``, "" where there are none."""
    pairs = [(name, value) for name, values in query.items() for value in values if value]
    return f"?{urlencode(pairs)}" if pairs else ""
