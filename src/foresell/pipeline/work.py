"""What a stage is, and what it is given to work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, cast

from foresell.errors import ForesellError, UsageError
from foresell.spec.modelling import Selection
from foresell.spec.ports import Source, Store
from foresell.spec.project import ProjectSpec

if TYPE_CHECKING:
    from foresell.contracts.contract import Contract  # heavy: a graph is looked at without it
    from foresell.govern.registry import Registry

_FIELDS = frozenset(item.name for item in fields(ProjectSpec))


class WatchedProject(ProjectSpec):
    """A project that remembers which of its fields were read, so that nobody lists them by hand."""

    def __getattribute__(self, name: str) -> object:
        """Return the attribute; note the name of a declared field."""
        if name in _FIELDS:
            seen = object.__getattribute__(self, "__dict__").get("_seen")
            if seen is not None:  # None in a copy by `replace`, for which every field was read
                seen.add(name)
        return object.__getattribute__(self, name)


def watch(project: ProjectSpec, seen: set[str]) -> ProjectSpec:
    """Return a twin of ``project`` that adds the name of each field read to ``seen``."""
    twin = object.__new__(WatchedProject)
    vars(twin).update(vars(project), _seen=seen)
    return twin


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a run was asked for: everything outside the files that can change its result.

    ``preset`` names the effort; ``selection`` what is done about settings, None as effort and
    project file say; ``override`` is the reason given for passing a failed gate. ``force``: every
    stage runs, changed or not, and what comes out is a new version. ``registry`` opens the one
    in which bundles are registered; a run that ends before that needs none. ``monitor`` looks at
    what the served version answered and returns the files of ``monitored``, by name; None for a run
    that nobody watches.
    """

    project: ProjectSpec
    contract: "Contract"
    source: Source
    preset: str = "default"
    selection: Selection | None = None
    override: str | None = None
    project_text: str = ""
    contract_text: str = ""
    force: bool = False
    registry: "Callable[[], Registry] | None" = None
    monitor: Callable[[], Mapping[str, bytes]] | None = None


def _never(_: str) -> Mapping[str, Any]:
    """Know of no stage that was done before."""
    return {}


def _nothing(_: str) -> None:
    """Know of no output that still holds."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One stage's view of a run: declared inputs, drafts of its outputs, the request watched.

    ``scratch`` is empty when the stage begins and gone when it ends: room for what does not fit in
    memory. ``record``: what the runner kept when a stage was last done, by its name; empty for one
    that never was. Only what looks at the world outside (``always``) may ask: nothing that others
    depend on follows from who did a stage, and when. ``last``: an output of this very stage as it
    was last published, None unless code, parameters and inputs are those of then, and what it wrote
    is intact; what of it still holds need not be found out again.
    """

    request: Request
    inputs: Mapping[str, Store]
    outputs: Mapping[str, Store]
    scratch: Store
    note: Callable[[str], None]
    seen: set[str] = field(default_factory=set)
    record: Callable[[str], Mapping[str, Any]] = _never
    last: Callable[[str], Store | None] = _nothing

    def run_of(self, stage: str) -> str:
        """Return the id of the run that did ``stage`` last; empty where none did."""
        return str(self.record(stage).get("run_id", ""))

    def forced(self, stage: str) -> bool:
        """Tell whether the run that did ``stage`` last did all stages, changed or not."""
        return bool(self.record(stage).get("forced", False))

    @property
    def registry(self) -> "Registry":
        """Where bundles are registered, opened anew. Only ``register`` looks at it.

        Raises:
            UsageError: the run was given none.
        """
        if self.request.registry is None:
            raise UsageError(
                "the run was given no registry",
                "register",
                "give it one, or stop before: --until refit",
            )
        return self.request.registry()

    @property
    def project(self) -> ProjectSpec:
        """The declaration; each field read counts as a parameter of the stage."""
        return watch(self.request.project, self.seen)

    @property
    def contract(self) -> "Contract":
        """The contract, a parameter as a whole."""
        self.seen.add("contract")
        return self.request.contract

    @property
    def source(self) -> Source:
        """The raw files. Only ``manifest`` and ``ingest`` look at them."""
        return self.request.source

    @property
    def preset(self) -> str:
        """The name of the effort, a parameter."""
        self.seen.add("preset")
        return self.request.preset

    @property
    def selection(self) -> Selection | None:
        """What is done about the candidates' settings, a parameter."""
        self.seen.add("selection")
        return self.request.selection

    @property
    def override(self) -> str | None:
        """The reason for passing a failed gate, a parameter."""
        self.seen.add("override")
        return self.request.override

    @property
    def declarations(self) -> Mapping[str, str]:
        """The texts of project.yaml and contract.yaml, a parameter as a whole."""
        self.seen.add("declarations")
        return {
            "project.yaml": self.request.project_text,
            "contract.yaml": self.request.contract_text,
        }


StageFunction = Callable[[Work], ForesellError | None]
Outside = Literal["source", "registry", "served"]  # raw files; versions and aliases; what was asked


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A CSV file of an output, as ``output/file.csv``, that is drawn: column ``y`` over ``x``."""

    file: str
    x: str
    y: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A plain function with the outputs it reads (``needs``) and writes (``makes``).

    ``run``: the function, or where it is, as ``"module:function"``, so that a graph is looked at
    without importing what it runs. It returns None, or an error for a result that did not pass:
    then what it wrote is kept for people to look at, the run stops, and the stage is not done; of
    the outputs in ``gated`` the last ones that passed stay. ``always`` is for a stage that looks at
    the world outside, whose state no fingerprint knows; ``looks`` names what it looks at there.

    ``by_hand``: those of ``needs`` that people make, and no stage. ``reads``: every parameter it
    may read: fields of the project, and ``contract``, ``preset``, ``selection``, ``override`` and
    ``declarations``; None where nobody declared them, which no graph that is checked allows.
    ``metrics``: JSON files of its outputs that hold numbers to compare, as ``output/file.json``.
    """

    name: str
    run: StageFunction | str
    needs: tuple[str, ...]
    makes: tuple[str, ...]
    says: str
    gated: tuple[str, ...] = ()
    always: bool = False
    looks: tuple[Outside, ...] = ()
    by_hand: tuple[str, ...] = ()
    reads: tuple[str, ...] | None = None
    metrics: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()

    @property
    def module(self) -> str:
        """The module of the function."""
        return self.run.partition(":")[0] if isinstance(self.run, str) else self.run.__module__

    def function(self) -> StageFunction:
        """Return the function; its module is imported now, where it was only named."""
        if not isinstance(self.run, str):
            return self.run
        module, _, name = self.run.partition(":")
        return cast("StageFunction", getattr(import_module(module), name))


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something a person who waits would like to know. ``run_id`` names the run it is of."""

    # "started", "note", "waits", "warned", "done", "failed", "kept" (nothing had changed)
    kind: str
    stage: str
    text: str = ""
    seconds: float = 0.0
    run_id: str = ""


def unheard(_: Event) -> None:
    """Listen to nothing."""
