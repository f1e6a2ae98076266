"""Training a served version again: whether it is needed, what came of it, where it stands."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from foresell.api.run_result import RunResult
from foresell.api.runs import refuse_unknown_words, run
from foresell.errors import ForesellError
from foresell.monitor.retraining import Evidence, Weighed, weigh
from foresell.pipeline.work import Event, unheard
from foresell.settings import Settings, read_settings
from foresell.spec.project import Origin, Preset, ProjectSpec
from foresell.wiring import retraining as wiring
from foresell.wiring.challenging import answering, beside, promoted
from foresell.wiring.new_data import new_data
from foresell.wiring.registry import registry
from foresell.wiring.runs import declaration, workspace

__all__ = ["Retraining", "retrain"]

_LOOKED_AT = "split"  # the last stage before anything is learnt
_PLAIN = (
    *("project", "served", "alias", "needed", "resumed", "new_data", "trained"),
    *("version", "new", "passed", "override", "beside", "better", "promoted"),
)


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """What a retraining did, and why.

    ``served``: the version that was to be replaced, and the ``alias`` it is served by. ``needed``:
    whether the ``evidence`` asks for it, for ``reasons``. ``new_data``: whether there is any that
    the served version did not learn from; None where that was not looked at. ``trained``: whether a
    challenger came of it, and not the served version again; ``version`` is what it is in the
    registry, ``new`` whether it is there since now, ``passed`` its gate, ``beside`` how it did
    beside the served version on rows both were judged on, ``better`` whether it is beyond doubt
    that it beat it there, ``promoted`` whether prod points to it since now. ``resumed``: it took up
    one that was stopped. ``says``: all of it, a sentence each. ``record``: the file that keeps it.
    """

    project: str
    served: int
    alias: str
    needed: bool
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    record: Path
    resumed: bool = False
    new_data: bool | None = None
    trained: bool = False
    version: int | None = None
    new: bool = False
    passed: bool | None = None
    override: str | None = None
    beside: Mapping[str, Any] | None = None
    better: bool | None = None
    promoted: bool = False
    says: tuple[str, ...] = ()
    run: RunResult | None = field(default=None, repr=False)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be seen to: not needed, or a challenger passed its gate."""
        if self.trained:
            return bool(self.passed) or self.override is not None
        return not self.needed

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "reasons": list(self.reasons),
            "evidence": [one.to_json() for one in self.evidence],
            "says": list(self.says),
            "run_id": self.run.run_id if self.run is not None else None,
            "record": str(self.record),
        }


def retrain(
    project: str,
    *,
    if_needed: bool = False,
    data: str | Path | None = None,
    source: Origin | None = None,
    preset: Preset | None = None,
    override: str | None = None,
    track: bool | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> Retraining:
    """Train the served version of ``project`` again on the data of today, as a challenger.

    ``if_needed``: only where `foresell.performance` and `foresell.drift` ask for it, by what they
    last wrote of the version that is served (prod, else staging), and only where there is new data.
    ``data``, ``source``, ``override``, ``track``, ``listen``: as in `foresell.run`; ``preset``: by
    default that of the served version. ``home``: where all state lives.

    The challenger goes through its gate, is registered, and staging points to it if it passed, as
    with every run. Prod is left alone, unless project.yaml says ``monitoring: {promote:
    when_better}``, and it passed, is approved, beat the served version on the rows that both were
    judged on by more than chance, and prod still points to that version. What was done, and why, is
    kept in ``monitor/retrain.json``. One that was killed is taken up by the next, with what it was
    asked for, unless another version is served by then; one that an error ended is over.

    Nothing served is a ``UsageError``, another retraining at work a ``MachineError``; whatever
    stops a run stops this.
    """
    refuse_unknown_words(preset=preset, source=source)
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = declaration(project, settings)
    asked = _Asked(not if_needed, wiring.place_of(data), source, preset, override, track)
    with wiring.held(project, settings) as record:
        began = wiring.now()
        begun = wiring.begun_before(record)
        before = wiring.served(registry(settings), project, begun)
        begun, dropped = _taken_up(begun, before)
        asked = asked if begun is None else asked.beside(begun)
        evidence = wiring.evidence(project, before.version.version, settings, began)
        weighed = weigh(*evidence)
        found = Retraining(
            project=project,
            served=before.version.version,
            alias=before.alias,
            needed=weighed.needed,
            reasons=weighed.reasons,
            evidence=evidence,
            record=record,
            resumed=begun is not None,
            says=(*_why(weighed, asked=asked.anyway, resumed=begun is not None), *dropped),
        )
        journal = _Journal(found, asked, began.isoformat(), settings, begun)
        if weighed.needed or asked.anyway or begun is not None:
            found = _kept(journal, before, spec, listen)
        journal.write(found, "ended")
    return found


@dataclass(frozen=True)
class _Asked:
    """What a retraining was asked for; ``anyway``: whether it is needed or not."""

    anyway: bool
    data: str | None
    source: Origin | None
    preset: Preset | None
    override: str | None
    track: bool | None

    def beside(self, begun: Mapping[str, Any]) -> "_Asked":
        """Return what is asked now, with what the one that is taken up was asked for beside it."""
        told = begun.get("asked")
        old = told if isinstance(told, Mapping) else {}
        names = ("data", "source", "preset", "override")
        kept = {name: getattr(self, name) or old.get(name) for name in names}
        anyway = self.anyway or bool(old.get("anyway"))
        return replace(self, anyway=anyway, **kept)


@dataclass
class _Journal:
    """The record of a retraining at work; it knows its runs, so that one that is killed is found.

    ``runs``: their ids; a version that one of them trained is this retraining's challenger.
    ``registered``: whether a challenger has been, so that staging may point to it.
    """

    found: Retraining
    asked: _Asked
    began: str
    settings: Settings
    begun: Mapping[str, Any] | None
    registered: bool = False
    runs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Go on with the runs of the one that is taken up."""
        self.runs += [] if self.begun is None else self.begun.get("runs", ())

    def hear(self, event: Event) -> None:
        """Note the run before anything comes of it."""
        if event.run_id and event.run_id not in self.runs:
            self.runs.append(event.run_id)
            self.write(self.found, "begun")
        self.registered |= (event.kind, event.stage) == ("done", "register")

    def write(self, found: Retraining, state: str, error: ForesellError | None = None) -> None:
        """Keep what is known now."""
        told = {
            **found.to_json(),
            "served": {"alias": found.alias, "version": found.served},
            "state": state,
            "asked": asdict(self.asked),
            "runs": self.runs,
            "error": None if error is None else error.what,
            "began": self.began,
            "ended": None if state == "begun" else wiring.now().isoformat(),
        }
        del told["record"], told["alias"]
        wiring.keep(found.project, told, self.settings)


def _taken_up(
    begun: Mapping[str, Any] | None, before: wiring.Served
) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """Return the record of what is taken up, or what is said of one that is dropped."""
    if begun is None or begun["served"]["version"] == before.version.version:
        return begun, ()
    old, new = begun["served"]["version"], before.version.version
    says = f"one that began with version {old} was stopped and is dropped: {new} is served by now"
    return None, (says,)


def _kept(
    journal: _Journal,
    before: wiring.Served,
    spec: ProjectSpec,
    listen: Callable[[Event], None],
) -> Retraining:
    """Train; where an error ends it, the record says so, unless a challenger is on staging.

    Raises:
        ForesellError: whatever stopped the run.
    """
    journal.write(journal.found, "begun")

    def hear(event: Event) -> None:
        journal.hear(event)
        listen(event)

    try:
        return _trained(journal, before, spec, hear)
    except ForesellError as error:
        state = "begun" if journal.registered or before.moved else "stopped"
        journal.write(journal.found, state, error)
        raise


def _trained(
    journal: _Journal,
    before: wiring.Served,
    spec: ProjectSpec,
    listen: Callable[[Event], None],
) -> Retraining:
    """Read the data of today, train on it, compare, and promote where that is due."""
    found, asked, settings = journal.found, journal.asked, journal.settings
    effort = asked.preset or wiring.preset_of(before)
    read = partial(
        run,
        spec.name,
        data=asked.data,
        source=asked.source,
        preset=effort,
        selection=None if asked.preset else wiring.selection_of(before, spec, effort),
        home=settings.home,
    )
    read(until=_LOOKED_AT, track=False, listen=listen)
    fresh = new_data(
        workspace(spec.name, settings), registry(settings), before.version, before.bundle, spec
    )
    found = replace(found, new_data=fresh.new, says=(*found.says, fresh.says))
    if not asked.anyway and not fresh.new:
        nothing = "nothing was trained: it would learn what is known; give new data: --data DIR"
        return replace(found, says=(*found.says, nothing))
    done = read(override=asked.override, track=asked.track, listen=_later(listen))
    return _compared(found, done, before, spec, settings)


def _compared(
    found: Retraining,
    done: RunResult,
    before: wiring.Served,
    spec: ProjectSpec,
    settings: Settings,
) -> Retraining:
    """Hold the challenger of a run against the served version."""
    told = done.registration or {}
    version, passed = int(told["version"]), bool(done.passed)
    found = replace(
        found,
        trained=version != found.served,
        run=done,
        version=version,
        new=bool(told["new"]),
        passed=passed,
        override=done.override,
        says=(*found.says, *_registered(found, version, told, passed=passed)),
    )
    if not found.trained:
        return found
    held = beside(registry(settings), version, before, spec)
    better = bool(held["better"])
    says = [*found.says, str(held["says"])]
    if not better:
        says.append(f"it is not called better than version {found.served}: {held['why']}")
    moved = False
    if passed and better:
        moved, verdict = promoted(registry(settings), spec, version, before, str(held["says"]))
        says.append(verdict)
    if found.alias == "staging" and told["aliases"].get("staging") == version:
        says.append(answering(spec.name, version, found.served, better=better))
    return replace(found, beside=held, better=better, promoted=moved, says=tuple(says))


def _why(weighed: Weighed, *, asked: bool, resumed: bool) -> tuple[str, ...]:
    """Return the decision and its reasons, in sentences."""
    if weighed.needed:
        return ("training again is needed", *weighed.reasons)
    if asked:
        return ("asked for, whether needed or not", *weighed.reasons)
    if resumed:
        return ("it was needed when it began, and goes on", *weighed.reasons)
    return ("nothing asks for training again, so nothing was trained", *weighed.reasons)


def _registered(
    found: Retraining, version: int, told: Mapping[str, Any], *, passed: bool
) -> tuple[str, ...]:
    """Return what became of the challenger in the registry, in sentences."""
    if version == found.served:
        return (f"the run made version {version} again, which is served: nothing was learnt",)
    gate = "passed its gate" if passed else "did not pass its gate"
    word = "challenger" if told["new"] else "challenger, registered before,"
    says = [f"version {version}, the {word} {gate}"]
    if told["aliases"].get("staging") == version:
        says.append(f"staging points to version {version}")
    elif told["reasons"]:
        says.append(f"staging was left alone: {'; '.join(told['reasons'])}")
    if not passed:
        lost = [] if found.alias == "staging" else [f"version {found.served} stays on prod"]
        says += lost
    return tuple(says)


def _later(listen: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a listener that is not told again of the stages whose data was read just now."""
    heard = {"manifest", "ingest", "validate", _LOOKED_AT}

    def hear(event: Event) -> None:
        if event.stage not in heard:
            listen(event)

    return hear
