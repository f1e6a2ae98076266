"""What must be there for a server to begin, where nothing is followed: a number, or a folder."""

from collections.abc import Iterable

import polars as pl

from foresell.errors import DataError, ForesellError
from foresell.serving.loading import load_served
from foresell.serving.slots import Slot

# A broken bundle may make a library raise anything, as in `foresell.serving.reloading`.
_ANY = (Exception, pl.exceptions.PanicException)


def refuse_missing(slots: Iterable[Slot]) -> None:
    """Refuse a version that is not there; it would never be. What its shelf raises is raised."""
    for slot in slots:
        slot.shelf.look()


def refuse_broken(slots: Iterable[Slot]) -> None:
    """Refuse a version that could not be loaded, by the error that tells why."""
    for slot in slots:
        if slot.current is None:
            _raise_again(slot)


def _raise_again(slot: Slot) -> None:
    """Load what a slot could not load, so that its error is raised whole.

    Raises:
        ForesellError: it is one.
        DataError: a library raised it.
    """
    live = slot.shelf.look()
    try:
        load_served(slot.shelf.fetch(live), live)
    except ForesellError:
        raise
    except _ANY as error:
        raise DataError(
            f"version {live.version} of {live.project!r} cannot be loaded: it ended in "
            f"{type(error).__name__}",
            f"bundle {live.digest[:12]}",
            "serve another version",
        ) from error
