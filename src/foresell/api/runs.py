"""Which projects there are, and a run of one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from foresell.adapters.machine import Check
from foresell.adapters.projects import Declaration
from foresell.api.run_result import RunResult, result_of
from foresell.errors import ForesellError, UsageError, nearest
from foresell.pipeline.scheduling import Part
from foresell.pipeline.work import Event, unheard
from foresell.settings import read_settings
from foresell.spec.extras import TRAINING, need
from foresell.spec.modelling import Selection
from foresell.spec.project import Origin, Preset, ProjectSpec
from foresell.wiring import runs as wiring
from foresell.wiring.asked import Asked
from foresell.wiring.origins import Given, reads
from foresell.wiring.unchanged import unchanged


@dataclass(frozen=True, kw_only=True)
class ProjectSummary:
    """One declared project; ``synthetic`` ones need no data.

    ``frequency`` and ``horizon`` are those of a panel; a tabular project has neither. ``kind`` is
    ``broken`` where the declaration cannot be read; ``title`` then says why. ``reads``: where its
    rows are, of ``files``, ``s3`` and ``postgres``.
    """

    name: str
    title: str
    kind: str
    where: str
    target: str = ""
    frequency: str = ""
    horizon: int | None = None
    synthetic: bool = False
    reads: tuple[str, ...] = ()


def projects() -> list[ProjectSummary]:
    """Return the projects that can be run, by name: yours first, then those foresell ships."""
    settings = read_settings()
    found = []
    for name, folder in wiring.declarations(settings).items():
        try:
            found.append(_summary(*wiring.declaration(name, settings)))
        except ForesellError as error:
            found.append(
                ProjectSummary(name=name, title=error.what, kind="broken", where=str(folder))
            )
    return found


def _summary(texts: Declaration, spec: ProjectSpec) -> ProjectSummary:
    """Return the summary of one declaration."""
    return ProjectSummary(
        name=spec.name,
        title=spec.title,
        kind=spec.kind,
        target=spec.target,
        frequency=spec.frequency if spec.kind == "panel" else "",
        horizon=spec.horizon if spec.kind == "panel" else None,
        synthetic=spec.synthetic is not None,
        where=texts.where,
        reads=reads(spec),
    )


def run(
    project: str,
    *,
    data: str | Path | None = None,
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
) -> RunResult:
    """Run ``project`` from raw files to a judged model; do again only what changed.

    ``data``: folder of the raw files, or ``s3://bucket/prefix``; needed unless they are staged,
    named by the project, or of its own making. ``source``: ``files``, or ``postgres`` for the
    warehouse that DB_* names, instead of what the project file says. ``preset``: effort, ``fast``,
    ``default`` or ``best``. ``selection``: ``baseline``, ``tuned`` or ``both``, instead of what
    preset and project file say. ``first`` and ``until``: the first and the last stage to run, or
    ``stages``: exactly these; what other stages have made is used as it is, and has to be there.
    While single ``stages`` run, other processes may run others of the same project.
    ``refuse_stale``: a UsageError where what is used as it is, is stale. ``override``: the reason
    for using a model that failed the gate; it is written into the bundle. ``force``: do all again,
    changed or not, and register a new version. ``track``: tell MLflow of it or not, by default as
    ``FORESELL_TRACKING`` says; what cannot be told fails nothing: see ``tracking``.
    ``jobs``: how many stages are done at a time, in processes of their own where it is more than
    one; what comes out is the same. ``home``: where all state lives, ``FORESELL_HOME`` or
    ``./workspace`` by default. ``listen`` hears progress.

    What comes out is kept in the registry (`foresell.registry`), and where it is a new version that
    passes the gate, or is used all the same for a reason, staging points to it. Prod does not move.

    Every failure is a ``ForesellError``; a model that fails the gate is not one: see ``passed``. No
    such preset, selection or source, and an empty reason for an override, are each a UsageError.
    """
    asked = ask(Given(data=data, source=source), preset, selection, override, force=force)
    part = Part(first=first, until=until, only=tuple(stages), fresh=refuse_stale)
    refuse_no_jobs(jobs)
    settings = read_settings(Path(home) if home is not None else None)
    on = settings.tracked if track is None else track
    if (kept := unchanged(project, asked, part, settings, listen, track=on)) is not None:
        return result_of(kept, kept.tracking)
    from foresell.wiring.prepared import prepared  # noqa: PLC0415 - heavy: only when it is needed
    from foresell.wiring.side_by_side import bring  # noqa: PLC0415 - as above

    with prepared(project, asked, part, settings, listen, track=on) as one:
        if (error := bring([one], jobs)[0]) is not None:
            raise error
        tracking = one.finish()
    return result_of(one, tracking)


def ask(
    given: Given,
    preset: Preset,
    selection: Selection | None,
    override: str | None,
    *,
    force: bool,
) -> Asked:
    """Return what is asked for, where it means something and this installation can train."""
    refuse_unknown_words(preset=preset, selection=selection, source=given.source)
    need(TRAINING, "foresell run", "train")
    _refuse_no_reason(override)
    return Asked(given=given, preset=preset, selection=selection, override=override, force=force)


def refuse_unknown_words(
    *, preset: str | None = None, selection: str | None = None, source: str | None = None
) -> None:
    """Refuse a preset, selection or source that there is none of; None is nothing asked.

    Raises:
        UsageError: the nearest word is named.
    """
    for noun, asked, known in (
        ("preset", preset, get_args(Preset)),
        ("selection", selection, get_args(Selection)),
        ("source", source, get_args(Origin)),
    ):
        if asked is not None and asked not in known:
            raise UsageError(f"there is no {noun} {asked!r}", noun, nearest(asked, known))


def refuse_no_jobs(jobs: int) -> None:
    """Refuse to do nothing at a time.

    Raises:
        UsageError: ``jobs`` is below 1.
    """
    if jobs < 1:
        raise UsageError(f"{jobs} stages at a time are none", "jobs", "give 1 or more")


def _refuse_no_reason(override: str | None) -> None:
    """Refuse the reason for an override that says nothing, or that no line of text can hold.

    Raises:
        UsageError: it is one.
    """
    if override is None:
        return
    words = " ".join(override.split())
    if not words or not words.isprintable():
        what = "has control characters in it" if words else "is empty"
        raise UsageError(f"the reason {what}", "override", "say why the model is used all the same")


def doctor(home: str | Path | None = None) -> list[Check]:
    """Return what this machine and installation have, what they lack, and how to mend it."""
    return list(wiring.doctor(read_settings(Path(home) if home is not None else None)))
