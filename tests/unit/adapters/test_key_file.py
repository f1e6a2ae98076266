"""The file of keys: whole at every moment, its owner's alone, and changed by one at a time."""

import stat
import threading
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from foresell.adapters.key_file import KeyFile
from foresell.errors import DataError, MachineError
from foresell.spec.keys import Key

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def key(number: int) -> Key:
    return Key(
        id=f"{number:012x}",
        name=f"key {number}",
        digest=f"{number:064x}",
        scopes=("predict",),
        created=NOW,
    )


def only(number: int, _: tuple[Key, ...]) -> tuple[Key, ...]:
    return (key(number),)


def test_no_file_is_no_keys(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "deep" / "keys.json")
    assert (file.keys(), file.stamp(), file.exposed()) == ((), None, False)


def test_what_was_written_is_read_and_only_its_owner_may(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "deep" / "keys.json")
    file.change(lambda kept: (*kept, key(1)))
    file.change(lambda kept: (*kept, key(2)))
    assert file.keys() == (key(1), key(2))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert not file.exposed()
    file.path.chmod(0o640)
    assert file.exposed()


def test_every_change_is_seen_by_its_stamp(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    stamps = [file.stamp()]
    for number in range(20):
        file.change(partial(only, number))  # as long as the one before
        stamps.append(file.stamp())
    file.path.unlink()
    stamps.append(file.stamp())
    assert all(one != two for one, two in pairwise(stamps))


def test_those_who_change_it_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(number: int) -> None:
        KeyFile(tmp_path / "keys.json").change(lambda kept: (*kept, key(number)))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.id for one in KeyFile(tmp_path / "keys.json").keys()) == [  # noqa: SIM118
        key(number).id for number in range(12)
    ]


def test_a_change_that_fails_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    file.change(lambda _: (key(1),))
    with pytest.raises(ZeroDivisionError):
        file.change(lambda kept: (*kept, key(1 // 0)))
    assert file.keys() == (key(1),)


def test_a_file_that_is_something_else_is_said_to_be(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    file.path.write_bytes(b"\xff\xfe{")
    with pytest.raises(DataError, match="this is no list of API keys"):
        file.keys()
    with pytest.raises(DataError):
        file.change(lambda kept: kept)
    assert file.path.read_bytes() == b"\xff\xfe{"


def test_a_place_that_cannot_be_used_is_a_machine_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = KeyFile(tmp_path / "file" / "keys.json")
    with pytest.raises(MachineError, match="cannot be written"):
        file.change(lambda kept: kept)
    with pytest.raises(MachineError, match="cannot be read"):
        KeyFile(tmp_path).keys()
    assert file.stamp() is not None
