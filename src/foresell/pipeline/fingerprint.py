"""What a result depends on, computed: the code it ran, the parameters it read, its libraries."""

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import requires, version
from importlib.util import find_spec
from pathlib import Path
from platform import python_version

import yaml

from foresell.pipeline.work import Request
from foresell.pipeline.writing import plain

_OPTIONAL = ("catboost", "statsforecast")  # candidates' libraries of extras, where installed
_WATCH_ONLY = ("monitoring", "risk")  # sections read from the project as it is, and by no model
_SHOWN_ONLY = ("typer", "rich")  # move or show a result, and cannot change it


def digest(value: object) -> str:
    """Return the sha256 of ``value``; the order of a mapping counts.

    The order of declared columns is that of the key, and so of the series.
    """
    return hashlib.sha256(json.dumps(value, default=plain, ensure_ascii=False).encode()).hexdigest()


def parameters(request: Request, seen: Iterable[str]) -> Mapping[str, str]:
    """Return the digest of each parameter named in ``seen``, as it stands in ``request``."""
    outside: dict[str, object] = {
        "contract": request.contract,
        "preset": request.preset,
        "selection": request.selection,
        "override": request.override,
        "declarations": [learnt_text(request.project_text), request.contract_text],
    }
    return {
        name: digest(outside[name] if name in outside else getattr(request.project, name, None))
        for name in sorted(seen)
    }


@cache
def learnt_text(text: str) -> str:
    r"""Return a project.yaml without the sections that no model learns from.

    A threshold of the watch, or a segment whose risk is gauged, makes no new model. A text that is
    no mapping is returned as it is.

    >>> learnt_text("name: shop\nmonitoring: {psi: 0.3}\ntarget: sales\n")
    'name: shop\ntarget: sales\n'
    """
    try:
        whole = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return text  # whoever reads the project says what is wrong with it
    if not isinstance(whole, yaml.MappingNode):
        return text
    starts = [key.start_mark.index for key, _ in whole.value]
    ends = [*starts[1:], whole.end_mark.index]
    kept = [
        text[start:end]
        for (key, _), start, end in zip(whole.value, starts, ends, strict=True)
        if key.value not in _WATCH_ONLY
    ]
    return text[: starts[0]] + "".join(kept) + text[whole.end_mark.index :] if starts else text


@cache
def libraries() -> Mapping[str, str]:
    """Return the versions of Python and of each library that foresell needs to answer or train."""
    declared = {
        re.split(r"[^\w.-]", text)[0]
        for text in requires("foresell") or ()
        if "extra ==" not in text or "extra == 'train'" in text
    }
    names = sorted(name for name in declared if name not in _SHOWN_ONLY)
    there = [name for name in (*names, *_OPTIONAL) if name in names or find_spec(name)]
    return {"python": python_version(), **{name: version(name) for name in there}}


@cache
def code_digest(module: str) -> str:
    """Return the sha256 over the source of ``module`` and every foresell module it imports.

    Imports are found in the syntax tree, those inside functions and those spelled
    ``"module:function"`` included, and followed to the end; those that only a type checker reads
    are not among them. Templates and other data files beside an imported module count as well.
    """
    files: dict[str, Path] = {}
    _follow(module, files)
    named = dict(files)
    for name, file in files.items():
        package = name.rpartition(".")[0]
        for path in _data_beside(file):
            named[f"{package}/{path.relative_to(file.parent).as_posix()}"] = path
    found = hashlib.sha256()
    for name, path in sorted(named.items()):
        found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _follow(module: str, files: dict[str, Path]) -> None:
    """Add ``module`` and all it imports to ``files``."""
    path = _source(module)
    if path is None or module in files:
        return
    files[module] = path
    package = module.rpartition(".")[0]
    if "." in package:  # the root package only points to the verbs, that is, to everything
        _follow(package, files)
    for name in _imports(path, module.split(".", maxsplit=1)[0]):
        _follow(name, files)


@cache
def _source(module: str) -> Path | None:
    """Return the file of a module, or None when there is no such module."""
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(found.origin) if found and found.origin else None


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a syntax tree but those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _executed(ast.Module(body=node.orelse, type_ignores=[]))
        else:
            yield from _executed(node)


@cache
def _imports(path: Path, package: str) -> frozenset[str]:
    """Return the names in ``package`` that the file imports; a name may turn out no module."""
    names: set[str] = set()
    for node in _executed(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.split(":")[0])
    return frozenset(name for name in names if name.startswith(f"{package}."))


def _data_beside(file: Path) -> Iterable[Path]:
    """Yield files that are no Python, in the module's folder and in its ``templates``."""
    for folder in (file.parent, file.parent / "templates"):
        if folder.is_dir():
            yield from (
                path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"
            )
