"""To whom a request is addressed. A page of the web must not reach a server on this machine.

A browser lets a page ask only where it came from; whoever owns a name can let it point to 127.0.0.1
after the page was loaded (DNS rebinding). The name then still stands in the ``Host`` header.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from foresell.serving.problems import Refused

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


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


def allowed_hosts(bind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names that requests may be addressed to, for a server that binds to ``bind``.

    On loopback those of this machine and ``names``; elsewhere ``names``, and where there are none
    all: keys guard that server, and nobody knows by which names it is known.

    >>> allowed_hosts("127.0.0.1", ["Box.Example"])
    ('localhost', '127.0.0.1', '[::1]', 'box.example')
    >>> allowed_hosts("0.0.0.0", [])
    ()
    """
    own = [bind if ":" not in bind or bind.startswith("[") else f"[{bind}]"]
    told = [name.lower() for name in names]
    return tuple(dict.fromkeys([*LOOPBACK, *own, *told])) if is_loopback(bind) else tuple(told)


def check_host(host: bytes | None, allowed: frozenset[bytes]) -> None:
    """Refuse a request that is not addressed to one of ``allowed``; none allows all.

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
    if name.lower() not in allowed or (port and not port.isdigit()):
        raise Refused(
            "this server does not answer under that name",
            "Host",
            "use its own address; another name is allowed by foresell serve --host-name NAME",
            status=421,
        )
