"""A project's place in the server: which version answers now, and how the next one comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foresell.bundle.bundle import Bundle
from foresell.serving.served import Served
from foresell.spec.serving import Live

if TYPE_CHECKING:
    from foresell.serving.desk import Desk
    from foresell.serving.reloading import Reload


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where the versions of a project come from; wiring gives the callables.

    ``look``: what is to answer now. Cheap, for it is polled; a ForesellError where nothing is, or
    the registry is out of reach. ``fetch``: its bundle, every byte verified.
    """

    look: Callable[[], Live]
    fetch: Callable[[Live], Bundle]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A version that was to answer and must not: it is broken, or was never accepted.

    ``at``: seconds since 1970. ``tries``: how often it was tried by now.
    """

    live: Live
    why: str
    at: float
    tries: int = 1


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """Nobody could say which version is to answer, since ``at``, seconds since 1970.

    ``mend``: what to do about it, where nothing is out of reach: there is no version to point to.
    """

    why: str
    at: float
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a slot stands with its shelf. All is well where both of the last are None.

    ``loaded_at``: when ``current`` took the traffic, seconds since 1970; 0 for never.
    ``refused``: the version that is to answer, where it is refused and an older one answers.
    ``unreachable``: what the last look ended in, where it ended badly.
    """

    loaded_at: float = 0.0
    refused: Refusal | None = None
    unreachable: Unreachable | None = None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """How the version beside stands. ``loaded``: its digest once it can score, empty before.

    ``trouble``: what is wrong with it, empty where nothing is known to be.
    """

    loaded: str = ""
    trouble: str = ""


@dataclass(slots=True)
class Slot:
    """A project as the server has it. A request takes ``current`` once and keeps it to its end.

    ``standing`` and ``current`` are put in whole by `foresell.serving.reloading`, from a thread of
    its own. ``reload``: looks at the shelf at once, None where nothing ever changes.
    ``shadow_shelf``: where the version comes from that is scored beside; ``shadow``: which one that
    is by the last look. It is loaded in a process of its own; ``beside`` tells how that stands,
    from any thread. ``desks``: the children that do what is too heavy for the process that answers,
    ``answer`` and ``explain``.
    """

    project: str
    kind: str
    shelf: Shelf
    current: Served | None = None
    shadow_shelf: Shelf | None = None
    shadow: Live | None = None
    standing: Standing = field(default_factory=Standing)
    reload: "Callable[[], Reload] | None" = None
    desks: "Mapping[str, Desk]" = field(default_factory=dict)
    beside: Callable[[], Beside] = Beside

    @property
    def beside_loaded(self) -> bool:
        """Whether the version that is to be scored beside is loaded, that very one."""
        return self.shadow is not None and self.beside().loaded == self.shadow.digest
