"""Forms that change something: what they hold, and whether one of our own pages has sent them."""

import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from foresell.dashboard.addresses import ROOT
from foresell.dashboard.page import Query, Visitor
from foresell.serving.problems import Refused

MEDIA = "application/x-www-form-urlencoded"
SECRETS = ("token", "key", "seen")  # fields that never stand in an address
LARGEST = 64_000  # bytes of a form: a plan of many weeks is some thousands
_MOST = 60  # fields of a form
_MOST_VALUES = 400  # of an address
LONGEST = 6_000  # characters of an address to come back to
_INNER = re.compile(rf"{ROOT}(?:[/?][!-\[\]-~]*)?")  # printable ASCII but the backslash
_FORBIDDEN = 403


def query_of(raw: bytes) -> Query:
    """Return the values of an address by name, in their order; blank ones are left out.

    Raises:
        Refused: there are more than anybody's form has.

    >>> query_of(b"store=1&store=2&dept=")
    {'store': ('1', '2')}
    """
    try:
        pairs = parse_qsl(raw.decode("latin-1"), max_num_fields=_MOST_VALUES)
    except ValueError as error:
        raise Refused("the address has too many values", "query", "use fewer") from error
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def form_of(body: bytes) -> Query:
    """Return the fields of a form by name, in their order; blank ones are left out.

    Raises:
        Refused: it is none, or has more fields than any of ours.

    >>> form_of(b"do=promote&reason=it+is+better&note=")
    {'do': ('promote',), 'reason': ('it is better',)}
    """
    try:
        pairs = parse_qsl(body.decode("utf-8"), errors="strict", max_num_fields=_MOST)
    except ValueError as error:
        raise Refused("this is no form", "body", "go back and send it anew") from error
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return found


def refuse_elsewhere(heads: Mapping[bytes, bytes]) -> None:
    """Refuse a form that the page of another site may have sent.

    A browser says itself where a form comes from, which no page can change: by ``Sec-Fetch-Site``
    on this machine and wherever it came by https, and by ``Origin`` everywhere. What says neither
    is no browser.

    Raises:
        Refused: 403, it came from elsewhere, or from nobody knows where.
    """
    site = heads.get(b"sec-fetch-site")
    if site is not None:
        own = site == b"same-origin"
    else:
        scheme, _, host = heads.get(b"origin", b"").lower().partition(b"://")
        own = scheme in {b"http", b"https"} and host == heads.get(b"host", b"").lower() != b""
    if not own:
        raise Refused(
            "this form was not sent by a page of this server",
            "Origin",
            "open the page itself and send the form there; a proxy has to pass Host on",
            status=_FORBIDDEN,
        )


def own_token(visitor: Visitor, form: Query) -> bool:
    """Tell whether a form bears the token of the session that sends it."""
    told = form.get("token", ("",))[-1]
    return bool(visitor.token) and hmac.compare_digest(told.encode(), visitor.token.encode())


def inner(address: str) -> str:
    r"""Return ``address`` where it is one of our pages, else that of the first one.

    Whoever signs in is led back by an address that came from outside: it must lead nowhere else.

    >>> inner("/ui/projects/retail/data?page=2"), inner("/ui?a=b")
    ('/ui/projects/retail/data?page=2', '/ui?a=b')
    >>> [inner(one) for one in ("//evil.example", "/ui\\evil", "/uix", "https:/ui", "/ui/sign-in")]
    ['/ui', '/ui', '/ui', '/ui', '/ui']
    """
    known = _INNER.fullmatch(address) and len(address) <= LONGEST
    return address if known and not address.startswith(f"{ROOT}/sign-") else ROOT
