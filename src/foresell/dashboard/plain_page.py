"""A page that needs nothing but this: what is said where no other page can be made."""

from html import escape
from http import HTTPStatus
from string import Template

from foresell.dashboard.addresses import ROOT
from foresell.dashboard.sending import HTML, sent
from foresell.serving.exchange import Reply
from foresell.serving.problems import Refused

# Its styles are those of all pages, and it can be read where they do not come either.
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - foresell</title>
<link rel="stylesheet" href="$root/static/dashboard.css">
</head>
<body>
<main>
<h1>$what</h1>
<dl>
<dt>Where</dt><dd>$where</dd>
<dt>What helps</dt><dd>$mend</dd>
</dl>
<p><a href="$root">To the overview</a></p>
</main>
</body>
</html>
""")


def plain_page(refused: Refused) -> Reply:
    """Return what was refused as a page."""
    page = _PAGE.substitute(
        title=escape(HTTPStatus(refused.status).phrase),
        what=escape(refused.what),
        where=escape(refused.where),
        mend=escape(refused.mend),
        root=ROOT,
    )
    return sent({}, page.encode(), HTML, status=refused.status, headers=tuple(refused.headers))
