"""The report of a shadow as one page: numbers and a picture for each pair of versions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from foresell.charts.theme import TOKENS
from foresell.report.page_templates import page_templates

_SIZE = re.compile(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"')


def shadow_html(report: Mapping[str, Any], drawn: Sequence[str]) -> str:
    """Return the page of ``report``, plain values; ``drawn``: an SVG for each pair, or empty.

    Nothing is fetched when it is looked at.
    """
    pages = page_templates(amount=_amount, percent=_percent)
    pictures = [Markup(_SIZE.sub(r"<svg \1", svg, count=1)) for svg in drawn]  # noqa: S704 - our own
    return pages.get_template("shadow.html").render(
        report=report, pairs=list(zip(report["pairs"], pictures, strict=True)), tokens=TOKENS
    )


def _amount(value: float | None) -> str:
    """Return a number of the target, or of milliseconds, with four digits or more.

    >>> _amount(1234.5), _amount(0.1234567), _amount(None)
    ('1,234', '0.1235', '–')
    """
    if value is None:
        return "–"
    size = abs(value)
    return f"{value:,.{0 if size >= 1000 else 2 if size >= 10 else 4}f}"


def _percent(value: float | None) -> str:
    r"""Return a share.

    >>> _percent(0.5), _percent(None)
    ('50.0\xa0%', '–')
    """
    return "–" if value is None else f"{100 * value:.1f}\u00a0%"
