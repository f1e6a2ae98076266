"""What an export is made from: every project in a folder, and which code each stage runs."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import foresell
from foresell.adapters.projects import Declaration
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import UsageError
from foresell.pipeline.export.dvc import Declared
from foresell.pipeline.fingerprint import digest, learnt_text, libraries
from foresell.pipeline.graph import STAGES, stages_of
from foresell.pipeline.reads import known_parameters, place_of
from foresell.pipeline.records import code_of
from foresell.pipeline.source_files import code_files, read_source
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.wiring.origins import reads
from foresell.wiring.runs import declaration, declarations

_GENERATOR = "foresell.data.synthetic"  # all that makes the raw files of an invented project
_LOCK = "requirements/dev.txt"  # says which libraries there are, where foresell itself is developed


def declared_in(root: Path, settings: Settings) -> list[Declared]:
    """Return every project whose declaration lies in the folder ``root``, by name."""
    found = []
    for name in declarations(settings):
        texts, project = declaration(name, settings)
        folder = inside(root, Path(texts.where))
        if folder is None:
            continue
        found.append(
            Declared(
                project=project,
                stages=stages_of(project),
                folder=folder,
                keys=tuple(yaml.safe_load(texts.project_text)),
                raw=project.synthetic is None and "files" in reads(project),
                outside=project.synthetic is None and reads(project) != ("files",),
            )
        )
    return found


def inside(root: Path, path: Path) -> str | None:
    """Return ``path`` as seen from the folder ``root``, or None where it lies outside of it."""
    place, above = path.resolve(), root.resolve()
    return place.relative_to(above).as_posix() if place.is_relative_to(above) else None


def is_developed_in(root: Path) -> bool:
    """Tell whether foresell itself lies in the folder ``root``, and is not just installed."""
    return inside(root, Path(foresell.__file__).parent) is not None


def code_places(root: Path, projects: list[Declared]) -> list[str]:
    """Return the files and folders in ``root`` that say which code and declarations there are.

    That is foresell itself, where it is developed in ``root``, with the lock of its libraries; and
    the projects that do not lie in it.
    """
    package = inside(root, Path(foresell.__file__).parent)
    own = [] if package is None else [package]
    if own and (root / _LOCK).is_file():
        own.append(_LOCK)
    beside = [
        f"{one.folder}/{name}"
        for one in projects
        if package is None or not one.folder.startswith(f"{package}/")
        for name in ("project.yaml", "contract.yaml")
    ]
    return [*own, *beside]


def code_told(settings: Settings) -> Mapping[str, Any]:
    """Return what stages depend on beside files and what a run is asked for.

    ``stages``: by kind and stage, one digest over all code that it runs; ``libraries``: the
    version of each; ``generator``: one digest over the code that makes raw files;
    ``parameters``: by project and parameter a digest of all that it follows from, which sees what
    DVC does not in the file: a key that was left out, an order, 2 for 2.0, what a default became.
    """
    place, look = DirectoryWorkspace(settings.home), cache(read_source)
    projects = {name: declaration(name, settings) for name in declarations(settings)}
    return {
        "stages": {
            kind: {
                stage.name: digest(code_of(stage, place, lambda module: code_files(module, look)))
                for stage in stages
            }
            for kind, stages in STAGES.items()
        },
        "libraries": libraries(),
        "generator": digest(code_files(_GENERATOR, look)),
        "parameters": {name: _parameters(*declared) for name, declared in projects.items()},
    }


def _parameters(texts: Declaration, project: ProjectSpec) -> Mapping[str, str]:
    """Return a digest of each parameter that is declared in project.yaml."""
    return {
        name: digest([getattr(project, key) for key in keys])
        if keys
        else digest([learnt_text(texts.project_text), texts.contract_text])
        for name in known_parameters()
        for place, keys in (place_of(name),)
        if place == "project.yaml"
    }


def changes(files: Mapping[Path, str], others: Mapping[Path, str]) -> Mapping[Path, str]:
    """Return what writing ``files`` does to each: ``new``, ``changed`` or ``same``.

    ``others`` are files that were written before and are none of them any more: ``gone``.

    Raises:
        UsageError: one of them is a folder.
    """
    found = {}
    for path, text in files.items():
        if path.is_dir():
            raise UsageError(f"{path.name!r} is a folder", str(path), "name a file")
        old = path.read_text("utf-8") if path.is_file() else None
        found[path] = "new" if old is None else "same" if old == text else "changed"
    return {**found, **dict.fromkeys((path for path in others if path not in files), "gone")}


def written_before(folder: Path, mark: str) -> Mapping[Path, str]:
    """Return the Python files of ``folder`` that have ``mark`` in them, by path."""
    texts = {path: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
    return {path: text for path, text in texts.items() if mark in text}
