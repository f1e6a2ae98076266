"""What a run is asked for, in a file: ``params.yaml`` beside ``dvc.yaml``."""

from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.spec.calendar import STRICT
from foresell.spec.directories import DATA
from foresell.spec.modelling import Selection
from foresell.spec.project import Preset
from foresell.spec.yaml_border import parse_yaml


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RunParameters:
    """The parameters of a run that no project declares, as ``foresell.run`` takes them."""

    preset: Preset = "default"
    selection: Selection | None = None
    override: str | None = None


_PARAMETERS = TypeAdapter(RunParameters)


def read_asked(
    path: Path | None, preset: Preset, selection: Selection | None, override: str | None
) -> RunParameters:
    """Return what the YAML file at ``path`` says, or the options where no file is given.

    What the file leaves out is the default. Who names the file works beside DVC, which looks for
    every output in the home: nothing may take one away. A ``SpecError``: it has another key, or a
    value that means nothing. A ``UsageError``: a directory does take outputs away.

    Raises:
        UsageError: there is no such file, or an option says something beside it.
    """
    said = RunParameters(preset=preset, selection=selection, override=override)
    if path is None:
        return said
    if said != RunParameters():
        raise UsageError(
            "a file says what the run is asked for, and an option does as well",
            f"--params {path}",
            "leave out --preset, --selection-mode and --override, or the file",
        )
    if not path.is_file():
        raise UsageError(
            "there is no such file",
            f"--params {path}",
            "write one, with the keys preset, selection and override",
        )
    _refuse_elsewhere(path)
    return parse_yaml(_PARAMETERS, path.read_text("utf-8"), str(path))


def _refuse_elsewhere(path: Path) -> None:
    """Refuse directories in which DVC does not look; one that is the home itself is none of them.

    Raises:
        UsageError: a variable names one.
    """
    settings = read_settings()
    home = settings.home.resolve()
    said = {
        name: str(place) for name, place in settings.directories.items() if place.resolve() != home
    }
    said |= {DATA: settings.raw} if settings.raw else {}
    for name, place in said.items():
        raise UsageError(
            f"{name} names a place outside of the home, where DVC does not look",
            f"{name}={place}",
            f"leave it unset, or say --preset and its sisters instead of --params {path}",
        )
