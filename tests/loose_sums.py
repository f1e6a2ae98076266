"""Finds the sums of a source whose order, if they are of floats, Polars leaves to its threads."""

import ast
from collections.abc import Collection, Iterator

_SUMS = {"sum", "mean", "std", "var", "dot", "corr", "cov"}
_EXACT = {"is_null", "is_not_null", "is_finite", "is_between", "is_in", "len", "one_piece"}
_TYPES = {"pl.Expr", "pl.Series"}


def loose_sums(source: str) -> list[str]:
    """Return the sums, means and the like of expressions and columns, each once, as written.

    Not those that are the same in any order: of `foresell.spec.ordered_sums.one_piece`, of NumPy's
    arrays, counts (of a comparison, inside ``int``). An expression or column is what is made of
    ``pl``, of ``frame["name"]``, or of a name of the same function that stands for such a thing.
    """
    tree = ast.parse(source)
    whole = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "int"
        for part in ast.walk(node)
    }
    found: list[str] = []
    for room in ast.walk(tree):
        if isinstance(room, ast.FunctionDef | ast.Module):
            names = set(_names(room)) if isinstance(room, ast.FunctionDef) else set()
            found += [
                ast.unparse(node)
                for node in ast.walk(room)
                if id(node) not in whole and _loose(node, names)
            ]
    return list(dict.fromkeys(found))


def _names(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names in ``function`` that stand for an expression or a column."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            kind = "" if node.annotation is None else ast.unparse(node.annotation)
            yield from [node.arg] if kind.strip("\"'") in _TYPES else []
        if isinstance(node, ast.Assign) and not _exact(node.value) and _of_polars(node.value):
            yield from (one.id for one in node.targets if isinstance(one, ast.Name))


def _loose(node: ast.AST, names: Collection[str]) -> bool:
    """Whether ``node`` is a sum of Polars, or names one, and its order is nobody's."""
    if isinstance(node, ast.Attribute):
        return node.attr in _SUMS and ast.unparse(node.value) in _TYPES
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "pivot":
        return any(given.arg == "aggregate_function" for given in node.keywords)
    summed = node.func.value
    return node.func.attr in _SUMS and not _exact(summed) and _of_polars(summed, names)


def _of_polars(node: ast.AST, names: Collection[str] = ()) -> bool:
    """Whether ``node`` is made of ``pl``, of a named column, or of one of ``names``."""
    return any(
        (isinstance(part, ast.Name) and part.id in {"pl", *names})
        or (isinstance(part, ast.Subscript) and _text(part.slice))
        for part in ast.walk(node)
    )


def _text(node: ast.AST) -> bool:
    """Whether ``node`` is a text."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _exact(summed: ast.AST) -> bool:
    """Whether a sum of it is the same in any order: of one piece, of NumPy, of yes and no."""
    if isinstance(summed, ast.Compare) or "to_numpy()" in ast.unparse(summed):
        return True
    if not isinstance(summed, ast.Call):
        return False
    return ast.unparse(summed.func).split(".")[-1] in _EXACT
