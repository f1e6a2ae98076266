"""What PostgreSQL's SQLSTATEs mean, and how what a database says is told: without its secrets.

Source: PostgreSQL 18, appendix A, "PostgreSQL Error Codes".
"""

import json
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

OVERTAKEN = frozenset({"40001", "40P01"})  # the server gave way to another transaction
DAMAGED = frozenset({"XX001", "XX002"})
FULL = "free the disk, and ask again"
HELD = "wait for the process that holds it, or end it, and ask again"
MENDS: Mapping[str, str] = {
    "25006": "the server takes no writes: name its primary instead of a replica",
    "53100": FULL,
    "55P03": HELD,
}
_MOST = 300  # characters of what a database says that are told


def told(said: str, secret: str = "", most: int = _MOST) -> str:
    r"""Return what a database said, on one line, cut to ``most`` characters, without ``secret``.

    The secret is taken out however it is written: as it is, or as in a URI, JSON or a literal of
    SQL or libpq.

    >>> told('no host "p%40ss"\n  in postgresql://jo:p%40ss@db', "p@ss")
    'no host "***" in postgresql://jo:***@db'
    """
    for form in _forms(secret):
        said = said.replace(form, "***")
    line = " ".join(said.split())
    return line if len(line) <= most else f"{line[:most]} ..."


def tells(said: str, secret: str) -> bool:
    """Tell whether ``secret`` stands in what was said, in any form.

    >>> tells("postgresql://jo:p%40ss@db", "p@ss"), tells("nothing", "")
    (True, False)
    """
    return any(form in said for form in _forms(secret))


def _forms(secret: str) -> list[str]:
    """Return how a secret may be written, the longest first; none for no secret."""
    if not secret:
        return []
    escaped = secret.replace("\\", "\\\\").replace("'", "\\'")
    forms = {
        secret,
        " ".join(secret.split()),
        quote(secret, safe=""),
        quote(secret),
        quote(secret, safe="").replace("%", "%%"),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        escaped,
        secret.replace("'", "''"),
    }
    return sorted(filter(None, forms), key=lambda form: (-len(form), form))
