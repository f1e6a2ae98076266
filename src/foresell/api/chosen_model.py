"""Which model answers: that of the last run, or a registered version."""

from dataclasses import dataclass
from pathlib import Path

from foresell.bundle.bundle import Bundle, may_answer, read_bundle
from foresell.errors import ForesellError, GateError, UsageError
from foresell.settings import Settings, read_settings
from foresell.spec.commands import run_command
from foresell.wiring import predicting as answers
from foresell.wiring import runs as wiring

Which = int | str | None  # a version, an alias, or None for the last run


@dataclass(frozen=True, kw_only=True)
class ChosenModel:
    """A bundle, and what to call it: a version's number, or how the sha256 of the last one begins.

    ``registered``: whether it is a version. ``accepted``: it passed the gate, or somebody gave a
    reason to use it all the same, at its run or when it was promoted. ``rejected``: it is a version
    that somebody has rejected, which is for good.
    """

    project: str
    bundle: Bundle
    version: str
    registered: bool
    accepted: bool
    rejected: bool = False


def chosen_model(project: str, home: str | Path | None, model: Which = None) -> ChosenModel:
    """Return the model of the last run of ``project``, or the version that ``model`` means.

    ``model``: ``prod``, ``staging``, ``champion``, ``challenger``, ``latest`` or a number. Every
    byte of it is verified; one that has changed is a ``DataError``. A project without a run or
    without such a version is a ``UsageError``.
    """
    return _last(project, home) if model is None else _version(project, home, model)


def table_model(project: str, home: str | Path | None, model: Which = None) -> ChosenModel:
    """Return what `chosen_model` does of a tabular project.

    Raises:
        UsageError: the project is a panel.
    """
    settings = read_settings(Path(home) if home is not None else None)
    if wiring.declaration(project, settings)[1].kind != "tabular":
        raise UsageError(
            f"the project {project!r} is a panel: it answers series and dates",
            f"project {project!r}",
            f"foresell forecast {project}; with --rows FILE for rows of one's own",
        )
    return chosen_model(project, home, model)


def panel_model(project: str, home: str | Path | None, model: Which = None) -> ChosenModel:
    """Return what `chosen_model` does of a panel.

    Raises:
        UsageError: the project is tabular and answers rows, not dates.
    """
    settings = read_settings(Path(home) if home is not None else None)
    if wiring.declaration(project, settings)[1].kind != "panel":
        raise UsageError(
            f"the project {project!r} is tabular: it answers rows, and has no dates to forecast",
            f"project {project!r}",
            f"foresell predict {project} answers them; --show-schema lists what a row holds",
        )
    return chosen_model(project, home, model)


def refuse_failed(chosen: ChosenModel) -> None:
    """Refuse to answer from a version that was rejected, or a model that failed the gate.

    Raises:
        GateError: it was; or it did, and nobody gave a reason to use it all the same.
    """
    project, version = chosen.project, chosen.version
    if chosen.rejected:
        raise GateError(
            f"version {version} was rejected, which is final",
            f"project {project!r}, version {version}",
            f"answer with another: foresell registry show {project} lists them",
        )
    if not chosen.accepted and chosen.registered:
        raise GateError(
            f"version {version} failed the gate",
            f"project {project!r}, version {version}",
            "answer with another, or promote it with a reason: foresell registry promote "
            f"{project} {version} --to prod --reason TEXT --override-gate",
        )
    if not chosen.accepted:
        raise GateError(
            "the model of the last run failed the gate",
            f"project {project!r}, bundle/metadata.json",
            f"read the report, or accept it: foresell run {project} --override REASON",
        )


def _last(project: str, home: str | Path | None) -> ChosenModel:
    """Return the model of the last run.

    Raises:
        UsageError: there was none.
    """
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = wiring.declaration(project, settings)
    place = wiring.workspace(spec.name, settings)
    if place.record("refit") is None:
        raise UsageError(
            f"the project {project!r} has no bundle yet",
            str(place.root),
            f"run it first: {run_command(spec)}{_or_registered(project, settings)}",
        )
    bundle = read_bundle(place.output("bundle"))
    return ChosenModel(
        project=project,
        bundle=bundle,
        version=answers.bundle_version(place),
        registered=False,
        accepted=may_answer(bundle),
    )


def _or_registered(project: str, settings: Settings) -> str:
    """Return which version could answer instead, as the end of a sentence; empty where none is."""
    from foresell.govern import registry as rules  # noqa: PLC0415 - as below
    from foresell.wiring.registry import registry  # noqa: PLC0415

    try:
        state = rules.read_state(registry(settings), project)
    except ForesellError:  # what is told is that there is no bundle; this is only what might help
        return ""
    if not state.versions:
        return ""
    named = (alias for alias, live in state.aliases.items() if live is not None)
    return f"; or ask a registered version: --model {next(named, 'latest')}"


def _version(project: str, home: str | Path | None, model: int | str) -> ChosenModel:
    """Return a registered version: which one, and whether it may answer, from one state."""
    from foresell.govern import registry as rules  # noqa: PLC0415 - only when it is asked
    from foresell.wiring.registry import registry  # noqa: PLC0415

    kept = registry(read_settings(Path(home) if home is not None else None))
    rules.refuse_unknown(kept, project)
    state = rules.read_state(kept, project)
    version = rules.resolve(state, model)
    # The registration judged the gate anew: what a bundle says of its own does not count.
    gate = version.record["gate"]
    # No alias is moved to a version that failed without a reason in the project's history.
    live = version.version in state.aliases.values()
    rejected = version.approval == "Rejected"
    return ChosenModel(
        project=project,
        bundle=rules.read_version(kept, version),
        version=str(version.version),
        registered=True,
        accepted=not rejected and bool(gate["passed"] or gate["override"] or live),
        rejected=rejected,
    )
