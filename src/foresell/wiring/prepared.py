"""A run of one project, made ready: its workspace held, its request put together, told of."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import UsageError
from foresell.pipeline.graph import stages_of
from foresell.pipeline.runner import Runner
from foresell.pipeline.scheduling import Part, choose, makers, needed
from foresell.pipeline.staleness import reasons
from foresell.pipeline.telling import TELLING
from foresell.pipeline.work import Event, Request, Stage
from foresell.settings import Settings
from foresell.spec.extras import RISK, need
from foresell.spec.project import ProjectSpec
from foresell.wiring.agreed import agree, remember
from foresell.wiring.asked import Asked, asked_request
from foresell.wiring.glances import Glances
from foresell.wiring.quarantine import refuse_edited
from foresell.wiring.registry import refuse_unusable
from foresell.wiring.runs import declaration, keep_facts, runner, workspace
from foresell.wiring.tracking import TrackedRun
from foresell.wiring.tracking_result import RunTracking
from foresell.wiring.unchanged import seal

_GATE = "validate"
_TOLD = 5  # reasons of a stage that a refusal names


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One run that can begin. ``every``: all stages of the project, ``stages``: those of this run.

    ``locks``: the descriptors of the locks that hold the workspace, for children.
    """

    project: ProjectSpec
    asked: Asked
    settings: Settings
    texts: str
    place: DirectoryWorkspace
    request: Request
    every: tuple[Stage, ...]
    stages: tuple[Stage, ...]
    runner: Runner
    tracked: TrackedRun
    listen: Callable[[Event], None]
    locks: tuple[int, ...]

    def finish(self) -> RunTracking:
        """Keep what is true of this run alone, and wait until all of it is told."""
        names = [stage.name for stage in self.stages]
        if len(names) < len(self.every):  # of the others is true what it was
            names = [stage.name for stage in self.every if self.place.record(stage.name)]
        keep_facts(self.place, self.runner.run_id, names, self.texts)
        tracking = self.tracked.finish(self.listen)
        seal(self, tracking)
        return tracking


@contextmanager
def prepared(
    project: str,
    asked: Asked,
    part: Part,
    settings: Settings,
    listen: Callable[[Event], None],
    *,
    track: bool,
) -> Iterator[Prepared]:
    """Hold the workspace of a project, and give what a run of it needs.

    Whatever cannot go well is refused before any work: a stage that is not there, a registry that
    cannot be read, a library that is not installed, an input that was never made. Of a stage whose
    outputs are used as they are, and are stale, ``listen`` is told; a part that has to be fresh is
    refused then.
    """
    texts, spec = declaration(project, settings)
    every = stages_of(spec)
    stages = choose(every, part)
    names = [stage.name for stage in stages]
    _refuse_lacking(spec, names, settings)
    place = workspace(project, settings)
    with ExitStack() as held:
        locks = held.enter_context(_held(place, stages, part))
        for output in {name for stage in every for name in stage.by_hand}:
            place.folder(output).mkdir(parents=True, exist_ok=True)
        if _GATE in names:
            refuse_edited(place, project)
        _refuse_unmade(project, every, stages, place)
        request = asked_request(project, asked, place, names, settings)
        agree(place, request)
        if _GATE in names:
            held.callback(remember, place, request)
        told = track and any(name in TELLING for name in names)
        tracked = held.enter_context(TrackedRun(settings, place, request, texts.where, told))
        one = Prepared(
            project=spec,
            asked=asked,
            settings=settings,
            texts=texts.where,
            place=place,
            request=request,
            every=every,
            stages=stages,
            runner=replace(
                runner(place, tracked.beside(listen)),
                outside=Glances(place=place, settings=settings),
            ),
            tracked=tracked,
            listen=listen,
            locks=locks,
        )
        _tell_stale(one, refuse=part.fresh)
        yield one


def _held(
    place: DirectoryWorkspace, stages: Sequence[Stage], part: Part
) -> AbstractContextManager[tuple[int, ...]]:
    """Hold the workspace, or those stages of it that are asked for one by one."""
    if not part.only:
        return place.locked()
    return place.locked_stages({stage.name: (*stage.makes, *stage.by_hand) for stage in stages})


def _refuse_lacking(project: ProjectSpec, stages: Sequence[str], settings: Settings) -> None:
    """Refuse what the stages will need and cannot have."""
    if "register" in stages:
        refuse_unusable(settings)
    if "risk" in stages:
        need(RISK, f"foresell run {project.name}, the stage risk", "risk")


def _refuse_unmade(
    project: str, every: Sequence[Stage], stages: Sequence[Stage], place: DirectoryWorkspace
) -> None:
    """Refuse to begin where an input is not there that none of ``stages`` makes.

    Raises:
        UsageError: the stage that makes it was never done, did not pass, or its output is gone.
    """
    made, own = makers(every), {stage.name for stage in stages}
    for stage in stages:
        for output in stage.needs:
            maker = made.get(output)
            if maker is None or maker in own:
                continue
            if why := _unmade(maker, output, place):
                raise UsageError(
                    f"the stage {stage.name} needs {output}, and {why}",
                    str(place.folder(output)),
                    f"run that one first: foresell run {project} --stage {maker}",
                )


def _unmade(maker: str, output: str, place: DirectoryWorkspace) -> str:
    """Return why an output is not there; empty where it is."""
    kept = place.record(maker)
    if kept is None:
        return f"the stage {maker} was never done"
    if not _passed(kept):
        return f"the stage {maker} did not pass"
    return "" if place.folder(output).is_dir() else f"what the stage {maker} made is gone"


def _passed(record: bytes) -> bool:
    """Tell whether a record says that its stage passed; one that cannot be read vouches for none.

    >>> _passed(b'{"passed": true}'), _passed(b"half a rec")
    (True, False)
    """
    try:
        kept = json.loads(record)
    except ValueError:
        return False
    return isinstance(kept, dict) and kept.get("passed") is True


def _tell_stale(one: Prepared, *, refuse: bool) -> None:
    """Tell of the stages before those of this run that are stale, or refuse to go on from them.

    Raises:
        UsageError: one is, and that is to be refused.
    """
    own = {stage.name for stage in one.stages}
    before: dict[str, str] = {}  # by stage, the first of this run that follows from it
    for stage in one.stages:
        for name in needed(one.every, stage) - own:
            before.setdefault(name, stage.name)
    for stage in one.every:
        if stage.name not in before or stage.always:
            continue
        why = reasons(stage, one.request, one.place, one.runner.code)
        if why and refuse:
            raise UsageError(
                f"the stage {before[stage.name]} follows from {stage.name}, which is stale: "
                + "; ".join(reason.says for reason in why[:_TOLD])
                + (f"; and {len(why) - _TOLD} more" if len(why) > _TOLD else ""),
                "--refuse-stale",
                f"run that one first: foresell run {one.project.name} --stage {stage.name}",
            )
        if why:
            one.runner.listen(
                Event(
                    kind="warned",
                    stage=before[stage.name],
                    text=f"{stage.name} is stale ({why[0].says}); what it made is used as it is",
                    run_id=one.runner.run_id,
                )
            )
