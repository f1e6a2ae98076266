"""Where the files of one project lie: under the home folder, or where a variable moved them."""

import time
from pathlib import Path

from foresell.adapters.digest_cache import DigestCaches
from foresell.adapters.s3_uris import is_s3
from foresell.adapters.sources import DirectorySource
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.settings import Settings
from foresell.spec.directories import DATA, DIRECTORIES, FIGURES, PIPELINE, places
from foresell.spec.project import ProjectSpec

_DIGESTS = "digests"  # the folder of what is known of outputs


def project_workspace(name: str, settings: Settings) -> DirectoryWorkspace:
    """Return the workspace of one project.

    A ``UsageError``: a directory that the environment names is a file, or would put an output into
    another one.
    """
    home = settings.home
    caches = DigestCaches(home / PIPELINE / _DIGESTS / name, time.time_ns)
    return DirectoryWorkspace(home / name, places(name, home, settings.directories), caches)


def picture_folder(name: str, output: str, settings: Settings) -> Path:
    """Return where the pictures of ``output`` go: below ``FIGURES_DIR``, else with the rest."""
    if FIGURES in settings.directories:
        return settings.directories[FIGURES] / name / output
    return project_workspace(name, settings).folder(output)


def lying_files(project: ProjectSpec, settings: Settings) -> Path | None:
    """Return ``DATA_DIR/<project>`` where every file of the declared tables lies directly in it.

    None where ``DATA_DIR`` is not said, or one is missing. A pattern that reaches into what runs
    keep there, such as ``**/*.parquet``, finds no raw file: those are put in place by `stage`.
    """
    if DATA not in settings.directories:
        return None
    folder = settings.directories[DATA] / project.name
    source = DirectorySource(folder)
    kept = (*DIRECTORIES[DATA], *(output for held in DIRECTORIES.values() for output in held))
    for table in project.tables:
        if table.relation is not None or is_s3(table.file):
            continue
        found = source.files(table.file)
        if not found or any(file.name.partition("/")[0] in kept for file in found):
            return None
    return folder
