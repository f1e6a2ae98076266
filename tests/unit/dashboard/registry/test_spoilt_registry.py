"""A damaged registry, hostile words and impossible addresses: the page says so, and stands."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

import foresell
from foresell.dashboard.registry.page import RegistryPage, download
from foresell.serving.problems import Refused
from tests.dashboard_site import board_of as board
from tests.dashboard_site import context, get, site_of, visit_of
from tests.signed_visits import PAGE, moved_on, toys


@pytest.fixture
def home(home: Path) -> Path:
    """Three versions: 1 was prod, 2 is, 3 failed its gate and is on staging by an override."""
    return moved_on(home)


def page(home: Path, **query: str) -> RegistryPage:
    found: RegistryPage = context(board(home, "toy"), "toy", "registry", **query)
    return found


@pytest.mark.parametrize("word", ["9", "prodd", "<script>alert(1)</script>", "-1", "1" * 400])
def test_a_version_that_is_not_there_is_told_beside_the_choice(home: Path, word: str) -> None:
    found = page(home, a="1", b=word)

    assert found.difference is None
    assert found.troubles["difference"].what == f"there is no version {word[:40]!r}"
    assert found.versions is not None
    assert "<script>alert" not in get(site_of(home, "toy"), PAGE).text


def changed(home: Path, statement: str) -> None:
    """Change the database behind the registry's back."""
    with closing(sqlite3.connect(home / "_registry" / "registry.db")) as database, database:
        for (trigger,) in database.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            database.execute(f"drop trigger {trigger}")
        database.execute(statement)


def test_a_history_that_was_changed_is_told_and_listed_and_nothing_is_shown_of_it(
    home: Path,
) -> None:
    shown, site = board(home, "toy"), site_of(home, "toy")
    changed(home, "update transitions set reason = 'another one' where number = 4")

    found = context(shown, "toy", "registry")
    listed = context(shown, "toy", "registry", verify="1")

    assert found.heading == "The history cannot be read"
    assert "the history of 'toy' was changed" in found.troubles["history"].what
    assert (found.versions, found.verification) == (None, None)
    assert listed.verification is not None
    assert not listed.verification.sound
    assert listed.verification.problems.rows
    html = get(site, f"{PAGE}?verify=1").text
    assert "Not all of it is what was written" in html


def test_reading_all_of_it_again_finds_a_file_that_was_changed(home: Path) -> None:
    sound = page(home, verify="1").verification
    assert sound is not None
    assert sound.sound
    assert sound.says.startswith("6 transitions, 3 versions and ")
    victim = next(
        one
        for one in sorted((home / "_registry" / "objects").rglob("*"))
        if one.is_file() and one.read_bytes() == b"1 2 3\n"
    )
    victim.chmod(0o644)
    victim.write_bytes(b"4 5 6\n....")

    found = page(home, verify="1").verification

    assert found is not None
    assert not found.sound
    assert any("version" in row[0].text for row in found.problems.rows)


@pytest.mark.parametrize("content", [b"", b"no database", b"\x00" * 5000])
def test_a_database_that_is_none_spoils_the_page_in_words_only(home: Path, content: bytes) -> None:
    site = site_of(home, "toy")
    for end in ("-wal", "-shm"):
        (home / "_registry" / f"registry.db{end}").unlink(missing_ok=True)
    (home / "_registry" / "registry.db").write_bytes(content)

    reply = get(site, PAGE)

    assert reply.status_code in {200, 503}
    assert "Traceback" not in reply.text
    assert "foresell" in reply.text


def test_words_of_the_history_are_shown_as_words(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0)
    foresell.promote("toy", 1, reason='<script>alert("x")</script> & "quoted" ünïcode', home=home)

    html = get(site_of(home, "toy"), PAGE).text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; &#34;quoted&#34; ünïcode" in html


@dataclass
class Addressed:
    query: str
    status: int


@pytest.mark.parametrize(
    "case",
    [
        Addressed("do=destroy&version=1", 404),
        Addressed("do=promote", 404),
        Addressed("do=promote&version=x", 404),
        Addressed("do=promote&version=1&alias=live", 404),
        Addressed("do=rollback&to=%3Cscript%3E", 404),
        Addressed("do=promote&version=99999999999999999999", 404),
        Addressed("do=promote&version=7", 200),
        Addressed("do=rollback&to=7", 200),
    ],
)
def test_an_address_that_orders_what_cannot_be_is_told_so(home: Path, case: Addressed) -> None:
    reply = get(site_of(home, "toy"), f"{PAGE}?{case.query}")

    assert reply.status_code == case.status
    assert "<script>" not in reply.text.replace("<script src", "")
    if case.status == 200:
        assert "This cannot be done" in reply.text


def test_another_file_of_the_page_is_refused(home: Path) -> None:
    with pytest.raises(Refused):
        download(visit_of(board(home, "toy").projects["toy"]), "../keys.json")
