"""Where alerts are sent: the webhooks that the environment names; what may be secret shows nowhere.

Sources: Slack, *Sending messages using incoming webhooks*; Prometheus Alertmanager, *API v2*.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import Literal, get_args
from urllib.parse import SplitResult, urlsplit

from foresell.errors import MachineError, UsageError

Shape = Literal["slack", "alertmanager"]

URLS, SHAPE = "FORESELL_WEBHOOK", "FORESELL_WEBHOOK_SHAPE"
TOKEN, HTTP = "FORESELL_WEBHOOK_TOKEN", "FORESELL_WEBHOOK_HTTP"
_ALERTS = "/api/v2/alerts"
_LETTERS = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+"  # of RFC 3986
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class RefusedError(MachineError):
    """A place answers and will not take this alert; it may take another."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """A place that takes alerts. ``name`` is its own among all: its host, and a sum of its address.

    ``url`` and ``token`` may hold secrets and are left out where it is shown. The token goes to an
    Alertmanager alone: of Slack, the address itself is the secret.
    """

    name: str
    shape: Shape
    label: str
    url: str = field(repr=False)
    token: str = field(default="", repr=False)

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def read_webhooks(said: Mapping[str, str]) -> tuple[Webhook, ...]:
    """Return the webhooks that the environment names, in its order; none where it names none.

    ``said``: its variables. No value of theirs is part of an error.

    Raises:
        UsageError: a word that is no address, no shape, no token, or would leave this machine
            without encryption.

    >>> [one] = read_webhooks({"FORESELL_WEBHOOK": "https://hooks.slack.com/services/T0/B0/x"})
    >>> one
    Webhook(name='hooks.slack.com-46e1e49d', shape='slack', label='https://hooks.slack.com')
    """
    shape = _shape(said.get(SHAPE, ""))
    plain, token = _is_plain(said.get(HTTP, "")), said.get(TOKEN, "").strip()
    if not re.fullmatch(r"[!-~]*", token):
        raise UsageError(
            "the token has a blank or a letter that no header takes", TOKEN, "copy it anew"
        )
    urls = said.get(URLS, "").split()
    if len(set(urls)) < len(urls):
        raise UsageError("an address is named twice", URLS, "name it once")
    seen: Counter[str] = Counter()
    found = []
    for place, url in enumerate(urls, 1):
        parts = _parts(url, place)
        path = parts.path.rstrip("/") or _ALERTS  # of Slack, there is no address without a path
        kind = shape or ("alertmanager" if path.endswith(_ALERTS) else "slack")
        asked = parts._replace(path=path) if path.endswith(_ALERTS) else parts
        own = token if kind == "alertmanager" else ""
        _refuse_open(parts, place, plain=plain, token=own)
        host = _host(parts)
        name = _name(asked, host)
        seen[name] += 1
        found.append(
            Webhook(
                name=name if seen[name] == 1 else f"{name}-{seen[name]}",
                shape=kind,
                label=f"{parts.scheme}://{host}",
                url=url if asked == parts else asked.geturl(),
                token=own,
            )
        )
    return tuple(found)


def _shape(word: str) -> Shape | None:
    """Return the shape that is said, None where the address tells.

    Raises:
        UsageError: there is no such shape.
    """
    shapes: Sequence[Shape] = get_args(Shape)
    found = next((one for one in shapes if one == word.strip().lower()), None)
    if found is None and word:
        raise UsageError("there is no such shape", SHAPE, f"use {' or '.join(shapes)}")
    return found


def _is_plain(word: str) -> bool:
    """Tell whether alerts may leave this machine without encryption, by default not.

    Raises:
        UsageError: it is neither on nor off.
    """
    if (word or "off").lower() not in {"on", "off"}:
        raise UsageError("it is neither on nor off", HTTP, "set it to on or off")
    return word.lower() == "on"


def _parts(url: str, place: int) -> SplitResult:
    """Return the parts of an address.

    Raises:
        UsageError: it is none.
    """
    where = f"{URLS}, address {place}"
    how = "use https://HOST/PATH; several are separated by blanks"
    try:
        parts = urlsplit(url)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an address of numbers that is none
        fits = False
    if not fits or not re.fullmatch(_LETTERS, url) or parts.fragment:
        raise UsageError("it is no address of a webhook", where, how)
    if "@" in parts.path + parts.query:  # a password with a slash in it looks like this
        raise UsageError("there is an @ behind its host", where, "write @ as %40 and / as %2F")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", parts.hostname or ""):
        raise UsageError("its host is none", where, how)
    return parts


def _refuse_open(parts: SplitResult, place: int, *, plain: bool, token: str) -> None:
    """Refuse what would show a secret or an alert to the network.

    Raises:
        UsageError: it would.
    """
    where = f"{URLS}, address {place}"
    if token and parts.username is not None:
        raise UsageError(
            "it has a name and a password, and there is a token", where, f"leave {TOKEN} out"
        )
    if parts.scheme == "http" and not plain and not _is_loopback(parts.hostname or ""):
        raise UsageError(
            "alerts would leave this machine without encryption",
            where,
            f"use https://, or {HTTP}=on where the network is yours",
        )


def _host(parts: SplitResult) -> str:
    """Return the host, with its port where that is not its scheme's own."""
    name = parts.hostname or ""
    shown = f"[{name}]" if ":" in name else name
    own = parts.port in {None, _PORTS[parts.scheme]}
    return shown if own else f"{shown}:{parts.port}"


def _name(parts: SplitResult, host: str) -> str:
    """Return a name for an address, by which what waits for it is kept, whatever its place is.

    A name and password are no part of it: of a short one the sum could be guessed from.
    """
    told = sha256(parts._replace(netloc=host).geturl().encode()).hexdigest()[:8]
    return f"{re.sub(r'[^a-z0-9.-]', '_', host)}-{told}"


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine.

    >>> _is_loopback("127.0.0.1"), _is_loopback("localhost"), _is_loopback("127.0.0.1.example")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
