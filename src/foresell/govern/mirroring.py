"""What another registry (MLflow's) shows of a project, held against ours, and put right.

Ours decides. What the other one shows besides, because people made it there by hand, is told and
left alone; only the two aliases of ours are moved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from foresell.errors import ConflictError, DataError
from foresell.spec.ports import Mirror, Store
from foresell.spec.registry import Alias, Mirrored, State, Version

Kind = Literal["missing", "changed", "doubled", "approval", "alias", "unknown", "stranger"]
_LEFT = ("unknown", "stranger")  # kinds that are told, and not mended
_SHOWN_ANEW = ("missing", "changed", "doubled")  # kinds that concern the bundle of a version
_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What came of mirroring after something changed, which is done already.

    ``state``: ``mirrored``; ``off``: runs are not tracked, so there is no mirror; ``failed``, and
    ``why``, and how to ``mend`` it. ``where``: the MLflow, without credentials.
    """

    state: Literal["mirrored", "off", "failed"]
    where: str = ""
    why: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that the other registry shows otherwise than ours.

    ``kind``: a version is ``missing``, has a ``changed`` digest, is shown twice (``doubled``),
    with another ``approval``, or is ``unknown`` to us; an ``alias`` points elsewhere; a
    ``stranger`` bears no version of ours.
    ``what``: the same as a sentence. ``mended``: it is gone by now. ``why``: what kept it from
    being mended, empty where nothing did or nobody tried.
    """

    project: str
    kind: Kind
    what: str
    version: int | None = None
    alias: Alias | None = None
    mended: bool = False
    why: str = ""

    @property
    def mendable(self) -> bool:
        """Whether mending does anything about it: what people made by hand is left to them."""
        return self.kind not in _LEFT


def differences(state: State, mirrored: Mirrored) -> tuple[Difference, ...]:
    """Return what ``mirrored`` shows otherwise: versions by number, aliases, then strangers.

    >>> state = State(project="toy", stacks={"prod": (1,)})
    >>> [found.what for found in differences(state, Mirrored(versions={4: "ab"}))]
    ['version 4 is unknown to the registry', 'prod points to nothing instead of version 1']
    """
    project = state.project
    found = [
        Difference(project=project, kind=kind, what=what, version=number)
        for number in sorted({*mirrored.versions, *(version.version for version in state.versions)})
        for kind, what in _of_version(number, state, mirrored)
    ]
    found += [
        Difference(
            project=project,
            kind="alias",
            what=f"{alias} points to {_named(there)} instead of {_named(ours)}",
            version=ours,
            alias=alias,
        )
        for alias, ours in state.aliases.items()
        if (there := mirrored.aliases.get(alias)) != ours
    ]
    found += [
        Difference(project=project, kind="stranger", what=f"{name} was not put there by foresell")
        for name in mirrored.strangers
    ]
    return tuple(found)


def mend(
    state_now: Callable[[], State], mirror: Mirror, bundle_of: Callable[[Version], Store]
) -> tuple[Difference, ...]:
    """Make the mirror show what the registry says; return every difference there was, or is left.

    ``state_now`` reads the registry. It is read again when the mirror is right: whoever moved an
    alias meanwhile has told the mirror as well, and our older word may have come after theirs. A
    version whose bundle cannot be read is passed over, with the reason in ``why``. What the mirror
    and the registry raise when they are out of reach passes through.

    Raises:
        ConflictError: the registry changes quicker than the mirror can follow.
    """
    found: dict[tuple[str, str], Difference] = {}
    for _ in range(_TRIES):
        state = state_now()
        before = differences(state, mirror.state(state.project))
        reasons = _show(state, before, mirror, bundle_of)
        # A version that is shown anew may have had an alias, which points to the old one still.
        between = differences(state, mirror.state(state.project)) if _any(before) else before
        _mark(state, between, mirror)
        _point(between, reasons, mirror)
        left = differences(state, mirror.state(state.project)) if _any(between) else between
        found |= {(one.kind, one.what): one for one in before if one.mendable}
        if state_now().head == state.head:
            settled = {(one.kind, one.what): one for one in left}
            return (
                *(replace(one, mended=True) for key, one in found.items() if key not in settled),
                *(replace(one, why=_why(one, reasons)) for one in left),
            )
    raise ConflictError(
        f"the registry of {state.project} changed {_TRIES} times while it was mirrored",
        mirror.label,
        f"when it is quiet: foresell registry reconcile {state.project}",
    )


def _of_version(number: int, state: State, mirrored: Mirrored) -> list[tuple[Kind, str]]:
    """Return what is otherwise with one version."""
    version = next((one for one in state.versions if one.version == number), None)
    there = mirrored.versions.get(number)
    if version is None:
        return [("unknown", f"version {number} is unknown to the registry")]
    if there is None:
        return [("missing", f"version {number} is missing")]
    if there != version.digest:
        shown = f"the bundle {there[:12]}" if there else "no bundle"
        return [("changed", f"version {number} shows {shown} instead of {version.digest[:12]}")]
    found: list[tuple[Kind, str]] = []
    if number in mirrored.doubled:
        found.append(("doubled", f"version {number} is shown more than once"))
    if (said := mirrored.approvals.get(number, "")) != version.approval:
        shown = said or "no approval"
        found.append(("approval", f"version {number} shows {shown} instead of {version.approval}"))
    return found


def _named(there: int | str | None) -> str:
    """Return what an alias points to, in words."""
    if there is None:
        return "nothing"
    return f"version {there}" if isinstance(there, int) else there


def _any(found: tuple[Difference, ...]) -> bool:
    """Tell whether there is anything to mend."""
    return any(one.mendable for one in found)


def _show(
    state: State,
    found: tuple[Difference, ...],
    mirror: Mirror,
    bundle_of: Callable[[Version], Store],
) -> dict[int, str]:
    """Show the versions that are not shown as they are; return, by version, why one cannot be."""
    reasons: dict[int, str] = {}
    known = {version.version: version for version in state.versions}
    for one in found:
        if one.kind in _SHOWN_ANEW and one.version is not None:
            version = known[one.version]
            try:
                mirror.add(version, bundle_of(version))
            except DataError as error:  # of this bundle alone: the others can still be shown
                reasons[version.version] = error.what
    return reasons


def _mark(state: State, found: tuple[Difference, ...], mirror: Mirror) -> None:
    """Show the approvals that are otherwise; a version's bundle need not be readable for that."""
    known = {version.version: version for version in state.versions}
    for one in found:
        if one.kind == "approval" and one.version is not None:
            mirror.mark(known[one.version])


def _point(found: tuple[Difference, ...], reasons: Mapping[int, str], mirror: Mirror) -> None:
    """Point the aliases that are elsewhere to the versions that are shown."""
    for one in found:
        if one.alias is not None and one.version not in reasons:
            mirror.point(one.project, one.alias, one.version)


def _why(one: Difference, reasons: Mapping[int, str]) -> str:
    """Return what kept a difference from being mended."""
    return reasons.get(one.version, "") if one.version is not None else ""
