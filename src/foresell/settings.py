"""The environment, read in one place."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says. ``home`` holds all state; ``projects`` are searched in order."""

    home: Path
    projects: tuple[Path, ...]


def read_settings(home: Path | None = None) -> Settings:
    """Return the settings; an explicit ``home`` wins over ``FORESELL_HOME`` and ``./workspace``."""
    declared = os.environ.get("FORESELL_HOME")
    extra = os.environ.get("FORESELL_PROJECTS", "")
    return Settings(
        home=home or Path(declared or "workspace"),
        projects=(Path("projects"), *(Path(p) for p in extra.split(os.pathsep) if p)),
    )
