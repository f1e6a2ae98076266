"""The bundle that a request was answered with, found again by another process."""

import hashlib
from pathlib import Path

from foresell.adapters.store import DirectoryStore
from foresell.adapters.vault import open_vault
from foresell.answer.served_files import served_files
from foresell.bundle.bundle import CHECKSUMS, Bundle, read_bundle
from foresell.errors import DataError
from foresell.govern.keeping import kept_bundle
from foresell.serving.problems import Refused
from foresell.settings import Settings
from foresell.spec.serving import Place

_RETRY = ((b"retry-after", b"1"),)


def placed_bundle(place: Place, digest: str, settings: Settings, *, served: bool = False) -> Bundle:
    """Return the bundle ``digest`` at ``place``, every byte of it verified.

    ``served``: only with the files that answer requests, see
    `foresell.answer.served_files.served_files`; the others take memory for nothing.
    A version is found by its digest alone: the registry's database is not asked, and may be out of
    reach. A file that is missing or was changed is a ``DataError``.

    Raises:
        Refused: 503, there is another bundle in the folder by now, or none.
    """
    if not place.folder:
        kept = kept_bundle(open_vault(settings.artifacts), digest)
        return read_bundle(kept, verified=True, wanted=served_files(kept) if served else None)
    store = DirectoryStore(Path(place.folder))
    try:
        found = hashlib.sha256(store.read_bytes(CHECKSUMS)).hexdigest()
    except DataError as error:
        raise Refused(
            *_lost(place, "is gone from its folder"), status=503, headers=_RETRY
        ) from error
    if found != digest:
        raise Refused(*_lost(place, "has been replaced"), status=503, headers=_RETRY)
    return read_bundle(store, wanted=served_files(store) if served else None)


def _lost(place: Place, what: str) -> tuple[str, str, str]:
    """Return that a folder does not hold the bundle any more that answers from memory.

    Where the folder holds a whole bundle, the server takes that one within a second.
    """
    return (
        f"the bundle that was to answer {what}",
        place.project,
        "until its folder holds a whole bundle, explanations and what-ifs of this version are lost"
        "; if it does by now, ask again in a second; GET /health tells how it stands",
    )
