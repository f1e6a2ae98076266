"""What ``foresell serve`` prints for people."""

import json
from dataclasses import replace

import pytest

from foresell.cli.show_serving import json_listening, say_listening
from foresell.serving.guards import Guards
from foresell.serving.site import Site
from foresell.serving.slots import Standing, Unreachable
from foresell.wiring.http_server import Listening
from tests.served_bundles import live as version
from tests.served_bundles import served, slot


def test_it_says_what_answers_what_waits_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = slot("other")
    waiting.standing = Standing(unreachable=Unreachable(why="no version is [prod]", at=1.0))
    site = Site(
        slots={"toy": slot(current=served(3)), "other": waiting}, root="toy", guards=Guards()
    )
    say_listening(
        Listening(url="http://127.0.0.1:8000", site=site, keys=True, pages=True, seconds=0.5)
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    assert "toy 3 prod same – /projects/toy/" in lines
    assert "other – – none yet – /projects/other/" in lines
    assert lines[-5:] == [
        "! other answers nothing yet: no version is [prod]; it answers as soon as one can: "
        "foresell registry show other",
        "http://127.0.0.1:8000 listening after 0.50 s, not ready: other",
        "http://127.0.0.1:8000/docs shows what can be asked, and tries it",
        "http://127.0.0.1:8000/ui is the dashboard",
        "callers need an API key: foresell keys create NAME; Ctrl-C ends it",
    ]


def test_where_the_alias_points_to_nothing_it_says_how_to_promote_and_what_staging_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mend = (
        "promote one: foresell registry promote toy VERSION --to prod --reason TEXT; staging is 1"
    )
    waiting = slot()
    waiting.standing = Standing(unreachable=Unreachable(why="none is prod", at=1.0, mend=mend))
    site = Site(slots={"toy": waiting}, root="toy", guards=Guards())
    listening = Listening(
        url="http://127.0.0.1:8000", site=site, keys=True, pages=True, seconds=0.5
    )
    say_listening(listening)
    said = capsys.readouterr().out
    json_listening(listening)
    told = json.loads(capsys.readouterr().out)["projects"][0]

    line = f"! toy answers nothing yet: none is prod; {mend}: or serve that, --alias staging"
    assert line in said.splitlines()
    assert (told["waiting"], told["mend"]) == (
        "none is prod",
        f"{mend}: or serve that, --alias staging",
    )


def test_a_shadow_of_the_version_that_answers_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    same, other = slot(current=served(3)), slot("other", current=served(3, project="other"))
    same.shadow, other.shadow = version(3), version(4)
    slots = {"toy": same, "other": other}
    site = Site(slots=slots, root="toy", guards=Guards())
    say_listening(
        Listening(url="http://127.0.0.1:8000", site=site, keys=True, pages=True, seconds=0.5)
    )
    said = capsys.readouterr().out

    assert "! the shadow of toy is the version that answers, 3" in said
    assert "shadow of other" not in said


def test_a_version_that_no_alias_names_is_that_of_a_folder_or_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slots = {}
    for name, folder in (("here", "/somewhere"), ("there", "")):
        one = served(3, project=name)
        place = replace(one.live.place, folder=folder)
        slots[name] = slot(
            name, current=replace(one, live=replace(one.live, alias="", place=place))
        )
    site = Site(slots=slots, root="here", guards=Guards())
    say_listening(
        Listening(url="http://127.0.0.1:8000", site=site, keys=True, pages=True, seconds=0.5)
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    assert "here 3 folder same – /projects/here/" in lines
    assert "there 3 number same – /projects/there/" in lines
    assert "http://127.0.0.1:8000 ready after 0.50 s" in lines
