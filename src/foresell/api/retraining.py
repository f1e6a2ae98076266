"""Training a served version again: whether it is needed, what came of it, where it stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from foresell.api.runs import RunResult, refuse_unknown_words, run
from foresell.monitor.retraining import Evidence, Weighed, weigh
from foresell.pipeline.work import Event, unheard
from foresell.settings import Settings, read_settings
from foresell.spec.project import Origin, Preset, ProjectSpec
from foresell.wiring import retraining as wiring
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
    challenger was trained; then ``version`` is what it is in the registry, ``new`` whether it is
    there since now, ``passed`` its gate, ``beside`` how it did beside the served version on rows
    both were judged on, ``better`` whether it beat it there, ``promoted`` whether prod points to it
    since now. ``says``: all of it, a sentence each. ``record``: the file that keeps it.
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
    when_better}``, and it passed, is approved, and beat the served version on the rows that both
    were judged on. What was done, and why, is kept in ``monitor/retrain.json``; one that did not
    end, whatever stopped it, is taken up by the next.

    Nothing served is a ``UsageError``, another retraining at work a ``MachineError``; whatever
    stops a run stops this.
    """
    refuse_unknown_words(preset=preset, source=source)
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = declaration(project, settings)
    with wiring.held(project, settings) as record:
        began = wiring.now()
        begun = wiring.begun_before(record)
        before = wiring.served(registry(settings), project, begun)
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
            says=_why(weighed, asked=not if_needed),
        )
        if weighed.needed or not if_needed:
            _write(found, "begun", began.isoformat(), settings)
            effort = preset or _preset(before.bundle.metadata)
            found = _trained(
                found,
                before,
                spec,
                settings,
                _Training(data, source, effort, override, track, listen),
                only_new=if_needed,
            )
        _write(found, "ended", began.isoformat(), settings)
    return found


@dataclass(frozen=True)
class _Training:
    """How the challenger is trained."""

    data: str | Path | None
    source: Origin | None
    preset: Preset
    override: str | None
    track: bool | None
    listen: Callable[[Event], None]


def _trained(
    found: Retraining,
    before: wiring.Served,
    spec: ProjectSpec,
    settings: Settings,
    how: _Training,
    *,
    only_new: bool,
) -> Retraining:
    """Read the data of today, train on it, compare, and promote where that is due."""
    place = workspace(spec.name, settings)
    read = partial(
        run,
        spec.name,
        data=how.data,
        source=how.source,
        preset=how.preset,
        home=settings.home,
    )
    read(until=_LOOKED_AT, track=False, listen=how.listen)
    fresh = wiring.new_data(place, before.bundle, found.served)
    found = replace(found, new_data=fresh.new, says=(*found.says, fresh.says))
    if only_new and not fresh.new:
        nothing = "nothing was trained: it would learn what is known; give new data: --data DIR"
        return replace(found, says=(*found.says, nothing))
    done = read(override=how.override, track=how.track, listen=_later(how.listen))
    told = done.registration or {}
    version, passed = int(told["version"]), bool(done.passed)
    found = replace(
        found,
        trained=True,
        run=done,
        version=version,
        new=bool(told["new"]),
        passed=passed,
        override=done.override,
        says=(*found.says, *_registered(found, version, told, passed=passed)),
    )
    if version == found.served:
        return found
    beside = wiring.beside(registry(settings), version, before, spec)
    found = replace(
        found, beside=beside, better=beside["better"], says=(*found.says, beside["says"])
    )
    if not (passed and beside["better"]):
        verdict = f"it did not beat version {found.served} there, so prod is not for it"
        return replace(found, says=(*found.says, verdict)) if passed else found
    moved, says = wiring.promoted(registry(settings), spec, version, before, beside["says"])
    return replace(found, promoted=moved, says=(*found.says, says))


def _why(weighed: Weighed, *, asked: bool) -> tuple[str, ...]:
    """Return the decision and its reasons, in sentences."""
    if weighed.needed:
        return ("training again is needed", *weighed.reasons)
    if asked:
        return ("asked for, whether needed or not", *weighed.reasons)
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


def _preset(metadata: Mapping[str, object]) -> Preset:
    """Return the effort the served version was trained with."""
    known = get_args(Preset)
    told = metadata.get("preset")
    return cast("Preset", told) if told in known else "default"


def _write(found: Retraining, state: str, began: str, settings: Settings) -> None:
    """Keep what is known of a retraining now."""
    told = {
        **found.to_json(),
        "served": {"alias": found.alias, "version": found.served},
        "state": state,
        "began": began,
        "ended": wiring.now().isoformat() if state == "ended" else None,
    }
    del told["record"], told["alias"]
    wiring.keep(found.project, told, settings)
