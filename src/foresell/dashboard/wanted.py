"""What a browser wants and what it is sent, as plain values that may cross to another process."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from foresell.dashboard.page import Answering, Visitor
from foresell.serving.exchange import Asked, Kind, Reply
from foresell.spec.serving import Live, Place, Took

# What can be wanted: a page and what is below it, a file that pages load, the page that asks for a
# key, a page that says what is wrong, and that what takes long is done before somebody waits.
Do = Literal[
    "overview",
    "page",
    "first",
    "figure",
    "overview_figure",
    "file",
    "report",
    "act",
    "nothing",
    "static",
    "sign_in",
    "problem",
    "warm",
]
# The headers that the making of a page looks at.
_READ = (b"accept-encoding", b"if-none-match", b"host", b"origin", b"sec-fetch-site")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One request for a page, or for what belongs to one.

    ``at``: the path, ``path``: the values of the names in it; ``query`` and ``body``: as they came,
    a character a byte. ``heads``: headers. ``projects``: the names and kinds of all that can be
    looked at, in their order. ``keyed``: whether one must sign in to look. ``answering``: what
    answers for the project that is looked at. ``back``: where signing in leads to. ``told``: what,
    where and mend of what is wrong, empty where nothing is; ``status``: of the reply then.
    """

    do: Do
    at: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    body: str = ""
    heads: Mapping[str, str] = field(default_factory=dict)
    visitor: Visitor = field(default_factory=Visitor)
    projects: Sequence[tuple[str, Kind]] = ()
    keyed: bool = False
    answering: Answering | None = None
    request_id: str = ""
    back: str = ""
    told: tuple[str, ...] = ()
    status: int = 200

    @property
    def heads_as_sent(self) -> Mapping[bytes, bytes]:
        """The headers, as HTTP has them."""
        return {name.encode(): value.encode("latin-1") for name, value in self.heads.items()}


def heads_of(asked: Asked) -> Mapping[str, str]:
    """Return the headers of a request that the making of a page looks at."""
    heads = dict(asked.headers)
    return {name.decode(): heads[name].decode("latin-1") for name in _READ if name in heads}


def plain_wanted(wanted: Wanted) -> dict[str, Any]:
    """Return ``wanted`` as values of JSON."""
    return asdict(wanted)


def wanted_of(told: Mapping[str, Any]) -> Wanted:
    """Return what `plain_wanted` has made plain."""
    answering = told["answering"]
    if answering is not None:
        live = answering["live"]
        answering = Answering(**{
            **answering,
            "live": None if live is None else Live(**{**live, "place": Place(**live["place"])}),
            "waiting": tuple(answering["waiting"]),
            "took": tuple(
                Took(**{**one, "within_s": tuple(one["within_s"])}) for one in answering["took"]
            ),
        })
    visitor = {**told["visitor"], "scopes": tuple(told["visitor"]["scopes"])}
    return Wanted(**{
        **told,
        "visitor": Visitor(**visitor),
        "projects": tuple((name, kind) for name, kind in told["projects"]),
        "answering": answering,
        "told": tuple(told["told"]),
    })


def plain_reply(reply: Reply) -> dict[str, Any]:
    """Return a reply as values of JSON."""
    return {
        "status": reply.status,
        "media_type": reply.media_type.decode("latin-1"),
        "headers": [
            [name.decode("latin-1"), value.decode("latin-1")] for name, value in reply.headers
        ],
        "body": base64.b64encode(reply.body).decode("ascii"),
    }


def reply_of(told: Mapping[str, Any]) -> Reply:
    """Return what `plain_reply` has made plain."""
    return Reply(
        body=base64.b64decode(told["body"]),
        status=told["status"],
        media_type=told["media_type"].encode("latin-1"),
        headers=tuple(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in told["headers"]
        ),
    )
