"""What a person typed, in our own words: wrong options, and what Python calls otherwise."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from foresell.errors import ForesellError, UsageError, nearest

# Typer's UsageError, wherever this release of Typer keeps it: the parent of its BadParameter.
WRONG: type[Exception] = typer.BadParameter.__bases__[0]

# What errors of the API call an argument -> what it is called on the command line.
_OPTIONS: Mapping[str, str] = {
    "rows": "--rows",
    "where": "--where",
    "set": "--set",
    "first": "--from",
    "last": "--to",
    "date": "--date",
    "steps": "--steps",
    "to": "--to",
    "reason": "--reason",
    "path": "--export",
    "candidate": "--candidate",
    "preset": "--preset",
    "selection": "--selection-mode",
    "override": "--override",
    "segment": "--segment",
    "forecast_steps": "--forecast-steps",
    "garch_horizon": "--garch-horizon",
}
_CHOICE = re.compile(r"'(?P<given>[^']*)' is not one of (?P<known>'.*')")
_MINUS = re.compile(r"-\d+")  # what was meant as a number and is read as an option
_NUMBERS = {"valid integer": "whole number", "valid number": "number"}


def in_options(error: ForesellError) -> ForesellError:
    """Return ``error`` with the arguments it names as place called as the options are.

    >>> in_options(UsageError("no row lies there", "first, last", "ask otherwise")).where
    '--from, --to'
    """
    first, *rest = error.where.split(", ")
    if first not in _OPTIONS:
        return error
    place = ", ".join([_OPTIONS[first], *(_OPTIONS.get(word, word) for word in rest)])
    return type(error)(error.what, place, error.mend)


def wrong_words(error: Any) -> UsageError:
    """Return what Typer says of a wrong command line, with the nearest word that is right."""
    where = error.ctx.command_path if error.ctx is not None else "foresell"
    said = str(error.format_message())
    option = getattr(error, "option_name", None)
    if getattr(error, "possibilities", None) is not None or said.startswith("No such option"):
        if _MINUS.fullmatch(str(option)) and _takes_version(error.ctx.command):
            mend = "foresell registry show PROJECT lists them; or say latest, prod or staging"
            return UsageError("no version has a number below 1", where, mend)
        known = [
            name for param in error.ctx.command.params for name in param.opts if name[0] == "-"
        ]
        return UsageError(f"there is no option {option!r}", where, nearest(str(option), known))
    if said.startswith("No such command"):
        given = said.split("'")[1]
        return UsageError(
            f"there is no command {given!r}", where, nearest(given, error.ctx.command.commands)
        )
    if param := getattr(error, "param", None):
        place = param.opts[0] if param.opts[0].startswith("-") else f"{where}, {param.name}"
        if found := _CHOICE.search(said):
            known = re.findall(r"'([^']*)'", found["known"])
            what = f"there is no {param.opts[0].lstrip('-')} {found['given']!r}"
            return UsageError(what, place, nearest(found["given"], known))
        for words, kind in _NUMBERS.items():
            if words in said:
                return UsageError(f"the value is no {kind}", place, f"give a {kind}")
    what = said[:1].casefold() + said[1:].rstrip(".")
    return UsageError(what, where, f"see {where} --help")


def _takes_version(command: Any) -> bool:
    """Tell whether a command has an argument that names a version."""
    return any(param.name in {"version", "a", "b"} for param in command.params)


def parse_where(texts: Sequence[str], option: str = "--where") -> dict[str, list[str]]:
    """Return the values wanted of each column, in the order given.

    Raises:
        UsageError: a condition has no name, no equals sign or no value.

    >>> parse_where(["Store=1", "Dept=7", "Store=2"])
    {'Store': ['1', '2'], 'Dept': ['7']}
    """
    wanted: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            example = "promotion=1" if option == "--set" else "COLUMN=VALUE"
            raise UsageError(f"{text!r} is no NAME=VALUE", option, f"write {option} {example}")
        wanted.setdefault(name, []).append(value)
    return wanted
