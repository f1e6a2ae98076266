"""To whom a request is addressed. A page of the web must not reach a server on this machine.

A browser lets a page ask only where it came from; whoever owns a name can let it point to 127.0.0.1
after the page was loaded (DNS rebinding). The name then still stands in the ``Host`` header.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from foresell.serving.problems import Refused

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY_ADDRESS = "any address"  # among names: every IP address; the space keeps it from being a host
_ANY = ANY_ADDRESS.encode()


def is_loopback(bind: str) -> bool:
    """Tell whether only this machine reaches a server that binds there.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("box")
    (True, True, False, False)
    """
    if bind == "localhost":
        return True
    try:
        return ip_address(bind.strip("[]")).is_loopback
    except ValueError:  # a name, which may point anywhere
        return False


def allowed_hosts(bind: str, names: Sequence[str], *, keys: bool) -> tuple[str, ...]:
    """Return the names that requests may be addressed to, for a server that binds to ``bind``.

    On loopback those of this machine and ``names``; elsewhere ``names``. Where none is told there,
    all with ``keys``: nobody knows by which names that server is known, and a page has no key.
    Without them the name it binds to, and any address: an address cannot be pointed elsewhere.

    >>> allowed_hosts("127.0.0.1", ["Box.Example"], keys=False)
    ('localhost', '127.0.0.1', '[::1]', 'box.example')
    >>> allowed_hosts("0.0.0.0", [], keys=True)
    ()
    >>> allowed_hosts("box", [], keys=False)
    ('localhost', '127.0.0.1', '[::1]', 'box', 'any address')
    """
    own = [bind if ":" not in bind or bind.startswith("[") else f"[{bind}]"]
    told = [name.lower() for name in names]
    if is_loopback(bind):
        return tuple(dict.fromkeys([*LOOPBACK, *own, *told]))
    if told or keys:
        return tuple(told)
    named = [] if _is_address(bind) or not bind else [bind.lower()]
    return tuple(dict.fromkeys([*LOOPBACK, *named, ANY_ADDRESS]))


def check_host(host: bytes | None, allowed: frozenset[bytes]) -> None:
    """Refuse a request that is not addressed to one of ``allowed``; none allows all.

    `ANY_ADDRESS` among them allows every IP address.

    Raises:
        Refused: 400 where it says no address, 421 where it says another one.
    """
    if not allowed:
        return
    if not host:
        raise Refused("the request says no host", "Host", "send a Host header", status=400)
    name, colon, port = host.rpartition(b":")
    if not colon or host.endswith(b"]"):
        name, port = host, b""
    known = name.lower() in allowed or (_ANY in allowed and _is_address(name.decode("latin-1")))
    if not known or (port and not port.isdigit()):
        raise Refused(
            "this server does not answer under that name",
            "Host",
            "use its own address; another name is allowed by foresell serve --host-name NAME",
            status=421,
        )


def _is_address(name: str) -> bool:
    """Tell whether a host is an IP address, of version 6 in brackets or, where one binds, without.

    >>> _is_address("192.0.2.7"), _is_address("[2001:db8::7]"), _is_address("7.evil.example")
    (True, True, False)
    """
    try:
        ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return True
