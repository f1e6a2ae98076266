"""A registry's database that another process holds, as a server's shelves see it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from foresell.errors import MachineError
from foresell.settings import read_settings
from foresell.wiring.shelves import alias_shelf, number_shelf
from tests.ledger_files import file_of
from tests.serve_process import registered


def test_a_database_that_somebody_holds_is_waited_for_no_longer_than_is_told(
    tmp_path: Path,
) -> None:
    registered(tmp_path, "toy", 100.0)
    settings = read_settings(tmp_path)
    shelf = alias_shelf("toy", "prod", settings, 0.3)
    expected = shelf.look()
    with closing(sqlite3.connect(file_of(settings.registry), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        waited = []
        for one in (shelf, number_shelf("toy", 1, settings, 0.3)):
            began = time.monotonic()
            with pytest.raises(MachineError, match="database is locked"):
                one.look()
            waited.append(time.monotonic() - began)

    assert max(waited) < 3.0
    assert shelf.look() == expected
