"""The file .env: what is read of it, and what is said of one that cannot be read."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.adapters.env_file import read_env_file
from foresell.errors import UsageError


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / ".env"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_our_own_names_are_read_and_those_of_others_are_left_alone(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "# the shop\n"
        "DB_HOST=db.example\n"
        "export DB_USER = jo\n"
        "DB_PASSWORD='p@ss #1 \"x\" $HOME ${DB_USER}' # not part of it\n"
        'DB_NAME="sales"\n'
        "\n"
        "RDS_SECRET_NAME=shop/db\r\n"
        "AWS_REGION=eu-central-1\n"
        "MLFLOW_TRACKING_URI=http://127.0.0.1:5000\n"
        "FORESELL_HOME=/data/home\n"
        "MODELS_DIR=/data/models\n"
        "PATH=/nowhere\n"
        "DJANGO_SECRET\n"
        "xDB_HOST=other\n"
        "DB_PORT=\n"
        "DB_NAME=shop",
    )
    assert read_env_file(file) == {
        "DB_HOST": "db.example",
        "DB_USER": "jo",
        "DB_PASSWORD": 'p@ss #1 "x" $HOME ${DB_USER}',
        "DB_NAME": "shop",
        "DB_PORT": "",
        "RDS_SECRET_NAME": "shop/db",
        "AWS_REGION": "eu-central-1",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
        "FORESELL_HOME": "/data/home",
        "MODELS_DIR": "/data/models",
    }


def test_without_the_file_and_with_a_folder_in_its_place_nothing_is_said(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == {}
    (tmp_path / ".env").mkdir()  # which some call their virtual environment
    assert read_env_file(tmp_path / ".env") == {}


def test_the_mark_that_some_editors_write_first_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert read_env_file(written(tmp_path, "\ufeffDB_NAME=shop")) == {"DB_NAME": "shop"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("hunter2 is the password", 1),
        ("DB_NAME=shop\n\n  \nDB_PASSWORD hunter2\n", 4),
        ("DB_NAME=shop\nDB_PASSWORD='hunter2\n", 2),
        ("DB_NAME=shop\nDB_PASSWORD='hunt'er2\n", 2),
        ("DB_NAME=shop\nDB_PASSWORD\n", 2),
        ("=hunter2", 1),
    ],
)
def test_a_broken_line_is_named_and_never_shown(tmp_path: Path, text: str, line: int) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as said:
        read_env_file(file)
    assert said.value.what == "the line is not NAME=value"
    assert said.value.where == f"{file}, line {line}"
    assert "hunt" not in str(said.value)
    assert said.value.__context__ is None


def test_a_password_without_quotes_is_not_cut_at_what_may_be_a_comment(tmp_path: Path) -> None:
    file = written(tmp_path, "DB_NAME=shop # the shop\n\nDB_PASSWORD=hunt #er2\n")
    with pytest.raises(UsageError) as said:
        read_env_file(file)
    assert said.value.args == (
        "it cannot be told whether the password ends before #",
        f"{file}, line 3",
        "write the password in single quotes; a comment may stand behind them",
    )
    fine = written(tmp_path, "DB_NAME=shop # the shop\nDB_PASSWORD=hunt#er2\nMY_PASSWORD=a #b\n")
    assert read_env_file(fine) == {"DB_NAME": "shop", "DB_PASSWORD": "hunt#er2"}


def test_a_file_that_is_no_utf8_is_said_without_what_stands_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the file is not UTF-8") as said:
        read_env_file(written(tmp_path, "DB_PASSWORD=hünter2".encode("latin-1")))
    assert said.value.__cause__ is None
    assert said.value.__suppress_context__


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    file = written(tmp_path, "DB_NAME=shop")
    file.chmod(0)
    with pytest.raises(UsageError, match="the file cannot be read: Permission denied"):
        read_env_file(file)


@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_any_value_in_single_quotes_is_read_as_it_stands(
    tmp_path_factory: pytest.TempPathFactory, value: str
) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    file = written(tmp_path_factory.getbasetemp(), f"DB_PASSWORD='{quoted}'\nDB_NAME=shop\n")
    assert read_env_file(file) == {"DB_PASSWORD": value, "DB_NAME": "shop"}
