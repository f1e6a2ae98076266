"""Which endpoint answers a path: exact paths from a table at once, those with ``{names}`` by parts.

A route of level ``project`` stands below ``/projects/<name>`` for every project of its kinds, and
for one of them at the root as well. One of level ``server`` stands at the root, once, and wins
there; where its path has ``{project}``, that part says which project is meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from foresell.errors import nearest
from foresell.serving.exchange import Route
from foresell.serving.problems import Refused
from foresell.serving.slots import Slot

_LONGEST = 80  # characters of a path that an error shows
_SHOWN = 12  # paths that an error lists
_MAIN = ("/predict", "/predict/batch", "/forecast", "/explain", "/metadata", "/health", "/docs")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request goes. ``path``: the values of the names in it.

    ``accepts``: media types of a body, the first one preferred.
    """

    route: Route
    slot: Slot | None
    accepts: tuple[bytes, ...]
    path: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One path with names: its parts, and what answers it by method."""

    parts: tuple[str, ...]
    methods: dict[str, Found]

    def match(self, parts: tuple[str, ...]) -> Mapping[str, str] | None:
        """Return the values of the names; None where the path is another."""
        if len(parts) != len(self.parts):
            return None
        values = {}
        for told, part in zip(self.parts, parts, strict=True):
            if told.startswith("{") and part:
                values[told[1:-1]] = part
            elif told != part:
                return None
        return values


class Router:
    """The table of all paths of a server. ``root``: the project that answers at the root too."""

    def __init__(
        self, routes: Iterable[Route], slots: Mapping[str, Slot], root: str | None = None
    ) -> None:
        self._slots = slots
        self._exact: dict[str, dict[str, Found]] = {}
        self._patterns: dict[str, _Pattern] = {}
        declared = tuple(routes)
        mounted = [(one, slot) for one in declared for slot in slots.values()]
        for route, slot in mounted:
            if route.level == "project" and slot.kind in route.kinds:
                self._add(f"/projects/{slot.project}", route, slot)
                if slot.project == root:
                    self._add("", route, slot)
        for route in declared:  # the last, for a later one wins
            if route.level == "server":
                self._add("", route, None)

    def find(self, method: str, path: str) -> Found:
        """Return what answers; HEAD is answered as GET is.

        It is ``Refused`` by 404 where there is no such path or project, by 405 for another method.
        """
        methods = self._exact.get(path)
        if methods is not None:
            found = methods.get(method)
            if found is not None:
                return found
        return self._find_slowly(method, path)

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods of a path in the order of the alphabet, none where it is unknown."""
        by_method, _ = self._match(path)
        known = set(by_method) | {"OPTIONS"} if by_method else set()
        return tuple(sorted(known | ({"HEAD"} if "GET" in known else set())))

    def _add(self, below: str, route: Route, slot: Slot | None) -> None:
        """Put one route in its table; a later one of the same path and method wins."""
        path = below + route.path
        found = Found(
            route=route,
            slot=slot,
            accepts=(
                b"application/json",
                *(name.encode() for name in route.other_media),
                *((b"",) if route.untyped else ()),
            ),
        )
        if "{" not in path:
            self._exact.setdefault(path, {})[route.method] = found
            return
        parts = tuple(path.split("/"))
        self._patterns.setdefault(path, _Pattern(parts, {})).methods[route.method] = found

    def _match(self, path: str) -> tuple[Mapping[str, Found], Mapping[str, str]]:
        """Return what answers a path by method, and the values of its names."""
        if path in self._exact:
            return self._exact[path], {}
        parts = tuple(path.split("/"))
        for pattern in self._patterns.values():
            values = pattern.match(parts)
            if values is not None:
                return pattern.methods, values
        return {}, {}

    def _find_slowly(self, method: str, path: str) -> Found:
        """Return what answers a path with names in it, or a HEAD; see `find`.

        Raises:
            Refused: 404 and 405, as there.
        """
        by_method, values = self._match(path)
        found = by_method.get("GET" if method == "HEAD" else method)
        if found is None and by_method:
            allowed = ", ".join(self.methods(path))
            raise Refused(
                f"{method[:_LONGEST]} does nothing here",
                path[:_LONGEST],
                f"use {allowed}",
                status=405,
                headers=((b"allow", allowed.encode()),),
            )
        if found is None:
            self._refuse(path)
        if not values:
            return found
        slot = found.slot
        if "project" in values:
            slot = self._slots.get(values["project"]) or _refuse_project(
                values["project"], self._slots
            )
        return Found(found.route, slot, found.accepts, values)

    def _refuse(self, path: str) -> NoReturn:
        """Refuse a path that nothing answers.

        Raises:
            Refused: always, by 404.
        """
        parts = path.split("/")
        if len(parts) > 2 and parts[1] == "projects" and parts[2] not in self._slots:
            _refuse_project(parts[2], self._slots)
        below = f"/projects/{parts[2]}" if len(parts) > 2 and parts[1] == "projects" else ""
        known = [name for name in (*self._exact, *self._patterns) if name.startswith(f"{below}/")]
        if not below:
            known = [name for name in known if not name.startswith("/projects/")] or known
        own = path.removeprefix(below)
        there = [at for name in self._slots if (at := f"/projects/{name}{own}") in self._exact]
        raise Refused(
            "there is nothing at this path",
            path[:_LONGEST],
            f"another project has it: {', '.join(there[:_SHOWN])}" if there else _near(path, known),
            status=404,
        )


def _near(path: str, known: Sequence[str]) -> str:
    """Return the nearest of the paths that are ``known``, and a few of them, the main ones first.

    >>> _near("/predikt", ["/ping", "/docs", "/predict"])
    "did you mean '/predict'? Known: /predict, /docs, /ping"
    """
    hint = nearest(path[:_LONGEST], known, 0).partition("?")
    main = sorted(known, key=lambda name: (_place(name), name))
    more = f", and {len(main) - _SHOWN} more" if len(main) > _SHOWN else ""
    listed = f"{', '.join(main[:_SHOWN])}{more}"
    return f"{hint[0]}? Known: {listed}" if hint[1] else f"known: {listed}"


def _place(path: str) -> int:
    """Return where a path stands among the main ones; all others come after them."""
    return next((at for at, end in enumerate(_MAIN) if path.endswith(end)), len(_MAIN))


def _refuse_project(project: str, known: Iterable[str]) -> NoReturn:
    """Refuse a project that this server does not answer for.

    Raises:
        Refused: always, by 404.
    """
    raise Refused(
        f"there is no project {project[:_LONGEST]!r} here",
        "path",
        nearest(project[:_LONGEST], known, _SHOWN),
        status=404,
    )
