"""The contract of who makes pages: in this process or in another, a browser is sent the same."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foresell.dashboard.asking import InName, answering_of
from foresell.dashboard.maker import Answer, Aside, Maker
from foresell.dashboard.page import Visitor
from foresell.dashboard.wanted import Do, Wanted, plain_reply
from foresell.serving.desk import Desk
from foresell.serving.exchange import Kind, Reply, Route
from foresell.serving.problems import Refused
from foresell.serving.routes import all_routes
from foresell.serving.routing import Router
from tests.dashboard_site import aside, here
from tests.desk_children import until
from tests.what_if_sites import Looked, looked_at, toy_bundle

PROJECTS: Sequence[tuple[str, Kind]] = (("toy", "tabular"), ("retail", "panel"))
Ask = Callable[[Maker], Awaitable[Any]]
FIRST = Wanted(do="overview", at="/ui", projects=PROJECTS)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A table that answers, beside a project that never ran."""
    return looked_at(tmp_path_factory.mktemp("toy"), toy_bundle())


def both(home: Path, do: Ask) -> tuple[Any, Any]:
    """What comes of the same by either maker."""

    async def made(maker: Maker) -> Any:
        try:
            return await do(maker)
        finally:
            await maker.close()

    return asyncio.run(made(here(home))), asyncio.run(made(aside(home)[0]))


async def nobody(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Nothing is asked."""
    return pytest.fail(f"{method} {path} {body!r} was asked")


def shown(reply: Reply) -> tuple[int, bytes, Sequence[tuple[bytes, bytes]], bytes]:
    return reply.status, reply.media_type, tuple(reply.headers), reply.body


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        (FIRST, 200),
        (replace(FIRST, do="page", path={"name": "retail", "page": "forecast"}), 200),
        (replace(FIRST, do="page", path={"name": "toy", "page": "registry"}), 200),
        (replace(FIRST, do="page", path={"name": "toys", "page": "registry"}), 404),
        (replace(FIRST, do="page", path={"name": "toy", "page": "register"}), 404),
        (replace(FIRST, do="first", path={"name": "retail"}), 303),
        (replace(FIRST, do="figure", path={"name": "toy", "page": "data", "figure": "x.svg"}), 404),
        (replace(FIRST, do="report", path={"name": "toy", "report": "run"}), 404),
        (replace(FIRST, do="file", path={"name": "toy", "page": "data", "file": "x.csv"}), 404),
        (replace(FIRST, do="nothing", at="/ui/nothing"), 404),
        (replace(FIRST, do="act", path={"name": "toy", "page": "registry"}, body="do=x"), 403),
        (Wanted(do="static", path={"file": "dashboard.css"}), 200),
        (Wanted(do="static", path={"file": "charts.js"}, heads={"accept-encoding": "gzip"}), 200),
        (Wanted(do="static", path={"file": "passwd"}), 404),
        (Wanted(do="sign_in", at="/ui/sign-in", back="/ui", keyed=True), 200),
        (Wanted(do="problem", told=("it is gone", "here", "look there"), status=410), 410),
        (Wanted(do="warm"), 204),
    ],
    ids=lambda one: f"{one.do} {' '.join(one.path.values())}" if isinstance(one, Wanted) else "",
)
def test_a_browser_is_sent_the_same_by_either(toy: Looked, wanted: Wanted, status: int) -> None:
    one, other = both(toy.home, lambda maker: maker.make(wanted, nobody))

    assert shown(one) == shown(other)
    assert one.status == status


def answers(looked: Looked, scopes: Sequence[Any] = ("predict", "explain")) -> Answer:
    """What asks the server of a project, in the name of somebody who may."""
    routes: list[Route] = []

    def heard(answering: Sequence[Route]) -> Sequence[Route]:
        routes.extend(answering)
        return ()

    all_routes(replace(looked.site, pages=heard))
    return InName(
        router=Router(routes, looked.site.slots),
        visitor=Visitor(scopes=tuple(scopes)),
        request_id="id",
        failed=lambda error, _: pytest.fail(repr(error)),
    ).answer


@pytest.mark.parametrize(
    ("do", "figure", "holds"),
    [
        ("page", "", b"100"),  # what the toy always answers
        ("figure", "varied.json", b'"prediction":100'),
        ("figure", "varied.svg", b"<svg"),
        ("figure", "varied.csv", b"prediction"),
    ],
)
def test_what_asks_the_server_is_the_same_by_either(
    toy: Looked, do: Do, figure: str, holds: bytes
) -> None:
    wanted = replace(
        FIRST,
        do=do,
        path={"name": "toy", "page": "what-if", "figure": figure},
        query="row.pieces=3&row.price=5&row.gift=true&row.colour=red&row.day=2026-02-01",
        answering=answering_of(toy.slot),
        visitor=Visitor(scopes=("predict", "explain")),
    )
    one, other = both(toy.home, lambda maker: maker.make(wanted, answers(toy)))

    assert shown(one) == shown(other)
    assert one.status == 200
    assert holds in one.body


def test_many_pages_at_once_are_each_sent_to_who_wanted_them(toy: Looked) -> None:
    names = [f"{number}.csv" for number in range(12)]

    async def all_of(maker: Maker) -> list[bytes]:
        wanted = [
            replace(FIRST, do="nothing", at=f"/ui/{name}", path={"file": name}) for name in names
        ]
        found = await asyncio.gather(*(maker.make(one, nobody) for one in wanted))
        return [reply.body for reply in found]

    one, other = both(toy.home, all_of)
    assert one == other
    told = zip(names, one, strict=True)
    assert [name for name, body in told if f"/ui/{name}".encode() in body] == names


class Noting(Desk):
    """A desk that notes whether what it is asked may be asked again, and answers nothing."""

    def __init__(self, noted: list[bool]) -> None:
        super().__init__(("true",), "a desk")
        self._noted = noted

    async def ask(self, question: Mapping[str, Any], *, again: bool = True) -> Mapping[str, Any]:
        """Note it."""
        del question
        self._noted.append(again)
        return plain_reply(Reply(body=b""))


def test_only_a_form_that_changes_something_is_never_asked_again() -> None:
    noted: list[bool] = []
    maker = Aside(lambda _: Noting(noted))
    for do in ("page", "act", "figure", "static"):
        asyncio.run(maker.make(replace(FIRST, do=do), nobody))
    assert noted == [True, False, True, True]


def test_when_its_child_is_killed_the_next_page_is_made_by_another(toy: Looked) -> None:
    async def do() -> tuple[int, int, int]:
        maker, desks = aside(toy.home)
        try:
            await maker.make(FIRST, nobody)
            first = desks[0].pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            reply = await maker.make(FIRST, nobody)
            second = desks[0].pid
            assert second is not None
            return reply.status, first, second
        finally:
            await maker.close()

    status, first, second = asyncio.run(do())
    assert status == 200
    assert first != second


def what_if(toy: Looked) -> Wanted:
    """A page for which the server is asked."""
    return replace(
        FIRST,
        do="page",
        path={"name": "toy", "page": "what-if"},
        query="row.pieces=3&row.price=5&row.gift=true&row.colour=red",
        answering=answering_of(toy.slot),
        visitor=Visitor(scopes=("predict", "explain")),
    )


def test_a_page_that_nobody_waits_for_any_more_is_told_so_and_that_is_no_failure(
    toy: Looked, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = what_if(toy)
    asked: list[str] = []

    def by(name: str) -> Answer:
        async def answer(method: str, path: str, body: bytes) -> tuple[int, bytes]:
            asked.append(name)
            return await answers(toy)(method, path, body)

        return answer

    async def do() -> Reply:
        maker, desks = aside(toy.home)
        try:
            gone = asyncio.create_task(maker.make(wanted, by("gone")))
            await until(lambda: desks[0].pid is not None)
            gone.cancel()
            return await maker.make(wanted, by("there"))
        finally:
            await maker.close()

    assert asyncio.run(do()).status == 200
    assert set(asked) == {"there"}
    assert "Traceback" not in capfd.readouterr().err


def test_an_answer_to_a_question_of_a_dead_child_goes_to_nobody_else(toy: Looked) -> None:
    asked: list[str] = []
    may_answer = asyncio.Event()

    async def to_ana(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        asked.append("ana")
        await may_answer.wait()  # its child dies before it is told
        status, reply = await answers(toy)(method, path, body)
        return status, reply.replace(b"100.0", b"777.0")

    async def to_bob(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        asked.append("bob")
        may_answer.set()
        await asyncio.sleep(0.2)  # what ana is told comes first
        return await answers(toy)(method, path, body)

    wanted = what_if(toy)

    async def do() -> tuple[Reply, list[str]]:
        maker, desks = aside(toy.home)
        try:
            first = asyncio.create_task(maker.make(wanted, to_ana))
            await until(lambda: bool(asked))
            pid = desks[0].pid
            assert pid is not None
            first.cancel()
            os.kill(pid, signal.SIGKILL)
            return await maker.make(wanted, to_bob), asked
        finally:
            await maker.close()

    reply, names = asyncio.run(do())
    assert reply.status == 200
    assert names[0] == "ana"
    assert set(names[1:]) == {"bob"}
    assert b"777" not in reply.body


def test_a_server_that_is_about_to_end_waits_for_nobody_who_only_looks(toy: Looked) -> None:
    async def do() -> list[int]:
        maker, _ = aside(toy.home)
        try:
            await maker.make(FIRST, nobody)
            page = replace(FIRST, do="page", path={"name": "toy", "page": "leaderboard"})
            many = [asyncio.create_task(maker.make(page, nobody)) for _ in range(40)]
            await asyncio.sleep(0)
            maker.leave()
            many.append(asyncio.create_task(maker.make(page, nobody)))
            found = await asyncio.gather(*many, return_exceptions=True)
            return [one.status for one in found if isinstance(one, Reply | Refused)]
        finally:
            await maker.close()

    statuses = asyncio.run(do())
    assert len(statuses) == 41
    assert set(statuses) <= {200, 503}
    assert set(statuses[10:]) == {503}  # some were under way


def test_the_child_ends_with_its_maker(toy: Looked) -> None:
    async def do() -> int:
        maker, desks = aside(toy.home)
        await maker.make(FIRST, nobody)
        pid = desks[0].pid
        await maker.close()
        assert pid is not None
        return pid

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(do()), 0)


_HIDDEN = """
import sys

class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {"altair", "vl_convert"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""


@pytest.mark.parametrize(
    "wanted",
    [
        FIRST,
        replace(FIRST, do="page", path={"name": "retail", "page": "leaderboard"}),
        Wanted(do="sign_in", at="/ui/sign-in", back="/ui"),
        Wanted(do="static", path={"file": "dashboard.css"}),
        Wanted(do="problem", told=("it is gone", "here", "look there"), status=410),
    ],
    ids=lambda one: one.do,
)
def test_without_the_libraries_of_pages_it_is_said_at_once_which_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Wanted
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(_HIDDEN)
    monkeypatch.setenv("PYTHONPATH", str(hidden))

    async def do() -> Reply:
        maker, _ = aside(tmp_path / "home")
        try:
            return await maker.make(wanted, nobody)
        finally:
            await maker.close()

    reply = asyncio.run(do())
    if wanted.do == "problem":  # which needs no chart, but the styles of all pages
        assert (reply.status, b"it is gone" in reply.body) == (410, True)
        return
    assert reply.status == 503
    assert b"the library &#x27;altair&#x27; is not installed" in reply.body
    assert b"pip install &#x27;foresell[dashboard]&#x27;" in reply.body
