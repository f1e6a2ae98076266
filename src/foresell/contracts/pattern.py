"""Patterns of text that mean the same to every engine that will ever apply them.

A contract's pattern is applied by Polars and pydantic (Rust), Great Expectations (Python),
PostgreSQL (its own) and whoever reads the JSON Schema (JavaScript). They agree on what is allowed
here: plain characters, ``.``, ``[...]``, ``[^...]``, groups, ``|`` and the quantifiers ``?``,
``*``, ``+``, ``{n}``, ``{n,}`` and ``{n,m}``. A pattern describes a whole value.
"""

from collections.abc import Mapping

from foresell.errors import SpecError

_SPECIAL = frozenset("\\^$.*+?()[]{}|")
_IN_CLASS = frozenset("\\]^-[&~")
_ESCAPED = _SPECIAL | _IN_CLASS | frozenset("/ '\"#@!%,:;=_")
_CONTROL: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r"}
_SPELT: Mapping[str, str] = {char: f"\\{name}" for name, char in _CONTROL.items()}
_INSTEAD: Mapping[str, str] = {"d": "[0-9]", "w": "[A-Za-z0-9_]", "s": "[ ]"}
_MOST_TIMES = 255  # what PostgreSQL can count to


def plain_pattern(pattern: str, where: str) -> str:
    r"""Return ``pattern`` in the one spelling that is compiled, without ``^`` and ``$`` around it.

    Refused with a ``SpecError``: what means different things to different engines, or nothing.

    >>> plain_pattern("^S[0-9]{4}(-a|-b)?.$", "Store")
    'S[0-9]{4}(?:-a|-b)?[^\\n]'
    """
    body = pattern.removeprefix("^")
    if body.endswith("$") and (len(body) - len(body[:-1].rstrip("\\"))) % 2 == 1:
        body = body[:-1]
    reader = _Reader(pattern, body, where)
    plain = reader.choice()
    if reader.rest():
        raise reader.refuse("a ) closes no group", "write \\) for the character itself")
    return plain


def whole(plain: str) -> str:
    """Return the regular expression that matches exactly the values ``plain`` describes.

    >>> whole("a|b")
    '^(?:a|b)$'
    """
    return f"^(?:{plain})$"


class _Reader:
    """Reads a pattern from left to right: remembers how far it got."""

    def __init__(self, pattern: str, body: str, where: str) -> None:
        self.pattern, self.body, self.where, self.at = pattern, body, where, 0

    def rest(self) -> str:
        """Return what is not read yet."""
        return self.body[self.at :]

    def refuse(self, what: str, mend: str) -> SpecError:
        """Return the error that says ``what`` is wrong."""
        return SpecError(f"the pattern {self.pattern!r}: {what}", self.where, mend)

    def take(self) -> str:
        """Return the next character, which there is, and go on."""
        self.at += 1
        return self.body[self.at - 1]

    def choice(self) -> str:
        """Read alternatives, up to the end or a closing parenthesis."""
        read = [""]
        while (rest := self.rest()) and rest[0] != ")":
            if rest[0] == "|":
                self.at += 1
                read.append("")
            else:
                read[-1] += self._piece() + self._times()
        return "|".join(read)

    def _piece(self) -> str:
        """Read one character, class or group."""
        char = self.take()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return _spelt(self._escaped(), _SPECIAL)
        if char == ".":
            return "[^\\n]"
        if char in "^$":
            raise self.refuse(
                f"{char} stands inside", "take it out: a pattern always describes the whole value"
            )
        if char in "*+?{":
            raise self.refuse(f"{char} repeats nothing", f"write \\{char} for the character itself")
        return self._plain(char, _SPECIAL)

    def _plain(self, char: str, special: frozenset[str]) -> str:
        """Return a character that stands for itself; NUL, which no database keeps, is refused."""
        if char == "\0":
            raise self.refuse("it holds the character NUL", "no text in a database holds it")
        return _spelt(char, special)

    def _group(self) -> str:
        """Read a group behind its opening parenthesis; it may not look around or set flags."""
        if self.rest().startswith("?:"):
            self.at += 2
        elif self.rest().startswith("?"):
            raise self.refuse("(? is no plain group", "use ( ) without ?, or (?: )")
        inner = self.choice()
        if not self.rest():
            raise self.refuse("a ( is not closed", "close it, or write \\( for the character")
        self.at += 1
        return f"(?:{inner})"

    def _escaped(self) -> str:
        """Read a plain character behind a backslash; a class or an assertion is refused."""
        char = self.take() if self.rest() else ""
        if char in _CONTROL:
            return _CONTROL[char]
        if char not in _ESCAPED or not char:
            hint = _INSTEAD.get(char, "the characters that are meant, as in [A-Z]")
            raise self.refuse(f"\\{char} means different things to engines", f"write {hint}")
        return char

    def _class(self) -> str:
        """Read a class behind its opening bracket."""
        negated = self.rest().startswith("^")
        self.at += negated
        members = ""
        while self.rest() and self.rest()[0] != "]":
            first = self._member()
            members += _spelt(first, _IN_CLASS)
            if self.rest().startswith("-") and self.rest()[1:2] not in {"", "]"}:
                self.at += 1
                last = self._member()
                if first > last:
                    raise self.refuse(f"{first}-{last} runs backwards", f"write {last}-{first}")
                members += f"-{_spelt(last, _IN_CLASS)}"
        if not self.rest() or not members:
            raise self.refuse("a [ is not closed or empty", "write \\[ for the character itself")
        self.at += 1
        return f"[{'^' * negated}{members}]"

    def _member(self) -> str:
        """Read one character of a class; those that engines read differently are refused."""
        char = self.take()
        if char == "\\":
            return self._escaped()
        if char in "[&~^\0":
            raise self.refuse(f"{char!r} stands in a class", f"write \\{char}")
        return char

    def _times(self) -> str:
        """Read a quantifier, if there is one; PostgreSQL counts to 255."""
        rest = self.rest()
        times = ""
        if rest[:1] in {"*", "+", "?"}:
            times = self.take()
        elif rest.startswith("{"):
            times = rest[: rest.find("}") + 1]
            self.at += len(times)
            bounds = times[1:-1].split(",")
            low, high = bounds[0], bounds[-1] or bounds[0]
            numbers = all(bound.isascii() and bound.isdigit() for bound in (low, high))
            if not numbers or len(bounds) > 2 or not int(low) <= int(high) <= _MOST_TIMES:
                raise self.refuse(
                    f"{times or '{'} is no number of times",
                    f"write {{n}}, {{n,}} or {{n,m}} up to {_MOST_TIMES}; \\{{ for the character",
                )
        if times and self.rest()[:1] in {"*", "+", "?", "{"}:
            raise self.refuse("two quantifiers follow each other", "keep one")
        return times


def _spelt(char: str, special: frozenset[str]) -> str:
    """Return a character as it is written where ``special`` ones need a backslash."""
    return _SPELT.get(char) or (f"\\{char}" if char in special else char)
