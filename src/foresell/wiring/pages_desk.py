"""What the child does that makes pages: several side by side, asking the server where one needs it.

A question is ``{"number", "visit", "wanted"}``, its reply ``{"number", "answer"}``. In between it
may say ``{"asks", "visit", "method", "path", "body"}``, and is told ``{"asked", "status",
"reply"}``.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from secrets import token_hex
from threading import Lock
from typing import Any

from foresell.dashboard.acting import Acting
from foresell.dashboard.making import Pages
from foresell.dashboard.plain_page import plain_page
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.wanted import plain_reply, wanted_of
from foresell.govern.registry import Registry
from foresell.serving.exchange import Kind
from foresell.serving.logs import Said, error_text
from foresell.serving.problems import Refused, unforeseen
from foresell.serving.threads import Threads
from foresell.settings import Settings
from foresell.wiring.desks import AT_ONCE
from foresell.wiring.mirroring_aside import mirror_aside
from foresell.wiring.registry import registry
from foresell.wiring.shown_projects import shown

Message = Mapping[str, Any]
_PATIENCE_S = 600.0  # for an answer: the server gives one, however late


def pages_of_home(settings: Settings, said: Said) -> Pages:
    """Return what makes the pages of a home. ``said``: takes lines of the log."""

    def failed(error: BaseException, request_id: str) -> None:
        """Log what nobody foresaw."""
        told = {"request_id": request_id, "exception": error_text(error)}
        said("ERROR", "a page could not be made", told)

    def registry_of(who: str) -> Registry:
        """Return the registry, in the name of who changes something."""
        return replace(registry(settings), who=who)

    known: dict[tuple[str, Kind], Shown] = {}
    memory, turn = Memory(), Lock()

    def shown_once(name: str, kind: Kind) -> Shown:
        """Return what is shown of a project, opened once."""
        with turn:
            if (name, kind) not in known:
                known[name, kind] = shown(name, kind, settings, memory)
            return known[name, kind]

    return Pages(
        shown=shown_once,
        acting=Acting(
            registry=registry_of,
            changed=mirror_aside(settings, lambda told: said("WARNING", told, {})),
        ),
        failed=failed,
    )


class PagesDesk:
    """Makes pages in threads. ``say`` tells the server something; any thread may."""

    def __init__(self, settings: Settings, say: Callable[[Message], None], said: Said) -> None:
        self._pages = replace(pages_of_home(settings, said), checked=False)
        self._say = say
        self._threads = Threads(AT_ONCE)
        self._waiting: dict[str, Future[Message]] = {}

    def hear(self, message: Message) -> None:
        """Begin to make a page, or hand on what the server answers."""
        if "asked" not in message:
            self._threads.submit(self._reply, message)
            return
        waiting = self._waiting.pop(message["asked"], None)
        if waiting is not None:  # else nobody waits for it any more
            waiting.set_result(message)

    def _reply(self, message: Message) -> None:
        """Make a page, and say it; whatever happens, who waits is told something."""
        request_id = str(message["wanted"]["request_id"])
        try:
            wanted = wanted_of(message["wanted"])
            reply = self._pages.reply(wanted, partial(self._ask, message["visit"]))
        except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell it
            self._pages.failed(error, request_id)
            reply = plain_page(unforeseen(request_id))
        self._say({"number": message["number"], "answer": plain_reply(reply)})

    def _ask(
        self, visit: int, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, Any]]:
        """Return what an endpoint of the server says to a visit.

        Raises:
            Refused: 504, it says nothing.
        """
        # No other child has ever asked by it: an answer may come for one that is dead by now.
        number, answer = token_hex(16), Future[Message]()
        self._waiting[number] = answer
        try:
            self._say({
                "asks": number,
                "visit": visit,
                "method": method,
                "path": path,
                "body": dict(body),
            })
            told = answer.result(_PATIENCE_S)
        except TimeoutError as error:
            raise Refused(
                f"the server took more than {_PATIENCE_S:g} s to answer",
                path,
                "ask for less at once, or again later",
                status=504,
            ) from error
        finally:
            self._waiting.pop(number, None)
        reply: Mapping[str, Any] = json.loads(told["reply"])
        return told["status"], reply
