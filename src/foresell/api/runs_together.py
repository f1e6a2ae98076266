"""Runs of several projects: one after another, or side by side."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from foresell.api.run_result import RunResult, result_of
from foresell.api.runs import ask, refuse_no_jobs
from foresell.errors import ForesellError, UsageError
from foresell.pipeline.scheduling import Part
from foresell.pipeline.work import Event, unheard
from foresell.settings import Settings, read_settings
from foresell.spec.modelling import Selection
from foresell.spec.project import Origin, Preset
from foresell.wiring.asked import Asked
from foresell.wiring.origins import Given
from foresell.wiring.runs import declaration, declarations, declared, raw_source
from foresell.wiring.unchanged import unchanged

if TYPE_CHECKING:
    from foresell.wiring.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs of several projects, and of each other project why it has none.

    ``passed_over``: there is no data of it, in words. ``failed``: something is wrong with it, or
    its run did not come to its end.
    """

    runs: tuple[RunResult, ...]
    passed_over: Mapping[str, str]
    failed: Mapping[str, ForesellError]


def run_all(
    projects: Sequence[str] = (),
    *,
    source: Origin | None = None,
    preset: Preset = "default",
    selection: Selection | None = None,
    first: str | None = None,
    until: str | None = None,
    stages: Sequence[str] = (),
    refuse_stale: bool = False,
    override: str | None = None,
    force: bool = False,
    track: bool | None = None,
    jobs: int = 1,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> Runs:
    """Run several ``projects`` as `foresell.run` does one; all of them where none is named.

    ``jobs``: how many stages are done at a time, of one project or of several; what comes out is
    the same. A project that cannot be run stops no other: it has failed, and says why. Where none
    is named, those without data are passed over. ``listen`` hears of each stage as ``project:
    stage``. A name that no project has is a UsageError, before anything runs.
    """
    asked = ask(Given(source=source), preset, selection, override, force=force)
    part = Part(first=first, until=until, only=tuple(stages), fresh=refuse_stale)
    refuse_no_jobs(jobs)
    settings = read_settings(Path(home) if home is not None else None)
    on = settings.tracked if track is None else track
    known = declarations(settings)
    for name in projects:
        if name not in known:
            declaration(name, settings)  # which refuses it, and names the nearest
    hear = _one_at_a_time(listen)
    many = _Many(asked=asked, part=part, settings=settings, listen=hear, track=on)
    names = tuple(dict.fromkeys(projects or known))
    for group in [names] if jobs > 1 else [(name,) for name in names]:
        many.run(group, jobs)
    failed = dict(many.failed)
    over = () if projects else [name for name in failed if _lacks_data(name, asked, settings)]
    return Runs(
        runs=tuple(sorted(many.runs, key=lambda one: names.index(one.project))),
        passed_over={name: failed.pop(name).what for name in over},
        failed=failed,
    )


class _Many:
    """What came of the projects that were run."""

    def __init__(
        self,
        *,
        asked: Asked,
        part: Part,
        settings: Settings,
        listen: Callable[[Event], None],
        track: bool,
    ) -> None:
        self._asked, self._part, self._settings = asked, part, settings
        self._listen, self._track = listen, track
        self.runs: list[RunResult] = []
        self.failed: dict[str, ForesellError] = {}

    def run(self, projects: Sequence[str], jobs: int) -> None:
        """Run ``projects`` at once, ``jobs`` stages at a time."""
        projects = [name for name in projects if not self._unchanged(name)]
        if not projects:
            return
        from foresell.wiring.side_by_side import bring  # noqa: PLC0415 - heavy: when it is needed

        with ExitStack() as held:
            ready = [one for name in projects if (one := self._prepared(name, held)) is not None]
            for one, error in zip(ready, bring(ready, jobs), strict=True):
                if error is not None:
                    self.failed[one.project.name] = error
                    continue
                self.runs.append(result_of(one, one.finish()))

    def _unchanged(self, project: str) -> bool:
        """Tell whether the run of a project has nothing to do, and is done with that."""
        listen = _of(project, self._listen)
        try:
            one = unchanged(
                project, self._asked, self._part, self._settings, listen, track=self._track
            )
        except ForesellError:
            return False  # the run itself says what is wrong
        if one is not None:
            self.runs.append(result_of(one, one.tracking))
        return one is not None

    def _prepared(self, project: str, held: ExitStack) -> "Prepared | None":
        """Make the run of a project ready; None where it cannot be."""
        from foresell.wiring.prepared import prepared  # noqa: PLC0415 - heavy: when it is needed

        listen = _of(project, self._listen)
        try:
            return held.enter_context(
                prepared(
                    project, self._asked, self._part, self._settings, listen, track=self._track
                )
            )
        except ForesellError as error:
            self.failed[project] = error
            return None


def _one_at_a_time(listen: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a listener that hears one event at a time, whichever run it is of."""
    hearing = Lock()

    def hear(event: Event) -> None:
        with hearing:
            listen(event)

    return hear


def _of(project: str, listen: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a listener that hears of which project an event is."""
    return lambda event: listen(replace(event, stage=f"{project}: {event.stage}"))


def _lacks_data(project: str, asked: Asked, settings: Settings) -> bool:
    """Tell whether a project can be read, and there is no data to run it on."""
    try:
        _, spec, contract = declared(project, asked.given, settings)
    except ForesellError:
        return False
    try:
        raw_source(spec, contract, asked.given, settings)
    except UsageError:
        return True
    except ForesellError:
        return False
    return False
