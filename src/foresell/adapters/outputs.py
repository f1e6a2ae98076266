"""What was left of a project, read: from its folders, or from memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foresell.adapters.digest_cache import files_below
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import DataError, MachineError


@dataclass(frozen=True)
class DirectoryOutputs:
    """The outputs in the folders of a workspace; output "" is the project's own folder.

    ``beside``: folders of what is no output of a run and lies elsewhere, by the name it is read by.
    """

    workspace: DirectoryWorkspace
    beside: Mapping[str, Path] = field(default_factory=dict)

    def stamp(self, output: str, file: str) -> object | None:
        """Return when a file was written, its size and which one it is; None: there is none.

        What is there and cannot be looked at has a stamp too: `read` says why it cannot.
        """
        try:
            found = (self._folder(output) / file).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return error.errno
        return found.st_mtime_ns, found.st_size, found.st_ino

    def read(self, output: str, file: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            DataError: there is none, or it is no file.
            MachineError: it is there and cannot be read.
        """
        place = self._folder(output) / file
        try:
            return place.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise DataError(
                f"{file} cannot be read: {error.strerror}", str(place), "run the project again"
            ) from error
        except OSError as error:
            raise MachineError(
                f"{file} cannot be read: {error.strerror}",
                str(place),
                "mend the rights or the disk",
            ) from error

    def list(self, output: str) -> Sequence[str]:
        """Return the names of an output's files, sorted.

        Raises:
            MachineError: its folder is there and cannot be read.
        """
        place = self._folder(output)
        try:
            return sorted(files_below(place))
        except OSError as error:
            raise MachineError(
                f"{output} cannot be read: {error.strerror}",
                error.filename or str(place),
                "mend the rights or the disk",
            ) from error

    def _folder(self, output: str) -> Path:
        """Return where an output lies."""
        return self.beside.get(output) or self.workspace.folder(output)


@dataclass(frozen=True)
class MemoryOutputs:
    """The same in memory, by output and file."""

    files: Mapping[tuple[str, str], bytes] = field(default_factory=dict)

    def stamp(self, output: str, file: str) -> object | None:
        """Return the content itself; None: there is none."""
        return self.files.get((output, file))

    def read(self, output: str, file: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            DataError: there is none.
        """
        try:
            return self.files[output, file]
        except KeyError as error:
            raise DataError(f"{file} is missing", output, "write it first") from error

    def list(self, output: str) -> Sequence[str]:
        """Return the names of an output's files, sorted."""
        return sorted(file for place, file in self.files if place == output)
