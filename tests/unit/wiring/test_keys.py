"""Where a server's keys come from: their file, and who else may read it."""

import time
from pathlib import Path

import pytest

import foresell as platform
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.wiring.keys import key_ring, open_ring


def test_a_file_that_others_may_read_is_told_of_at_the_start_and_whenever_it_becomes_so(
    tmp_path: Path,
) -> None:
    token = platform.create_key("shop", home=tmp_path).token
    settings, said = read_settings(tmp_path), list[str]()
    ring = key_ring(settings, said.append)
    assert said == []

    told = []
    for rights in (0o644, 0o644, 0o600, 0o640):
        settings.keys.chmod(rights)
        time.sleep(0.6)  # it looks twice a second, when somebody asks
        assert ring.admit(token, "predict").name == "shop"
        told.append(len(said))

    assert told == [1, 1, 1, 2]
    warning = f"others than its owner may read or write {settings.keys}; chmod 600 mends it"
    assert set(said) == {warning}

    again = list[str]()
    key_ring(settings, again.append)
    assert again == [warning]


def test_a_list_without_a_key_would_let_nobody_in(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="callers need an API key here, and there is none"):
        key_ring(read_settings(tmp_path), print)


def test_pages_do_without_a_list_that_is_spoilt_and_take_it_once_it_is_mended(
    tmp_path: Path,
) -> None:
    token = platform.create_key("ana", scopes=["read"], home=tmp_path).token
    settings, said = read_settings(tmp_path), list[str]()
    sound = settings.keys.read_text("utf-8")
    settings.keys.write_text("spoilt", "utf-8")
    ring = open_ring(settings, said.append)
    assert (len(ring), len(said)) == (0, 1)
    assert said[0].startswith("the API keys cannot be read, so nobody can sign in")

    settings.keys.write_text(sound, "utf-8")
    time.sleep(0.6)  # as above
    assert ring.admit(token, "read").name == "ana"

    settings.keys.write_text("spoilt again", "utf-8")
    time.sleep(0.6)
    assert ring.admit(token, "read").name == "ana"
    assert ring.trouble != ""
