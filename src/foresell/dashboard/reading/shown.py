"""One project as pages see it: its outputs, its registry and its bundles, read when they change."""

import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from foresell.dashboard.page import Trouble, told
from foresell.dashboard.reading.memory import Memory
from foresell.errors import DataError, ForesellError, UsageError
from foresell.govern.registry import Registry, read_history
from foresell.govern.state import state_of
from foresell.serving.exchange import Kind
from foresell.spec.ports import Outputs
from foresell.spec.registry import ALIAS_WORDS, Head, State, Transition, Version, alias_of

if TYPE_CHECKING:
    from foresell.bundle.bundle import Bundle
    from foresell.contracts.contract import Contract
    from foresell.spec.project import ProjectSpec

Made = TypeVar("Made")
# What comes of a file that holds what we would not have written, and of what nobody foresaw.
_ODD = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError),
    *(ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException),
)


class AbsentError(DataError):
    """It is not there yet, which is no fault: ``mend`` is the command that makes it."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a project declares, and where that lies."""

    spec: "ProjectSpec"
    contract: "Contract"
    where: str


@dataclass(frozen=True, kw_only=True)
class Unopened:
    """A registry that is opened when it is first asked. ``clock`` tells the time without it.

    ``open`` raises what keeps it from being opened, and is asked again at the next visit.
    """

    open: Callable[[], Registry]
    clock: Callable[[], datetime]


class Shown:
    """Everything that pages show of one project, through one memory.

    A file is read again when its stamp is another one, the registry when its list of transitions
    ends elsewhere, a bundle never: it does not change. ``registry``: as it is, or how it is opened.
    ``declared``: the declaration as it is now; ``bundle_of``: a verified bundle by its digest,
    without what pages do not read. ``memory``: what several projects share, one of its own where
    none is told. Any thread may ask; those that want the same thing at once wait for one reading
    of it, and nobody waits for the reading of another.
    """

    def __init__(  # noqa: PLR0913 - what is shown, and where each part of it comes from
        self,
        name: str,
        kind: Kind,
        outputs: Outputs,
        registry: Registry | Unopened,
        *,
        declared: Callable[[], Declared],
        bundle_of: "Callable[[str], Bundle]",
        memory: Memory | None = None,
    ) -> None:
        self.name, self.kind = name, kind
        self._outputs, self._registry = outputs, registry
        self._declared, self._bundle_of = declared, bundle_of
        self._memory = Memory() if memory is None else memory

    def now(self) -> datetime:
        """Return the time, in UTC, by the clock of the registry, which need not be there."""
        return self._registry.clock()

    def stamp(self, output: str, file: str) -> object | None:
        """Return what changes when the file does, None where there is none; see `Outputs.stamp`."""
        return self._outputs.stamp(output, file)

    def files(self, output: str) -> Sequence[str]:
        """Return the names of an output's files, sorted; none where it was not made."""
        return self._outputs.list(output)

    def content(self, output: str, file: str) -> bytes:
        """Return a file as it is now.

        Raises:
            AbsentError: there is none.
        """
        if self.stamp(output, file) is None:
            raise AbsentError(
                f"there is no {file} yet", f"{self.name}/{output}", f"foresell run {self.name}"
            )
        return self._outputs.read(output, file)

    def json(self, output: str, file: str) -> Any:
        """Return what a JSON file holds. Raises AbsentError: none; DataError: it is no JSON."""
        return self._file(output, file, "json", json.loads)

    def frame(self, output: str, file: str) -> pl.DataFrame:
        """Return the rows of a Parquet file. Raises AbsentError: none; DataError: it is broken."""
        return self._file(output, file, "parquet", lambda held: pl.read_parquet(BytesIO(held)))

    def csv(self, output: str, file: str) -> pl.DataFrame:
        """Return the rows of a CSV file. Raises AbsentError: none; DataError: it is broken."""
        return self._file(
            output, file, "csv", lambda held: pl.read_csv(held, infer_schema_length=None)
        )

    @property
    def synthetic(self) -> bool:
        """Whether foresell's generator made the rows, as far as that is known."""
        told = tried({}, "data", lambda: self.json("manifest", "manifest.json")["synthetic"])
        return told is True

    def declared(self) -> Declared:
        """Return what the project declares now. Raises SpecError, UsageError: it does not stand."""
        return self._declared()

    @property
    def registry(self) -> Registry:
        """The registry as it is read; who changes something does so in a name of its own.

        A ``MachineError``: it is out of reach; a ``DataError``: it is damaged; a ``UsageError``:
        what names it cannot be read.
        """
        found = self._registry
        if isinstance(found, Unopened):
            self._registry = found = found.open()
        return found

    def history(self) -> tuple[Transition, ...]:
        """Return all that happened to the project's versions. Raises as `read_history`."""
        registry = self.registry
        head = registry.ledger.head(self.name)
        return self.kept("history", head, lambda: read_history(registry, self.name))

    def state(self) -> State:
        """Return the versions and aliases as they are now. Raises as `read_history`."""
        history = self.history()
        last = history[-1] if history else None
        head = Head() if last is None else Head(number=last.number, hash=last.hash)
        return self.kept("state", head, lambda: state_of(self.name, history))

    def version(self, word: str = "") -> Version:
        """Return the version that ``word`` means: a number, prod, staging; "" for the usual one.

        The usual one is `live`, and the newest where none is: nobody is answered by that.

        Raises:
            AbsentError: nothing is registered yet.
            UsageError: there is no such version.
        """
        state = self.state()
        if not state.versions:
            raise AbsentError(
                "no version is registered yet", self.name, f"foresell run {self.name}"
            )
        by_number = {one.version: one for one in state.versions}
        number: int | None
        if not word:
            number = state.aliases["prod"] or state.aliases["staging"] or max(by_number)
        elif word in ALIAS_WORDS:
            number = state.aliases[alias_of(word)]
        else:
            number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None
        if number is None or number not in by_number:
            known = ", ".join(str(one) for one in sorted(by_number))
            raise UsageError(
                f"there is no version {word[:40]!r}", "version", f"use prod, staging or {known}"
            )
        return by_number[number]

    def live(self) -> Version:
        """Return the version that answers: on prod, or on staging where nothing is on prod.

        Raises:
            AbsentError: nothing is registered yet, or nothing points to any version.
        """
        newest, aliases = self.version(), self.state().aliases
        if aliases["prod"] is None and aliases["staging"] is None:
            raise AbsentError(
                "no version answers: none is on prod or on staging",
                self.name,
                f"foresell registry promote {self.name} {newest.version} --reason TEXT",
            )
        return newest

    def bundle(self, version: Version) -> "Bundle":
        """Return the bundle of a version. Raises as `bundle_by`."""
        return self.bundle_by(version.digest)

    def bundle_by(self, digest: str) -> "Bundle":
        """Return a bundle of the vault by its digest, verified, without what pages do not read.

        A ``DataError``: there is none, or it was changed; a ``MachineError``: it is out of reach.
        """
        return self.kept(("bundle", digest), None, lambda: self._bundle_of(digest))

    def kept(self, what: Hashable, stamp: object, make: Callable[[], Made]) -> Made:
        """Return what ``make`` made when ``stamp`` was as it is now, or make it; see `Memory`.

        ``what`` names it among all that is kept of the project.
        """
        return self._memory.kept((self.name, what), stamp, make)

    def _file(self, output: str, file: str, form: str, read: Callable[[bytes], Made]) -> Made:
        """Return what ``read`` makes of a file; a DataError where it is not what it should be."""
        stamp = self.stamp(output, file)

        def make() -> Made:
            content = self.content(output, file)
            try:
                return read(content)
            except (*_ODD, OSError) as error:
                raise DataError(*broken(f"{output}/{file}".lstrip("/"), self.name)) from error

        return self.kept((form, output, file), stamp, make)


def broken(artifact: str, project: str) -> tuple[str, str, str]:
    """Return what is said of an artifact that holds what foresell would not have written."""
    return (
        f"{artifact} is not as foresell writes it",
        f"{project}/{artifact}",
        f"make it again: foresell run {project} --force",
    )


def tried(
    troubles: dict[str, Trouble], part: str, read: Callable[[], Made], artifact: str = ""
) -> Made | None:
    """Return what ``read`` returns; where it cannot, put into ``troubles`` why, and return None.

    ``part``: the part of the page that is missing then. ``artifact``: the file it is made of,
    ``PROJECT/OUTPUT/FILE``, told where it holds what foresell would not have written.
    """
    try:
        return read()
    except AbsentError as error:
        troubles[part] = told(error, next_step=True)
    except ForesellError as error:
        troubles[part] = told(error)
    except OSError as error:
        troubles[part] = Trouble(
            what=f"{artifact.partition('/')[2] or 'it'} cannot be read: {error.strerror or error}",
            where=artifact or part,
            mend="mend the rights, the disk or the connection, and look again",
        )
    except _ODD as error:
        project, _, name = artifact.partition("/")
        what, where, mend = broken(name or part, project or "PROJECT")
        troubles[part] = Trouble(what=f"{what} ({type(error).__name__})", where=where, mend=mend)
    return None
