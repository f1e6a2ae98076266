"""Two versions beside each other: their scores on the same rows, and what else differs."""

from dataclasses import dataclass

from foresell.bundle.bundle import Bundle
from foresell.dashboard.leaderboard import differing
from foresell.dashboard.leaderboard.by_size import by_size
from foresell.dashboard.leaderboard.differing import Part
from foresell.dashboard.leaderboard.reading import Choice, chosen
from foresell.dashboard.page import Fact, Figure, Table, Visit
from foresell.dashboard.reading.shown import Shown
from foresell.govern.compared import Comparison, MetricDifference
from foresell.govern.comparison import compare
from foresell.govern.registry import read_version
from foresell.report.wording import count, meaning, percent
from foresell.spec.registry import State, Version

FIRST, SECOND = "compare", "with"
_LEAST = 0.0005  # a change of an error from here on is one


@dataclass(frozen=True, kw_only=True)
class Picking:
    """The form: which two. ``options``: none where there are not two versions to choose from."""

    first: Choice
    second: Choice
    asked: bool

    @property
    def possible(self) -> bool:
        """Whether there are two versions."""
        return len(self.first.options) > 1

    @property
    def valid(self) -> bool:
        """Whether two different versions were asked for."""
        return self.asked and not (self.first.error or self.second.error)


@dataclass(frozen=True, kw_only=True)
class Who:
    """One of the two: when it was registered, which run trained it, what points to it."""

    version: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two versions. ``says``: which errs less, in a sentence, and ``basis`` on which rows.

    ``scores``: those the bundles carry; ``same_scores``: both on the rows that both were judged on,
    None where that is the same, or there are no such rows. ``board``: the candidates of both.
    ``parts``: what else differs, only what does.
    """

    before: Who
    after: Who
    says: str
    basis: str
    equal: bool
    scores: Table | None
    same_scores: Table | None
    board: Table | None
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    figure: Figure | None = None


def picking(visit: Visit, state: State) -> Picking:
    """Return the form, filled with what the address says; else with what answers and the newest."""
    options = tuple((str(one.version), _option(one, state)) for one in reversed(state.versions))
    numbers = [value for value, _ in options]
    live = str(state.aliases["prod"] or state.aliases["staging"] or (numbers or [""])[0])
    rest = next((one for one in numbers if one != live), live)
    first, second = sorted((live, rest), key=lambda word: int(word or 0))
    before = chosen(visit, FIRST, "From", options, first)
    after = chosen(visit, SECOND, "To", options, second)
    asked = bool(visit.one(FIRST) or visit.one(SECOND))
    if asked and not before.error and not after.error and before.value == after.value:
        error = "Choose two different versions."
        after = Choice(
            name=after.name, label=after.label, options=options, value=after.value, error=error
        )
    return Picking(first=before, second=after, asked=asked)


def _option(version: Version, state: State) -> str:
    """Return what a version is called in the form."""
    aliases = [name for name, number in state.aliases.items() if number == version.version]
    named = f" ({', '.join(aliases)})" if aliases else ""
    return f"{version.version}, {version.record.get('champion', '')}{named}"


def comparison(shown: Shown, picked: Picking) -> Compared:
    """Return what differs between the two that were picked; both are verified first.

    Raises as `Shown.version` and `read_version`: a file of a bundle was changed.
    """
    before, after = shown.version(picked.first.value), shown.version(picked.second.value)
    what = ("compared", before.version, after.version)
    stamp = before.digest, after.digest
    return shown.kept(what, stamp, lambda: _compared(shown, before, after))


def _compared(shown: Shown, before: Version, after: Version) -> Compared:
    """Return two versions beside each other."""
    old, new = (read_version(shown.registry, one) for one in (before, after))
    found = compare(old, new, versions=(before, after))
    names = (f"Version {before.version}", f"Version {after.version}")
    same = found.same_rows
    return Compared(
        before=_who(before, old),
        after=_who(after, new),
        says=says(found, names),
        basis=same.says if same is not None else "both are the same bundle",
        equal=found.equal,
        scores=differing.scores(found.metrics, names, "The scores that the bundles carry"),
        same_scores=differing.scores(
            same.metrics if same is not None else (),
            names,
            f"Both on the {count(same.n if same is not None else 0, 'row')} both were judged on",
        ),
        board=differing.candidates(old.metadata, new.metadata, names),
        parts=differing.parts(found, names),
        notes=found.notes,
        figure=by_size(
            old, new, (before.version, after.version), str(new.metadata.get("unit", ""))
        ),
    )


def _who(version: Version, bundle: Bundle) -> Who:
    """Return one of the two."""
    told = bundle.metadata
    words = meaning(str(told.get("champion", "")))
    dated = {"Judged as of": told.get("judged_cutoff"), "Refitted to": told.get("refit_cutoff")}
    pairs = [
        ("Champion", str(told.get("champion", "")), words),
        ("Registered", version.registered_at[:16].replace("T", " "), f"UTC, by {version.who}"),
        ("Run", version.run_id or "handed in", ""),
        ("Approval", version.approval, ""),
        *((label, str(value), "") for label, value in dated.items() if value),
        ("Bundle", version.digest[:12], "sha256"),
    ]
    return Who(
        version=version.version,
        facts=tuple(
            Fact(label=label, value=value, note=note, source="registry")
            for label, value, note in pairs
        ),
    )


def _errs(one: MetricDifference) -> str:
    """Return how an error moved, as the middle of a sentence."""
    change = one.change or 0.0
    if abs(change) < _LEAST:
        return "errs as much as"
    return f"errs {percent(abs(change))} {'less' if change < 0 else 'more'} than"


def says(found: Comparison, names: tuple[str, str]) -> str:
    """Return which of the two errs less, by the first metric that decides, and by how much.

    On the rows that both were judged on: errors of other rows say nothing about which is better.
    """
    old, new = names[0].lower(), names[1]
    same = found.same_rows
    if found.equal:
        return f"{new} is the same as {old}"
    if same is None or not same.n:
        return f"{new} and {old} were not judged on the same rows"
    known = same.metrics or found.metrics
    first = next((one for one in known if one.deciding and one.change is not None), None)
    return f"{new} errs as much as {old}" if first is None else f"{new} {_errs(first)} {old}"
