"""What was made lately, by name: each thing once, whoever asks, and no more than there is room for.

A thing that was read or computed is kept as long as its stamp stays. What is kept together is no
larger than a bound, so that a process that has shown every version of every project does not grow
with each of them.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Condition, get_ident
from typing import Any, TypeVar

from foresell.dashboard.reading.weight import weight_of

Made = TypeVar("Made")
MOST = 256 * 1024 * 1024  # bytes
PLACE = 1024  # bytes that keeping anything takes, however small it is
_NOTHING = object()


@dataclass(frozen=True)
class _Held:
    """A thing that was made, what its stamp was then, and how many bytes it holds."""

    stamp: object
    made: Any
    weight: int


class Memory:
    """Things by name. ``most``: bytes that all of them may hold together.

    Who wants what somebody else is making waits for that; who wants another thing does not wait.
    Making one may ask for others, in any order: where waiting would be for oneself, by whatever
    detour, the thing is made a second time instead.

    Where there is no room, what was not asked for the longest goes first. One thing that alone is
    heavier than ``most`` stays beside the others, until another such thing is made: the page that
    needs it would be as large while it is made anew, and would make it anew at every click.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._making: dict[Hashable, int] = {}  # by name, the thread that makes it
        self._waiting: dict[int, Hashable] = {}  # by thread, the name it waits for
        self._changed = Condition()  # guards all of the above, and tells when one was made

    @property
    def weights(self) -> dict[Hashable, int]:
        """The bytes that each thing holds, by name, in the order in which they would go."""
        with self._changed:
            return {what: held.weight for what, held in self._held.items()}

    def kept(self, what: Hashable, stamp: object, make: Callable[[], Made]) -> Made:
        """Return what ``make`` made of ``what`` when ``stamp`` was as it is now, or make it.

        Raises what ``make`` raises; who waited for it then makes it in turn.
        """
        me = get_ident()
        with self._changed:
            self._wait(me, what, stamp)
            held = self._found(what, stamp)
            if held is not None:
                self._held.move_to_end(what)
                made: Made = held.made
                return made
            self._held.pop(what, None)  # nobody can use it any more, and it takes room
            mine = what not in self._making
            if mine:
                self._making[what] = me
        try:
            made = make()
            weight = PLACE + weight_of((what, stamp, made), apart=Memory)
            with self._changed:
                self._put(what, _Held(stamp, made, weight))
        finally:
            with self._changed:
                if mine:
                    del self._making[what]
                self._changed.notify_all()
        return made

    def _found(self, what: Hashable, stamp: object) -> _Held | None:
        """Return the thing of that name and stamp."""
        held = self._held.get(what)
        return held if held is not None and held.stamp == stamp else None

    def _wait(self, me: int, what: Hashable, stamp: object) -> None:
        """Wait until a thing is there, or nobody makes it whom this thread could wait for."""
        while self._found(what, stamp) is None and self._by_another(me, what):
            self._waiting[me] = what
            try:
                self._changed.wait()
            finally:
                del self._waiting[me]

    def _by_another(self, me: int, what: Hashable) -> bool:
        """Tell whether somebody makes a thing who does not wait, by whatever detour, for ``me``.

        It is asked again after every change, so no two threads ever wait for each other.
        """
        maker = self._making.get(what)
        if maker is None:
            return False
        while maker is not None:
            if maker == me:
                return False
            maker = self._making.get(self._waiting.get(maker, _NOTHING))
        return True

    def _put(self, what: Hashable, new: _Held) -> None:
        """Keep a thing, and let go of others until there is room."""
        self._held.pop(what, None)
        light = {name: held.weight for name, held in self._held.items() if held.weight <= self.most}
        if new.weight > self.most:
            for name in self._held.keys() - light.keys():
                del self._held[name]
        else:
            room = self.most - new.weight - sum(light.values())
            for name, weight in light.items():
                if room >= 0:
                    break
                del self._held[name]
                room += weight
        self._held[what] = new
