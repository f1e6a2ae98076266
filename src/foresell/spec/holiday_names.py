"""What the ``holidays`` library knows: days, names, countries; asked without data.

Names are English where the library has them in English, and in the country's own language beside
that; never in the language of the machine, so that a project means the same everywhere. Days that
the library can only estimate (moons) bear their plain name.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

import holidays

from foresell.errors import SpecError, nearest
from foresell.spec.calendar import Event, PublicHolidays

_YEARS = range(1950, 2060)
_REGULAR = range(1990, 2051)
_OFTEN = 10  # years of those: less is an occasion, such as a funeral or a bridge day of one year
_ENGLISH = "en_US"
_SUBSTITUTES = (" (observed)", "Alternative holiday for ")
_NEAR = 7  # days from a holiday to its substitute

Days = Mapping[date, tuple[str, ...]]
Place = tuple[str, str | None]  # country and subdivision


@lru_cache(maxsize=2048)
def holiday_days(place: Place, year: int, *, observed: bool, public: bool) -> Days:
    """Return the days of a year that are a holiday, public or of any category, with their names.

    ``observed``: whether substitutes for holidays on a weekend are among them. The library's
    ``NotImplementedError`` where it has no such country or subdivision.
    """
    return _days(place, (year,), observed=observed, public=public)


def _days(
    place: Place, years: Iterable[int], *, observed: bool, public: bool, both: bool = True
) -> Days:
    """Return the days of ``years`` that are holidays, in order, with their names.

    ``both``: in the country's own language beside English. Some moons are tabulated for some years
    only, of which the library warns: in others such a holiday has no day.
    """
    country, subdivision = place
    kind = holidays.country_holidays(country, subdiv=subdivision)
    own = kind.default_language
    english = _ENGLISH if _ENGLISH in kind.supported_languages else own
    found: dict[date, dict[str, None]] = {}
    for language in dict.fromkeys((english, own) if both else (english,)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            table = holidays.country_holidays(
                country,
                subdiv=subdivision,
                years=years,
                observed=observed,
                language=language,
                categories=("public",) if public else kind.supported_categories,
            )
        for day in table:
            names = found.setdefault(day, {})
            names.update(dict.fromkeys(_plain(name) for name in table.get_list(day)))
    return {day: tuple(found[day]) for day in sorted(found)}


def _plain(name: str) -> str:
    """Return a name without the note that its day is an estimate.

    >>> _plain("Eid al-Fitr (estimated)"), _plain("Islamic New Year (observed, estimated)")
    ('Eid al-Fitr', 'Islamic New Year (observed)')
    """
    return name.replace(" (estimated)", "").replace(", estimated)", ")")


@lru_cache(maxsize=64)
def known_holidays(
    country: str, subdivision: str | None = None, *, public: bool = False
) -> frozenset[str]:
    """Return every name a holiday of any category, or a ``public`` one, bears from 1950 to 2059.

    The library's ``NotImplementedError`` where it has no calendar of that country.

    >>> "Labor Day" in known_holidays("US")
    True
    """
    days = _days((country, subdivision), _YEARS, observed=False, public=public)
    return frozenset(name for names in days.values() for name in names)


def holiday_dates(event: Event, years: Iterable[int]) -> list[date]:
    """Return the days of an event named by its holiday in ``years``, in order; more if observed.

    Its own days, or with ``observed`` the days it is observed on: the substitute nearest to each,
    where there is one. What the library does not know is refused by `check_holidays`.
    """
    check_holidays([event])
    place, name = (event.country, event.subdivision), str(event.holiday)
    public = name in known_holidays(*place, public=True)  # else a bank or school holiday, say
    span = sorted(set(years))
    if event.observed:  # a day off in December for one in January
        span = sorted({near for year in span for near in (year - 1, year, year + 1)})
    own = [
        day
        for year in span
        for day, names in holiday_days(place, year, observed=False, public=public).items()
        if name in names
    ]
    if not event.observed:
        return own
    instead = [
        day
        for year in span
        for day, names in holiday_days(place, year, observed=True, public=public).items()
        if day not in own and {name + _SUBSTITUTES[0], _SUBSTITUTES[1] + name} & set(names)
    ]
    return sorted({_observed(day, instead) for day in own})


def _observed(day: date, instead: list[date]) -> date:
    """Return the substitute nearest to ``day``, or the day itself where none is near."""
    near = [other for other in instead if abs((other - day).days) <= _NEAR]
    return min(near, key=lambda other: (abs((other - day).days), other)) if near else day


@lru_cache(maxsize=64)
def public_events(declared: PublicHolidays) -> tuple[Event, ...]:
    """Return an event for each public holiday of a country that comes again, in order of name.

    Those of at least 10 of the years 1990 to 2050, so that the list does not depend on the data.

    >>> [event.name for event in public_events(PublicHolidays(country="US"))][:3]
    ['christmas_day', 'columbus_day', 'independence_day']
    """
    _refuse_unknown_place(declared.country, declared.subdivision, "holidays")
    place = (declared.country, declared.subdivision)
    days = _days(place, _REGULAR, observed=False, public=True, both=False)
    years = Counter(
        name for name, _ in {(name, day.year) for day, names in days.items() for name in names}
    )
    slugs: dict[str, str] = {}
    for name in sorted(name for name, count in years.items() if count >= _OFTEN):
        slug = _slug(name)
        while slug in slugs:
            slug += "_"
        slugs[slug] = name
    return tuple(
        Event(
            name=slug,
            holiday=slugs[slug],
            country=declared.country,
            subdivision=declared.subdivision,
            observed=declared.observed,
        )
        for slug in sorted(slugs)
    )


def _slug(name: str) -> str:
    """Return a holiday's name as the name of an event.

    >>> _slug("New Year's Day"), _slug("Our Lady of Aparecida")
    ('new_years_day', 'our_lady_of_aparecida')
    """
    return re.sub(r"\W+", "_", re.sub(r"['’]", "", name.casefold())).strip("_")


def check_holidays(events: Iterable[Event]) -> None:
    """Refuse an event whose country, subdivision or holiday the library does not know.

    Raises:
        SpecError: it names the nearest known one.
    """
    for event in events:
        if event.holiday is None:
            continue
        where = f"events, {event.name}"
        _refuse_unknown_place(event.country, event.subdivision, where)
        known = known_holidays(event.country, event.subdivision)
        if event.holiday not in known:
            raise SpecError(
                f"holiday {event.holiday!r} is not in the calendar of {event.country}",
                where,
                nearest(event.holiday, known),
            )


def _refuse_unknown_place(country: str, subdivision: str | None, where: str) -> None:
    """Refuse a country or a subdivision without a calendar.

    Raises:
        SpecError: it names the nearest known one.
    """
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        close = get_close_matches(country.upper(), known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise SpecError(
            f"country {country!r} has no holiday calendar",
            where,
            f"{hint}use an ISO 3166 country code such as US, or give day, nth, easter or dates",
        )
    if subdivision is not None and subdivision not in known[country]:
        raise SpecError(
            f"{country} has no subdivision {subdivision!r} in the holiday calendar",
            where,
            nearest(subdivision, known[country]) if known[country] else "take it out",
        )
