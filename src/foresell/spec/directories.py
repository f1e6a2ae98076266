"""Which variable moves which output away from the home folder, and where each then lies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foresell.errors import UsageError

HOME = "FORESELL_HOME"
# Under home, and of no one project, whose name cannot begin with _.
RUNS = "_runs"  # a folder a run of a scheduler
PIPELINE = "_pipeline"  # what is remembered between runs; deleting it loses nothing
DATA, MODELS, FIGURES = "DATA_DIR", "MODELS_DIR", "FIGURES_DIR"

# Each folder holds one folder a project, as the home does; what is named nowhere stays at home.
DIRECTORIES: Mapping[str, tuple[str, ...]] = {
    DATA: (
        "raw",
        "synthetic",
        "manifest",
        "sources",
        "landing",
        "asked",
        "repairs",
        "processed",
        "quarantine",
        "checks",
    ),
    "SPLITS_DIR": ("splits",),
    "FEATURES_DIR": ("features",),
    "BASELINES_DIR": ("baselines",),
    MODELS: ("judged", "predictions", "bundle", "registration", "registered"),
    "REPORTS_DIR": (
        "evaluation",
        "forecast",
        "report",
        "risk",
        "segment_risk",
        "eda",
        "eda_reports",
        "monitor",
        "monitored",
        "quality",
        "warehouse",
    ),
    FIGURES: ("figures",),
}

_S3 = "s3://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folder that holds an output of one project, and the variable that says so."""

    folder: Path
    variable: str


def read_directories(said: Mapping[str, str]) -> tuple[Mapping[str, Path], str]:
    """Return the absolute folder of each variable of ``DIRECTORIES`` that is said, and ``raw``.

    ``raw``: the S3 place of raw files, where ``DATA_DIR`` is one; everything else that ``DATA_DIR``
    holds is then at home. A relative folder is one of the working folder, ``~`` that of the user;
    an empty word is none.

    Raises:
        UsageError: a word is an address, and no folder.
    """
    words = {name: word for name in DIRECTORIES if (word := said.get(name, "")).strip()}
    raw = words.pop(DATA) if words.get(DATA, "").startswith(_S3) else ""
    for name, word in words.items():
        if _SCHEME.match(word):
            raise UsageError(
                f"{word.partition('://')[0]}:// is no folder",
                name,
                f"give a folder{_INSTEAD.get(name, '')}",
            )
    return {name: folder_named(word, name) for name, word in words.items()}, raw


_INSTEAD = {
    DATA: ", or s3://BUCKET/PREFIX for raw files",
    MODELS: "; bundles are kept in an S3 bucket by FORESELL_ARTIFACTS",
}


def folder_named(word: str, variable: str) -> Path:
    """Return the absolute folder that ``word`` names.

    Raises:
        UsageError: it begins with ``~`` and a user that this machine does not have.
    """
    try:
        return Path(word).expanduser().absolute()
    except RuntimeError as error:
        raise UsageError(
            f"the home of {word.partition('/')[0]!r} is not known", variable, "write it in full"
        ) from error


def places(project: str, home: Path, moved: Mapping[str, Path]) -> Mapping[str, Place]:
    """Return where the outputs of ``project`` lie that are not under ``home``.

    ``moved``: the folder of each variable. Several variables may name one folder, and a folder may
    lie in another, as long as no output comes to lie in another one, which is replaced as a whole.

    Raises:
        UsageError: it does, or a folder is a file or would lie in one.
    """
    every = {HOME: home, **moved} if moved else {}
    for variable, folder in every.items():
        _refuse_inside(project, variable, folder, every)
    for variable, folder in moved.items():
        if not (there := nearest_existing(folder / project)).is_dir():
            raise UsageError(f"{there} is a file", variable, "give a folder")
    return {
        output: Place(folder=moved[variable] / project, variable=variable)
        for variable, outputs in DIRECTORIES.items()
        if variable in moved
        for output in outputs
    }


def nearest_existing(path: Path) -> Path:
    """Return ``path``, or the nearest folder above it that is there.

    >>> nearest_existing(Path("/no such folder/at all"))
    PosixPath('/')
    """
    return next(one for one in (path, *path.absolute().parents) if _is_there(one))


def _is_there(path: Path) -> bool:
    """Tell whether ``path`` is there; what may not be looked at counts as missing."""
    try:
        return path.exists()
    except OSError:
        return False


def _refuse_inside(project: str, variable: str, folder: Path, others: Mapping[str, Path]) -> None:
    """Refuse a folder that puts an output of ``project`` into one that another folder holds.

    Raises:
        UsageError: it does.
    """
    own = (folder / project).resolve()
    for other, place in others.items():
        outer = place.resolve()
        if outer == folder.resolve() or not own.is_relative_to(outer):
            continue
        below = own.relative_to(outer).parts[1:2]
        held = {name for name in _held(other, others) if below == (name,)}
        if held or (below and below[0].startswith(".")):
            raise UsageError(
                f"{variable} lies in {outer / Path(*own.relative_to(outer).parts[:2])}, "
                f"which {other} holds and which is replaced as a whole",
                f"{variable}={folder}",
                "give it a folder of its own",
            )


def _held(variable: str, said: Mapping[str, Path]) -> set[str]:
    """Return the outputs in the folder of a variable; the home holds what no other one does."""
    if variable != HOME:
        return set(DIRECTORIES[variable])
    return {name for other, names in DIRECTORIES.items() if other not in said for name in names}
