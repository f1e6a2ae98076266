"""Whether the holidays a project names exist: asked of the ``holidays`` library, without data."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

import holidays

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import Event

_YEARS = range(1950, 2060)


@lru_cache(maxsize=32)
def known_holidays(country: str) -> frozenset[str]:
    """Return every name a public holiday of ``country`` bears in any year from 1950 to 2059.

    The library's ``NotImplementedError`` where it has no calendar of that country.

    >>> "Labor Day" in known_holidays("US")
    True
    """
    table = holidays.country_holidays(country, years=_YEARS)
    return frozenset(name for names in table.values() for name in names.split("; "))


def check_holidays(events: Iterable[Event]) -> None:
    """Refuse an event whose country or holiday the library does not know.

    Raises:
        SpecError: it names the nearest known one.
    """
    for event in events:
        if event.holiday is None:
            continue
        try:
            known = known_holidays(event.country)
        except NotImplementedError as error:
            codes = holidays.list_supported_countries(include_aliases=True)
            close = get_close_matches(event.country.upper(), codes, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise SpecError(
                f"country {event.country!r} has no holiday calendar",
                f"events, {event.name}",
                f"{hint}use an ISO 3166 country code such as US, or give day, nth, easter or dates",
            ) from error
        if event.holiday not in known:
            raise SpecError(
                f"holiday {event.holiday!r} is not in the calendar of {event.country}",
                f"events, {event.name}",
                nearest(event.holiday, known),
            )
