"""A project's place in the server: which version answers now, and how the next one comes."""

from collections.abc import Callable
from dataclasses import dataclass

from foresell.bundle.bundle import Bundle
from foresell.serving.served import Served
from foresell.spec.serving import Live


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where the versions of a project come from; wiring gives the callables.

    ``look``: what is to answer now. Cheap, for it is polled; a ForesellError where nothing is, or
    the registry is out of reach. ``fetch``: its bundle, every byte verified.
    """

    look: Callable[[], Live]
    fetch: Callable[[Live], Bundle]


@dataclass(slots=True)
class Slot:
    """A project as the server has it. A request takes ``current`` once and keeps it to its end."""

    project: str
    kind: str
    shelf: Shelf
    current: Served | None = None
    shadow: Served | None = None
