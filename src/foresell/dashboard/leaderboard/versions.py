"""Two versions beside each other: their scores on the same rows, and what else differs."""

from dataclasses import dataclass
from datetime import date

from foresell.bundle.bundle import Evidence
from foresell.dashboard.leaderboard.both_boards import candidates
from foresell.dashboard.leaderboard.by_size import by_size
from foresell.dashboard.leaderboard.reading import Choice, chosen
from foresell.dashboard.page import Fact, Figure, Table, Visit
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.registry.difference import Differing, comparison_of, differing
from foresell.dashboard.registry.timeline import moment
from foresell.dashboard.registry.versions import APPROVAL, usual_pair
from foresell.govern.registry import judged_version
from foresell.report.wording import day, meaning
from foresell.spec.registry import State, Version

FIRST, SECOND = "compare", "with"


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
    """Two versions. ``told``: what differs; ``board``: the candidates of both.

    ``figure``: their errors on the same rows by size, None where hardly a row was judged in both.
    """

    before: Who
    after: Who
    told: Differing
    board: Table | None
    figure: Figure | None = None


def picking(visit: Visit) -> Picking:
    """Return the form, filled with what the address says; else with what answers and the newest.

    Raises as `Shown.state`.
    """
    shown = visit.shown
    state = shown.state()
    options = tuple((str(one.version), _option(one, state)) for one in reversed(state.versions))
    first, second = map(str, usual_pair(state) or ("", ""))
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
    stamp = before.digest, after.digest, before.approval, after.approval
    return shown.kept(what, stamp, lambda: _compared(shown, before, after))


def _compared(shown: Shown, before: Version, after: Version) -> Compared:
    """Return two versions beside each other."""
    found = comparison_of(shown, before, after)
    old, new = (judged_version(shown.registry, one) for one in (before, after))
    names = (f"Version {before.version}", f"Version {after.version}")
    unit = str(new.metadata.get("unit", ""))
    return Compared(
        before=_who(before, old),
        after=_who(after, new),
        told=differing(found, unit),
        board=candidates(old.metadata, new.metadata, names, unit),
        figure=by_size(old, new, (before.version, after.version), unit),
    )


def _who(version: Version, bundle: Evidence) -> Who:
    """Return one of the two."""
    told = bundle.metadata
    words = meaning(str(told.get("champion", "")))
    dated = {"Judged as of": told.get("judged_cutoff"), "Refitted to": told.get("refit_cutoff")}
    pairs = [
        ("Champion", str(told.get("champion", "")), words),
        ("Registered", moment(version.registered_at), f"by {version.who}"),
        ("Run", version.run_id or "handed in", ""),
        ("Approval", APPROVAL[version.approval], ""),
        *(
            (label, day(date.fromisoformat(str(value))), "")
            for label, value in dated.items()
            if value
        ),
        ("Bundle", version.digest[:12], "sha256"),
    ]
    return Who(
        version=version.version,
        facts=tuple(
            Fact(label=label, value=value, note=note, source="registry")
            for label, value, note in pairs
        ),
    )
