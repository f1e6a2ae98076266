"""What is told of the warehouse's schema: what was done to it, and how it stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Standing = Literal["applied", "pending", "changed", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What `foresell warehouse migrate` did.

    ``applied``: the migrations run just now, by the name of their file; ``already``: how many had
    been before. ``contract``: version and sha256 of the rules that rows obey from now on.
    ``added``, ``removed``: constraints as ``table: rule``; ``kept``: how many stayed as they were.
    ``remapped``: columns of the warehouse that are other ones of the contract from now on.
    ``deliveries``: rules that no table can hold, which a load looks at in each delivery.
    """

    project: str
    target: str
    applied: tuple[str, ...]
    already: int
    contract: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    deliveries: tuple[str, ...]
    remapped: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class MigrationStatus:
    """One migration. ``applied_at``: ISO time in UTC, None where it was not.

    ``standing``: ``changed`` where another text was run than this foresell's file holds,
    ``unknown`` where this foresell has no such file: a newer one has been here.
    """

    number: int
    name: str
    standing: Standing
    applied_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class PastLoad:
    """One load that went in; see `retailds.load_history`. ``partial``: it was a part."""

    load: int
    project: str
    batch: str
    source: str
    loaded_at: str
    rows: int
    series: int
    weeks: int
    first_week: str
    last_week: str
    partial: bool = False


@dataclass(frozen=True, kw_only=True)
class SchemaStatus:
    """How the warehouse stands to this foresell and to the project's contract.

    ``contract``: version and sha256 of the project's own; ``held``: of the one whose rules the
    tables hold, None where none was compiled for the project. ``missing``: constraints that a
    migration would add, as ``table: rule``, as after a rule was changed or somebody took one away.
    ``remapped``: columns of the warehouse that are other ones of the contract than when the rules
    were made. ``holder``: the project whose rows the warehouse holds, None where there is none yet.
    ``rows``: by table, None where the asking user may not look. ``loads``: the last few, newest
    first. All but ``migrations`` and ``contract`` are empty while a migration is pending.
    """

    project: str
    target: str
    migrations: tuple[MigrationStatus, ...]
    contract: Mapping[str, str]
    held: Mapping[str, str] | None
    missing: tuple[str, ...]
    rows: Mapping[str, int | None]
    loads: tuple[PastLoad, ...]
    remapped: tuple[str, ...] = ()
    holder: str | None = None

    @property
    def current(self) -> bool:
        """Whether nothing is left for `foresell warehouse migrate` to do."""
        return (
            all(one.standing == "applied" for one in self.migrations)
            and self.held is not None
            and self.held["sha256"] == self.contract["sha256"]
            and not self.missing
            and not self.remapped
        )

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON's types, ``current`` with it."""
        return {**asdict(self), "current": self.current}
