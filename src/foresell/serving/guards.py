"""What stands before every endpoint: who may ask, how often, how much, and from where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foresell.errors import UsageError
from foresell.serving.hosts import LOOPBACK, check_host
from foresell.serving.keys import KeyRing, presented
from foresell.serving.problems import Refused
from foresell.serving.rate import RateLimit, Taken
from foresell.spec.serving import Scope

_ONCE = (b"host", b"authorization", b"x-api-key", b"content-type", b"content-encoding", b"origin")
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Guards:
    """The guards of a server.

    ``keys``: None lets anybody ask. ``rate``: per key, or per address where there are none; None
    for no limit. ``max_body``: bytes of one request; ``body_s``: seconds in which it must arrive.
    ``hosts``: the names a request may be addressed to, without a port, IPv6 in brackets, and
    `foresell.serving.hosts.ANY_ADDRESS`; none allows all. ``cors``: web origins whose pages may
    read answers, exactly as browsers send them.
    """

    keys: KeyRing | None = None
    rate: RateLimit | None = None
    max_body: int = 2_000_000
    body_s: float = 10.0
    hosts: tuple[str, ...] = LOOPBACK
    cors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for origin in self.cors:
            check_origin(origin)


def check_origin(origin: str) -> None:
    """Refuse what is no web origin: no pattern, no path, and not the ``null`` that any page can be.

    Raises:
        UsageError: what the sentence above names.
    """
    scheme, _, rest = origin.partition("://")
    if (
        scheme not in {"http", "https"}
        or not rest
        or set(rest) & set("/*?#@ ")
        or not rest.isascii()
    ):
        raise UsageError(
            f"{origin!r} is no web origin",
            "--cors",
            "name each as browsers send it: https://dashboard.example or http://localhost:3000",
        )


class Gate:
    """The guards made ready to be asked: what every request is held against, in their order."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards
        self.origins = frozenset(origin.lower().encode() for origin in guards.cors)
        self._hosts = frozenset(host.lower().encode() for host in guards.hosts)

    def check_address(self, heads: Mapping[bytes, bytes], headers: Headers) -> None:
        """Refuse a request for another host, or one that says the same thing twice.

        Raises:
            Refused: 400 for a header that is there twice; see `check_host`.
        """
        if len(heads) != len(headers):
            for name in _ONCE:
                if sum(told == name for told, _ in headers) > 1:
                    shown = name.decode().title()
                    raise Refused("a header is there twice", shown, "send it once", status=400)
        check_host(heads.get(b"host"), self._hosts)

    def admit(self, heads: Mapping[bytes, bytes], scope: Scope | None) -> tuple[str, str]:
        """Return the id and the name of the key that asks; both empty where none is needed.

        Refused as `KeyRing.admit` says.
        """
        if scope is None or self.guards.keys is None:
            return "", ""
        key = self.guards.keys.admit(presented(heads), scope)
        return key.id, key.name

    def know(self, heads: Mapping[bytes, bytes]) -> None:
        """Refuse who shows no key, where keys are asked for, whatever the key allows.

        Refused as `KeyRing.admit` says.
        """
        if self.guards.keys is not None:
            self.guards.keys.admit(presented(heads), None)

    def count(self, caller: str) -> Headers:
        """Count a request of a caller; return the headers that tell what it has left.

        Source: draft-ietf-httpapi-ratelimit-headers-10.

        Raises:
            Refused: 429, the caller asks too often.
        """
        rate = self.guards.rate
        if rate is None:
            return ()
        taken = rate.take(caller)
        told = _told(rate, taken)
        if taken.wait_s:
            wait = int(taken.wait_s) + 1
            raise Refused(
                f"more than {rate.per_minute:g} requests a minute",
                "rate limit",
                f"wait {wait} s; many rows fit in one request",
                status=429,
                headers=((b"retry-after", b"%d" % wait), *told),
            )
        return told


def _told(rate: RateLimit, taken: Taken) -> Headers:
    """Return the headers that tell a caller what it has left, and when it has all again."""
    left = b'"default";r=%d;t=%d' % (taken.left, int(taken.full_s) + 1)
    return ((b"ratelimit-policy", rate.policy), (b"ratelimit", left))
