"""Rows of a difference as a person reads them: what follows from another row is folded into few."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from foresell.errors import counted
from foresell.govern.compared import Comparison, FileFacts, ModelDifference
from foresell.govern.differing import Difference

Row = tuple[str, str, str, str]  # effect, place, before, after

MISSING = "–"
WEIGHTS = "weights"  # the place of all weights, and with a dot the beginning of those of each
SETTINGS = "settings."
_WIDE = 160  # characters of a value
_SIDES = "train calibration test"  # in the order they are told
_PROTOCOLS = "split.protocols."  # what the places of counts by protocol begin with


@dataclass(frozen=True, kw_only=True)
class PartRows:
    """A part that differs. ``left_out``: counts that follow from its rows, which are not in it."""

    title: str
    rows: Sequence[Row]
    left_out: int = 0


def parts_of(found: Comparison) -> tuple[PartRows, ...]:
    """Return what differs beside scores, contract and files of the model: the parts that do.

    What terminal and pages show, in their order.
    """
    facts, follow = fact_rows(found.facts)
    parts = (
        PartRows(title="Features", rows=rows_of(found.features)),
        PartRows(title="Parameters", rows=parameter_rows(found.parameters)),
        PartRows(title="Settings of candidates", rows=setting_rows(found.parameters)),
        PartRows(title="Weights in the ensemble", rows=weight_rows(found.parameters)),
        PartRows(
            title="Data: raw files",
            rows=[file_row(one.name, one.before, one.after) for one in found.files],
        ),
        PartRows(title="Data: rows and cutoffs", rows=facts, left_out=follow),
        PartRows(title="project.yaml", rows=rows_of(found.declaration)),
        PartRows(title="Libraries", rows=rows_of(found.libraries)),
    )
    return tuple(one for one in parts if one.rows)


def judged_as(found: Comparison) -> str:
    """Return how both were judged: once where it is the same."""
    before, after = found.before.protocol, found.after.protocol
    return before if before == after else f"{before} against {after}"


def files_of_model(model: ModelDifference) -> str:
    """Return how many of a model's files differ.

    >>> files_of_model(ModelDifference(changed=("a",), added=("b", "c"), same=4))
    '1 changed, 2 added, 4 the same'
    """
    told = {"changed": model.changed, "added": model.added, "removed": model.removed}
    counts = [f"{len(names):,} {word}" for word, names in told.items() if names]
    return f"{', '.join(counts)}, {model.same:,} the same"


def file_row(name: str, before: FileFacts | None, after: FileFacts | None) -> Row:
    """Return a raw file as `rows_of` does a difference."""
    effect = "added" if before is None else "removed" if after is None else "changed"
    return effect, _line(name), _file(before), _file(after)


def _file(file: FileFacts | None) -> str:
    """Return what is known of a raw file."""
    if file is None:
        return MISSING
    rows = "" if file.rows is None else f"{counted(file.rows, 'row')}, "
    return f"{rows}{counted(file.bytes, 'byte')}, {file.sha256[:12]}"


def rows_of(found: Iterable[Difference]) -> list[Row]:
    """Return effect, place and both values of each difference, as text."""
    return [
        (
            one.effect,
            _line(one.place),
            MISSING if one.effect == "added" else value_of(one.before),
            MISSING if one.effect == "removed" else value_of(one.after),
        )
        for one in found
    ]


def parameter_rows(found: Sequence[Difference]) -> list[Row]:
    """Return what was asked or chosen, without settings and weights of single candidates.

    Weights that came or went as a whole follow from the champion: how many there are is enough.
    """
    named = ("before", "after")
    counts = [
        replace(one, **{side: _models(getattr(one, side)) for side in named})
        if one.place == WEIGHTS
        else one
        for one in found
        if not one.place.startswith((SETTINGS, f"{WEIGHTS}."))
    ]
    return rows_of(counts)


def setting_rows(found: Iterable[Difference]) -> list[Row]:
    """Return the settings of candidates, each by the candidate's name and its own."""
    named = (one for one in found if one.place.startswith(SETTINGS))
    return rows_of(_shortened(one, SETTINGS) for one in named)


def weight_rows(found: Iterable[Difference]) -> list[Row]:
    """Return the weights in the ensemble, with three decimals."""
    named = (one for one in found if one.place.startswith(f"{WEIGHTS}."))
    return rows_of(
        replace(
            _shortened(one, f"{WEIGHTS}."), before=_decimals(one.before), after=_decimals(one.after)
        )
        for one in named
    )


def fact_rows(found: Sequence[Difference]) -> tuple[list[Row], int]:
    """Return counts and cutoffs, and how many more counts follow from these and are left out.

    Of each protocol the rows on each side stand in one line; its groups and folds are left out
    beside that. The rows of the split are the rows.
    """
    by_place = {one.place: one for one in found}
    plainly, protocols = [], dict[str, list[Difference]]()
    for one in found:
        if one.place.startswith(_PROTOCOLS) and one.effect == "changed":
            protocols.setdefault(one.place.split(".")[2], []).append(one)
        elif one.place != "split.rows" or not _same_pair(one, by_place.get("rows")):
            plainly.append(_counted(one))
    rows = rows_of(plainly)
    left_out = len(found) - len(plainly) - sum(map(len, protocols.values()))
    for name, told in protocols.items():
        sides = [one for one in told if one.place.startswith(f"{_PROTOCOLS}{name}.rows.")]
        if not sides:
            rows += rows_of(_shortened(one, _PROTOCOLS) for one in told)
            continue
        rows.append(("changed", f"rows of {name}", _sides(sides, "before"), _sides(sides, "after")))
        left_out += len(told) - len(sides)
    return rows, left_out


def value_of(value: Any) -> str:
    """Return a leaf of a declaration as a person reads it.

    >>> value_of(None), value_of(["a", "b"]), value_of(0.12345678)
    ('none', 'a, b', '0.123457')
    >>> value_of({"role": "feature", "top": 1}), value_of(True)
    ('role: feature, top: 1', 'true')
    >>> value_of({"how": "ratio", "of": ["price", "list"]})
    'how: ratio, of: (price, list)'
    """
    if value is None or value in ((), [], {}):
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple | Mapping):
        inner = value.values() if isinstance(value, Mapping) else value
        if any(_deep(one) for one in inner):
            return _line(json.dumps(value, ensure_ascii=False, default=str))
        named = value.items() if isinstance(value, Mapping) else (("", one) for one in value)
        told = (f"{name}: {_inner(one)}" if name else _inner(one) for name, one in named)
        return _line(", ".join(told))
    return _line(str(value).lower() if isinstance(value, bool) else str(value))


def _deep(value: Any) -> bool:
    """Tell whether a value in a list or a mapping is more than a list of plain ones."""
    if isinstance(value, list | tuple):
        return any(isinstance(one, list | tuple | Mapping) for one in value)
    return isinstance(value, Mapping)


def _inner(value: Any) -> str:
    """Return a value in a list or a mapping; a list of several in brackets."""
    several = isinstance(value, list | tuple) and len(value) > 1
    return f"({value_of(value)})" if several else value_of(value)


def _line(text: str) -> str:
    """Return a text in one line, not too long, with nothing in it that cannot be seen."""
    seen = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return seen if len(seen) <= _WIDE else f"{seen[: _WIDE - 1]}…"


def _models(value: Any) -> Any:
    """Return how many models weights are of; anything else as it is."""
    return f"of {counted(len(value), 'model')}" if isinstance(value, Mapping) and value else value


def _shortened(one: Difference, begin: str) -> Difference:
    """Return ``one`` without the beginning of its place: a name, a colon, what of it."""
    return replace(one, place=one.place.removeprefix(begin).replace(".", ": ", 1))


def _same_pair(one: Difference, other: Difference | None) -> bool:
    return other is not None and (one.before, one.after) == (other.before, other.after)


def _sides(sides: Iterable[Difference], when: str) -> str:
    """Return the rows on each side, in one line."""
    named = [(one.place.rsplit(".", 1)[-1], getattr(one, when)) for one in sides]
    named.sort(key=lambda pair: (_SIDES.find(pair[0]), pair[0]))
    return ", ".join(f"{name} {_thousands(count)}" for name, count in named)


def _counted(one: Difference) -> Difference:
    """Return counts with their thousands apart; a seed counts nothing."""
    if one.place.endswith("seed"):
        return one
    return replace(one, before=_thousands(one.before), after=_thousands(one.after))


def _thousands(value: Any) -> Any:
    """Return a count with its thousands apart, anything else as it is."""
    return f"{value:,}" if type(value) is int else value


def _decimals(value: Any) -> Any:
    """Return a weight with three decimals, anything else as it is."""
    return f"{value:.3f}" if isinstance(value, float) else value
