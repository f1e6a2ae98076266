"""Another registry in memory: the twin of MLflow's, for tests."""

from dataclasses import dataclass, field

from foresell.adapters.mirror_rows import (
    APPROVAL,
    NUMBER,
    RETIRED,
    Rows,
    Shown,
    meant,
    plan_of,
    row_of,
    tags_of,
)
from foresell.spec.ports import Store
from foresell.spec.registry import Alias, Mirrored, Version


@dataclass
class MemoryMirror:
    """Keeps rows with numbers of its own, as MLflow does; people may write into it beside us.

    ``tags``: by project and number there. ``aliases``: numbers there, by project and alias.
    ``last``: the highest number that was given, by project; none is given twice.
    """

    tags: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)
    aliases: dict[str, dict[str, int]] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)

    def state(self, project: str) -> Mirrored:
        """Return what it shows."""
        return meant(self.rows(project))

    def add(self, version: Version, bundle: Store) -> None:
        """Show a version; the bundle is looked at, and not kept."""
        bundle.list()
        plan = plan_of(self.rows(version.project), version)
        for row in plan.retired:
            self.tags[version.project][row.number][RETIRED] = str(version.version)
            del self.tags[version.project][row.number][NUMBER]
        for row in plan.surplus:
            self.remove(version.project, row.number)
        if plan.kept is None:
            self.create(version.project, tags_of(version))

    def point(self, project: str, alias: Alias, version: int | None) -> None:
        """Point ``alias`` to a version that is shown, or to none. A DataError: it is not shown."""
        if version is None:
            self.aliases.get(project, {}).pop(alias, None)
            return
        row = row_of(self.rows(project), project, version, self.label)
        self.aliases.setdefault(project, {})[alias] = row.number

    def mark(self, version: Version) -> None:
        """Show the approval of a version that is shown. A DataError: it is not."""
        project = version.project
        row = row_of(self.rows(project), project, version.version, self.label)
        self.tags[project][row.number][APPROVAL] = version.approval

    @property
    def label(self) -> str:
        """What to call this place in an error."""
        return "memory"

    def rows(self, project: str) -> Rows:
        """Return all that is shown of a project."""
        kept = self.tags.get(project, {})
        return Rows(
            rows=[Shown(number=number, tags=dict(tags)) for number, tags in kept.items()],
            aliases=dict(self.aliases.get(project, {})),
        )

    def create(self, project: str, tags: dict[str, str]) -> int:
        """Make a row, as people do by hand; return its number."""
        number = self.last.get(project, 0) + 1
        self.last[project] = number
        self.tags.setdefault(project, {})[number] = dict(tags)
        return number

    def remove(self, project: str, number: int) -> None:
        """Remove a row and what points to it, as people do by hand."""
        del self.tags[project][number]
        pointed = self.aliases.get(project, {})
        for alias in [alias for alias, to in pointed.items() if to == number]:
            del pointed[alias]
