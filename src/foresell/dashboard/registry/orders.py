"""What somebody wants done to a version: read from an address or a form, rehearsed, carried out.

A rehearsal is the very function that does it, over a copy of the history in memory: what a page
says will happen is what happens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.dashboard.addresses import query_text
from foresell.dashboard.page import Query
from foresell.errors import ForesellError, GateError, UsageError, nearest
from foresell.govern import approving, promoting, rolling_back
from foresell.govern.registry import Move, Registry
from foresell.govern.rolling_back import NOWHERE
from foresell.serving.problems import Refused
from foresell.spec.registry import ALIAS_WORDS, Alias, Transition, alias_of

Do = Literal["promote", "approve", "reject", "rollback"]
DOES: tuple[Do, ...] = get_args(Do)
_DIGITS = 9  # of a number of a version


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be done. ``version``: to which one, None for a rollback.

    ``alias``: what is promoted to or rolled back; prod where it does not matter. ``to``: where a
    rollback goes, a version or `NOWHERE`, "" for one promotion back. ``seen``: how many transitions
    there were when it was given, None where nobody says.
    """

    do: Do
    version: int | None = None
    alias: Alias = "prod"
    to: str = ""
    seen: int | None = None
    override: bool = False

    @property
    def query(self) -> str:
        """The address of its confirmation, below that of the page."""
        told: Mapping[str, str] = {
            "do": self.do,
            "version": "" if self.version is None else str(self.version),
            "alias": self.alias if self.do in {"promote", "rollback"} else "",
            "to": self.to,
        }
        return query_text({name: (value,) for name, value in told.items() if value})


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What would come of an order. ``move``: None where it cannot be done, for the ``refusal``.

    ``against_gate``: only if the gate is overridden.
    """

    move: Move | None = None
    refusal: ForesellError | None = None
    against_gate: bool = False


def order_of(query: Query) -> Order:
    """Return the order that an address or a form gives.

    Raises:
        Refused: it gives none; what it may be is said.
    """
    told = {name: values[-1].strip() for name, values in query.items() if values}
    do = next((one for one in DOES if one == told.get("do")), None)
    if do is None:
        word = told.get("do", "")[:40]
        raise Refused(f"nothing is called {word!r} here", "do", nearest(word, DOES), status=404)
    alias = told.get("alias", "prod")
    if alias not in ALIAS_WORDS:
        known = nearest(alias[:40], ALIAS_WORDS)
        raise Refused(f"there is no alias {alias[:40]!r}", "alias", known, status=404)
    return Order(
        do=do,
        version=None if do == "rollback" else _number(told.get("version", ""), "version"),
        alias=alias_of(alias),
        to=_target(told.get("to", "")) if do == "rollback" else "",
        seen=_number(told["seen"], "seen") if "seen" in told else None,
        override="override" in told,
    )


def rehearsed(registry: Registry, history: Sequence[Transition], order: Order) -> Rehearsal:
    """Return what would come of an order after ``history``; nothing is kept of it."""
    for override in (False, True):
        asked = replace(order, override=override)
        try:
            move = carried_out(_copied(registry, history), history[0].project, asked, "rehearsed")
        except ForesellError as error:
            refusal = error
            if order.do != "promote" or not isinstance(error, GateError):
                break
        else:
            return Rehearsal(move=move, against_gate=override)
    return Rehearsal(refusal=refusal)


def carried_out(
    registry: Registry, project: str, order: Order, reason: str, expected: int | None = None
) -> Move:
    """Do what is ordered, as ``foresell registry`` does, in the name that ``registry`` bears.

    ``expected``: as `promoting.promote` has it. Errors as those commands have them.

    Raises:
        UsageError: no version is named.
    """
    if order.do == "rollback":
        to = order.to if order.to == NOWHERE else int(order.to) if order.to else None
        return rolling_back.roll_back(registry, project, reason=reason, alias=order.alias, to=to)
    if order.version is None:
        raise UsageError("no version is named", "version", "name one by its number")
    if order.do == "promote":
        return promoting.promote(
            registry,
            project,
            order.version,
            order.alias,
            reason=reason,
            override=order.override,
            expected=expected,
        )
    decide = approving.approve if order.do == "approve" else approving.reject
    return decide(registry, project, order.version, reason=reason)


def _copied(registry: Registry, history: Sequence[Transition]) -> Registry:
    """Return a registry that writes to memory, after a copy of ``history``."""
    ledger = MemoryLedger()
    for one in history:
        ledger.append(one)
    return replace(registry, ledger=ledger, who="a rehearsal")


def _number(word: str, where: str) -> int:
    """Return a whole number.

    Raises:
        Refused: it is none.
    """
    if not (word.isascii() and word.isdigit() and len(word) <= _DIGITS):
        raise Refused(f"{word[:40]!r} is no number", where, "use a whole number", status=404)
    return int(word)


def _target(word: str) -> str:
    """Return where a rollback goes, as text; a word that is none is ``Refused``."""
    return word if word in {"", NOWHERE} else str(_number(word, "to"))
