"""What changed between two versions of a contract, and whom it concerns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from foresell.contracts.condition import Condition
from foresell.contracts.contract import Column, Contract
from foresell.contracts.rules import Rule, contract_rules

Effect = Literal["breaking", "weakened", "tightened", "added", "words"]
_LOW = frozenset({"minimum", "exclusiveMinimum", "minLength"})
_HIGH = frozenset({"maximum", "exclusiveMaximum", "maxLength", "missing"})
_RANK: Mapping[Effect, int] = {
    "breaking": 0,
    "weakened": 1,
    "tightened": 2,
    "added": 3,
    "words": 4,
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference.

    ``effect``:

    - ``breaking``: those who read the data may fail: a column went or changed its type or place in
      the key, may now be null, or takes values it did not take (a wider domain).
    - ``weakened``: a rule went or became looser, and nobody's code fails by it.
    - ``tightened``: a rule came or became stricter: those who deliver the data may fail.
    - ``added``: something is new that harms nobody.
    - ``words``: what only people read.

    ``before`` and ``after`` are empty where there was, or is, nothing.
    """

    effect: Effect
    place: str
    what: str
    before: str = ""
    after: str = ""


def compare(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Return every difference, those that break most first, then in the order of the contract."""
    changes = [*_columns(old, new), *_rules(old, new), *_key(old, new), *_words(old, new)]
    return tuple(sorted(changes, key=lambda change: _RANK[change.effect]))


def verdict(old: Contract, new: Contract, changes: Sequence[Change]) -> str:
    """Return what ``changes`` and the versions mean for a run whose last rows passed ``old``."""
    if old.digest == new.digest and old.version == new.version:
        return "the same rules, the same version"
    if new.release < old.release:
        return "a lower version: a run will refuse it; raise the version"
    looser, same = bool(weakened(changes)), new.version == old.version
    if looser and same:
        return "weaker under the same version: a run will refuse it; raise the version"
    if looser:
        return "weaker under a higher version: a run will take it, and the change is on record"
    if old.digest == new.digest:
        return "the same rules under a higher version"
    return f"not weaker, under {'the same' if same else 'a higher'} version: a run will take it"


def weakened(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes after which rows pass that did not pass before."""
    loose = {"breaking", "weakened"}
    return tuple(change for change in changes if change.effect in loose)


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield columns that came, went, or became another."""
    for name, column in old.columns.items():
        if name not in new.columns:
            yield Change(
                effect="breaking", place=name, what="the column went", before=column.logical_type
            )
            continue
        yield from _column(column, new.columns[name])
    for name, column in new.columns.items():
        if name not in old.columns:
            yield Change(
                effect="tightened" if column.required else "added",
                place=name,
                what="the column is new" + (" and required" if column.required else ""),
                after=column.logical_type,
            )


def _column(old: Column, new: Column) -> Iterator[Change]:
    """Yield what became of a column that is in both."""
    name = old.name
    if old.logical_type != new.logical_type:
        yield Change(
            effect="breaking",
            place=name,
            what="the type changed",
            before=old.logical_type,
            after=new.logical_type,
        )
    if old.options.format != new.options.format:
        yield Change(
            effect="breaking",
            place=name,
            what="days are written in another form",
            before=old.options.format or "yyyy-MM-dd",
            after=new.options.format or "yyyy-MM-dd",
        )
    if old.personal != new.personal:
        yield Change(
            effect="breaking" if new.personal else "weakened",
            place=name,
            what="the column is personal now: it is dropped when the data is read"
            if new.personal
            else "the column is no longer personal: it is no longer dropped",
        )


def _rules(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield rules of columns that are in both contracts, and rules over rows."""
    both = set(old.columns) & set(new.columns)
    alike = {
        name for name in both if old.columns[name].logical_type == new.columns[name].logical_type
    }
    before, after = _held(old, alike), _held(new, alike)
    for name, rule in before.items():
        if name not in after:
            yield _gone(rule)
        elif (change := _moved(rule, after[name])) is not None:
            yield change
    for name, rule in after.items():
        if name not in before:
            yield Change(
                effect="tightened",
                place=_place(rule),
                what=f"the rule {rule.kind} is new",
                after=_shown(rule.limit),
            )


def _held(contract: Contract, columns: set[str]) -> Mapping[str, Rule]:
    """Return the rules that can be compared, by name; those of the key are looked at as a whole."""
    return {
        rule.name: rule
        for rule in contract_rules(contract)
        if rule.kind != "primaryKey" and (rule.kind == "condition" or rule.columns[0] in columns)
    }


def _gone(rule: Rule) -> Change:
    """Return the change that a rule is no more."""
    effects: Mapping[str, Effect] = {"required": "breaking", "values": "breaking"}
    what = "a value may be missing now" if rule.kind == "required" else f"the rule {rule.kind} went"
    return Change(
        effect=effects.get(rule.kind, "weakened"),
        place=_place(rule),
        what=what,
        before=_shown(rule.limit),
    )


def _moved(old: Rule, new: Rule) -> Change | None:
    """Return the change of a rule's limit; None where it is the same."""
    if _same(old.limit, new.limit):
        return None
    return Change(
        effect=_effect(old, new),
        place=_place(old),
        what=f"the rule {old.kind} changed",
        before=_shown(old.limit),
        after=_shown(new.limit),
    )


def _same(old: Any, new: Any) -> bool:
    """Tell whether two limits are the same; conditions by their meaning, not their words."""
    if isinstance(old, Condition) and isinstance(new, Condition):
        return old.test == new.test
    return bool(old == new)


def _effect(old: Rule, new: Rule) -> Effect:
    """Return whom a changed limit concerns; another pattern or condition lets other rows pass."""
    before: Any = old.limit
    after: Any = new.limit
    if old.kind in _LOW or old.kind in _HIGH:
        return "weakened" if (after < before) is (old.kind in _LOW) else "tightened"
    if isinstance(before, tuple) and isinstance(after, tuple):
        return "breaking" if set(after) - set(before) else "tightened"
    return "weakened"


def _key(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield a change of what tells rows apart."""
    if old.key != new.key:
        yield Change(
            effect="breaking" if old.key else "tightened",
            place="primary key",
            what="rows are told apart by other columns" if new.key else "nothing tells rows apart",
            before=", ".join(old.key),
            after=", ".join(new.key),
        )


def _words(old: Contract, new: Contract) -> Iterator[Change]:
    """Yield changes of what only people read."""
    if old.description != new.description or old.schema[0].description != new.schema[0].description:
        yield Change(effect="words", place="contract", what="the description changed")
    for name in (name for name in old.columns if name in new.columns):
        yield from _told(old.columns[name], new.columns[name])


def _told(old: Column, new: Column) -> Iterator[Change]:
    """Yield what is told to people about a column in other words now."""
    for word in ("description", "business_name", "unit", "examples", "tags"):
        before, after = getattr(old, word), getattr(new, word)
        if before != after:
            yield Change(
                effect="words",
                place=old.name,
                what=f"the {word.replace('_', ' ')} changed",
                before=_shown(before),
                after=_shown(after),
            )


def _place(rule: Rule) -> str:
    """Return the column of a rule, or its name where it is over several."""
    return rule.name.removesuffix(": condition") if rule.kind == "condition" else rule.columns[0]


def _shown(limit: object) -> str:
    """Return a limit as text."""
    if isinstance(limit, Condition):
        return limit.sql
    if isinstance(limit, tuple):
        return ", ".join(map(str, limit))
    return "" if limit is None else limit.isoformat() if isinstance(limit, date) else str(limit)
