import ast
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

import foresell
from foresell.errors import MachineError
from foresell.spec.extras import EXTRAS, lacking, need

SOURCE = Path(foresell.__file__).parent
PASSED_ON = {
    "botocore": "boto3",
    "markupsafe": "jinja2",
    "pydantic_core": "pydantic",
    "requests": "mlflow",
    "scipy": "statsmodels",
}
BROUGHT = packages_distributions()


def declared(extra: str | None) -> set[str]:
    """Return the distributions an extra brings, or those of every install."""
    mark = f"extra == '{extra}'" if extra else ""
    return {
        line.split(";")[0].split("[")[0].split(">")[0].split("<")[0].strip().lower()
        for line in requires("foresell") or ()
        if (mark in line if mark else "extra ==" not in line)
    }


def imported() -> set[str]:
    """Return the name of every library that a module of foresell imports."""
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"foresell"}


def brought(library: str) -> set[str]:
    """Return the distributions that bring a library."""
    if library in PASSED_ON:
        return {PASSED_ON[library]}
    return {name.lower().replace("_", "-") for name in BROUGHT[library]}


def test_every_library_that_is_imported_is_in_every_install_or_of_the_extra_that_is_named() -> None:
    base = declared(None)
    for library in imported():
        if library in EXTRAS:
            continue
        assert brought(library) & base, library


def test_an_extra_that_is_named_for_a_library_brings_it() -> None:
    for library, extra in EXTRAS.items():
        assert brought(library) & declared(extra), library


def test_all_is_every_extra_but_that_of_development() -> None:
    extras = {*EXTRAS.values(), "explain"}
    assert declared("all") == set().union(*(declared(extra) for extra in extras))
    assert declared("all") < declared("dev")


def test_what_is_missing_is_a_trouble_of_the_machine_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(MachineError) as refused:
        need(("lightgbm",), "foresell run", "train")

    assert refused.value.args == (
        "the library 'lightgbm' is not installed",
        "foresell run",
        "pip install 'foresell[train]'",
    )
    assert refused.value.exit_code == 3


def test_a_library_of_every_install_is_no_extra_s() -> None:
    assert lacking("polars", "here") is None
    assert lacking(None, "here") is None
