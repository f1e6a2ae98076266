"""Questions to the endpoints of the server, and what they say: an answer, mistakes, or trouble."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import quote

from foresell.dashboard.page import Ask, Trouble, Visit
from foresell.dashboard.reading.shown import AbsentError
from foresell.serving.explain import DESK
from foresell.serving.served import Served
from foresell.serving.standing import refuse_waiting
from foresell.spec.serving import Scope

_OK, _UNPROCESSABLE = 200, 422
_KEPT = 48  # answers that are remembered: a page and each of its charts ask the same


# What the visitor may ask, the path and the body.
Question = tuple[tuple[Scope, ...], str, str]


class Remembered:
    """Answers of one version; each of its charts asks what the page has asked already."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Question, Mapping[str, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, question: Question) -> Mapping[str, Any] | None:
        """Return what was said to a question, None where nobody asked it lately."""
        with self._lock:
            found = self._kept.get(question)
            if found is not None:
                self._kept.move_to_end(question)
            return found

    def put(self, question: Question, told: Mapping[str, Any]) -> None:
        """Remember what was said to a question."""
        with self._lock:
            self._kept[question] = told
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an endpoint said.

    ``told``: its reply, empty where it has none. ``errors``: what is wrong by the field that the
    endpoint names, "" for what is about no field. ``rows``: of a refusal the numbers of the rows
    that are refused, from 1. ``trouble``: why there is no answer, whatever was asked.
    """

    told: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: frozenset[int] = frozenset()
    trouble: Trouble | None = None

    @property
    def fine(self) -> bool:
        """Whether there is an answer."""
        return bool(self.told)


@dataclass(frozen=True, kw_only=True)
class Door:
    """The endpoints of a project, for one visit.

    ``served``: the version that answers. ``scopes``: what the visitor may ask; what was said to one
    who may more is not remembered for one who may less. ``cold``: what explains has not been
    started, which takes seconds: then a page does not wait for it, and its charts do.
    """

    project: str
    served: Served
    ask: Ask
    remembered: Remembered
    scopes: tuple[Scope, ...] = ()
    cold: bool = False

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Return what ``POST path`` of the project says to ``body``."""
        question = (self.scopes, path, json.dumps(body, sort_keys=True))
        known = self.remembered.get(question)
        if known is not None:
            return Answer(told=known)
        status, told = self.ask("POST", f"/projects/{quote(self.project, safe='')}{path}", body)
        if status == _OK:
            self.remembered.put(question, told)
            return Answer(told=told)
        return refused(status, told)


def refused(status: int, told: Mapping[str, Any]) -> Answer:
    """Return a refusal: what is wrong by field where it is what was asked, else the trouble."""
    if status == _UNPROCESSABLE and told.get("errors"):
        errors: dict[str, list[str]] = {}
        for one in told["errors"]:
            allowed = one.get("allowed", "")
            says = one["says"] + (
                f" (allowed: {allowed})" if allowed and one["rule"] != "values" else ""
            )
            errors.setdefault(one["field"], []).append(says)
        return Answer(errors=errors, rows=frozenset(one["row"] for one in told["errors"]))
    if status == _UNPROCESSABLE:
        return Answer(errors={told["where"]: [f"{told['detail']}; {told['mend']}"]})
    return Answer(trouble=Trouble(what=told["detail"], where=told["where"], mend=told["mend"]))


def door(visit: Visit) -> Door:
    """Return the endpoints that answer the what-ifs of a visit.

    Raises:
        AbsentError: no version was made yet, or nothing is served here.
    """
    shown, slot = visit.shown, visit.slot
    if slot is None or visit.ask is None:
        raise AbsentError("nothing answers here", shown.name, f"foresell dashboard {shown.name}")
    served = slot.current
    if served is None:
        shown.version()  # the plain reason, where nothing was ever registered
        refuse_waiting((slot,))
    return Door(
        scopes=visit.visitor.scopes,
        project=shown.name,
        served=served,
        ask=visit.ask,
        remembered=shown.kept("answers to what-ifs", served.live.digest, Remembered),
        cold=DESK in slot.desks and slot.desks[DESK].pid is None,
    )


def who_answers(served: Served) -> str:
    """Return which version answers, in words."""
    live = served.live
    alias = f" ({live.alias})" if live.alias else ""
    return f"version {live.version}{alias}, {served.model_name}"
