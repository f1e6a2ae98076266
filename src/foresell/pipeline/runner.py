"""Run the stages in order, in this process; do again only what a change reaches."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from foresell.errors import ForesellError, SpecError, UsageError, nearest
from foresell.pipeline.records import (
    FORMAT,
    Code,
    code_of,
    given,
    input_digests,
    read_record,
)
from foresell.pipeline.source_files import code_files
from foresell.pipeline.staleness import reasons
from foresell.pipeline.work import Event, Request, Stage, Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import PROVENANCE, Store, Workspace


class Outside(Protocol):
    """Knows at a glance whether the world outside is as it was."""

    def now(self, stage: Stage, request: Request) -> str | None:
        """Return a digest of all that ``stage`` would find, None where that is not known."""
        ...

    def last(self, stage: Stage) -> str | None:
        """Return the digest of the world in which ``stage`` found nothing new; None: in none."""
        ...

    def keep(self, stage: Stage, seen: str) -> None:
        """Remember that in the world ``seen`` the stage has found nothing new."""
        ...


@dataclass(frozen=True, kw_only=True)
class Runner:
    """What a run needs beside its request. ``clock`` counts seconds from anywhere.

    ``run_id``: no other run's. It stands in every event and in the record of every stage the run
    did, never in an output: what a run makes follows from what it was given. ``code``: how
    the files of a stage's code are found. ``outside``: remembers how the world was when stages that
    look at it found nothing new; None: they look in every run.
    """

    workspace: Workspace
    clock: Callable[[], float]
    listen: Callable[[Event], None]
    run_id: str = ""
    code: Code = code_files
    outside: Outside | None = None

    def run(self, stages: Sequence[Stage], request: Request) -> None:
        """Bring the outputs of ``stages``, given in order, up to date; by force, make all again.

        What earlier stages published stays when one fails; whoever listens is told. The error is
        whatever the stage that failed raised.
        """
        for stage in stages:
            self.bring(stage, request)

    def bring(self, stage: Stage, request: Request) -> None:
        """Bring the outputs of one stage up to date: do it, unless it is fresh."""
        if not request.force and self._holds(stage, request):
            self._tell("kept", stage, stage.says)
        else:
            self.do(stage, request)

    def do(self, stage: Stage, request: Request) -> None:
        """Do one stage, changed or not, and publish what it made, even where it did not pass.

        Of a stage that looks at the world outside (``always``) nothing is published where nothing
        has changed and what it found is what is published: it is kept as it is, run and all.

        Raises:
            ForesellError: whatever the stage raised, or a ``SpecError`` where it read or wrote what
                it does not declare: then nothing is published.
        """
        try:
            self._do(stage, request)
        except ForesellError as error:
            self._tell("failed", stage, error.what)
            raise

    def _holds(self, stage: Stage, request: Request) -> bool:
        """Tell whether a stage need not be done; one that looks outside, only where that is known.

        It is where the world is, at a glance, that in which the stage found nothing new.
        """
        if stage.always and (seen := self._seen(stage, request)) is None:
            return False
        if stage.always and self.outside is not None and self.outside.last(stage) != seen:
            return False
        return self.is_fresh(stage, request)

    def _seen(self, stage: Stage, request: Request) -> str | None:
        """Return the world that a stage looks at, where it is known at a glance."""
        return self.outside.now(stage, request) if self.outside is not None else None

    def is_fresh(self, stage: Stage, request: Request) -> bool:
        """Tell whether nothing the stage depends on has changed since it was published."""
        return not reasons(stage, request, self.workspace, self.code)

    def _do(self, stage: Stage, request: Request) -> None:
        """Do one stage; see `do`."""
        self._tell("started", stage, stage.says)
        began = self.clock()
        fresh = stage.always and not request.force and self.is_fresh(stage, request)
        inputs = input_digests(stage, self.workspace)
        code = dict(code_of(stage, self.workspace, self.code))
        work = self._work(stage, request, fresh=fresh)
        seen = self._seen(stage, request) if fresh else None
        failure = stage.function()(work)
        _refuse_undeclared(stage, work)
        if not stage.always:  # what looks at the world outside says nothing about rows
            for store in work.outputs.values():
                store.write_bytes(PROVENANCE, _provenance(stage, request))
        outputs = {name: _digests(store) for name, store in work.outputs.items()}
        if fresh and failure is None and outputs == self._published(stage):
            if self.outside is not None and seen is not None:
                self.outside.keep(stage, seen)
            self._tell("kept", stage, stage.says)
            return
        seconds = self.clock() - began
        record = {
            "record": FORMAT,
            "inputs": inputs,
            "outputs": outputs,
            **given(request, work.seen),
            "code": code,
            "passed": failure is None,
            "seconds": round(seconds, 3),
            "run_id": self.run_id,
            "forced": request.force,
        }
        passed = [name for name in stage.makes if failure is None or name not in stage.gated]
        self.workspace.publish(stage.name, passed, json_bytes(record))
        if failure is not None:
            raise failure
        self._tell("done", stage, stage.says, seconds)

    def _work(self, stage: Stage, request: Request, *, fresh: bool) -> Work:
        """Return what a stage is given: ``fresh``: what it made last still holds."""
        return Work(
            request=request,
            inputs=_Declared(
                stage.name, "needs", {name: self.workspace.output(name) for name in stage.needs}
            ),
            outputs=_Declared(
                stage.name, "makes", {name: self.workspace.draft(name) for name in stage.makes}
            ),
            scratch=self.workspace.draft(f"scratch {stage.name}"),
            note=lambda text: self._tell("note", stage, text),
            record=lambda name: read_record(self.workspace.record(name)),
            last=lambda name: self.workspace.output(name) if fresh else None,
        )

    def _published(self, stage: Stage) -> Mapping[str, Mapping[str, str]]:
        """Return the sha256 of every file that the stage has published, by output."""
        return {name: dict(self.workspace.digests(name)) for name in stage.makes}

    def _tell(self, kind: str, stage: Stage, text: str, seconds: float = 0.0) -> None:
        """Tell whoever listens."""
        name, run_id = stage.name, self.run_id
        self.listen(Event(kind=kind, stage=name, text=text, seconds=seconds, run_id=run_id))


class _Declared(Mapping[str, Store]):
    """The inputs or outputs that a stage declares; it cannot ask for another, in whatever way.

    Not even whether there is another (``in``, ``get``) is answered: what a stage makes would follow
    from it, and nobody would know.
    """

    def __init__(self, stage: str, field: str, stores: Mapping[str, Store]) -> None:
        self._stage, self._field, self._stores = stage, field, stores

    def __iter__(self) -> Iterator[str]:
        """Return the names that are declared, in their order."""
        return iter(self._stores)

    def __len__(self) -> int:
        """Return how many are declared."""
        return len(self._stores)

    def __getitem__(self, name: str) -> Store:
        """Return an output that is declared.

        Raises:
            SpecError: it is not.
        """
        if name in self._stores:
            return self._stores[name]
        verb = "reads" if self._field == "needs" else "writes"
        raise SpecError(
            f"the stage {self._stage!r} {verb} {name!r} and does not declare it",
            f"stage {self._stage!r}, {self._field}",
            f"add {name!r} to {self._field} of the stage, or leave it alone",
        )


def _refuse_undeclared(stage: Stage, work: Work) -> None:
    """Refuse a stage that read parameters which it does not declare; nothing is published.

    Raises:
        SpecError: it names them.
    """
    if stage.reads is None:
        return
    if undeclared := sorted(work.seen.difference(stage.reads)):
        noun = "parameter" if len(undeclared) == 1 else "parameters"
        raise SpecError(
            f"the stage {stage.name!r} reads the {noun} {', '.join(undeclared)} and does not "
            "declare it",
            f"stage {stage.name!r}, reads",
            "add what it reads to reads of the stage, or let it be",
        )


def _provenance(stage: Stage, request: Request) -> bytes:
    """Return what every output says of where it came from: a contract cannot change in silence."""
    return json_bytes({
        "project": request.project.name,
        "stage": stage.name,
        "contract": {"version": request.contract.version, "sha256": request.contract.digest},
        "synthetic": request.source.synthetic,
    })


def _digests(store: Store) -> Mapping[str, str]:
    """Return the sha256 of every file of a draft."""
    return {name: hashlib.sha256(store.read_bytes(name)).hexdigest() for name in store.list()}


def until(stages: Sequence[Stage], last: str | None) -> Sequence[Stage]:
    """Return the stages up to and including ``last``, or all of them.

    Raises:
        UsageError: no stage has that name.
    """
    names = [stage.name for stage in stages]
    if last is None:
        return stages
    if last not in names:
        raise UsageError(f"there is no stage {last!r}", "--until", nearest(last, names))
    return stages[: names.index(last) + 1]
