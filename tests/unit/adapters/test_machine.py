from pathlib import Path

from foresell.adapters.machine import examine, libraries


def test_everything_a_run_needs_is_looked_at(tmp_path: Path) -> None:
    assert [check.name for check in examine(tmp_path)] == [
        "Python", "cores", "memory", "workspace",
    ]  # fmt: skip
    names = [check.name for check in libraries()]
    needed = {"polars", "numpy", "lightgbm (extra train)", "pydantic", "pyyaml", "jinja2", "typer"}
    assert needed <= set(names)
    assert {"fastapi (extra serve)", "arch (extra risk)"} <= set(names)
    assert not {"pytest", "pytest (extra dev)", "foresell (extra all)"} & set(names)


def test_what_is_missing_says_how_to_mend_it_and_what_is_there_does_not(tmp_path: Path) -> None:
    for check in (*examine(tmp_path), *libraries()):
        assert (check.mend == "") == (check.state == "ok"), check


def test_a_home_that_does_not_exist_yet_is_looked_at_through_its_nearest_parent(
    tmp_path: Path,
) -> None:
    home = tmp_path / "not" / "yet"
    assert examine(home)[-1].found.startswith(f"{home}, ")
    assert not home.exists()


def test_each_directory_that_is_moved_is_looked_at_under_the_name_of_its_variable(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    (tmp_path / "w").mkdir()
    fine, wrong = examine(
        tmp_path, {"DATA_DIR": tmp_path / "w" / ".." / "d", "MODELS_DIR": file / "m"}
    )[-2:]
    assert (fine.name, fine.state, fine.mend) == ("DATA_DIR", "ok", "")
    assert fine.found.startswith(f"{tmp_path}/d, ")
    assert (wrong.name, wrong.state) == ("MODELS_DIR", "missing")
    assert wrong.found.endswith(", which is a file")
    assert wrong.mend == "set MODELS_DIR to a writable folder with 2 GiB"
