"""Names in a request that nobody knows: how many are told, and for which a near one is looked for.

Looking for the nearest name takes long; a body within every cap may hold a hundred thousand.
"""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

_GUESSED = 20  # names of one request for which the nearest known one is looked for
_TOLD = 100  # names of one request that are told; of further ones it is told how many they are
_LONGEST = 60  # characters of a name that are looked at


class UnknownNames:
    """The unknown names of one request; it remembers how many were told."""

    def __init__(self) -> None:
        self._told = 0

    def told(self, names: Collection[str]) -> tuple[Sequence[tuple[str, bool]], int]:
        """Return which of further ``names`` are told, and how many are not.

        Beside each: whether to look for the nearest known name.

        >>> unknown = UnknownNames()
        >>> unknown.told(["a", "b"])
        ([('a', True), ('b', True)], 0)
        >>> named, rest = unknown.told([str(number) for number in range(500)])
        >>> sum(guess for _, guess in named), len(named), rest
        (18, 98, 402)
        """
        before = self._told
        named = [
            (name, at < _GUESSED) for at, name in zip(range(before, _TOLD), names, strict=False)
        ]
        self._told += len(named)
        return named, len(names) - len(named)


def near(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` is nearest to, in whatever letters; None where none is.

    >>> near("msrp", ["MSRP", "COUNTRY"]), near("x", ["MSRP"])
    ('MSRP', None)
    """
    plain = {word.casefold(): word for word in sorted(known)}
    close = get_close_matches(name[:_LONGEST].casefold(), plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None
