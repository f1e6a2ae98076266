"""What is sent: pages and files with their own policy, packed where the browser reads that."""

import gzip
import hashlib
from collections.abc import Mapping

from foresell.serving.exchange import Reply

HTML = b"text/html; charset=utf-8"
# Styles and scripts come as files of this server and from nowhere else; nothing is evaluated.
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A report is one file with its own styles. It has no script, and gets none.
REPORT_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'; sandbox allow-same-origin allow-popups "
    b"allow-top-navigation-by-user-activation"
)
_SMALL = 1_000  # bytes that are not worth packing
_LEVEL = 5
_PACKED = (b"text/", b"application/json", b"image/svg+xml")
Headers = tuple[tuple[bytes, bytes], ...]


def sent(
    heads: Mapping[bytes, bytes],
    content: bytes,
    media_type: bytes,
    *,
    status: int = 200,
    headers: Headers = (),
    policy: bytes = POLICY,
) -> Reply:
    """Return ``content`` as a reply, with a tag by which a browser need not fetch it again.

    ``heads``: those of the request. A page is asked for anew each time (``no-cache``) and costs
    304 and no body where it is the same.
    """
    tag = b'"' + hashlib.sha256(content).hexdigest()[:32].encode() + b'"'
    own = {name for name, _ in headers}
    more: Headers = (
        (b"content-security-policy", policy),
        # By default browsers would be told to say no origin, not even with our own forms.
        (b"referrer-policy", b"same-origin"),
        (b"vary", b"accept-encoding, cookie"),
        *(((b"cache-control", b"private, no-cache"),) if b"cache-control" not in own else ()),
        *(((b"etag", tag),) if status == 200 else ()),
        *headers,
    )
    if status == 200 and tag in heads.get(b"if-none-match", b""):
        return Reply(body=b"", status=304, media_type=media_type, headers=more)
    body, packed = pack(heads, content, media_type)
    return Reply(body=body, status=status, media_type=media_type, headers=(*more, *packed))


def pack(heads: Mapping[bytes, bytes], content: bytes, media_type: bytes) -> tuple[bytes, Headers]:
    """Return ``content`` packed by gzip, and the header that says so, where that is of use."""
    worth = len(content) > _SMALL and media_type.startswith(_PACKED)
    if not worth or b"gzip" not in heads.get(b"accept-encoding", b""):
        return content, ()
    return gzip.compress(content, _LEVEL, mtime=0), ((b"content-encoding", b"gzip"),)


def see_other(place: str, headers: Headers = ()) -> Reply:
    """Return the reply that leads elsewhere, by GET. ``place``: a path of this server."""
    return Reply(
        body=b"", status=303, media_type=HTML, headers=((b"location", place.encode()), *headers)
    )
