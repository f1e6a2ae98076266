"""Checks from what queries found: the words, the verdict, a few examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from foresell.adapters.warehouse.asking import EXAMPLES, ask, in_json
from foresell.errors import counted
from foresell.spec.warehouse import Check, Verdict


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks about one batch. ``guarded``: examples are counted and not shown."""

    connection: Connection[Any]
    batch: str
    guarded: bool = False

    def ask(self, name: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows that the query ``name`` answers about the batch."""
        return ask(self.connection, name, batch=self.batch, **values)

    def one(self, name: str, **values: object) -> dict[str, Any]:
        """Return the one row that the query ``name`` always answers."""
        return self.ask(name, **values)[0]

    def examples(self, name: str, **values: object) -> list[dict[str, Any]]:
        """Return the first few rows that the query ``name`` found; ``found`` counts all of them."""
        return self.ask(name, examples=EXAMPLES, **values)

    def shown(self, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
        """Return rows as examples, without the count."""
        if self.guarded:
            return ()
        kept = [{k: v for k, v in row.items() if k != "found"} for row in rows[:EXAMPLES]]
        return in_json(kept)

    def none_of(
        self, name: str, query: str, noun: str, verb: str, good: str, **values: object
    ) -> Check:
        """Return the check that fails where ``query`` finds something: ``noun`` that ``verb``.

        The query answers the first few, each with ``found``, how many there are.
        """
        rows = self.examples(query, **values)
        count = int(rows[0]["found"]) if rows else 0
        if not count:
            return passed(name, good)
        return found(name, "failed", f"{counted(count, noun)} {verb}", count, self.shown(rows))


def passed(name: str, says: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name=name, verdict="passed", says=says)


def found(
    name: str,
    verdict: Verdict,
    says: str,
    count: int,
    examples: Sequence[Mapping[str, Any]] = (),
) -> Check:
    """Return a check that found something."""
    return Check(name=name, verdict=verdict, says=says, count=count, examples=tuple(examples))
