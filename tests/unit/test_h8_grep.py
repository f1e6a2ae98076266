"""No pipeline commits to git, takes away what is not its own, or turns an error into success."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "foresell"
DAGS = ROOT / "deploy" / "airflow" / "dags"
# What runs a pipeline: its stages, its exports, and what they have written.
PIPELINE = (*sorted((SOURCE / "pipeline").rglob("*.py")), *sorted(DAGS.glob("*.py")))
WRITTEN = (*PIPELINE, ROOT / "dvc.yaml", ROOT / "params.yaml", ROOT / ".dvc" / "config")

_GIT = re.compile(
    r"\bgit\b['\",\s]+(?:-C\s+\S+\s+)?"
    r"(?:commit|push|add|rm|tag|stash|reset|checkout|restore|clean|merge|rebase|config)\b"
)
_SHELL = re.compile(
    r"(?:^|[\s;&|(`])(?:rm|rmdir|unlink|shred|truncate|mv|dd)\s+-?\S|\bfind\b.*-delete"
)
_QUIET = re.compile(r"\|\|\s*(?:true|:)(?:\s|$)|\bset \+e\b|2>\s*/dev/null|trigger_rule=.all_done")
_TAKES_AWAY = {"rmtree", "unlink", "rmdir", "remove", "removedirs", "ftruncate", "truncate_file"}
_FILES = {"os", "shutil"}  # whose `remove` is one of files, and not of a list

# Everything that takes a file away, and what it is that goes.
OWN: Mapping[str, str] = {
    "adapters/alert_outbox.py": "messages that were taken, and drafts of its own",
    "adapters/growing_file.py": "parts and the draft of the file it writes",
    "adapters/held_file.py": "its own lock file is emptied",
    "adapters/key_file.py": "its own draft",
    "adapters/mlflow_place.py": "its own draft",
    "adapters/outbox.py": "letters that were sent, and drafts of its own",
    "adapters/rotating_lines.py": "the oldest of the log files that it writes",
    "adapters/run_folder.py": "what stands in the list of the run",
    "adapters/vault.py": "its own draft",
    "adapters/workspace.py": "drafts, and outputs that have been replaced",
    "cli/sql.py": "its own draft",
    "cli/writing.py": "its own draft",
    "wiring/monitor_files.py": "summaries that say nothing any more, and folders it has just made",
    "wiring/quality.py": "its own draft",
    "wiring/report_folders.py": "reports that have been replaced",
    "wiring/request_sinks.py": "its own draft, and a log it has just begun",
    "wiring/staging.py": "staged files that have been replaced",
    "wiring/standing.py": "the text of an alert that is over",
    "wiring/synthetic.py": "made-up files that have been replaced",
}
# Every place of a pipeline where an error is not passed on, and why that is no success.
ANSWERED: Mapping[tuple[str, str], str] = {
    ("pipeline/taking.py", "(ImportError, ValueError)"): "a name that is no module of "
    "ours has no code to look at; the check of the graph tells of it",
    (
        "pipeline/records.py",
        "ValueError",
    ): "a record that cannot be read is none: the stage is done",
    ("pipeline/checks_log.py", "ValidationError"): "a line that cannot be read is counted and told "
    "of; nothing follows from the log",
    ("pipeline/fingerprint.py", "yaml.YAMLError"): "who reads the project says what is wrong",
    ("pipeline/source_files.py", "(ModuleNotFoundError, ValueError)"): "as with the graph's code",
}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_bytes())))


def name(path: Path) -> str:
    return path.relative_to(SOURCE if path.is_relative_to(SOURCE) else ROOT).as_posix()


def calls(path: Path) -> Iterator[str]:
    """Yield the calls of a file that take something away."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            whose, _, verb = called.rpartition(".")
            if verb in _TAKES_AWAY and (verb != "remove" or whose in _FILES):
                yield called


def quiet(path: Path) -> Iterator[str]:
    """Yield what is caught in a file and neither raised nor used: the error is lost there."""
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler) and not _passes_on(node):
            yield "everything" if node.type is None else ast.unparse(node.type)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress":
            yield ast.unparse(node)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler raises something, or uses the error that it has caught."""
    inside = [node for line in handler.body for node in ast.walk(line)]
    used = {node.id for node in inside if isinstance(node, ast.Name)}
    return any(isinstance(node, ast.Raise) for node in inside) or handler.name in used


def text(path: Path) -> str:
    """The words of a file without comments and docstrings, which only talk."""
    content = path.read_text("utf-8")
    if path.suffix != ".py":
        return "\n".join(line.partition("#")[0] for line in content.splitlines())
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body[:1] = [ast.Pass()]
    return ast.unparse(tree)


def test_there_is_something_to_look_at() -> None:
    assert len(PIPELINE) > 30
    assert {path.name for path in DAGS.glob("*.py")} >= {"sales_forecast_training.py"}
    assert all(path.is_file() for path in WRITTEN)


def test_nothing_of_foresell_writes_to_git() -> None:
    paths = [*sorted(SOURCE.rglob("*.py")), *WRITTEN]
    named = [path for path in paths if _GIT.search(path.read_text("utf-8"))]
    assert [name(path) for path in named if _GIT.search(text(path))] == []
    assert not re.search(r"autostage\s*=\s*true", (ROOT / ".dvc" / "config").read_text("utf-8"))


def test_files_are_taken_away_only_where_they_are_foresell_s_own() -> None:
    found = {name(path) for path in SOURCE.rglob("*.py") if any(calls(path))}
    assert sorted(found - OWN.keys()) == []
    assert sorted(OWN.keys() - found) == []


def test_no_stage_no_export_and_no_dag_takes_a_file_away() -> None:
    assert {name(path): [*calls(path)] for path in PIPELINE if any(calls(path))} == {}
    shell = {name(path): _SHELL.findall(text(path)) for path in (*DAGS.glob("*.py"), WRITTEN[-3])}
    assert {path: found for path, found in shell.items() if found} == {}


def test_no_stage_no_export_and_no_dag_swallows_an_error() -> None:
    found = {(name(path), caught) for path in PIPELINE for caught in quiet(path)}
    assert sorted(found - ANSWERED.keys()) == []
    assert sorted(ANSWERED.keys() - found) == []


def test_no_command_of_a_dag_or_of_dvc_ends_well_whatever_came_of_it() -> None:
    paths = (*DAGS.glob("*.py"), ROOT / "dvc.yaml")
    assert {name(path): found for path in paths if (found := _QUIET.findall(text(path)))} == {}


def test_who_catches_every_error_passes_it_on() -> None:
    kept = [
        (name(path), ast.unparse(node))
        for path in (*SOURCE.rglob("*.py"), *DAGS.glob("*.py"))
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and _takes_all(node) and not _passes_on(node)
    ]
    assert kept == []


def _takes_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}


@pytest.mark.parametrize(
    "words",
    ["git commit -m x", '["git", "commit"]', "git -C /x push", "&& git add .", "git  tag v1"],
)
def test_the_grep_finds_what_it_looks_for(words: str) -> None:
    assert _GIT.search(words)


@pytest.mark.parametrize("words", ["git rev-parse HEAD", "digit add", "the commit of git"])
def test_the_grep_leaves_alone_what_only_looks(words: str) -> None:
    assert not _GIT.search(words)


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ("try:\n    f()\nexcept OSError:\n    pass", ["OSError"]),
        ("try:\n    f()\nexcept OSError:\n    return None", ["OSError"]),
        ("try:\n    f()\nexcept:\n    done = True", ["everything"]),
        ("with suppress(OSError):\n    f()", ["suppress(OSError)"]),
        ("try:\n    f()\nexcept OSError as error:\n    raise Own() from error", []),
        ("try:\n    f()\nexcept OSError as error:\n    found.append(error)", []),
    ],
)
def test_a_lost_error_is_found(tmp_path: Path, body: str, lost: list[str]) -> None:
    file = tmp_path / "x.py"
    file.write_text("def g():\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\n")
    assert [*quiet(file)] == lost
