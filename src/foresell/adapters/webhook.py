"""A webhook that takes alerts over HTTP: Slack's, or an Alertmanager's.

An address may be a secret as a whole (Slack's is), and so may the token: no error, log or text form
holds more of them than the host.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from foresell.errors import MachineError
from foresell.monitor.messages import alertmanager_alerts, slack_message
from foresell.spec.monitoring import Alert
from foresell.spec.webhooks import SHAPE, TOKEN, URLS, RefusedError, Shape, Webhook

_WRITERS: Mapping[Shape, Callable[[Alert], Any]] = {
    "slack": slack_message,
    "alertmanager": alertmanager_alerts,
}
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # worth another try
_MENDS: Mapping[int, str] = {
    401: f"look at {TOKEN}",
    403: f"look at {TOKEN} and {URLS}: the address may have been withdrawn",
    404: f"look at {URLS}: there is nothing under this address",
    405: f"look at {URLS} and {SHAPE}: this address takes no alerts",
    410: f"look at {URLS}: the address was withdrawn",
}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long one alert is tried, in seconds.

    ``tries`` with pauses of ``pause_s``, twice that, and so on, each a little more by chance; what
    the place asks for (``Retry-After``) wins. ``whole_s`` is the end of it all; ``try_s`` that of
    one try, however slowly the place answers.
    """

    tries: int = 3
    pause_s: float = 0.5
    try_s: float = 10.0
    whole_s: float = 30.0


@dataclass(frozen=True)
class WebhookSink:
    """Tells one webhook."""

    place: Webhook
    patience: Patience = Patience()

    def send(self, alert: Alert) -> None:
        """Tell of ``alert``; trouble that passes is waited for, within the patience.

        A ``MachineError``: it is out of reach or in trouble; of the kind ``RefusedError`` where it
        will not take this one.
        """
        body = _WRITERS[self.place.shape](alert)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(self._tell(body))
            return
        with ThreadPoolExecutor(1) as aside:  # a loop of the caller's runs here, as in a notebook
            aside.submit(copy_context().run, asyncio.run, self._tell(body)).result()

    @property
    def label(self) -> str:
        """What to call this place: its host."""
        return self.place.label

    async def _tell(self, body: object) -> None:
        """Send a body until it is taken.

        Raises:
            MachineError: it is not.
        """
        patience, said = self.patience, "it does not answer"
        loop = asyncio.get_running_loop()
        end = loop.time() + patience.whole_s
        _TELLING.set(True)  # in this task alone
        async with self._client() as client:
            for attempt in range(patience.tries):
                left = min(end - loop.time(), patience.try_s)
                said, asked_s = await self._try(client, body, left)
                if not said:
                    return
                chance = random.uniform(1, 1.25)  # noqa: S311 - so that many do not come at once
                pause = max(asked_s, patience.pause_s * 2**attempt * chance)
                if attempt + 1 == patience.tries or loop.time() + pause >= end:
                    break
                await asyncio.sleep(pause)
        raise MachineError(
            f"the alert was not taken: {said}", self.label, "foresell monitor deliver tries again"
        )

    def _client(self) -> httpx.AsyncClient:
        """Return what asks; a proxy that the environment names is for places that are not near.

        Raises:
            MachineError: the proxy, or the file of authorities that is named, cannot be used.
        """
        try:
            return httpx.AsyncClient(timeout=self.patience.try_s, trust_env=not self.place.is_near)
        except (ImportError, OSError, ValueError, httpx.InvalidURL):
            raise MachineError(
                "the alert was not sent: the proxy or the certificates that the environment names "
                "cannot be used",
                self.label,
                "look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
            ) from None  # what the library says may hold the proxy's password

    async def _try(
        self, client: httpx.AsyncClient, body: object, seconds: float
    ) -> tuple[str, float]:
        """Send a body once; return what was wrong, and how long to wait at least.

        Nothing that the place says is read: it may repeat what it was sent.

        Raises:
            RefusedError: it will not take it.
        """
        headers = {"User-Agent": "foresell"}
        if self.place.token:
            headers["Authorization"] = f"Bearer {self.place.token}"
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream("POST", self.place.url, json=body, headers=headers) as reply,
            ):
                status, told = reply.status_code, reply.headers
        except (httpx.TimeoutException, TimeoutError):
            return f"no answer within {seconds:.0f} s", 0.0
        except (httpx.TransportError, httpx.InvalidURL, ValueError) as error:
            return _in_words(error), 0.0
        if 200 <= status < 300:
            return "", 0.0
        if status in _PASSING:
            return f"it answered {status}", _seconds(
                told.get("Retry-After", ""), told.get("Date", "")
            )
        raise RefusedError(
            f"the alert was refused: it answered {status}",
            self.label,
            _mend(status),
        )


def _mend(status: int) -> str:
    """Return what to do about a status that will not pass by itself."""
    if 300 <= status < 400:
        return f"redirects are not followed: name the address itself in {URLS}"
    return _MENDS.get(status, f"look at {URLS} and {SHAPE}, and at the log of the place")


def _in_words(error: Exception) -> str:
    """Return what kept a request from being answered, in words of our own.

    What a library says may hold the address.
    """
    if "CERTIFICATE" in str(error).upper():
        return "its certificate is not trusted"
    if isinstance(error, httpx.ConnectError):
        return "nobody can be reached there"
    if isinstance(error, httpx.ProxyError):
        return "the proxy does not let it through"
    if isinstance(error, httpx.TransportError):
        return "the connection was lost"
    return "its address cannot be asked"


def _seconds(word: str, now: str) -> float:
    """Return how long ``Retry-After`` asks to wait: seconds, or until a time after ``now``; else 0.

    >>> _seconds("3", ""), _seconds("soon", "")
    (3.0, 0.0)
    >>> _seconds("Thu, 01 Jan 2026 00:00:09 GMT", "Thu, 01 Jan 2026 00:00:00 GMT")
    9.0
    """
    if word.isascii() and word.isdigit():
        return float(word[:9])
    try:
        later = parsedate_to_datetime(word) - parsedate_to_datetime(now)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, later.total_seconds())


_TELLING: ContextVar[bool] = ContextVar("telling", default=False)


def _is_told(record: logging.LogRecord) -> bool:  # noqa: ARG001 - by its moment, not its text
    """Tell whether a line of httpx may be written: it logs the address of each request."""
    return not _TELLING.get()


for _name in ("connection", "http11", "proxy", "socks"):
    logging.getLogger(f"httpcore.{_name}").addFilter(_is_told)
logging.getLogger("httpx").addFilter(_is_told)
