import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files as files_of
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.adapters.sources import MemorySource
from foresell.pipeline.fingerprint import code_digest, digest, learnt_text, libraries, parameters
from foresell.pipeline.source_files import code_files, package_of
from foresell.pipeline.work import Request
from foresell.pipeline.writing import json_bytes
from tests.unit.pipeline.conftest import shipped

Digest = Callable[[], str]
FILES = {
    "__init__.py": "",
    "stage.py": "from house import near\n\ndef run():\n    from house.lazy import thing\n"
    "if TYPE_CHECKING:\n    from house.typed import Kind\n",
    "near.py": "import house.far\nTABLE = {'a': 'house.named:function'}\n",
    "far.py": "import os\n",
    "lazy.py": "thing = 1\n",
    "named.py": "def function():\n    return 1\n",
    "stranger.py": "VALUE = 1\n",
    "typed.py": "class Kind: ...\n",
    "note.txt": "beside\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package on disk that Python can import."""
    folder = tmp_path / "house"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "house"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def fresh() -> str:
    """The digest as a new process would compute it."""
    for cached in (code_digest, code_files, package_of):
        cached.cache_clear()
    return code_digest("house.stage")


@pytest.mark.usefixtures("package")
def test_unchanged_source_has_an_unchanged_digest() -> None:
    assert fresh() == fresh()


@pytest.mark.parametrize(
    "name",
    ["stage.py", "near.py", "far.py", "lazy.py", "named.py", "note.txt"],
)
def test_a_change_in_the_stage_or_in_anything_it_reaches_changes_the_digest(
    name: str, package: Path
) -> None:
    before = fresh()
    (package / name).write_text(FILES[name] + "# changed\n")
    assert fresh() != before


@pytest.mark.parametrize("name", ["stranger.py", "typed.py"])
def test_a_change_in_a_module_that_is_not_reached_when_it_runs_changes_nothing(
    name: str, package: Path
) -> None:
    before = fresh()
    (package / name).write_text(FILES[name] + "# changed\n")
    (package / "new.py").write_text("")
    assert fresh() == before


def test_a_template_beside_an_imported_module_counts(package: Path) -> None:
    before = fresh()
    (package / "templates").mkdir()
    (package / "templates" / "page.html").write_text("<p>")
    assert fresh() != before


def test_moving_the_package_elsewhere_changes_nothing(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fresh()
    package.rename(tmp_path / "gone")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "gone").rename(tmp_path / "elsewhere" / "house")
    for name in [name for name in sys.modules if name.split(".")[0] == "house"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    assert fresh() == before


def test_every_stage_depends_on_the_code_it_calls() -> None:
    ingest, split = (code_digest(f"foresell.pipeline.stages.{n}") for n in ("ingest", "split"))
    assert ingest != split
    followed = code_files("foresell.pipeline.stages.ingest")
    assert {
        "foresell.pipeline.stages.ingest",
        "foresell.contracts.text",
        "foresell.data.joining",
        "foresell.spec.project",
        "foresell.errors",
    } <= set(followed)
    assert "foresell.cli.app" not in followed


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), min_size=2))
def test_the_order_of_a_mapping_counts_because_that_of_the_columns_does(
    value: dict[str, object],
) -> None:
    assert digest(value) == digest(dict(value))
    assert digest(value) != digest(dict(reversed(value.items())))


def test_written_json_has_sorted_keys_and_plain_declarations() -> None:
    value = {"b": date(2012, 1, 6), "a": ("é", None, 1.5)}
    assert json_bytes(value) == '{"a": ["é", null, 1.5], "b": "2012-01-06"}'.encode()


def request_() -> Request:
    project, contract = shipped("walmart")
    return Request(project=project, contract=contract, source=MemorySource({}))


def test_a_parameter_that_was_not_read_has_no_digest() -> None:
    assert list(parameters(request_(), {"season", "horizon"})) == ["horizon", "season"]


def test_only_the_changed_parameter_has_another_digest() -> None:
    names = {"horizon", "season", "contract", "preset", "override", "declarations"}
    one = request_()
    other = replace(one, project=replace(one.project, horizon=40), preset="best")
    before, after = parameters(one, names), parameters(other, names)
    assert {name for name in names if before[name] != after[name]} == {"horizon", "preset"}


def test_the_libraries_that_can_change_a_result_are_named_with_their_versions() -> None:
    assert {"python", "polars", "numpy", "lightgbm", "altair", "jinja2"} <= set(libraries())
    assert not {"typer", "rich", "pytest", "ruff"} & set(libraries())
    assert all(version[0].isdigit() for version in libraries().values())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("name: a\nrisk:\n  segments:\n    - {x: 1}\n# end\ntarget: y\n", "name: a\ntarget: y\n"),
        ("# top\nmonitoring: {psi: 0.3}\n", "{}\n"),
        ("name: a\n\n# when\nmonitoring: {psi: 0.3}\n\ntarget: y\n", "name: a\ntarget: y\n"),
        ("name: a\ntarget: y\nmonitoring:\n  psi: 0.3\n", "name: a\ntarget: y\n"),
        ("name: a # why\ntarget: y\n", "name: a\ntarget: y\n"),
        ("{name: a, monitoring: {psi: 0.3}, target: y}", "name: a\ntarget: y\n"),
        ("a: {b: '#'}\nrisk: &few [1]\nc: *few\n", "a: {b: '#'}\nc: [1]\n"),
        ("p", "p"),
        ("a: [", "a: ["),
        ("", ""),
    ],
)
def test_what_only_the_watch_reads_is_no_part_of_what_a_model_follows_from(
    text: str, kept: str
) -> None:
    assert learnt_text(text) == kept


SECTIONS = ("monitoring: {psi: 0.3}\n", "risk:\n  segments:\n  # all of it\n  - {}\n")


@pytest.mark.parametrize("name", ["walmart", "retail", "sales_orders", "california_housing"])
@given(data=st.data())
@settings(max_examples=10)
def test_a_section_that_only_the_watch_reads_changes_nothing_wherever_it_stands(
    name: str, data: st.DataObject
) -> None:
    text = files_of("foresell").joinpath("projects", name, "project.yaml").read_text("utf-8")
    whole = yaml.safe_load(text)
    lines = learnt_text(text).splitlines(keepends=True)
    tops = [at for at, line in enumerate(lines) if line[0].isalpha()]
    at = data.draw(st.sampled_from([*tops, len(lines)]))
    before, after = (
        data.draw(st.sampled_from(["", "\n", "# when to warn\n", "\n  # when\n\n"])) for _ in "12"
    )
    more = "".join(data.draw(st.permutations(SECTIONS)))
    added = "".join([*lines[:at], before, more, after, *lines[at:]])

    assert learnt_text(added) == learnt_text(text) == "".join(lines)
    kept = {key: value for key, value in whole.items() if key not in {"monitoring", "risk"}}
    assert yaml.safe_load(learnt_text(text)) == kept
    assert list(yaml.safe_load(learnt_text(text))["columns"]) == list(whole["columns"])
