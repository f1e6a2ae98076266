"""Why a stage is to be done again: because of which file, parameter, line of code or library."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from foresell.errors import DataError, ForesellError
from foresell.pipeline.fingerprint import libraries, parameters, values
from foresell.pipeline.records import FORMAT, Code, code_of, read_record
from foresell.pipeline.source_files import code_files
from foresell.pipeline.work import Request, Stage, Work
from foresell.spec.ports import Store, Workspace

if TYPE_CHECKING:
    import polars as pl

Cause = Literal[
    "never", "failed", "output", "input", "source", "parameter", "code", "library", "record"
]
State = Literal["fresh", "stale", "follows", "failed", "never"]
Change = Literal["changed", "new", "gone", "touched", ""]

_VERBS: Mapping[Change, str] = {
    "changed": "has changed",
    "new": "is new",
    "gone": "is gone",
    "touched": "was touched, with the same bytes",
    "": "",
}
_SHORT = 60  # characters of a value that is told


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that has changed since a stage was done.

    ``what``: the file of an output as ``output/file``, the raw file, the parameter as
    ``features.lags.2``, the module or file of code, the library. ``before`` and ``after`` are
    values of a parameter as JSON, or versions of a library; empty where they are long or unknown.
    """

    cause: Cause
    what: str = ""
    change: Change = ""
    before: str = ""
    after: str = ""

    @property
    def says(self) -> str:
        """The reason in words.

        >>> Reason(cause="parameter", what="seed", change="changed", before="1", after="2").says
        'parameter seed: 1 -> 2'
        >>> Reason(cause="input", what="splits/split.json", change="gone").says
        'input splits/split.json is gone'
        """
        if self.cause == "never":
            return "it was never done"
        if self.cause == "failed":
            return "it did not pass"
        if self.cause == "record":
            return "it was done by another foresell"
        if self.before or self.after:
            return f"{self.cause} {self.what}: {self.before or 'none'} -> {self.after or 'none'}"
        return f"{self.cause} {self.what} {_VERBS[self.change]}"


@dataclass(frozen=True, kw_only=True)
class StageState:
    """How a stage stands.

    ``state``: ``never`` done; ``failed``: its result did not pass; ``stale``: something it depends
    on has changed (``reasons``); ``follows``: nothing has, and stages before it (``after``) are to
    be done again, which may change what it reads; ``fresh``: it will not be done. ``looks``: what
    it looks at in the world outside in each run, whatever else holds; ``unseen``: why that could
    not be looked at now. ``run_id``: the run that did it.
    """

    stage: str
    state: State
    reasons: tuple[Reason, ...] = ()
    after: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    unseen: str = ""
    run_id: str = ""


def reasons(
    stage: Stage, request: Request, workspace: Workspace, code: Code = code_files
) -> tuple[Reason, ...]:
    """Return why ``stage`` is to be done again: nothing where it is fresh.

    The world outside is not looked at; see `states`. A stage that was never done, or by a foresell
    that kept other records, has that one reason.
    """
    record = read_record(workspace.record(stage.name))
    if not record:
        return (Reason(cause="never"),)
    if record.get("record") != FORMAT:
        return (Reason(cause="record"),)
    return (
        *(() if record["passed"] else (Reason(cause="failed"),)),
        *_of_outputs(stage, record, workspace),
        *_of_inputs(stage, record, workspace),
        *_of_parameters(record, request),
        *_differing("code", record["code"], code_of(stage, workspace, code)),
        *_differing("library", record["libraries"], libraries(), told=True),
    )


def states(
    stages: Sequence[Stage], request: Request, workspace: Workspace, code: Code = code_files
) -> tuple[StageState, ...]:
    """Return how each of ``stages``, given in order, stands; nothing is done and nothing written.

    The raw files are looked at. What else is outside (``looks``) is not: a run may find it changed.
    """
    made: dict[str, str] = {}  # by output: the stage that will make it again
    found = []
    for stage in stages:
        why, unseen, other = reasons(stage, request, workspace, code), "", stage.makes
        if "source" in stage.looks and not why:
            why, unseen, other = _of_source(stage, request, workspace)
        after = tuple(dict.fromkeys(made[name] for name in stage.needs if name in made))
        state = _state(why, after)
        if state != "fresh":
            made |= dict.fromkeys(other, stage.name)
        record = read_record(workspace.record(stage.name))
        found.append(
            StageState(
                stage=stage.name,
                state=state,
                reasons=why,
                after=after,
                looks=tuple(stage.looks),
                unseen=unseen,
                run_id=str(record.get("run_id", "")),
            )
        )
    return tuple(found)


def _state(why: Sequence[Reason], after: Sequence[str]) -> State:
    """Return the one word for a stage."""
    causes = {reason.cause for reason in why}
    if "never" in causes:
        return "never"
    if "failed" in causes:
        return "failed"
    if causes:
        return "stale"
    return "follows" if after else "fresh"


def _of_outputs(stage: Stage, record: Mapping[str, Any], workspace: Workspace) -> Iterator[Reason]:
    """Yield the files of what the stage made that were edited, lost or added since."""
    for name in stage.makes:
        if not record["passed"] and name in stage.gated:
            continue  # what did not pass was not published: there are the last that passed
        kept = record["outputs"].get(name, {})
        yield from _differing("output", kept, workspace.digests(name), inside=f"{name}/")


def _of_inputs(stage: Stage, record: Mapping[str, Any], workspace: Workspace) -> Iterator[Reason]:
    """Yield the files that the stage reads and that are others now."""
    kept: Mapping[str, Mapping[str, str]] = record["inputs"]
    for name in stage.needs:
        now = workspace.digests(name)
        yield from _differing("input", kept.get(name, {}), now, inside=f"{name}/")
    for name in kept:
        if name not in stage.needs:
            yield Reason(cause="input", what=name, change="gone")


def _differing(
    cause: Cause,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    inside: str = "",
    told: bool = False,
) -> Iterator[Reason]:
    """Yield what is in only one of two mappings, or is another in each."""
    if before == after:
        return
    for name in sorted({*before, *after}):
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield Reason(
                cause=cause,
                what=f"{inside}{name}",
                change="changed" if old and new else "gone" if old else "new",
                before=old if told else "",
                after=new if told else "",
            )


def _of_parameters(record: Mapping[str, Any], request: Request) -> Iterator[Reason]:
    """Yield the parameters that are others now, leaf by leaf where they are short."""
    kept: Mapping[str, str] = record["parameters"]
    now = parameters(request, kept)
    changed = [name for name in kept if kept[name] != now[name]]
    told = values(request, changed)
    for name in changed:
        old, new = record["values"].get(name), told.get(name)
        leaves = list(_leaves(name, json.loads(old), json.loads(new))) if old and new else []
        yield from leaves or [Reason(cause="parameter", what=name, change="changed")]


_ABSENT = object()


def _leaves(path: str, old: object, new: object) -> Iterator[Reason]:
    """Yield the innermost values that differ, each with its path."""
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        for key in dict.fromkeys((*old, *new)):
            yield from _leaves(f"{path}.{key}", old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(f"{path}.{place}", one, other)
    elif old != new or type(old) is not type(new):
        before, after = _text(old), _text(new)
        yield Reason(cause="parameter", what=path, change="changed", before=before, after=after)


def _text(value: object) -> str:
    """Return a value as JSON, cut where it is long; empty where there is none."""
    if value is _ABSENT:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _of_source(
    stage: Stage, request: Request, workspace: Workspace
) -> tuple[tuple[Reason, ...], str, tuple[str, ...]]:
    """Look at the raw files as ``stage`` does; nothing of what it writes is kept.

    Return what is other now, why nobody can look, and the outputs that would be others.
    """
    drafts = {name: Jotter() for name in stage.makes}
    work = Work(
        request=request,
        inputs={name: workspace.output(name) for name in stage.needs},
        outputs=drafts,
        scratch=Jotter(),
        note=lambda _: None,
        last=workspace.output,
    )
    try:
        stage.function()(work)
    except ForesellError as error:
        return (), error.what, ()
    other = {
        name: found
        for name in stage.makes
        if (found := tuple(_raw_files(workspace.output(name), drafts[name])))
    }
    raw = {reason.what: reason for name in reversed(other) for reason in other[name]}
    return tuple(raw.values()), "", tuple(other)


def _raw_files(before: Store, after: "Jotter") -> Iterator[Reason]:
    """Yield the raw files of which two lists, as ``manifest`` writes them, say something else."""
    for file in after.list():
        if before.read_bytes(file) == after.read_bytes(file):
            continue
        old, new = _listed(before.read_bytes(file)), _listed(after.read_bytes(file))
        changed = [name for name in (*old, *new) if old.get(name) != new.get(name)]
        for name in dict.fromkeys(changed or (file,)):
            yield Reason(cause="source", what=name, change=_change(old.get(name), new.get(name)))


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Change:
    """Return what became of one raw file, by what two lists say of it."""
    if old is None or new is None:
        return "changed" if old is new else "new" if old is None else "gone"
    return "touched" if old["sha256"] == new["sha256"] else "changed"


def _listed(content: bytes) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries of a list of raw files by name."""
    return {file["name"]: file for file in json.loads(content).get("files", ())}


@dataclass(frozen=True)
class Jotter:
    """A store in memory for what a look at the world writes: nothing of it is kept."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Keep ``content`` under ``name``."""
        self.files[name] = content

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes kept under ``name``.

        Raises:
            DataError: there are none.
        """
        try:
            return self.files[name]
        except KeyError as error:
            raise DataError(f"{name} is missing", "memory", "write it first") from error

    def write_frame(self, name: str, frame: "pl.DataFrame") -> None:
        """Keep ``frame`` as Parquet under ``name``."""
        buffer = BytesIO()
        frame.write_parquet(buffer)
        self.files[name] = buffer.getvalue()

    def read_frame(self, name: str) -> "pl.DataFrame":
        """Return the frame kept under ``name``. Raises DataError when there is none."""
        import polars as pl  # noqa: PLC0415 - heavy: nobody who only asks what is stale needs it

        return pl.read_parquet(BytesIO(self.read_bytes(name)))

    def list(self) -> Sequence[str]:
        """Return every name, sorted."""
        return sorted(self.files)
