"""The files of the gate as this page reads them: whole, or not at all."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, ConfigDict, NonNegativeInt, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from foresell.dashboard.reading.shown import Shown, broken
from foresell.errors import DataError

Made = TypeVar("Made")
_READ = ConfigDict(extra="ignore")  # a file may say more than this page shows


@dataclass(frozen=True, kw_only=True, config=_READ)
class RuleFound:
    """A rule of the gate. ``columns``: those whose values may be shown; ``broken``: rows."""

    rule: str
    kind: str
    says: str
    columns: tuple[str, ...]
    broken: NonNegativeInt
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, config=_READ)
class Sampled:
    """A sample of the rows: how many were drawn and checked, and how many of these broke a rule."""

    checked: NonNegativeInt
    broken: NonNegativeInt


@dataclass(frozen=True, kw_only=True, config=_READ)
class Checks:
    """What ``checks.json`` says; see `foresell.pipeline.gating.gate_report`.

    ``processed``: rows of the layer, 0 where the run was stopped.
    """

    read: NonNegativeInt
    kept: NonNegativeInt
    quarantined: NonNegativeInt
    repaired: NonNegativeInt
    processed: NonNegativeInt
    sampled: Sampled | None
    allowed_share: float
    contract: Mapping[Literal["version", "sha256"], str]
    rules: tuple[RuleFound, ...]
    unchecked: tuple[str, ...]
    repairs: Mapping[Literal["stale", "unneeded"], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True, config=_READ)
class LandedFile:
    """A file that was read for a table."""

    name: str
    rows: NonNegativeInt
    encoding: str | None


@dataclass(frozen=True, kw_only=True, config=_READ)
class Unlike:
    """Rows of a joined table that met none, or one that says something else."""

    rows: NonNegativeInt
    examples: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, config=_READ)
class Landed:
    """What ``landing/report.json`` says: the files by table, and what did not meet."""

    rows: NonNegativeInt
    files: Mapping[str, tuple[LandedFile, ...]]
    dropped: tuple[str, ...]
    unmatched: Mapping[str, Unlike]
    disagreeing: Mapping[str, Unlike]


@dataclass(frozen=True, kw_only=True, config=_READ)
class ListedFile:
    """A raw file of the manifest."""

    name: str
    rows: NonNegativeInt | None
    bytes: NonNegativeInt
    sha256: str


@dataclass(frozen=True, kw_only=True, config=_READ)
class Manifest:
    """What ``manifest.json`` says. ``synthetic``: foresell's generator made the files."""

    files: tuple[ListedFile, ...]
    synthetic: bool


@dataclass(frozen=True, kw_only=True, config=_READ)
class FoundFile:
    """A raw file as it lay there. ``modified``: None where nobody knows."""

    name: str
    modified: AwareDatetime | None


@dataclass(frozen=True, kw_only=True, config=_READ)
class Sources:
    """What ``sources.json`` says of the time and place of the raw files."""

    files: tuple[FoundFile, ...]


_CHECKS, _LANDED = TypeAdapter(Checks), TypeAdapter(Landed)
_MANIFEST, _SOURCES = TypeAdapter(Manifest), TypeAdapter(Sources)


def checks_of(shown: Shown) -> Checks:
    """Return what the gate found last.

    Raises AbsentError: nothing yet; DataError: it is not as the gate writes it.
    """
    return _parsed(_CHECKS, shown, "checks", "checks.json")


def landed_of(shown: Shown) -> Landed:
    """Return what was read of the raw files. Raises as `checks_of`."""
    return _parsed(_LANDED, shown, "landing", "report.json")


def manifest_of(shown: Shown) -> Manifest:
    """Return which raw files there are. Raises as `checks_of`."""
    return _parsed(_MANIFEST, shown, "manifest", "manifest.json")


def sources_of(shown: Shown) -> Sources:
    """Return from when the raw files are. Raises as `checks_of`."""
    return _parsed(_SOURCES, shown, "sources", "sources.json")


def _parsed(adapter: TypeAdapter[Made], shown: Shown, output: str, file: str) -> Made:
    """Return a file in our words.

    Raises:
        DataError: it is not as foresell writes it.
    """
    try:
        return adapter.validate_python(shown.json(output, file))
    except ValidationError as error:
        raise DataError(*broken(f"{output}/{file}", shown.name)) from error
