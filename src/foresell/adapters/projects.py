"""Declarations on disk: the user's folders first, then those that ship in the package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from foresell.errors import SpecError, UsageError, nearest


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The two texts of a project and where they came from."""

    name: str
    project_text: str
    contract_text: str
    where: str


def find_declarations(folders: Sequence[Path]) -> Mapping[str, Path]:
    """Return the folder of every declared project by name; earlier ``folders`` win."""
    shipped = Path(str(files("foresell") / "projects"))
    found: dict[str, Path] = {}
    for folder in (*folders, shipped):
        for path in sorted(folder.glob("*/project.yaml")):
            found.setdefault(path.parent.name, path.parent)
    return dict(sorted(found.items()))


def read_declaration(name: str, folders: Sequence[Path]) -> Declaration:
    """Return the declaration of the project ``name``.

    Raises:
        UsageError: no such project, or it has no contract beside it.
    """
    found = find_declarations(folders)
    if name not in found:
        raise UsageError(
            f"there is no project {name!r}",
            ", ".join(str(folder) for folder in (*folders, "the package")),
            nearest(name, found),
        )
    folder = found[name]
    contract = folder / "contract.yaml"
    if not contract.is_file():
        raise UsageError(
            "the project has no contract", str(folder), "write contract.yaml beside project.yaml"
        )
    return Declaration(
        name=name,
        project_text=_text(folder / "project.yaml"),
        contract_text=_text(contract),
        where=str(folder),
    )


def _text(path: Path) -> str:
    """Return the text of one file.

    Raises:
        SpecError: its bytes are not UTF-8.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(
            "the file is not UTF-8", f"{path}, line {line}", "save it as UTF-8"
        ) from error
