"""What a ledger says of a database that somebody or something has changed."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from foresell.adapters.ledger import SqlLedger, damage_at, open_ledger
from foresell.adapters.ledger_tables import TRANSITIONS
from foresell.errors import DataError
from tests.contract.test_ledger import keep
from tests.ledger_files import file_of, run


def changed(url: str, column: str, value: object) -> SqlLedger:
    """A ledger whose second transition somebody changed who took away what protects it."""
    keep(open_ledger(url), 2)
    on = " ON transitions" if url.startswith("postgresql") else ""
    run(url, f"DROP TRIGGER transitions_are_never_changed{on}")
    engine = create_engine(url)
    with engine.begin() as connection:
        second = TRANSITIONS.c.number == 2
        connection.execute(update(TRANSITIONS).where(second).values({column: value}))
    engine.dispose()
    return open_ledger(url)


@pytest.mark.parametrize(
    "evidence", ["{ }", "{", "[]", '{"a":NaN}', '{"a":1,"a":1}', '{"a":1e0}', "", "[" * 9000]
)
def test_evidence_that_was_changed_is_not_read(url: str, evidence: str) -> None:
    ledger = changed(url, "evidence", evidence)
    with pytest.raises(
        DataError, match=r"^evidence of a transition is not what was kept\n"
    ) as said:
        ledger.transitions("toy")
    assert said.value.where == f"{ledger.label}, transition 2 of toy"


@pytest.mark.parametrize(
    ("column", "value"),
    [("version", "two"), ("reason", b"why not"), ("after_version", 1.5), ("alias", b"prod")],
)
def test_a_value_of_another_kind_is_not_read(tmp_path: Path, column: str, value: object) -> None:
    ledger = changed(f"sqlite:///{tmp_path / 'registry.db'}", column, value)
    with pytest.raises(DataError, match=f"^{column} of a transition is not what was kept\n"):
        ledger.transitions("toy")


def test_a_list_longer_than_its_end_says_takes_no_more(url: str) -> None:
    keep(open_ledger(url), 2)
    run(url, "UPDATE heads SET number = 1, hash = 'ab'")
    with pytest.raises(DataError, match=r"^transition 2 of toy is there already"):
        keep(open_ledger(url), 1)
    assert run(url, "SELECT number, hash FROM heads") == [(1, "ab")]


def test_bytes_that_are_no_text_are_damage_and_their_row_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 2)
    content = file_of(url).read_bytes()
    file_of(url).write_bytes(content[::-1].replace(b"ton yhw", b"ton yh\xff", 1)[::-1])
    with pytest.raises(DataError, match=r"^reason of a transition is not what was kept\n") as said:
        open_ledger(url).transitions("toy")
    assert said.value.where == f"{file_of(url)}, transition 1 of toy"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE heads SET number = 'x'",
        "UPDATE heads SET number = 1.5",
        "UPDATE heads SET hash = x'ab'",
        "UPDATE heads SET hash = CAST(x'ff' AS TEXT)",
    ],
)
def test_an_end_that_is_of_another_kind_is_damage(tmp_path: Path, change: str) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 2)
    run(url, change)
    with pytest.raises(DataError, match=r"^where the list of toy ends is not what was kept\n"):
        open_ledger(url).head("toy")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM heads WHERE project = 'toy'",
        "UPDATE heads SET project = 'tox' WHERE project = 'toy'",
    ],
)
def test_a_project_whose_end_is_lost_is_still_listed(url: str, change: str) -> None:
    keep(open_ledger(url), 2)
    keep(open_ledger(url), 1, "other")
    run(url, change)
    assert set(open_ledger(url).projects()) - {"tox"} == {"other", "toy"}


def test_a_project_whose_name_is_no_text_any_more_is_listed_by_its_bytes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    run(url, "UPDATE heads SET project = CAST(x'74ff79' AS TEXT)")
    assert open_ledger(url).projects() == ["t\\udcffy", "toy"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE heads RENAME TO hfads", "no such table: heads"),
        ("ALTER TABLE heads RENAME COLUMN hash TO hasi", "no such column: heads.hash"),
        ("DROP TABLE registry_revision", "its tables are those of a registry, and it names no"),
        ("DELETE FROM registry_revision", "its tables are those of a registry, and it names no"),
    ],
)
def test_a_table_that_is_gone_or_has_changed_is_damage(
    tmp_path: Path, change: str, said: str
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    run(url, change)
    with pytest.raises(DataError, match=f"^the registry's database is damaged: {said}"):
        open_ledger(url).head("toy")


def test_a_column_that_is_gone_from_postgresql_is_damage(emptied: str) -> None:
    keep(open_ledger(emptied), 1)
    run(emptied, "ALTER TABLE heads RENAME COLUMN hash TO hasi")
    with pytest.raises(DataError, match=r"^the registry's database is damaged: column heads.hash"):
        open_ledger(emptied).head("toy")


def test_a_file_whose_tables_cannot_be_seen_any_more_is_not_taken_for_an_empty_one(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    content = bytearray(file_of(url).read_bytes())
    content[104] = 0  # how many tables there are
    file_of(url).write_bytes(content)
    with pytest.raises(DataError, match=r"^the registry's database is damaged: .*[Pp]age"):
        open_ledger(url)


def test_names_of_tables_that_are_no_text_are_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1)
    content = file_of(url).read_bytes()
    place = content.index(b"CREATE TABLE heads")
    file_of(url).write_bytes(content[:place] + b"\xc3" + content[place + 1 :])
    with pytest.raises(DataError, match=r"^the registry's database is damaged: "):
        open_ledger(url).head("toy")


def test_a_revision_that_its_tables_do_not_bear_out_is_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    assert damage_at(url) == ""
    keep(open_ledger(url), 1)
    assert damage_at(url) == ""
    run(url, "UPDATE registry_revision SET version_num = 'r0009'")
    assert damage_at(url) == "it names the revision 'r0009', and its tables are those of r0001"
    run(url, "ALTER TABLE heads ADD COLUMN more TEXT")  # as a newer foresell might
    assert damage_at(url) == ""


def test_an_index_that_leads_elsewhere_is_damage(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 1, "a project of a name of its own")
    content = file_of(url).read_bytes()
    place = content.rindex(b"a project of a name of its own")
    file_of(url).write_bytes(content[:place] + b"b" + content[place + 1 :])
    assert "sqlite_autoindex" in damage_at(url)


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    keep(open_ledger(url), 3)
    content = file_of(url).read_bytes()
    file_of(url).write_bytes(b"no database" + content[11:])
    with pytest.raises(DataError, match=r"^the registry's database is damaged: file is not a data"):
        open_ledger(url)
