"""Templates of pages: text is escaped, a name that nobody gave is an error."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_templates(package: str = "foresell.report", **filters: Callable[..., Any]) -> Environment:
    """Return the templates of the room ``package``, which know ``filters`` by these names."""
    pages = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters.update(filters)
    return pages
