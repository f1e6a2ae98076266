"""Run the stages in order, in this process; do again only what a change reaches."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresell.errors import ForesellError, UsageError, nearest
from foresell.pipeline.fingerprint import code_digest, digest, libraries, parameters
from foresell.pipeline.work import Event, Request, Stage, Work
from foresell.pipeline.writing import json_bytes
from foresell.spec.ports import PROVENANCE, Store, Workspace


@dataclass(frozen=True, kw_only=True)
class Runner:
    """What a run needs beside its request. ``clock`` counts seconds from anywhere.

    ``run_id``: no other run's. It stands in every event and in the record of every stage the run
    did, never in an output: what a run makes follows from what it was given.
    """

    workspace: Workspace
    clock: Callable[[], float]
    listen: Callable[[Event], None]
    run_id: str = ""

    def run(self, stages: Sequence[Stage], request: Request) -> None:
        """Bring the outputs of ``stages``, given in order, up to date; by force, make all again.

        What earlier stages published stays when one fails; whoever listens is told.

        Raises:
            ForesellError: whatever the stage that failed raised.
        """
        for stage in stages:
            if not (stage.always or request.force) and self._is_fresh(stage, request):
                self._tell("kept", stage, stage.says)
                continue
            try:
                self._run_stage(stage, request)
            except ForesellError as error:
                self._tell("failed", stage, error.what)
                raise

    def _run_stage(self, stage: Stage, request: Request) -> None:
        """Run one stage and publish what it made, even where it did not pass."""
        self._tell("started", stage, stage.says)
        began = self.clock()
        work = Work(
            request=request,
            inputs={name: self.workspace.output(name) for name in stage.needs},
            outputs={name: self.workspace.draft(name) for name in stage.makes},
            scratch=self.workspace.draft("scratch"),
            note=lambda text: self._tell("note", stage, text),
            record=lambda name: _record(self.workspace.record(name)),
            last=lambda name: self._last(name, stage, request),
        )
        needs, code = self._inputs(stage), self._code(stage)
        failure = stage.function()(work)
        if not stage.always:  # what looks at the world outside says nothing about rows
            for store in work.outputs.values():
                store.write_bytes(PROVENANCE, _provenance(stage, request))
        seconds = self.clock() - began
        record = {
            "inputs": needs,
            "outputs": {name: _digests(store) for name, store in work.outputs.items()},
            "parameters": parameters(request, work.seen),
            "code": code,
            "libraries": libraries(),
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

    def _last(self, name: str, stage: Stage, request: Request) -> Store | None:
        """Return an output of ``stage`` where nothing has changed since it was published."""
        holds = not request.force and self._is_fresh(stage, request)
        return self.workspace.output(name) if holds else None

    def _tell(self, kind: str, stage: Stage, text: str, seconds: float = 0.0) -> None:
        """Tell whoever listens."""
        name, run_id = stage.name, self.run_id
        self.listen(Event(kind=kind, stage=name, text=text, seconds=seconds, run_id=run_id))

    def _inputs(self, stage: Stage) -> Mapping[str, str]:
        """Return one digest for each output the stage reads."""
        return {name: digest(self.workspace.digests(name)) for name in stage.needs}

    def _is_fresh(self, stage: Stage, request: Request) -> bool:
        """Tell whether nothing the stage depends on has changed since it was published."""
        record = _record(self.workspace.record(stage.name))
        return bool(
            record.get("passed")
            and record.get("libraries") == libraries()
            and record.get("code") == self._code(stage)
            and record.get("parameters") == parameters(request, record.get("parameters", {}))
            and record.get("inputs") == self._inputs(stage)
            and record.get("outputs") == {n: dict(self.workspace.digests(n)) for n in stage.makes}
        )

    def _code(self, stage: Stage) -> str:
        """Return the digest of the code that makes the stage's bytes: its own and the store's."""
        return digest([
            code_digest(stage.module),
            code_digest(type(self.workspace).__module__),
        ])


def _provenance(stage: Stage, request: Request) -> bytes:
    """Return what every output says of where it came from: a contract cannot change in silence."""
    return json_bytes({
        "project": request.project.name,
        "stage": stage.name,
        "contract": {"version": request.contract.version, "sha256": request.contract.digest},
        "synthetic": request.source.synthetic,
    })


def _record(kept: bytes | None) -> dict[str, Any]:
    """Return a stage's record; one that cannot be read vouches for nothing."""
    try:
        record = json.loads(kept or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


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
