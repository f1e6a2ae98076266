"""Rows that share a key, found over all rows while only a share of them is held."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from foresell.contracts.gate import ROW, SHOWN, examples
from foresell.contracts.rules import Rule
from foresell.contracts.uniqueness import repeated, split_by_key
from foresell.pipeline.spill import Spill, shares

Repeats = Mapping[str, pl.DataFrame]


def find_repeats(
    parts: Iterable[pl.DataFrame], rules: Sequence[Rule], rows: int, spill: Spill
) -> Repeats:
    """Return, by rule, the rows that share a key with another: ``__row`` and the key's columns.

    ``rules``: those of the kinds ``primaryKey`` and ``unique``. ``parts`` hold ``__row`` and their
    columns, ``rows`` in all. Rows with a null in a key share nothing. Sorted by key and row.
    """
    many = shares(rows)
    places = {
        rule.name: [spill.pieces(f"keys/{number}-{share}") for share in range(many)]
        for number, rule in enumerate(rules)
    }
    for part in parts if rules else ():
        for rule in rules:
            own = part.select(ROW, *rule.columns)
            for share, rows_of_share in split_by_key(own, rule.columns, many).items():
                places[rule.name][share].add(rows_of_share)
    found = {}
    for rule in rules:
        empty: list[pl.DataFrame] = []
        for place in places[rule.name]:
            held = list(place.read())
            if held:
                empty.append(repeated(pl.concat(held), rule.columns))
        found[rule.name] = (
            pl.concat(empty).sort(*rule.columns, ROW)
            if empty
            else pl.DataFrame(schema={ROW: pl.UInt64, **dict.fromkeys(rule.columns, pl.Null)})
        )
    return found


def key_examples(repeats: pl.DataFrame, shown: Sequence[str]) -> tuple[str, ...]:
    """Return up to three keys that stand on more than one row, in their order."""
    if not shown:
        return examples(repeats.head(SHOWN), shown)
    return examples(repeats.select(shown).unique(maintain_order=True).head(SHOWN), shown)
