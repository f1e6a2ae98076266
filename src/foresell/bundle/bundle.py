"""The bundle: a trained model with all it needs to answer, as plain files with checksums.

Nothing in it is unpickled: models are their libraries' own text or ONNX, the rest JSON, YAML and
Parquet. The pipelines of a table's candidates lie in ``model/joblib/`` for people; they have
checksums like everything else, and are not handed to anybody who reads a bundle.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import polars as pl

from foresell.errors import DataError
from foresell.spec.ports import PROVENANCE, Store

CHECKSUMS = "checksums.json"
PUBLISHED = "published.parquet"
SNAPSHOT = "snapshot.parquet"
_MODEL = "model/"
_FOR_PEOPLE = f"{_MODEL}joblib/"  # pickles: who loads one runs what it says
_TEXTS = ("contract.yaml", "metadata.json", "project.yaml")
_ALWAYS = (*_TEXTS, "history.parquet", "judged.parquet")
_RESTORE = "train again (foresell run PROJECT), or restore the bundle from its source"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a bundle says of how good its model is.

    ``metadata`` says what it is (both cutoffs, scores of the judged model, verdict of the gate,
    fingerprints); ``project_text`` is its ``project.yaml``.

    ``judged``: what the judged model said of the rows of the test, beside their truth, so that
    models can be compared later on the rows both were judged on. Columns: what names a row (a
    panel: keys and time; a table: the contract's key, or every feature where it has none), ``y``
    (raw target), ``weight`` where the project declares weights, ``prediction``, ``q0.1``, ``q0.9``;
    no nulls but in features that name a row. Sorted by what names a row; empty where nothing was
    judged.
    """

    metadata: Mapping[str, object]
    project_text: str
    judged: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True, kw_only=True)
class Bundle(Evidence):
    """One trained model, whole.

    ``model`` is the learner's own files; ``history`` the observed rows in processed form, from
    which features are built when it answers; ``asked`` the rows to answer by default, with what is
    known of their future, empty where the source asked for none. Rows of a table are answered
    without any other: then both are empty. ``published``: what a panel's bundle answers to the rows
    nobody has to name, see `foresell.answer.publishing.published_rows`; empty for a table.
    ``snapshot``: the rows that a table's model learnt from, drawn by seed where there are many: its
    raw features, its time where it has one, and its target; sorted, nothing personal. Empty for a
    panel, which keeps all of them in its history, and in bundles from before there were snapshots.
    """

    contract_text: str
    model: Mapping[str, bytes]
    history: pl.DataFrame
    asked: pl.DataFrame
    published: pl.DataFrame = field(default_factory=pl.DataFrame)
    snapshot: pl.DataFrame = field(default_factory=pl.DataFrame)


def may_answer(bundle: Bundle) -> bool:
    """Tell whether the model passed the gate, or somebody gave a reason to use it all the same."""
    return not refusals(bundle.metadata)


def refusals(metadata: Mapping[str, object]) -> Sequence[str]:
    """Return why nobody may use the model of a bundle: what the gate said of it; none if one may.

    >>> refusals({"gate": {"passed": False, "override": None, "reasons": ["no better"]}})
    ['no better']
    >>> refusals({"gate": {"passed": False, "override": "for the demo", "reasons": ["no better"]}})
    []
    """
    found = metadata["gate"]
    gate = found if isinstance(found, dict) else {}
    if gate.get("passed") or gate.get("override"):
        return []
    return [str(one) for one in gate.get("reasons", ())] or ["the gate gave no reason"]


def write_bundle(bundle: Bundle, store: Store) -> str:
    """Write the files and ``checksums.json``; return the sha256 over all of them, its identity."""
    store.write_frame("history.parquet", bundle.history)
    store.write_frame("asked.parquet", bundle.asked)
    store.write_frame("judged.parquet", bundle.judged)
    for name, frame in ((PUBLISHED, bundle.published), (SNAPSHOT, bundle.snapshot)):
        if not frame.is_empty():
            store.write_frame(name, frame)
    texts = {
        "metadata.json": json.dumps(bundle.metadata, sort_keys=True, indent=1, ensure_ascii=False),
        "project.yaml": bundle.project_text,
        "contract.yaml": bundle.contract_text,
    }
    for name, text in texts.items():
        store.write_bytes(name, text.encode())
    for name, content in bundle.model.items():
        store.write_bytes(f"{_MODEL}{name}", content)
    sums = {
        name: hashlib.sha256(store.read_bytes(name)).hexdigest()
        for name in store.list()
        if name != CHECKSUMS
    }
    listed = _listing(sums)
    store.write_bytes(CHECKSUMS, listed)
    return hashlib.sha256(listed).hexdigest()


def read_bundle(
    store: Store, *, verified: bool = False, wanted: Callable[[str], bool] | None = None
) -> Bundle:
    """Read a bundle, once every file has the checksum it was written with.

    ``verified``: the store itself compares what it reads with the listing, as a vault does; then it
    is not done a second time. The files for people (``model/joblib/``) are checked and left where
    they are, and so are those, but for texts, whose name is not ``wanted``: a table of them is
    empty, a file of the model is not there. A file that is missing, was changed, or is not listed,
    is a ``DataError``.
    """
    files = {
        name: content
        for name, content in _files(store, verified=verified)
        if name in _TEXTS or not (name.startswith(_FOR_PEOPLE) or (wanted and not wanted(name)))
    }
    return bundle_of(files)


def read_files(store: Store) -> dict[str, bytes]:
    """Return every file of a bundle by name, ``checksums.json`` first, each read once.

    They are of one bundle, though somebody may put another one in its place meanwhile. A
    ``DataError`` as `read_bundle`.
    """
    return dict(_files(store))


def bundle_of(files: Mapping[str, bytes]) -> Bundle:
    """Return the bundle that verified ``files`` are; a table without a file is empty."""
    return Bundle(
        metadata=_mapping("metadata.json", files["metadata.json"]),
        project_text=_text("project.yaml", files["project.yaml"]),
        contract_text=_text("contract.yaml", files["contract.yaml"]),
        model={
            name.removeprefix(_MODEL): content
            for name, content in files.items()
            if name.startswith(_MODEL) and not name.startswith(_FOR_PEOPLE)
        },
        history=_frame("history.parquet", files),
        asked=_frame("asked.parquet", files),
        judged=_frame("judged.parquet", files),
        published=_frame(PUBLISHED, files),
        snapshot=_frame(SNAPSHOT, files),
    )


def read_evidence(store: Store) -> Evidence:
    """Read what a bundle says of how good it is, and no more of it.

    ``store`` compares what it reads with the listing itself, as a vault does. A ``DataError`` where
    a file is missing or was changed.
    """
    return Evidence(
        metadata=_mapping("metadata.json", store.read_bytes("metadata.json")),
        project_text=_text("project.yaml", store.read_bytes("project.yaml")),
        judged=_frame("judged.parquet", {"judged.parquet": store.read_bytes("judged.parquet")}),
    )


def _mapping(name: str, content: bytes) -> Mapping[str, object]:
    """Return the JSON object in a file.

    Raises:
        DataError: there is another thing in it.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{name} is no JSON object", "bundle", _RESTORE)
    return found


def _text(name: str, content: bytes) -> str:
    """Return the text in a file.

    Raises:
        DataError: there is none in it.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text in UTF-8", "bundle", _RESTORE) from error


def _frame(name: str, files: Mapping[str, bytes]) -> pl.DataFrame:
    """Return the table in one of ``files``, an empty one where it is not among them.

    Raises:
        DataError: there is none in it.
    """
    if name not in files:
        return pl.DataFrame()
    try:
        return pl.read_parquet(BytesIO(files[name]))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(f"{name} is no Parquet file", "bundle", _RESTORE) from error


def _files(store: Store, *, verified: bool = False) -> Iterator[tuple[str, bytes]]:
    """Yield the listing and every file that it names, by name, each once it was checked.

    Raises:
        DataError: one is missing, was changed, or is not listed.
    """
    listing = store.read_bytes(CHECKSUMS)
    sums = _sums(listing)
    there = set(store.list())
    if extra := sorted(there - set(sums) - {CHECKSUMS, PROVENANCE}):
        raise DataError(f"files {extra} are not part of the bundle", "bundle", "remove them")
    for name in sorted({*sums, *_ALWAYS} - (there & set(sums))):
        raise DataError(f"{name} is missing", "bundle", _RESTORE)
    yield CHECKSUMS, listing
    for name, known in sums.items():
        content = store.read_bytes(name)
        if not verified and hashlib.sha256(content).hexdigest() != known:
            raise DataError(f"{name} is not the file that was written", "bundle", _RESTORE)
        yield name, content


def _listing(sums: Mapping[str, str]) -> bytes:
    """Return the one way in which checksums are written."""
    return json.dumps(sums, sort_keys=True, indent=1).encode()


def _sums(content: bytes) -> Mapping[str, str]:
    """Return the sha256 by file name.

    Raises:
        DataError: the listing is not as ``_listing`` writes it.
    """
    try:
        sums = json.loads(content)
    except (ValueError, RecursionError):  # no JSON, or no text
        sums = None
    if not isinstance(sums, dict) or _listing(sums) != content:
        raise DataError(f"{CHECKSUMS} is not the file that was written", "bundle", _RESTORE)
    return sums
