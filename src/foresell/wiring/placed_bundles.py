"""The bundle that a request was answered with, found again by another process."""

import hashlib
from pathlib import Path

from foresell.adapters.store import DirectoryStore
from foresell.adapters.vault import open_vault
from foresell.answer.served_files import served_files
from foresell.bundle.bundle import CHECKSUMS, Bundle, read_bundle
from foresell.govern.keeping import kept_bundle
from foresell.serving.problems import Refused
from foresell.settings import Settings
from foresell.spec.serving import Place


def placed_bundle(place: Place, digest: str, settings: Settings, *, served: bool = False) -> Bundle:
    """Return the bundle ``digest`` at ``place``, every byte of it verified.

    ``served``: only with the files that answer requests, see
    `foresell.answer.served_files.served_files`; the others take memory for nothing.
    A version is found by its digest alone: the registry's database is not asked, and may be out of
    reach. A file that is missing or was changed is a ``DataError``.

    Raises:
        Refused: 503, there is another bundle in the folder by now.
    """
    if not place.folder:
        kept = kept_bundle(open_vault(settings.artifacts), digest)
        return read_bundle(kept, verified=True, wanted=served_files(kept) if served else None)
    store = DirectoryStore(Path(place.folder))
    if hashlib.sha256(store.read_bytes(CHECKSUMS)).hexdigest() != digest:
        raise Refused(
            "the bundle that was to answer has been replaced",
            place.project,
            "ask again in a second",
            status=503,
            headers=((b"retry-after", b"1"),),
        )
    return read_bundle(store, wanted=served_files(store) if served else None)
