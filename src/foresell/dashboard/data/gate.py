"""What the gate found in the last run: the numbers, and every rule with what broke it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from foresell.contracts.gate import TABLE_KINDS
from foresell.dashboard.addresses import path_to, query_text
from foresell.dashboard.data.moments import moment
from foresell.dashboard.data.reading import Checks, RuleFound, Sampled
from foresell.dashboard.data.shares import above, limit, share
from foresell.dashboard.page import Cell, Fact, Table
from foresell.report.wording import count

SOURCE = "checks/checks.json"
WHOLE = "missing"  # the kind of rule that a column breaks as a whole, and no row by itself
_EXAMPLE = 60  # characters of one example
_CALENDAR = "frequency"  # the kind of rule that the project asks, and no contract
_OF_ALL = (*TABLE_KINDS, _CALENDAR)  # kinds of rules that all rows meet, drawn or not
_OF_SOME = "required"  # of a key or a time all rows meet it, of another column those drawn


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What the gate found. ``heading``: the finding; ``says``: by which rules, and when.

    ``broke``: how many rules were broken, of those that were checked, as a heading.
    ``stopped``: why the run could not go on, each a sentence; empty where it could. ``broken``: the
    rules that were, None where none was; ``held``: all others, of a sample only those that all
    rows met; ``unchecked``: the names of those that nothing was held against. ``notes``: what else
    is to be known of the numbers, of a sample how many rules no drawn row broke.
    """

    heading: str
    says: str
    broke: str
    stopped: tuple[str, ...]
    facts: tuple[Fact, ...]
    broken: Table | None
    held: Table
    unchecked: tuple[str, ...]
    notes: tuple[str, ...]


def gate_of(project: str, checks: Checks, at: datetime | None) -> Gate:
    """Return what ``checks.json`` says, in words. ``at``: when the run began, None: not known."""
    rules = checks.rules
    broken = sorted((one for one in rules if one.broken), key=lambda one: -one.broken)
    stopped = _stopped(checks)
    when = f", checked on {moment(at)}" if at is not None else ""
    return Gate(
        heading=_heading(checks, stopped=bool(stopped)),
        says=f"{_rules_of(checks)}{when}{_left(checks)}.",
        broke=_broke(len(broken), checks),
        stopped=stopped,
        facts=_facts(checks, broken, stopped=bool(stopped)),
        broken=_broken_table(project, broken, checks) if broken else None,
        held=_held_table([one for one in rules if not one.broken and _met_by_all(one, checks)]),
        unchecked=checks.unchecked,
        notes=_notes(checks),
    )


def quarantine_at(project: str, rule: str) -> str:
    """Return the address of the rows that broke a rule."""
    return f"{path_to(project, 'data')}{query_text({'rule': [rule]})}#quarantine"


def _met_by_all(rule: RuleFound, checks: Checks) -> bool:
    """Tell whether every row is known to have met the rule, and not only those drawn."""
    return checks.sampled is None or rule.kind in _OF_ALL


def _rules_of(checks: Checks) -> str:
    """Return whose rules the rows were held against, and how many they are."""
    asked = sum(one.kind == _CALENDAR for one in checks.rules)
    own, left = len(checks.rules) - asked, len(checks.unchecked)
    rules = f"{count(own)} of {count(own + left, 'rule')}" if left else count(own, "rule")
    calendar = f" and {count(asked)} of the calendar" if asked else ""
    return f"{rules} of contract {checks.contract['version']}{calendar}"


def _left(checks: Checks) -> str:
    """Return how many rules could not be checked, and why; "" where all were."""
    left = len(checks.unchecked)
    if not left:
        return ""
    its, was = ("its", "was") if left == 1 else ("their", "were")
    return f"; {count(left)} {was} not checked, as {its} columns were dropped"


def _broke(broken: int, checks: Checks) -> str:
    """Return how many rules were broken, and where that is none, of what that is known."""
    if broken:
        return f"{count(broken, 'rule')} {'was' if broken == 1 else 'were'} broken"
    known = f"None of the {count(len(checks.rules), 'rule')} that were checked"
    rule = known if checks.unchecked else "No rule"
    return f"{rule} was broken{' by a checked row' if checks.sampled is not None else ''}"


def _asked(checks: Checks) -> str:
    """Return what rows are said to keep or to break: only what they were held against."""
    if not checks.unchecked:
        return "the contract"
    return f"the {count(len(checks.rules), 'rule')} that could be checked"


def _heading(checks: Checks, *, stopped: bool) -> str:
    """Return the finding as a sentence."""
    read, aside, sampled = checks.read, checks.quarantined, checks.sampled
    if stopped and not aside:
        return "The run was stopped: the rows break the contract as a whole"
    if sampled is not None:
        return _sample_heading(checks, sampled, stopped=stopped)
    if stopped:
        return f"The run was stopped: {_of(aside, read)} {_break(aside)} the contract"
    if not aside:
        rows = f"All {count(read, 'row')} keep" if read > 1 else "The only row keeps"
        return f"{rows} {_asked(checks)}"
    return f"{_of(aside, read)} {_break(aside)} the contract and {_were(aside)} set aside"


def _break(rows: int) -> str:
    """Return the verb of rows that break a rule."""
    return "breaks" if rows == 1 else "break"


def _were(rows: int) -> str:
    """Return the verb of rows of which something was done."""
    return "was" if rows == 1 else "were"


def _sample_heading(checks: Checks, sampled: Sampled, *, stopped: bool) -> str:
    """Return the finding about the rows that were drawn: nobody knows of all others."""
    checked, broken, aside = (
        count(sampled.checked, "checked row"),
        sampled.broken,
        checks.quarantined,
    )
    if broken:
        found = f"{count(broken)} of {checked} {_break(broken)} the contract"
        found = found if stopped else f"{found} and {_were(broken)} set aside"
    else:
        do = "does" if aside == 1 else "do"
        others = f", {count(aside)} of the others {do}" if aside else ""
        what = f"any of {_asked(checks)}" if checks.unchecked else "the contract"
        found = f"None of {checked} breaks {what}{others}"
    if stopped:
        return f"The run was stopped: {found[:1].lower()}{found[1:]}"
    return found


def _of(broken: int, read: int) -> str:
    """Return how many of the rows, in words."""
    return f"{count(broken)} of {count(read, 'row')}"


def _stopped(checks: Checks) -> tuple[str, ...]:
    """Return why the gate stopped the run, by the rules that it follows itself."""
    read, aside, allowed = checks.read, checks.quarantined, checks.allowed_share
    sampled, found = checks.sampled, []
    if not checks.kept:
        found.append("No row passed.")
    if read and aside / read > allowed:
        rows = "rows" if sampled is None else "rows, drawn or not,"
        found.append(
            f"{above(aside / read, allowed)} of the {rows} broke the contract, and "
            f"{limit(allowed)} may."
        )
    if sampled is not None and sampled.broken / max(sampled.checked, 1) > allowed:
        found.append(
            f"{above(sampled.broken / sampled.checked, allowed)} of the rows that were drawn broke "
            f"the contract, and {limit(allowed)} may."
        )
    found += [
        f"{one.says[:1].upper()}{one.says[1:]}, and {count(one.broken, 'row')} lack one."
        for one in checks.rules
        if one.kind == WHOLE and one.broken
    ]
    return tuple(found)


def _facts(checks: Checks, broken: Sequence[RuleFound], *, stopped: bool) -> tuple[Fact, ...]:
    """Return the few numbers that matter."""
    read, aside, sampled = checks.read, checks.quarantined, checks.sampled
    looked = f"{count(sampled.checked)} of them drawn and checked" if sampled else "all checked"
    may = limit(checks.allowed_share)
    kept = share(checks.kept / read, 1) if read else ""
    put = f"{share(aside / read)}, {may} may be" if aside else f"{may} may be"
    if sampled is not None:
        kept = f"{sampled.checked - sampled.broken:,} of them drawn and checked"
        put = f"{share(_broken(sampled))} of those checked broke a rule, {may} may"
    unchecked = len(checks.unchecked)
    left = f"{unchecked:,} more on dropped columns" if unchecked else ""
    facts = [
        Fact(value=f"{read:,}", label="rows read", note=looked, source=SOURCE),
        Fact(
            value=f"{checks.kept:,}",
            label="rows kept",
            note=kept,
            source=SOURCE,
        ),
        Fact(
            value=f"{aside:,}",
            label="rows set aside",
            note=put,
            source=SOURCE,
            tone="bad" if stopped else "",
        ),
        Fact(
            value=f"{len(broken):,} of {len(checks.rules):,}",
            label="rules broken",
            note=left or f"contract {checks.contract['version']}",
            source=SOURCE,
        ),
    ]
    if checks.repaired:
        facts.append(Fact(value=f"{checks.repaired:,}", label="rows mended by hand", source=SOURCE))
    return tuple(facts)


def _broken(sampled: Sampled) -> float:
    """Return the share of the rows drawn that broke a rule."""
    return sampled.broken / max(sampled.checked, 1)


def _sample_notes(checks: Checks, sampled: Sampled) -> list[str]:
    """Return what was looked at where not all rows were."""
    found = [
        f"{count(sampled.broken)} of the {count(sampled.checked, 'row')} that were drawn broke a "
        "rule; keys were compared on all rows."
    ]
    kept = sum(not one.broken and not _met_by_all(one, checks) for one in checks.rules)
    if kept:
        found.append(
            f"No row that was drawn broke {count(kept, 'more rule')} of the contract below; nobody "
            "knows of the others."
        )
    return found


def _notes(checks: Checks) -> tuple[str, ...]:
    """Return what else is to be known of the numbers."""
    found = _sample_notes(checks, checks.sampled) if checks.sampled is not None else []
    stale, unneeded = (len(checks.repairs[name]) for name in ("stale", "unneeded"))
    if stale:
        found.append(
            f"{count(stale, 'repair')} {'does' if stale == 1 else 'do'} not apply any more: no row "
            "of the data holds what was mended."
        )
    if unneeded:
        found.append(
            f"{count(unneeded, 'repair')} {'is' if unneeded == 1 else 'are'} not needed any more: "
            "the rows pass as they come."
        )
    return tuple(found)


def _broken_share(rule: RuleFound, checks: Checks) -> str:
    """Return the share of the rows held against a rule; a dash where nothing tells how many."""
    met = checks.read
    if checks.sampled is not None and rule.kind not in _OF_ALL:
        met = 0 if rule.kind == _OF_SOME else checks.sampled.checked
    return share(rule.broken / met) if met else "–"


def _broken_table(project: str, broken: Sequence[RuleFound], checks: Checks) -> Table:
    """Return the rules that were broken, the one broken most often first."""
    most = max(one.broken for one in broken)
    words = ("For example", "Rule")
    caption = "Rules that were broken, by the rows that broke them. A number leads to its rows."
    if checks.sampled is not None:
        caption += " Shares are of the rows checked, a dash: nothing tells how many were."
    return Table(
        caption=caption,
        heads=("What is asked", "Rows", "Share", *words),
        words=words,
        rows=[
            (
                Cell(text=one.says),
                Cell(
                    text=f"{one.broken:,}",
                    href="" if one.kind == WHOLE else quarantine_at(project, one.rule),
                    share=one.broken / most,
                ),
                Cell(text=_broken_share(one, checks)),
                Cell(text="; ".join(map(_cut, dict.fromkeys(one.examples)))),
                Cell(text=one.rule),
            )
            for one in broken
        ],
    )


def _held_table(held: Sequence[RuleFound]) -> Table:
    """Return the rules that no row broke, in the order of the contract."""
    return Table(
        caption="Rules that every row kept.",
        heads=("What is asked", "Rule"),
        words=("Rule",),
        rows=[(Cell(text=one.says), Cell(text=one.rule)) for one in held],
    )


def _cut(value: str) -> str:
    """Return a value that fits a cell."""
    return value if len(value) <= _EXAMPLE else f"{value[: _EXAMPLE - 1]}…"
