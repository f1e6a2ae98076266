"""Which inputs and outputs the source of a stage takes, followed through the functions it calls."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

Side = Literal["inputs", "outputs"]
Thing = tuple[str, str]  # ("work", ""), ("inputs", ""), ("outputs", ""), or ("text", what it says)
Value = frozenset[Thing]  # what an expression may be, as far as that is known

_SIDES: tuple[Side, ...] = ("inputs", "outputs")
_NOTHING: Value = frozenset()
_ROUNDS = 5  # of finding out what local names hold: more than the longest chain of them
_COPIES = ("dict", "list", "tuple", "sorted", "reversed", "set")  # hold what they are given


@dataclass(frozen=True, order=True)
class Taken:
    """A name that is asked for on one side of a stage, and the module that asks."""

    side: Side
    name: str
    module: str


@dataclass(frozen=True)
class _Source:
    """The functions, classes and constants of a module, and what its other names stand for."""

    name: str
    defined: Mapping[str, ast.FunctionDef | ast.ClassDef]
    constants: Mapping[str, ast.expr]
    imported: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Reader:
    """Reads modules, each once, and remembers which functions were followed with what."""

    sources: dict[str, _Source | None] = field(default_factory=dict)
    told: dict[tuple[str, int, tuple[tuple[str, Value], ...]], Value] = field(default_factory=dict)
    taken: dict[Taken, None] = field(default_factory=dict)

    def source(self, module: str) -> _Source | None:
        """Return what is in a module; None where there is no such module. Nothing of it is run."""
        if module not in self.sources:
            self.sources[module] = _read(module)
        return self.sources[module]


def functions(module: str) -> list[str] | None:
    """Return the names of the functions that a module defines; None where it is not there."""
    source = _read(module)
    if source is None:
        return None
    return [name for name, node in source.defined.items() if isinstance(node, ast.FunctionDef)]


def taken(module: str, function: str) -> tuple[Taken, ...]:
    """Return what ``function``, whose first parameter is the work of a stage, takes by name.

    Followed are the work, its ``inputs`` and its ``outputs`` through names, arguments and results
    into every function of the same top package that is called with one of them. A name counts where
    it is written: as a text, a constant of the module, a parameter that was given one, a loop over
    such. Of a class that is given one of them, and of functions that are handed on uncalled, only
    ``X.inputs[...]`` and ``X.outputs[...]`` are seen. What is put together while it runs is not.
    """
    reader = Reader()
    source = reader.source(module)
    node = source.defined.get(function) if source is not None else None
    if source is not None and isinstance(node, ast.FunctionDef):
        parameters = _parameters(node)
        given = {parameters[0]: frozenset({("work", "")})} if parameters else {}
        _follow(reader, source, node, given)
    return tuple(reader.taken)


def _follow(
    reader: Reader, source: _Source, node: ast.FunctionDef, given: Mapping[str, Value]
) -> Value:
    """Note what a function takes that is given ``given``; return what it gives back."""
    key = (source.name, node.lineno, tuple(sorted(given.items(), key=lambda item: item[0])))
    if key in reader.told:
        return reader.told[key]
    reader.told[key] = _NOTHING  # what calls itself: the rest of it says what it gives back
    scope = _Scope(reader, source, dict(given))
    nodes = list(ast.walk(node))
    for _ in range(_ROUNDS):
        before = dict(scope.held)
        for each in nodes:
            scope.bind(each)
        if before == scope.held:
            break
    called = {id(each.func) for each in nodes if isinstance(each, ast.Call)}
    for each in nodes:
        scope.note(each)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and id(each) not in called:
            scope.enter(each, {})  # handed on, to be called by whoever gets it
    results = [each.value for each in nodes if isinstance(each, ast.Return) and each.value]
    reader.told[key] = scope.any(results)
    return reader.told[key]


@dataclass(frozen=True)
class _Scope:
    """What the names in a function may hold."""

    reader: Reader
    source: _Source
    held: dict[str, Value]

    def bind(self, node: ast.AST) -> None:
        """Add what a statement gives to names."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._give(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._give(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            self._add(node.target, self.value(node.iter))

    def _give(self, target: ast.expr, value: ast.expr) -> None:
        """Add what ``value`` may be to the names of ``target``, one by one where both list them."""
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._give(one, other)
        else:
            self._add(target, self.value(value))

    def _add(self, target: ast.expr, value: Value) -> None:
        """Add ``value`` to every name in ``target``."""
        for name in ast.walk(target):
            if value and isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                self.held[name.id] = self.held.get(name.id, _NOTHING) | value

    def note(self, node: ast.AST) -> None:
        """Note what an expression takes; follow what it calls or hands on."""
        if isinstance(node, ast.Subscript):
            self._take(node.value, node.slice)
        elif isinstance(node, ast.Compare):
            for word, right in zip(node.ops, node.comparators, strict=True):
                if isinstance(word, ast.In | ast.NotIn):
                    self._take(right, node.left)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
                self._take(node.func.value, node.args[0])
            self._call(node)

    def _take(self, mapping: ast.expr, key: ast.expr) -> None:
        """Note the names that are asked for on the sides that ``mapping`` may be."""
        sides = {what for what, _ in self.value(mapping)}
        for what, text in sorted(self.value(key)):
            for side in _SIDES:
                if what == "text" and side in sides:
                    self.reader.taken[Taken(side, text, self.source.name)] = None

    def value(self, node: ast.expr | None) -> Value:
        """Return what an expression may be."""
        if isinstance(node, ast.Name):
            constant = self.source.constants.get(node.id)
            if node.id not in self.held and constant is not None:
                return _texts(constant)
            return self.held.get(node.id, _NOTHING)
        if isinstance(node, ast.Attribute):
            return frozenset({(node.attr, "")}) if node.attr in _SIDES else _NOTHING
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Constant):
            return _texts(node)
        return self.any(_inside(node)) if node is not None else _NOTHING

    def any(self, nodes: Iterable[ast.expr | None]) -> Value:
        """Return what one of some expressions may be."""
        return frozenset(one for node in nodes for one in self.value(node))

    def _call(self, node: ast.Call) -> Value:
        """Follow a call of a function of this program; return what it gives back."""
        called, args = node.func, node.args
        if isinstance(called, ast.Name) and called.id in _COPIES:
            return self.any(args)
        if isinstance(called, ast.Name) and called.id == "partial" and args:
            called, args = args[0], args[1:]
        given: dict[str | int, Value] = {place: self.value(arg) for place, arg in enumerate(args)}
        given |= {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        held = {name: value for name, value in given.items() if value}
        if not any(what in {"work", *_SIDES} for value in held.values() for what, _ in value):
            return _NOTHING
        return self.enter(called, held)

    def enter(self, called: ast.expr, given: Mapping[str | int, Value]) -> Value:
        """Follow what ``called`` names, if that is a function or class of this program."""
        found = self._find(called)
        if found is None:
            return _NOTHING
        source, node = found
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if given and isinstance(method, ast.FunctionDef):
                    _follow(self.reader, source, method, {})
            return _NOTHING
        names = _parameters(node)
        placed = {
            (names[name] if isinstance(name, int) else name): value
            for name, value in given.items()
            if not isinstance(name, int) or name < len(names)
        }
        return _follow(self.reader, source, node, placed)

    def _find(self, called: ast.expr) -> tuple[_Source, ast.FunctionDef | ast.ClassDef] | None:
        """Return the definition that a name, or a name of an imported module, stands for."""
        if isinstance(called, ast.Name):
            if called.id in self.held:
                return None
            if called.id in self.source.defined:
                return self.source, self.source.defined[called.id]
            module, name = self.source.imported.get(called.id, ("", ""))
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            above, below = self.source.imported.get(called.value.id, ("", ""))
            module, name = ".".join(one for one in (above, below) if one), called.attr
        else:
            return None
        if module.partition(".")[0] != self.source.name.partition(".")[0]:
            return None
        other = self.reader.source(module)
        node = other.defined.get(name) if other is not None else None
        return (other, node) if other is not None and node is not None else None


def _inside(node: ast.expr) -> Iterator[ast.expr | None]:
    """Yield the parts of an expression of which it may be one, or hold one."""
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.NamedExpr | ast.Starred):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        yield from node.elts
    elif isinstance(node, ast.Dict):  # only what is poured into it: {**work.inputs}
        yield from (value for key, value in zip(node.keys, node.values, strict=True) if not key)


def _texts(node: ast.expr) -> Value:
    """Return the texts that a constant expression is, or lists."""
    return frozenset(
        ("text", one.value)
        for one in (node, *getattr(node, "elts", ()))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _parameters(node: ast.FunctionDef) -> list[str]:
    """Return the names of the parameters that are given by place."""
    return [one.arg for one in (*node.args.posonlyargs, *node.args.args)]


def _read(module: str) -> _Source | None:
    """Return what is in a module, or None where there is no such module."""
    try:
        found = find_spec(module)
    except (ImportError, ValueError):  # the latter: an empty name
        return None
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        return None
    tree = ast.parse(Path(found.origin).read_bytes())
    return _Source(
        name=module,
        defined={
            node.name: node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        },
        constants=dict(_constants(tree)),
        imported=dict(_imported(tree)),
    )


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a module gives to values, each with its expression."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _named(node.target, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _named(target, node.value)


def _named(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names in the target of an assignment, each with its expression."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _named(one, other)


def _imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the names that a module imports, wherever: each with its module, and its name there.

    That is empty for a name that is a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            above = node.module
            yield from ((one.asname or one.name, (above, one.name)) for one in node.names)
        elif isinstance(node, ast.Import):
            plain = [one for one in node.names if one.asname or "." not in one.name]
            yield from ((one.asname or one.name, (one.name, "")) for one in plain)
