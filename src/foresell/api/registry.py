"""The registry from Python: which model of a project is live, why, and how it came to be.

Every verb that changes something needs a ``reason``, one line that stands in the project's history
for good, with the time and with who asked (``FORESELL_USER``, else the name of the account).
``home``: where all state lives, ``FORESELL_HOME`` or ``./workspace`` by default.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from foresell.adapters.projects import find_declarations
from foresell.errors import DataError, MachineError, UsageError, nearest
from foresell.govern import registry as rules
from foresell.govern.moments import moment
from foresell.govern.registry import Move, Registry
from foresell.govern.state import state_of
from foresell.settings import Settings, read_settings
from foresell.spec.registry import Problem, State, Transition, alias_of
from foresell.wiring import registry as wiring

if TYPE_CHECKING:
    from foresell.bundle.bundle import Bundle
    from foresell.govern.compared import Comparison
    from foresell.govern.registering import Registered
    from foresell.govern.verifying import Verification


_DIGITS = 9  # more versions than this can say, nobody has


@dataclass(frozen=True, kw_only=True)
class RegistrySummary:
    """What is registered of one project.

    ``versions``: how many; ``prod``, ``staging``: the version that is live there, None for none;
    ``pending``: versions that wait for an approval; ``last``: when something happened last, UTC.
    ``damage``: what shows that its history was changed, else empty; where it was, nothing else is
    known: ``versions`` and ``last`` are None as well.
    """

    project: str
    versions: int | None = None
    prod: int | None = None
    staging: int | None = None
    pending: tuple[int, ...] = ()
    last: str | None = None
    damage: str = ""


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened to a project, in order, and the state that follows from it.

    ``to_come``: it was asked for a moment that is still to come; it is as of now then.
    """

    transitions: tuple[Transition, ...]
    state: State
    to_come: bool = False


def registries(*, home: str | Path | None = None) -> list[RegistrySummary]:
    """Return what is registered, a line a project, by name; none is an empty list.

    A project whose history was changed is told by its ``damage``, and spoils no other.
    """
    kept = wiring.registry(_settings(home))
    return [_summary(kept, project) for project in kept.ledger.projects()]


def versions(
    project: str, *, at: str | datetime | None = None, home: str | Path | None = None
) -> State:
    """Return the versions and aliases of ``project``, now or as they were ``at`` a moment.

    ``at``: a time, or ISO text; without a zone it is UTC, a day alone means its end. A project
    that is neither registered nor declared is a ``UsageError``.
    """
    return history(project, at=at, home=home).state


def history(
    project: str, *, at: str | datetime | None = None, home: str | Path | None = None
) -> History:
    """Return every transition of ``project`` up to ``at``, and the state after the last of them.

    See `versions`.
    """
    kept = _known(project, home)
    transitions = rules.read_history(kept, project)
    until = None if at is None else moment(at, "at")
    state = state_of(project, transitions, until)
    now = kept.clock()
    return History(
        transitions=transitions[: state.head.number],
        state=state,
        to_come=until is not None and now < until != moment(str(now.date())),  # today is no future
    )


def register(
    project: str,
    bundle: str | Path,
    *,
    reason: str = "handed in",
    force: bool = False,
    home: str | Path | None = None,
) -> "Registered":
    """Register the bundle in the folder ``bundle`` as the next version of ``project``.

    A bundle that is registered already keeps its number, unless ``force`` asks for another. No
    alias moves. A bundle that was changed, or is another project's, is a ``DataError``.

    Raises:
        UsageError: the folder holds no bundle.
    """
    from foresell.adapters.store import DirectoryStore  # noqa: PLC0415 - as below
    from foresell.bundle.bundle import CHECKSUMS  # noqa: PLC0415
    from foresell.govern import registering  # noqa: PLC0415

    folder = Path(bundle)
    if not (folder / CHECKSUMS).is_file():
        raise UsageError(
            f"there is no bundle in {str(folder)!r}",
            "bundle",
            "name the folder bundle/ of a run, the one that holds checksums.json",
        )
    return registering.register(
        wiring.registry(_settings(home)),
        project,
        DirectoryStore(folder),
        reason=reason,
        force=force,
        source=str(folder),
    )


def promote(
    project: str,
    version: int | str,
    *,
    to: str = "prod",
    reason: str,
    override: bool = False,
    home: str | Path | None = None,
) -> Move:
    """Make ``version`` live as ``prod`` or ``staging``; what is live already changes nothing.

    ``version``: its number, or ``staging``, ``latest``, ``challenger``. ``override``: even if the
    gate in its own evidence did not pass; that is recorded. A version that failed the gate, or
    lacks its approval, is a ``GateError``; one whose artifact has changed is a ``DataError``.
    """
    from foresell.govern import promoting  # noqa: PLC0415 - judges, which takes polars

    kept = _known(project, home)
    number = _number(kept, project, version)
    return promoting.promote(kept, project, number, alias_of(to), reason=reason, override=override)


def rollback(
    project: str,
    *,
    reason: str,
    steps: int | None = None,
    to: int | str | None = None,
    alias: str = "prod",
    home: str | Path | None = None,
) -> Move:
    """Take back the last promotion, the last ``steps``, or all after version ``to`` was live.

    Twice goes two back. ``to="none"`` takes back all of them: no version is live then. Versions
    rejected since are passed over, and named in ``notes``. Nothing to go back to is a
    ``UsageError``.
    """
    from foresell.govern import rolling_back  # noqa: PLC0415

    kept = _known(project, home)
    return rolling_back.roll_back(
        kept,
        project,
        reason=reason,
        alias=alias_of(alias),
        steps=steps,
        to=to if to is None or to == rolling_back.NOWHERE else _number(kept, project, to),
    )


def approve(
    project: str, version: int | str, *, reason: str, home: str | Path | None = None
) -> Move:
    """Approve a version that waits for it; see `promote` for ``version``."""
    from foresell.govern import approving  # noqa: PLC0415

    kept = _known(project, home)
    return approving.approve(kept, project, _number(kept, project, version), reason=reason)


def reject(
    project: str, version: int | str, *, reason: str, home: str | Path | None = None
) -> Move:
    """Reject a version for good, or withdraw its approval; not while an alias points to it."""
    from foresell.govern import approving  # noqa: PLC0415

    kept = _known(project, home)
    return approving.reject(kept, project, _number(kept, project, version), reason=reason)


def verify(project: str, *, home: str | Path | None = None) -> "Verification":
    """Read everything the registry keeps of ``project`` and return what is wrong with it.

    The file of a SQLite registry is looked at as well: what is wrong there has the place
    ``database``, and concerns every project in it.

    Raises:
        UsageError: nothing is known of the project.
        MachineError: the registry is out of reach, or a newer foresell has written it.
    """
    from foresell.govern import verifying  # noqa: PLC0415

    damage = wiring.database_damage(_settings(home))
    try:
        found = verifying.verify(_known(project, home), project)
    except DataError as error:
        return verifying.unreadable(project, error)
    except (UsageError, MachineError) as error:
        if not damage:
            raise
        found = verifying.unreadable(project, error)
    whole = () if not damage else (Problem(where="database", what=damage),)
    return replace(found, problems=(*whole, *found.problems))


def export_history(project: str, *, home: str | Path | None = None) -> bytes:
    """Return the history of ``project`` as lines of JSON, which `verify_export` can check."""
    from foresell.govern import exporting  # noqa: PLC0415

    kept = _known(project, home)
    return exporting.export_history(kept, project)


def verify_export(path: str | Path | bytes) -> "Verification":
    """Read a file that `export_history` filled, or what it returned, and return what is wrong.

    Raises:
        UsageError: there is no such file.
    """
    from foresell.govern import exporting  # noqa: PLC0415

    if isinstance(path, bytes):
        return exporting.verify_export(path)
    file = Path(path)
    if not file.is_file():
        raise UsageError(
            f"{str(file)!r} is a folder" if file.is_dir() else f"there is no file {str(file)!r}",
            "path",
            "name a file that foresell registry export has written",
        )
    return exporting.verify_export(file.read_bytes())


def compare(
    project: str, a: int | str, b: int | str, *, home: str | Path | None = None
) -> "Comparison":
    """Return what differs from version ``a`` to version ``b``; both are verified first.

    Numbers, ``prod``, ``staging`` or ``latest``.
    """
    from foresell.govern import comparison  # noqa: PLC0415 - reads contracts, which takes a while

    kept = _known(project, home)
    before, old = rules.load(kept, project, a)
    after, new = rules.load(kept, project, b)
    return comparison.compare(old, new, versions=(before, after))


def load(project: str, model: int | str = "prod", *, home: str | Path | None = None) -> "Bundle":
    """Return the bundle of a registered version, once every byte of it was verified.

    ``model``: ``prod``, ``staging``, ``latest`` or a number. One that is not there is a
    ``UsageError``, one that has changed a ``DataError``.
    """
    kept = _known(project, home)
    return rules.load(kept, project, model)[1]


def _summary(kept: Registry, project: str) -> RegistrySummary:
    """Return what is registered of one project."""
    try:
        transitions = rules.read_history(kept, project)
    except DataError as error:
        return RegistrySummary(project=project, damage=error.what)
    if not transitions:  # a row is named so, and the index of its table does not lead there
        return RegistrySummary(project=project, damage="nothing can be read under this name")
    state = state_of(project, transitions)
    return RegistrySummary(
        project=project,
        versions=len(state.versions),
        prod=state.aliases["prod"],
        staging=state.aliases["staging"],
        pending=tuple(
            one.version for one in state.versions if one.approval == "PendingManualApproval"
        ),
        last=transitions[-1].at,
    )


def _settings(home: str | Path | None) -> Settings:
    """Return the settings with this home."""
    return read_settings(Path(home) if home is not None else None)


def _known(project: str, home: str | Path | None) -> Registry:
    """Return the registry, in which ``project`` is or could be.

    Raises:
        UsageError: it is neither registered nor declared.
    """
    settings = _settings(home)
    kept = wiring.registry(settings)
    # A list whose end was taken away is one to verify, not none.
    if not (kept.ledger.head(project).number or kept.ledger.transitions(project)):
        known = {*kept.ledger.projects(), *find_declarations(settings.projects)}
        if project not in known:
            raise UsageError(f"there is no project {project!r}", "project", nearest(project, known))
    return kept


def _number(kept: Registry, project: str, which: int | str) -> int:
    """Return the number of the version that is meant.

    Whether a number is that of a version, whoever decides sees in the state it decides by. A word
    that means none is a ``UsageError``.
    """
    word = str(which)
    if word.isascii() and word.isdecimal() and len(word) <= _DIGITS:
        return int(word)
    return rules.resolve(rules.read_state(kept, project), which).version
