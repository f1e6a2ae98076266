"""The nouns of a comparison of two versions: what differs, part by part."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from foresell.contracts.difference import Change
from foresell.govern.differing import Difference


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two. ``version``: None for a bundle that no registry knows.

    ``digest``: the identity of its bundle; ``protocol``: by which ``rows`` judged rows its
    scores came about; both empty or None where nothing is noted.
    """

    version: int | None
    digest: str
    registered_at: str
    champion: str
    protocol: str
    rows: int | None


@dataclass(frozen=True, kw_only=True)
class MetricDifference:
    """One metric of both champions; ``deciding`` where the gate of either looks at it.

    ``difference`` is after - before, in the metric's own unit; ``change`` the same over before
    (0.1 is a tenth more), None where before is 0, and of metrics that are shares or may be
    below 0: bias, R2, coverage.
    """

    metric: str
    deciding: bool
    before: float | None
    after: float | None
    difference: float | None
    change: float | None


@dataclass(frozen=True, kw_only=True)
class SameRows:
    """Both champions on the rows that both were judged on: ``n`` of them, equal in their truth.

    ``says`` in a sentence how these rows relate to those of either score. ``metrics`` is empty
    where there are no such rows, or where the scores are of exactly them.
    """

    n: int
    says: str
    metrics: tuple[MetricDifference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What a bundle noted of a raw file; ``rows`` None where nobody could count them."""

    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True, kw_only=True)
class FileDifference:
    """A raw file that is another one, came (no ``before``) or went (no ``after``)."""

    name: str
    before: FileFacts | None
    after: FileFacts | None


@dataclass(frozen=True, kw_only=True)
class ContractDifference:
    """What became of the contract: both versions, the changes of its meaning, what a run says."""

    before: str
    after: str
    verdict: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class ModelDifference:
    """The model's own files by name: those of other bytes, those that came, those that went."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    same: int = 0

    @property
    def empty(self) -> bool:
        """Whether every file is the same."""
        return not (self.changed or self.added or self.removed)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between two versions of a project; every part is empty where nothing does.

    ``metrics``: of the champion on the protocol that is delivered, all of them if one differs.
    ``same_rows``: None where the bundles are the same. ``features``: by name. ``parameters``:
    preset, seed, champion, weights of its ensemble, settings by candidate. ``facts``: rows,
    cutoffs and what else is noted of the data. ``contract``: None where it means the same.
    ``declaration``: keys of project.yaml. ``notes``: sentences on what could not be compared, or
    differs in words only.
    """

    project: str
    before: Side
    after: Side
    metrics: tuple[MetricDifference, ...] = ()
    same_rows: SameRows | None = None
    features: tuple[Difference, ...] = ()
    parameters: tuple[Difference, ...] = ()
    files: tuple[FileDifference, ...] = ()
    facts: tuple[Difference, ...] = ()
    contract: ContractDifference | None = None
    declaration: tuple[Difference, ...] = ()
    libraries: tuple[Difference, ...] = ()
    model: ModelDifference = field(default_factory=ModelDifference)
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs: the same bundle, or one with the same content throughout."""
        parts = (
            *(self.metrics, self.features, self.parameters, self.files, self.facts),
            *(self.contract, self.declaration, self.libraries, self.notes),
        )
        return self.model.empty and not any(parts)

    def to_json(self) -> dict[str, Any]:
        """Return plain values under the names of the fields, and ``equal``."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {"equal": self.equal} | {name: _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    """Return a noun, or a tuple of them, as plain values."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
