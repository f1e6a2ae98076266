"""A version is made live where it is better than the one that is; else it is said why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foresell.errors import GateError
from foresell.govern.promoting import promote
from foresell.govern.registry import Move, Registry, read_history, resolve
from foresell.govern.state import state_of
from foresell.spec.project import ProjectSpec
from foresell.spec.registry import Alias, Transition
from foresell.wiring.challenging import beside
from foresell.wiring.retraining import served

_PROD: Alias = "prod"


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """Whether a version was put on prod, and why.

    ``version``: the one in question, None where there is none. ``live``: what prod pointed to
    before. ``promoted``: whether prod points to ``version`` since now; ``says``: why, or why not.
    ``beside``: how it did on the rows that both were judged on, None where there was nothing to
    compare. ``move``: what was written into the registry.
    """

    project: str
    version: int | None
    live: int | None
    promoted: bool
    says: str
    beside: Mapping[str, Any] | None = None
    move: Move | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        names = ("project", "version", "live", "promoted", "says", "beside")
        return {name: getattr(self, name) for name in names}


def promote_if_better(
    registry: Registry, project: ProjectSpec, which: int | str, reason: str
) -> Promotion:
    """Point prod to the version ``which``, if it passed its gate and nothing better is there.

    With nothing on prod the gate alone decides; else it has to beat what is there beyond doubt, on
    rows that both were judged on (`foresell.wiring.challenging.beside`). A version that waits for
    its approval, was rejected, or was taken off prod by a rollback, is left alone, and so is a prod
    that somebody moves meanwhile. That nothing is to be promoted is an answer and no error; a file
    that was changed, or a registry out of reach, is one.
    """
    transitions = read_history(registry, project.name)
    state = state_of(project.name, transitions)
    live = state.aliases[_PROD]
    if which == "staging" and state.aliases["staging"] is None:
        says = "nothing is on staging: no run has made a version that passed its gate"
        return Promotion(project=project.name, version=None, live=live, promoted=False, says=says)
    version = resolve(state, which).version
    found = Promotion(
        project=project.name, version=version, live=live, promoted=False, says="it is prod already"
    )
    if version == live:
        return found
    if (rollback := _taken_back(transitions, version)) is not None:
        why = (
            f"a rollback took it off prod: {rollback.reason}; to have it there again: "
            f"foresell registry promote {project.name} {version} --reason TEXT"
        )
        return replace(found, says=why)
    compared = None
    if live is not None:
        compared = beside(registry, version, served(registry, project.name, None), project)
        if not compared["better"]:
            why = f"{compared['says']}; it is not called better than {live}: {compared['why']}"
            return replace(found, says=why, beside=compared)
    better = f"better than version {live} {compared['says']}" if compared else "nothing was prod"
    try:
        move = promote(
            registry,
            project.name,
            version,
            _PROD,
            reason=f"{reason}; {better}",
            expected=live or 0,
        )
    except GateError as error:
        return replace(found, says=f"{error.what}; {error.mend}", beside=compared)
    moved = move.transition is not None
    says = better if moved else "somebody put it there meanwhile"
    return replace(found, promoted=moved, says=says, beside=compared, move=move)


def _taken_back(transitions: Sequence[Transition], version: int) -> Transition | None:
    """Return the rollback that took ``version`` off prod, if nobody has put it there since."""
    stack, taken = list[int](), None
    for one in transitions:
        if one.alias != _PROD:
            continue
        if one.action == "promote":
            stack.append(one.version)
        else:
            kept = len(stack) - one.evidence["steps"]
            taken = one if version in stack[kept:] else taken
            del stack[kept:]
        if one.after == version:
            taken = None
    return taken
