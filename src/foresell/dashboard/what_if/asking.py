"""Questions to the endpoints of the server, and what they say: an answer, mistakes, or trouble."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from foresell.dashboard.page import Ask, Trouble, Visit
from foresell.dashboard.reading.shown import AbsentError
from foresell.serving.loading import read_served
from foresell.serving.problems import Refused
from foresell.serving.served import Served
from foresell.spec.serving import Scope

_OK, _UNPROCESSABLE, _UNAVAILABLE = 200, 422, 503
Made = TypeVar("Made")


class Keeps(Protocol):
    """Keeps what was made by name, as long as its stamp stays and there is room; see `Memory`."""

    def kept(self, what: Hashable, stamp: object, make: Callable[[], Made]) -> Made:
        """Return what was made, or make it."""
        ...


class _NoAnswerError(Exception):
    """The endpoint refused."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status, self.told = status, told


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

    ``served``: the version that answers. ``memory``: where its answers are kept, for each chart of
    a page asks what the page has asked already; they leave it with everything else that is not
    looked at. ``scopes``: what the visitor may ask; what was said to one who may more is not
    remembered for one who may less. ``cold``: what explains has not been started, which takes
    seconds: then a page does not wait for it, and its charts do.
    """

    project: str
    served: Served
    ask: Ask
    memory: Keeps
    scopes: tuple[Scope, ...] = ()
    cold: bool = False

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Return what ``POST path`` of the project says to ``body``."""
        where = f"/projects/{quote(self.project, safe='')}{path}"

        def asked() -> Mapping[str, Any]:
            """Return what is said to a question that nobody asked lately.

            Raises:
                _NoAnswerError: nothing but why there is no answer, which is asked again.
            """
            status, told = self.ask("POST", where, body)
            if status != _OK:
                raise _NoAnswerError(status, told)
            own = self.served.live.version
            if told.get("model_version", own) != own:  # one was promoted meanwhile
                what = f"version {told['model_version']} answers since this page was asked for"
                gone = {"detail": what, "where": self.project, "mend": "load the page again"}
                raise _NoAnswerError(_UNAVAILABLE, gone)
            return told

        question = ("what-if", self.scopes, path, json.dumps(body, sort_keys=True))
        try:
            return Answer(told=self.memory.kept(question, self.served.live.digest, asked))
        except _NoAnswerError as error:
            return refused(error.status, error.told)


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
        Refused: 503, a version is there and does not answer yet.
    """
    shown, answering = visit.shown, visit.answering
    if answering is None or visit.ask is None:
        raise AbsentError("nothing answers here", shown.name, f"foresell dashboard {shown.name}")
    live = answering.live
    if live is None:
        shown.version()  # the plain reason, where nothing was ever registered
        raise Refused(*answering.waiting, status=_UNAVAILABLE)
    return Door(
        scopes=visit.visitor.scopes,
        project=shown.name,
        served=shown.kept(
            "what answers", live, lambda: read_served(shown.bundle_by(live.digest), live)
        ),
        ask=visit.ask,
        memory=shown,
        cold=answering.cold,
    )


def who_answers(served: Served) -> str:
    """Return which version answers, in words."""
    live = served.live
    alias = f" ({live.alias})" if live.alias else ""
    return f"version {live.version}{alias}, {served.model_name}"
