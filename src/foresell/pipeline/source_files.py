"""Which source files a module runs: its own, and those of everything it imports."""

import ast
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_DIGITS = 20  # of a sha256, 80 bits: enough to tell files of one program apart
_TEMPLATES = "templates"


@dataclass(frozen=True)
class SourceFile:
    """One file of a program: the sha256 of its bytes, and the dotted names it mentions.

    ``names``: of what it imports, those inside functions and those spelled ``"module:function"``
    included; a name may turn out to be no module. Empty for a file that is no Python.
    """

    sha256: str
    names: tuple[str, ...] = ()


Look = Callable[[Path], SourceFile]  # what is in a file


def read_source(path: Path) -> SourceFile:
    """Return what is in one file, read now."""
    content = path.read_bytes()
    sums = hashlib.sha256(content).hexdigest()
    return SourceFile(sums, tuple(sorted(_names(content))) if path.suffix == ".py" else ())


@dataclass(frozen=True)
class Package:
    """The files of one package: modules by dotted name, other files by the folder they lie in."""

    name: str
    modules: Mapping[str, Path]
    others: Mapping[Path, tuple[Path, ...]]


@cache
def code_files(module: str, look: Look = read_source) -> Mapping[str, str]:
    """Return the digest of ``module`` and of each file of its package that it depends on, by name.

    Imports are found in the syntax tree and followed to the end; those that only a type checker
    reads are not among them. Templates and other data files beside an imported module count as
    well. A module nobody can find depends on nothing.
    """
    package = package_of(module.partition(".")[0])
    found: dict[str, Path] = {}
    _follow(module, package, look, found)
    named = dict(found)
    for name, file in found.items():
        for folder in (file.parent, file.parent / _TEMPLATES):
            for path in package.others.get(folder, ()):
                inside = path.relative_to(file.parent).as_posix()
                named[f"{name.rpartition('.')[0]}/{inside}"] = path
    return {name: look(path).sha256[:_DIGITS] for name, path in sorted(named.items())}


def _follow(module: str, package: Package, look: Look, found: dict[str, Path]) -> None:
    """Add ``module`` and all it imports to ``found``."""
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = package.modules.get(name)
        if path is None or name in found:
            continue
        found[name] = path
        above = name.rpartition(".")[0]
        if "." in above:  # the root package only points to the verbs, that is, to everything
            waiting.append(above)
        waiting.extend(one for one in look(path).names if one in package.modules)


@cache
def package_of(name: str) -> Package:
    """Return the files of the top package ``name``; none where there is no such package."""
    try:
        found = find_spec(name)
    except (ModuleNotFoundError, ValueError):  # the latter: a program that was started as a file
        found = None
    if found is None:
        return Package(name, {}, {})
    modules, others = dict[str, Path](), dict[Path, tuple[Path, ...]]()
    if found.origin is not None and not found.submodule_search_locations:
        modules[name] = Path(found.origin)
    for place in found.submodule_search_locations or ():
        _walk(place, name, modules, others)
    return Package(name, modules, others)


def _walk(
    folder: str, name: str, modules: dict[str, Path], others: dict[Path, tuple[Path, ...]]
) -> None:
    """Add the files of a folder that is the package ``name``, and of all folders below it."""
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                _walk(entry.path, f"{name}.{entry.name}", modules, others)
        elif entry.name == "__init__.py":
            modules[name] = Path(entry.path)
        elif entry.name.endswith(".py"):
            modules[f"{name}.{entry.name.removesuffix('.py')}"] = Path(entry.path)
    others[Path(folder)] = tuple(
        Path(entry.path) for entry in entries if entry.is_file() and entry.name[-3:] != ".py"
    )


def _names(content: bytes) -> set[str]:
    """Return the dotted names that a Python file imports or mentions as a text of its own."""
    names: set[str] = set()
    for node in _executed(ast.parse(content)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.split(":")[0])
    return {name for name in names if _is_dotted(name)}


def _is_dotted(text: str) -> bool:
    """Tell whether a text can be the name of a module in a package."""
    return "." in text and all(part.isidentifier() for part in text.split("."))


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a syntax tree but those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _executed(ast.Module(body=node.orelse, type_ignores=[]))
        else:
            yield from _executed(node)
