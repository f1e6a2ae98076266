"""Where the versions that a server answers with come from: an alias, a number, or a folder."""

import hashlib
from pathlib import Path

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import CHECKSUMS, Bundle, may_answer
from foresell.errors import DataError, GateError, UsageError
from foresell.govern.registry import Registry, read_state, refuse_unknown, resolve
from foresell.serving.slots import Shelf
from foresell.settings import Settings
from foresell.spec.reading import parse_project
from foresell.spec.registry import Alias, Head, State, Version
from foresell.spec.serving import Live, Place
from foresell.wiring.placed_bundles import placed_bundle
from foresell.wiring.registry import registry

_VERSION = 12  # characters of a bundle's identity that name it


def alias_shelf(
    project: str, alias: Alias, settings: Settings, patience_s: float | None = None
) -> Shelf:
    """Return the shelf on which the version lies that ``alias`` points to, whichever that is.

    Its ``look`` asks the ledger only where the list of transitions ends; the list is read, and its
    chain verified, when it ends elsewhere than the last time. It raises a ``UsageError`` where the
    alias points to none, a ``DataError`` where the list was changed, and a ``MachineError`` where
    the registry is out of reach. ``patience_s`` as in `foresell.wiring.registry.registry`: an
    outage is told after it.
    """
    kept = _Registered(project, alias, settings, patience_s)
    return Shelf(look=kept.look, fetch=kept.fetch)


def first_shelf(project: str, settings: Settings, patience_s: float | None = None) -> Shelf:
    """Return the shelf of what is on prod, or on staging where nothing is; see `alias_shelf`."""
    prod = alias_shelf(project, "prod", settings, patience_s)
    staging = alias_shelf(project, "staging", settings, patience_s)

    def look() -> Live:
        """Return what is to answer now."""
        try:
            return prod.look()
        except UsageError:  # nothing was promoted yet
            return staging.look()

    return Shelf(look=look, fetch=prod.fetch)


def number_shelf(
    project: str, number: int, settings: Settings, patience_s: float | None = None
) -> Shelf:
    """Return the shelf of one registered version, which never changes.

    Its ``look`` raises and waits as that of `alias_shelf`, and a ``GateError`` where the version
    was rejected, or failed the gate and no alias points to it.
    """
    kept = _Registered(project, number, settings, patience_s)
    return Shelf(look=kept.look, fetch=kept.fetch)


def folder_shelf(folder: Path, settings: Settings, project: str = "") -> Shelf:
    """Return the shelf of a bundle that lies in a folder; one put in its place is noticed.

    ``project``: whose bundle it has to be, "" where that is for the bundle to say. Its ``look``
    reads the listing when the file of it is another one than the last time, and raises a
    ``DataError`` where there is none. Its ``fetch`` raises a ``GateError`` where the model failed
    the gate.
    """
    lying = _Lying(folder, project, settings)
    return Shelf(look=lying.look, fetch=lying.fetch)


class _Registered:
    """A version of the registry, by alias or number; remembers what the last list said."""

    def __init__(
        self, project: str, which: Alias | int, settings: Settings, patience_s: float | None
    ) -> None:
        self._project, self._which, self._settings = project, which, settings
        self._patience_s = patience_s
        self._registry: Registry | None = None  # nothing is opened before the first look
        self._seen: tuple[Head, Live] | None = None

    def look(self) -> Live:
        """Return what is to answer now."""
        if self._registry is None:
            self._registry = registry(self._settings, self._patience_s)
        head = self._registry.ledger.head(self._project)
        if self._seen is None or self._seen[0] != head:
            refuse_unknown(self._registry, self._project)
            state = read_state(self._registry, self._project)
            self._seen = (state.head, self._live(state))
        return self._seen[1]

    def fetch(self, live: Live) -> Bundle:
        """Return its bundle; the ledger is not asked, so this works while it is out of reach.

        Raises:
            DataError: a file of it is missing, or was changed.
        """
        try:
            return placed_bundle(live.place, live.digest, self._settings, served=True)
        except DataError as error:
            raise DataError(
                f"version {live.version} of {live.project!r} is damaged: {error.what}",
                f"{error.where}, bundle {live.digest[:_VERSION]}",
                "restore the file from a backup, or register the same bundle again",
            ) from error

    def _live(self, state: State) -> Live:
        """Return the version that is meant."""
        version = resolve(state, self._which)
        if isinstance(self._which, int):
            _refuse_unaccepted(state, version)
        return Live(
            project=self._project,
            alias="" if isinstance(self._which, int) else self._which,
            version=str(version.version),
            digest=version.digest,
            run_id=version.run_id,
            place=Place(project=self._project, version=version.version),
        )


class _Lying:
    """A bundle in a folder; remembers which listing it saw last."""

    def __init__(self, folder: Path, project: str, settings: Settings) -> None:
        self._folder, self._project, self._settings = folder.absolute(), project, settings
        self._seen: tuple[tuple[int, int, int], Live] | None = None

    def look(self) -> Live:
        """Return what is to answer now."""
        stamp = _stamp(self._folder / CHECKSUMS)
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, self._live())
        return self._seen[1]

    def fetch(self, live: Live) -> Bundle:
        """Return its bundle.

        Raises:
            DataError: another one came to lie there while it was read.
            GateError: its model failed the gate, and nobody accepted it.
        """
        bundle = placed_bundle(live.place, live.digest, self._settings, served=True)
        if _digest(DirectoryStore(self._folder)) != live.digest:
            raise DataError(
                "another bundle was put into the folder",
                str(self._folder),
                "nothing: it is looked at anew",
            )
        if not may_answer(bundle):
            raise GateError(
                "the model in the folder failed the gate",
                f"{self._folder}/metadata.json",
                "serve another, or accept it when it is trained: foresell run PROJECT --override "
                "REASON",
            )
        return bundle

    def _live(self) -> Live:
        """Return the bundle that lies there.

        Raises:
            UsageError: it is one of another project.
        """
        store = DirectoryStore(self._folder)
        digest = _digest(store)
        project = parse_project(
            store.read_bytes("project.yaml").decode(errors="replace"),
            f"{self._folder}/project.yaml",
        ).name
        if self._project not in {"", project}:
            raise UsageError(
                f"the folder holds a bundle of {project!r}, not of {self._project!r}",
                str(self._folder),
                f"name the project {project}, or another folder",
            )
        return Live(
            project=project,
            alias="",
            version=digest[:_VERSION],
            digest=digest,
            run_id="",
            place=Place(project=project, folder=str(self._folder)),
        )


def _stamp(listing: Path) -> tuple[int, int, int]:
    """Return what changes with a file: when it was written, its size, and which file it is.

    Raises:
        DataError: there is none.
    """
    try:
        found = listing.stat()
    except OSError as error:
        raise DataError(
            f"there is no bundle in the folder: {error.strerror}",
            str(listing),
            "name a folder with checksums.json, as WORKSPACE/PROJECT/bundle is after a run",
        ) from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(store: DirectoryStore) -> str:
    """Return the identity of the bundle in a folder."""
    return hashlib.sha256(store.read_bytes(CHECKSUMS)).hexdigest()


def _refuse_unaccepted(state: State, version: Version) -> None:
    """Refuse a version that was rejected, or that failed the gate and nobody gave a reason for.

    Raises:
        GateError: it is one.
    """
    where = f"project {state.project!r}, version {version.version}"
    if version.approval == "Rejected":
        raise GateError(
            f"version {version.version} was rejected, which is final",
            where,
            f"serve another: foresell registry show {state.project} lists them",
        )
    # The registration judged the gate anew; no alias moves to a version that failed without reason.
    gate = version.record["gate"]
    if not (gate["passed"] or gate["override"] or version.version in state.aliases.values()):
        raise GateError(
            f"version {version.version} failed the gate",
            where,
            f"serve another, or promote it with a reason: foresell registry promote {state.project}"
            f" {version.version} --to prod --reason TEXT --override-gate",
        )
