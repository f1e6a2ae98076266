"""How the server stands: whether it lives and is ready, which version answers, and what it is."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Literal, NoReturn

from foresell.answer.request_words import allowed_words
from foresell.contracts.compiled.request_fields import RequestField
from foresell.serving.exchange import Asked, Endpoint, Reply, Route, json_reply
from foresell.serving.problems import Refused
from foresell.serving.replies import Alive, Health, Index, Metadata, Problem, Ready
from foresell.serving.request_schemas import example_row
from foresell.serving.served import Served
from foresell.serving.site import Site
from foresell.serving.slots import Slot
from foresell.spec.project import ProjectSpec

SERVER = "foresell"
SERVER_VERSION = version(SERVER)
_TAG = "server"
_RETRY = ((b"retry-after", b"1"),)


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes that tell how the server stands."""
    slots = tuple(site.slots.values())
    return (
        replace(
            _told("/", _index(site), "What this server answers for", Index, level="server"),
            scope="read",
        ),
        _told("/health/live", _alive, "Whether the process answers", Alive, level="server"),
        _told(
            "/health/ready",
            _ready(slots),
            "Whether every project has a version that answers",
            Ready,
            level="server",
            waits=True,
        ),
        _told("/health/live", _alive, "Whether the process answers", Alive),
        _told(
            "/health/ready", _slot_ready, "Whether a version is there to answer", Ready, waits=True
        ),
        replace(
            _told("/health", _health, "Which version answers, and what is wrong", Health),
            scope="read",
        ),
        Route(
            method="GET",
            path="/metadata",
            endpoint=_metadata,
            summary="What is to be known of the version that answers",
            tag=_TAG,
            scope="read",
            replies={200: Metadata},
        ),
    )


def status(slot: Slot) -> Literal["ok", "degraded", "waiting"]:
    """Return how a project is, in a word."""
    if slot.current is None:
        return "waiting"
    return "degraded" if trouble(slot) else "ok"


def trouble(slot: Slot) -> str:
    """Return what is wrong with a project beside its answers, empty where nothing is."""
    now, stand, said = slot.current, slot.standing, [_why_not(slot)]
    if now is not None and now.live.place.folder and (stand.refused or stand.unreachable):
        said.append(
            f"version {now.live.version}, which answers, is no longer in its folder: what-ifs and "
            "explanations of it are lost, but for what a desk has loaded before"
        )
    if slot.shadow is not None:
        said.append(slot.beside().trouble)
    return "; ".join(filter(None, said))


def _why_not(slot: Slot) -> str:
    """Return why the version that is to answer does not, empty where it does."""
    stand, said = slot.standing, []
    if stand.refused is not None:
        said.append(f"version {stand.refused.live.version} is refused: {stand.refused.why}")
    if stand.unreachable is not None:
        known = bool(stand.unreachable.mend)  # it was asked, and there is none
        why = stand.unreachable.why
        said.append(why if known else f"nobody says which version is to answer: {why}")
    return "; ".join(said)


def refuse_waiting(slots: Iterable[Slot]) -> NoReturn:
    """Refuse while projects have no version that answers.

    Raises:
        Refused: always.
    """
    waiting = [slot for slot in slots if slot.current is None]
    why = [_why_not(slot) or f"no version of {slot.project} is loaded yet" for slot in waiting]
    mends = [slot.standing.unreachable.mend for slot in waiting if slot.standing.unreachable]
    raise Refused(
        "; ".join(why),
        ", ".join(slot.project for slot in waiting),
        "; ".join(filter(None, mends)) or "ask again in a moment; GET /health tells how it stands",
        status=503,
        headers=_RETRY,
    )


def _told(
    path: str,
    endpoint: Endpoint,
    summary: str,
    model: type[Alive] | type[Ready] | type[Health] | type[Index],
    *,
    level: Literal["project", "server"] = "project",
    waits: bool = False,
) -> Route:
    """Return the route of something that anybody may ask, model or not."""
    return Route(
        method="GET",
        path=path,
        endpoint=endpoint,
        summary=summary,
        tag=_TAG,
        scope=None,
        needs_model=False,
        level=level,
        replies={200: model, **({503: Problem} if waits else {})},
    )


async def _alive(_: Asked) -> Reply:
    """Answer that the process lives."""
    return json_reply({"status": "alive"})


def _ready(slots: tuple[Slot, ...]) -> Endpoint:
    """Return the endpoint that tells whether all ``slots`` answer."""

    async def ready(_: Asked) -> Reply:
        """Answer which versions do; ``Refused`` where one project has none yet."""
        return _readiness(slots)

    return ready


async def _slot_ready(asked: Asked) -> Reply:
    """Answer which version of the project answers; ``Refused`` where none does."""
    return _readiness((_slot(asked),))


def _readiness(slots: tuple[Slot, ...]) -> Reply:
    """Return which versions answer; ``Refused`` where one project has none yet."""
    versions = {slot.project: now.live.version for slot in slots if (now := slot.current)}
    if len(versions) < len(slots):
        refuse_waiting(slots)
    return json_reply({"status": "ready", "versions": versions})


async def _health(asked: Asked) -> Reply:
    """Answer how the project is."""
    slot = _slot(asked)
    now = slot.current
    live = now.live if now else None
    return json_reply({
        "status": status(slot),
        "project": slot.project,
        "kind": slot.kind,
        "model_name": now.model_name if now else None,
        "model_version": live.version if live else None,
        "alias": (live.alias or None) if live else None,
        "run_id": (live.run_id or None) if live else None,
        "digest": live.digest if live else None,
        "feature_count": len(now.form.fields) if now else None,
        "shadow_loaded": slot.beside_loaded,
        "shadow_version": slot.shadow.version if slot.shadow else None,
        "trouble": trouble(slot) or None,
    })


async def _metadata(asked: Asked) -> Reply:
    """Answer what is to be known of the version."""
    now = _served(asked)
    told = now.metadata
    return json_reply({
        "project": now.spec.name,
        "kind": now.spec.kind,
        "target_name": now.spec.target,
        "unit": now.spec.unit or None,
        "model_name": now.model_name,
        "model_version": now.live.version,
        "alias": now.live.alias or None,
        "run_id": now.live.run_id or None,
        "digest": now.live.digest,
        "contract_version": now.contract.version,
        "preset": told.get("preset"),
        "features": [_field(one, now.spec) for one in now.form.fields],
        "ignored": now.form.ignored,
        "input_example": _finite(example_row(now)),
        "horizon": now.spec.horizon or None,
        "frequency": now.spec.frequency if now.spec.kind == "panel" else None,
        "refit_cutoff": told.get("refit_cutoff"),
        "scores": _finite(told.get("scores") or {}),
        "intervals": _intervals(now),
        "gate": _finite(told.get("gate") or {}),
        "libraries": told.get("libraries") or {},
    })


def _intervals(served: Served) -> Mapping[str, Any]:
    """Return how intervals are made: as the bundle says, or of how many published rows how."""
    if served.published is None:
        told: Mapping[str, Any] = _finite(served.metadata.get("intervals") or {})
        return told
    words, numbers = served.published.words["interval_method"]
    rows = Counter(words[at] for at in numbers.tolist())
    (often, _), *_ = rows.most_common(1) or [(None, 0)]
    return {"method": often, "rows_by_method": dict(sorted(rows.items()))}


def _field(field: RequestField, spec: ProjectSpec) -> Mapping[str, Any]:
    """Return one field of a row, as the contract has it."""
    return {
        "name": field.name,
        "type": field.kind,
        "role": spec.columns[field.name],
        "required": field.required,
        "unit": field.unit,
        "allowed": allowed_words(field),
        "description": field.description,
    }


def _index(site: Site) -> Endpoint:
    """Return the endpoint that lists the projects of the server."""

    async def index(_: Asked) -> Reply:
        """Answer what can be asked here."""
        return json_reply({
            "server": SERVER,
            "version": SERVER_VERSION,
            "root": site.root,
            "projects": [_link(slot) for slot in site.slots.values()],
        })

    return index


def _link(slot: Slot) -> Mapping[str, Any]:
    """Return where a project answers."""
    return {
        "project": slot.project,
        "kind": slot.kind,
        "status": status(slot),
        "model_version": slot.current.live.version if slot.current else None,
        "path": f"/projects/{slot.project}/",
        "docs": f"/projects/{slot.project}/docs",
    }


def _finite(value: Any) -> Any:
    """Return plain values with null where a number is not finite, for JSON has no other word."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def _slot(asked: Asked) -> Slot:
    """Return the project that is asked.

    Raises:
        Refused: the path names none.
    """
    if asked.slot is None:
        raise Refused("no project answers here", "path", "GET / lists the projects", status=404)
    return asked.slot


def _served(asked: Asked) -> Served:
    """Return the version that answers; ``Refused`` while there is none."""
    if asked.served is None:
        refuse_waiting((_slot(asked),))
    return asked.served
