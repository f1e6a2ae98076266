"""What a server is made of: the projects it answers for, how it guards itself, and its limits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from foresell.serving.slots import Slot

if TYPE_CHECKING:
    from foresell.serving.exchange import Route
    from foresell.serving.guards import Guards
    from foresell.serving.telemetry import Listener, Telemetry

LogForm = Literal["json", "text", "off"]
RequestLogForm = Literal["jsonl", "parquet"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a server can be told; every number has a limit that holds for all callers.

    ``max_rows`` of one request, ``max_body`` in bytes, ``timeout_s`` for a body to come in and for
    a desk to answer. ``log``: in which form requests are logged. ``request_log``: the share of
    requests, from 0 to 1, whose rows and answers are kept for monitoring, and ``request_log_form``
    how. ``poll_s``: how often it is asked which version is to answer.
    """

    max_rows: int = 10_000
    max_body: int = 2_000_000
    timeout_s: float = 30.0
    log: LogForm = "json"
    request_log: float = 0.0
    request_log_form: RequestLogForm = "jsonl"
    poll_s: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Site:
    """All that a server answers from. Wiring makes it; endpoint modules read it.

    ``slots`` by the name of the project, in the order they were named. ``root``: the one that also
    answers at the root paths, None where none does. ``telemetry``: None tells nobody anything.
    ``listeners`` hear of every request after its reply. ``opening`` and ``closing``: what is
    awaited, side by side, when the server starts and when it ends. ``leaving``: what is called as
    soon as it is told to end, while requests are still answered. ``pages``: from all other routes
    to those of what people look at, which is made above this room.
    """

    slots: Mapping[str, Slot]
    root: str | None
    guards: "Guards"
    options: Options = field(default_factory=Options)
    telemetry: "Telemetry | None" = None
    listeners: "tuple[Listener, ...]" = ()
    opening: tuple[Callable[[], Awaitable[None]], ...] = ()
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()
    leaving: tuple[Callable[[], None], ...] = ()
    pages: "Callable[[Sequence[Route]], Sequence[Route]]" = lambda _: ()
