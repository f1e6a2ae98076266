"""The versions of another registry, as rows with tags, and what they mean in ours.

Its own numbers are not ours: people make versions there by hand, and numbers are not given twice.
So everything is found by tags.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from foresell.errors import DataError
from foresell.spec.registry import ALIASES, Mirrored, Version

NUMBER = "foresell.version"
DIGEST = "foresell.digest"
RUN = "foresell.run"
APPROVAL = "foresell.approval"
RETIRED = "foresell.retired"  # the version of ours that a row showed until its digest was wrong


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One version as the other registry keeps it: a number of its own, and tags."""

    number: int
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> int | None:
        """The version of ours that it shows, None where its tags name none."""
        word = self.tags.get(NUMBER, "")
        return int(word) if word.isascii() and word.isdecimal() else None

    @property
    def name(self) -> str:
        """What to call it when it is none of ours."""
        return f"its own version {self.number}"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All that the other registry shows of a project. ``aliases``: numbers there, by any alias."""

    rows: Sequence[Shown] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done to show one version. ``kept``: the row that shows it, None for none yet.

    ``retired``: rows that claim to show it and show another bundle; they stay, without the claim.
    ``surplus``: rows that show it once more.
    """

    kept: Shown | None
    retired: tuple[Shown, ...]
    surplus: tuple[Shown, ...]


def tags_of(version: Version) -> dict[str, str]:
    """Return the tags by which a row is known to show ``version``, and its approval."""
    return {
        NUMBER: str(version.version),
        DIGEST: version.digest,
        RUN: version.run_id,
        APPROVAL: version.approval,
    }


def meant(shown: Rows) -> Mirrored:
    """Return what versions and aliases of another registry mean in ours.

    Where several rows show one version, the first counts. Aliases of other names mean nothing.

    >>> rows = (Shown(number=7, tags={NUMBER: "1", DIGEST: "ab"}), Shown(number=8))
    >>> found = meant(Rows(rows=rows, aliases={"prod": 7, "staging": 8, "mine": 8}))
    >>> found.versions, found.strangers
    ({1: 'ab'}, ('its own version 8',))
    >>> found.aliases
    {'staging': 'its own version 8', 'prod': 1}
    """
    rows = {row.number: row for row in sorted(shown.rows, key=lambda row: row.number)}
    versions: dict[int, str] = {}
    approvals: dict[int, str] = {}
    doubled = set()
    for row in rows.values():
        if row.ours is not None:
            doubled |= {row.ours} & set(versions)
            versions.setdefault(row.ours, row.tags.get(DIGEST, ""))
            approvals.setdefault(row.ours, row.tags.get(APPROVAL, ""))
    aliases: dict[str, int | str | None] = {}
    for alias in ALIASES:
        number = shown.aliases.get(alias)
        pointed = None if number is None else rows.get(number, Shown(number=number))
        own = None if pointed is None else pointed.ours
        aliases[alias] = own if pointed is None or own is not None else pointed.name
    return Mirrored(
        versions=versions,
        approvals=approvals,
        aliases={alias: aliases[alias] for alias in ALIASES},
        doubled=tuple(sorted(doubled)),
        strangers=tuple(
            row.name for row in rows.values() if row.ours is None and RETIRED not in row.tags
        ),
    )


def plan_of(shown: Rows, version: Version) -> Plan:
    """Return what is to be done so that one row shows ``version``, and no other claims to.

    A surplus row to which an alias of other people points is retired: it is not ours to remove.
    """
    claims = sorted((r for r in shown.rows if r.ours == version.version), key=lambda r: r.number)
    right = [row for row in claims if row.tags.get(DIGEST) == version.digest]
    theirs = {number for alias, number in shown.aliases.items() if alias not in ALIASES}
    return Plan(
        kept=right[0] if right else None,
        retired=tuple(
            row for row in claims if row not in right or (row in right[1:] and row.number in theirs)
        ),
        surplus=tuple(row for row in right[1:] if row.number not in theirs),
    )


def row_of(shown: Rows, project: str, version: int, place: str) -> Shown:
    """Return the row that shows a version of ours.

    Raises:
        DataError: none does, at ``place``.
    """
    rows = [row for row in shown.rows if row.ours == version]
    if not rows:
        raise DataError(
            f"version {version} of {project} is not shown there",
            place,
            f"foresell registry reconcile {project}",
        )
    return min(rows, key=lambda row: row.number)
