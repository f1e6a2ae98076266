"""Text in a Markdown page: nothing that comes from data is a mark there."""

from foresell.report.wording import NBSP

_MARKS = "\\`*_[]"


def escaped(text: str) -> str:
    r"""Return text in which nothing is a mark of Markdown or HTML, in one line.

    >>> escaped("Sales_*x*<b>"), escaped("x](http://a) &lt;")
    ('Sales\\_\\*x\\*&lt;b>', 'x\\](http://a) &amp;lt;')
    """
    plain = " ".join(text.replace(NBSP, " ").split())
    for mark in _MARKS:
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("&", "&amp;").replace("<", "&lt;")
