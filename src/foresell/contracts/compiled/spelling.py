"""The condition of a rule as text in Python's grammar, in the spellings of its readers.

One walk over the tree, three vocabularies: plain Python over one row, Polars expressions, and the
query language of pandas, which Great Expectations filters rows by.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from foresell.contracts.condition import (
    Call,
    ColumnTerm,
    Compare,
    Condition,
    Constant,
    Function,
    IsNull,
    Joined,
    Member,
    Term,
    Test,
    Value,
    is_whole,
    round_scale,
)

_WORDS: Mapping[str, str] = {"=": "==", "<>": "!="}
_NUMBERS = ("integer", "number")


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """The vocabulary of one reader; each entry makes text of text.

    ``known``: the test that a column has a value, None where comparisons know of null themselves.
    ``divides``: whether a division by zero must be asked for first. ``member`` and ``filled``
    (COALESCE) take the text of a value and of constants.
    """

    column: Callable[[str], str]
    known: Callable[[str], str] | None
    null: Callable[[str, bool], str]
    both: str
    either: str
    constant: Callable[[Value], str]
    double: Callable[[str], str]
    member: Callable[[str, Sequence[str], bool], str] | None
    filled: Callable[[str, str], str]
    calls: Mapping[Function, Callable[[str], str]]
    rounded: Callable[[str, str], str]
    quotient: Callable[[str, str], str] = "({} / {})".format
    divides: bool = True


def spelt(condition: Condition, spelling: Spelling, sure: Collection[str] = ()) -> str:
    """Return the condition, true where a row is broken, in the words of one reader.

    ``sure``: columns that are never null where the text is read, so nobody asks for them first.
    """
    known = spelling.known
    if known is not None and sure:
        asked = known
        spelling = replace(spelling, known=lambda name: "" if name in sure else asked(name))
    return _test(condition.test, spelling)


def _test(test: Test, spelling: Spelling) -> str:
    """Return a test as text, between parentheses where it is joined."""
    match test:
        case Joined():
            word = spelling.both if test.word == "and" else spelling.either
            return f"({word.join(_test(part, spelling) for part in test.parts)})"
        case IsNull():
            return _guarded(test, _null(test, spelling), spelling)
        case Compare():
            left, right = (_term(side, spelling, double=test.doubles) for side in _sides(test))
            return _guarded(test, f"({left} {_WORDS.get(test.word, test.word)} {right})", spelling)
        case Member():
            return _guarded(test, _member(test, spelling), spelling)


def _sides(test: Compare) -> tuple[Term, Term]:
    """Return both sides of a comparison."""
    return test.left, test.right


def _null(test: IsNull, spelling: Spelling) -> str:
    """Return whether a term is null."""
    return spelling.null(_term(test.term, spelling, double=False), test.negated)


def _member(test: Member, spelling: Spelling) -> str:
    """Return a choice among constants, spelt out where the reader can ask it of columns only."""
    value = _term(test.term, spelling, double=test.doubles)
    values = [_term(one, spelling, double=test.doubles) for one in test.values]
    if spelling.member is not None and isinstance(test.term, ColumnTerm):
        return spelling.member(value, values, test.negated)
    word, joined = ("!=", spelling.both) if test.negated else ("==", spelling.either)
    return f"({joined.join(f'({value} {word} {one})' for one in values)})"


def _guarded(test: Test, text: str, spelling: Spelling) -> str:
    """Return ``text`` behind the tests that make it known."""
    terms = _sides(test) if isinstance(test, Compare) else _subject(test)
    guards: list[str] = []
    if spelling.known is not None:
        columns = dict.fromkeys(name for term in terms for name in _needed(term))
        guards += [known for name in columns if (known := spelling.known(name))]
    if spelling.divides:
        divisors = dict.fromkeys(text for term in terms for text in _divisors(term, spelling))
        guards += [f"({divisor} != 0)" for divisor in divisors]
    return f"({spelling.both.join((*guards, text))})" if guards else text


def _subject(test: Test) -> tuple[Term, ...]:
    """Return the term of a choice; whether a plain column is null is always known."""
    if isinstance(test, Member):
        return (test.term,)
    return ()


def _needed(term: Term) -> Iterator[str]:
    """Yield the columns whose null makes a term null."""
    if isinstance(term, ColumnTerm):
        yield term.name
    elif isinstance(term, Call) and term.function != "coalesce":
        for argument in term.arguments:
            yield from _needed(argument)


def _divisors(term: Term, spelling: Spelling) -> Iterator[str]:
    """Yield what a term divides by, the innermost first; a constant is not 0."""
    if isinstance(term, Call):
        for argument in term.arguments:
            yield from _divisors(argument, spelling)
        if term.function == "/" and not isinstance(term.arguments[1], Constant):
            yield _term(term.arguments[1], spelling, double=True)


def _term(term: Term, spelling: Spelling, *, double: bool) -> str:
    """Return a value as text, as a double where asked for."""
    match term:
        case ColumnTerm():
            name = spelling.column(term.name)
            return spelling.double(name) if double and term.kind == "integer" else name
        case Constant():
            return spelling.constant(float(term.value) if double else term.value)  # type: ignore[arg-type]
        case Call():
            text = _call(term, spelling)
            return spelling.double(text) if double and is_whole(term) else text


def _call(call: Call, spelling: Spelling) -> str:
    """Return a function as text."""
    number = call.arguments[0].kind in _NUMBERS and call.function != "coalesce"
    if call.function == "coalesce":
        number = not is_whole(call) and call.kind in _NUMBERS
    first, *rest = (_term(term, spelling, double=number) for term in call.arguments)
    match call.function:
        case "coalesce":
            return spelling.filled(first, rest[0])
        case "round":
            return spelling.rounded(first, repr(round_scale(call)))
        case "/" if not isinstance(call.arguments[1], Constant):
            return spelling.quotient(first, rest[0])
        case "+" | "-" | "*" | "/":
            return f"({first} {call.function} {rest[0]})"
        case _:
            return spelling.calls[call.function](first)


def quoted(text: str) -> str:
    """Return ``text`` as a Python literal between double quotes.

    >>> quoted('S')
    '"S"'
    """
    return json.dumps(text, ensure_ascii=True)


def _literal(value: Value) -> str:
    """Return a constant as Python writes it."""
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    return quoted(value) if isinstance(value, str) else repr(value)


def _query_literal(value: Value) -> str:
    """Return a constant as a query of pandas has it: a day is text there."""
    return quoted(str(value)) if isinstance(value, date | str) else repr(value)


def _query_rounded(value: str, scale: str) -> str:
    """Return a value rounded half to even, with the floor and the remainder a query offers."""
    scaled = f"({value} * {scale})"
    floor, rest = f"({scaled} // 1)", f"({scaled} - {scaled} // 1)"
    return (
        f"(({floor} + ({rest} > 0.5) * 1 + (({rest} == 0.5) & ({floor} % 2 == 1)) * 1) / {scale})"
    )


PYTHON = Spelling(
    column="row[{!r}]".format,
    known="row[{!r}] is not None".format,
    null=lambda text, negated: f"({text} is {'not ' if negated else ''}None)",
    both=" and ",
    either=" or ",
    constant=_literal,
    double="float({})".format,
    member=lambda text, values, negated: (
        f"({text} {'not ' if negated else ''}in ({', '.join(values)},))"
    ),
    filled=lambda text, other: f"({other} if {_bare(text)} is None else {text})",
    calls={
        "abs": "abs({})".format,
        "ceil": "ceiling({})".format,
        "floor": "floor({})".format,
        "year": "{}.year".format,
        "month": "{}.month".format,
        "quarter": "(({}.month + 2) // 3)".format,
        "day": "{}.day".format,
    },
    rounded="(nearest({0} * {1}) / {1})".format,
)
POLARS = Spelling(
    column=lambda name: f"pl.col({quoted(name)})",
    known=None,
    null=lambda text, negated: f"{text}.is_{'not_' if negated else ''}null()",
    both=" & ",
    either=" | ",
    constant=lambda value: f"pl.lit({_literal(value)})",
    double="{}.cast(pl.Float64)".format,
    member=lambda text, values, negated: (
        f"{'~' if negated else ''}{text}.is_in([{', '.join(value[7:-1] for value in values)}])"
    ),
    filled="pl.coalesce({}, {})".format,
    calls={
        "abs": "{}.abs()".format,
        "ceil": "{}.ceil()".format,
        "floor": "{}.floor()".format,
        "year": "{}.dt.year().cast(pl.Int64)".format,
        "month": "{}.dt.month().cast(pl.Int64)".format,
        "quarter": "{}.dt.quarter().cast(pl.Int64)".format,
        "day": "{}.dt.day().cast(pl.Int64)".format,
    },
    rounded='(({0} * {1}).round(0, mode="half_to_even") / {1})'.format,
    quotient="pl.when({1} != 0).then({0} / {1})".format,
    divides=False,
)
PANDAS = Spelling(
    column="`{}`".format,
    known="`{}`.notnull()".format,
    null=lambda text, negated: f"{text}.{'not' if negated else 'is'}null()",
    both=" & ",
    either=" | ",
    constant=_query_literal,
    double='{}.astype("float64")'.format,
    member=lambda text, values, negated: (
        f"({'~' if negated else ''}{text}.isin([{', '.join(values)}]))"
    ),
    filled="{}.fillna({})".format,
    calls={
        "abs": "((({0} >= 0) * 2 - 1) * {0})".format,
        "ceil": "(-((-{}) // 1))".format,
        "floor": "({} // 1)".format,
        "year": "{}.dt.year".format,
        "month": "{}.dt.month".format,
        "quarter": "{}.dt.quarter".format,
        "day": "{}.dt.day".format,
    },
    rounded=_query_rounded,
)


def _bare(text: str) -> str:
    """Return a column's text without the conversion to a double around it."""
    return text.removeprefix("float(").removesuffix(")") if text.startswith("float(") else text
