"""Where a server's keys come from: their file, and who else may read it."""

import time
from pathlib import Path

import pytest

import foresell as platform
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.wiring.keys import key_ring


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
