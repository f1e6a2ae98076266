"""What ``foresell serve`` prints for people."""

import pytest

from foresell.cli.show_serving import say_listening
from foresell.serving.guards import Guards
from foresell.serving.site import Site
from foresell.serving.slots import Standing, Unreachable
from foresell.wiring.http_server import Listening
from tests.served_bundles import served, slot


def test_it_says_what_answers_what_waits_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = slot("other")
    waiting.standing = Standing(unreachable=Unreachable(why="no version is [prod]", at=1.0))
    site = Site(
        slots={"toy": slot(current=served(3)), "other": waiting}, root="toy", guards=Guards()
    )
    say_listening(Listening(url="http://127.0.0.1:8000", site=site, keys=True, seconds=0.5))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    assert "toy 3 prod same – /projects/toy/" in lines
    assert "other – – none yet – /projects/other/" in lines
    assert lines[-4:] == [
        "! no version of other answers yet: no version is [prod]; it answers as soon as one can: "
        "foresell registry show other",
        "http://127.0.0.1:8000 ready after 0.50 s",
        "http://127.0.0.1:8000/docs shows what can be asked, and tries it",
        "callers need an API key: foresell keys create NAME; Ctrl-C ends it",
    ]
