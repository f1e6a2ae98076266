"""The two protocols a run is judged by: two questions, two tables, never mixed."""

from collections.abc import Mapping
from dataclasses import dataclass

from foresell.errors import UsageError, nearest


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How forecasts were made that are judged together.

    ``folder``: where its files lie in the output ``evaluation``, "" or ending with a slash.
    ``answers``: the question its scores answer.
    """

    name: str
    title: str
    folder: str
    answers: str


FROZEN = Protocol(
    name="frozen",
    title="Frozen origin",
    folder="",
    answers="How good is a plan made once, at the cutoff, for the whole test window? "
    "Nothing of the window is known when it is forecast.",
)
ONE_STEP = Protocol(
    name="one-step",
    title="One step ahead",
    folder="one_step/",
    answers="How good is the next period when a forecast is made every period? "
    "The truth up to the period before is known; the model is not fitted again.",
)
PROTOCOLS: Mapping[str, Protocol] = {each.name: each for each in (FROZEN, ONE_STEP)}


def protocol(name: str) -> Protocol:
    """Return the protocol called ``name``.

    Raises:
        UsageError: there is none.

    >>> protocol("one-step").folder
    'one_step/'
    """
    if name not in PROTOCOLS:
        raise UsageError(f"there is no protocol {name!r}", "protocol", nearest(name, PROTOCOLS))
    return PROTOCOLS[name]
