"""The bundle: a trained model with all it needs to answer, as plain files with checksums.

Nothing in it is unpickled: models are their libraries' own text or ONNX, the rest JSON, YAML and
Parquet. The pipelines of a table's candidates lie in ``model/joblib/`` for people; they have
checksums like everything else, and are not handed to anybody who reads a bundle.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import polars as pl

from foresell.errors import DataError
from foresell.spec.ports import PROVENANCE, Store

CHECKSUMS = "checksums.json"
_MODEL = "model/"
_FOR_PEOPLE = f"{_MODEL}joblib/"  # pickles: who loads one runs what it says
_ALWAYS = ("contract.yaml", "history.parquet", "judged.parquet", "metadata.json", "project.yaml")
_RESTORE = "train again (foresell run PROJECT), or restore the bundle from its source"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One trained model, whole.

    ``metadata`` says what it is (both cutoffs, scores of the judged model, verdict of the gate,
    fingerprints); ``model`` is the learner's own files; ``history`` the observed rows in processed
    form, from which features are built when it answers; ``asked`` the rows to answer by default,
    with what is known of their future, empty where the source asked for none. Rows of a table are
    answered without any other: then both are empty.

    ``judged``: what the judged model said of the rows of the test, beside their truth, so that
    models can be compared later on the rows both were judged on. Columns: what names a row (a
    panel: keys and time; a table: the contract's key, or every feature where it has none), ``y``
    (raw target), ``weight`` where the project declares weights, ``prediction``, ``q0.1``, ``q0.9``;
    no nulls but in features that name a row. Sorted by what names a row; empty where nothing was
    judged.
    """

    metadata: Mapping[str, object]
    project_text: str
    contract_text: str
    model: Mapping[str, bytes]
    history: pl.DataFrame
    asked: pl.DataFrame
    judged: pl.DataFrame = field(default_factory=pl.DataFrame)


def may_answer(bundle: Bundle) -> bool:
    """Tell whether the model passed the gate, or somebody gave a reason to use it all the same."""
    gate = bundle.metadata["gate"]
    return isinstance(gate, dict) and bool(gate["passed"] or gate["override"])


def write_bundle(bundle: Bundle, store: Store) -> str:
    """Write the files and ``checksums.json``; return the sha256 over all of them, its identity."""
    store.write_frame("history.parquet", bundle.history)
    store.write_frame("asked.parquet", bundle.asked)
    store.write_frame("judged.parquet", bundle.judged)
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


def read_bundle(store: Store) -> Bundle:
    """Read a bundle, once every file has the checksum it was written with.

    The files for people (``model/joblib/``) are checked and left where they are.

    Raises:
        DataError: a file is missing, was changed, or is not listed.
    """
    sums = _read_listing(store)
    there = set(store.list())
    if extra := sorted(there - set(sums) - {CHECKSUMS, PROVENANCE}):
        raise DataError(f"files {extra} are not part of the bundle", "bundle", "remove them")
    for name in sorted({*sums, *_ALWAYS} - (there & set(sums))):
        raise DataError(f"{name} is missing", "bundle", _RESTORE)
    files = {}
    for name, known in sums.items():
        content = store.read_bytes(name)
        if hashlib.sha256(content).hexdigest() != known:
            raise DataError(
                f"{name} is not the file that was written",
                "bundle",
                _RESTORE,
            )
        if not name.startswith(_FOR_PEOPLE):
            files[name] = content
    return Bundle(
        metadata=json.loads(files["metadata.json"]),
        project_text=files["project.yaml"].decode(),
        contract_text=files["contract.yaml"].decode(),
        model={
            name.removeprefix(_MODEL): content
            for name, content in files.items()
            if name.startswith(_MODEL)
        },
        history=pl.read_parquet(BytesIO(files["history.parquet"])),
        asked=pl.read_parquet(BytesIO(files["asked.parquet"])),
        judged=pl.read_parquet(BytesIO(files["judged.parquet"])),
    )


def _listing(sums: Mapping[str, str]) -> bytes:
    """Return the one way in which checksums are written."""
    return json.dumps(sums, sort_keys=True, indent=1).encode()


def _read_listing(store: Store) -> Mapping[str, str]:
    """Return the sha256 by file name.

    Raises:
        DataError: the listing is missing, or is not as ``_listing`` writes it.
    """
    content = store.read_bytes(CHECKSUMS)
    try:
        sums = json.loads(content)
    except ValueError:  # no JSON, or no text
        sums = None
    if not isinstance(sums, dict) or _listing(sums) != content:
        raise DataError(f"{CHECKSUMS} is not the file that was written", "bundle", _RESTORE)
    return sums
