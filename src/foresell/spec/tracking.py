"""The nouns of tracking: what the stages of a run tell of one training."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is told of a training, or of one candidate of it.

    ``files``: by path among the artifacts (forward slashes), the name of the file in the store that
    comes with the note.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Data that went in. ``digest``: its sha256 or the first characters; ``source``: its URI.

    ``context``: what it was for: ``raw``, ``training``, ``test``. ``columns``: type by name.
    """

    name: str
    digest: str
    source: str
    context: str
    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Note:
    """What one stage tells of one training; told twice it changes nothing.

    ``training``: the id of the run that trained; notes of later stages and later runs (evaluate,
    register, report, monitor) name the same one, and are kept with it. ``at``: UTC, ISO.
    ``whole``: of the training, ``candidates``: of each. ``bundle``: the digest of the bundle whose
    model is to be logged, None for none. ``version``: its number in the registry, None for none.
    """

    project: str
    training: str
    stage: str
    at: str
    whole: Account = field(default_factory=Account)
    candidates: Mapping[str, Account] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    bundle: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """What a tracker holds of a training. ``files``: the paths of its artifacts, sorted.

    ``run``: its id there. ``candidates``: by name, in no order. ``models``: the digests of the
    bundles logged.
    """

    run: str
    whole: Account
    candidates: Mapping[str, Account]
    datasets: tuple[Dataset, ...] = ()
    models: tuple[str, ...] = ()
