"""What the stages of a run tell a tracker: pure functions from published outputs to notes.

A note is made of what a stage left in the workspace and of nothing else, so that a stage that was
done while nobody tracked can be told of later, in the same words.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import polars as pl

from foresell.errors import DataError
from foresell.pipeline.fingerprint import digest
from foresell.pipeline.telling_draft import COMMIT, SECONDS, Draft, Part, Teller
from foresell.pipeline.telling_evaluate import tell_evaluate
from foresell.pipeline.telling_numbers import sha256
from foresell.pipeline.telling_train import UP_TO, tell_train
from foresell.spec.tracking import Account, Note

_OF_ITS_TIME = ("foresell.started", COMMIT)  # tags that say when and from where, and not what


@dataclass(frozen=True, kw_only=True)
class Told:
    """A note with what comes along. ``identity``: equal for notes that say the same.

    ``files``: by name in the note's store, the content, or the output and the name of a file in it.
    """

    note: Note
    files: Mapping[str, Part]
    identity: str


def tell(stage: str, teller: Teller, at: str) -> Told | None:
    """Return what ``stage``, which is done, tells; None where it has nothing to say.

    ``at``: when it was done, UTC, ISO. It is told of the training whose model it looked at.

    Raises:
        DataError: what the stage left is not what such a stage leaves.
    """
    training = teller.record("train").get("run_id")
    if stage not in TELLING or not training:
        return None
    draft = Draft()
    try:
        TELLING[stage](teller, draft, at)
    except (LookupError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"what the stage {stage} left cannot be told: {type(error).__name__}: {error}",
            f"the outputs of {stage}",
            "run the project again with --force",
        ) from error
    note = Note(
        project=teller.request.project.name,
        training=str(training),
        stage=stage,
        at=at,
        whole=draft.whole,
        candidates=draft.candidates,
        datasets=draft.datasets,
        bundle=draft.bundle,
        version=draft.version,
    )
    return Told(note=note, files=draft.files, identity=_identity(note, draft.files, teller))


def _identity(note: Note, files: Mapping[str, Part], teller: Teller) -> str:
    """Return what tells whether a note says the same as another: all but when, where and how long.

    The digests of files of outputs are those that the runner kept.
    """
    told = asdict(note)
    for account in (told["whole"], *told["candidates"].values()):
        for name in _OF_ITS_TIME:
            account["tags"].pop(name, None)
    for one in told["datasets"]:
        del one["source"]
    del told["at"]
    told["whole"]["metrics"] = {
        name: value for name, value in note.whole.metrics.items() if not name.startswith(SECONDS)
    }
    kept = {
        (output, name): sums
        for stage in (*UP_TO, "evaluate", "refit", "report")
        for output, own in teller.record(stage).get("outputs", {}).items()
        for name, sums in own.items()
    }
    told["sums"] = {
        name: sha256(part) if isinstance(part, bytes) else kept.get(part)
        for name, part in files.items()
        if part != ("sources", "sources.json")
    }
    return digest(json.loads(json.dumps(told, sort_keys=True)))


def _tell_register(teller: Teller, draft: Draft, _: str) -> None:
    """Tell which version it became, and name the bundle that is to be shown with it."""
    registered = teller.json("registration", "registration.json")
    gate = teller.json("bundle", "metadata.json")["gate"]
    draft.bundle, draft.version = str(registered["digest"]), int(registered["version"])
    draft.tell(Account(metrics=teller.seconds("refit", "register")))
    if gate["override"] and not gate["passed"]:
        draft.tell(Account(tags={"foresell.gate": "overridden"}))
    draft.add("bundle/metadata.json", ("bundle", "metadata.json"))
    draft.add("bundle/checksums.json", ("bundle", "checksums.json"))


def _tell_report(teller: Teller, draft: Draft, _: str) -> None:
    """Send the page along."""
    draft.tell(Account(metrics=teller.seconds("forecast", "report")))
    draft.add("report.html", ("report", "report.html"))


TELLING: Mapping[str, Callable[[Teller, Draft, str], None]] = {
    "train": tell_train,
    "evaluate": tell_evaluate,
    "register": _tell_register,
    "report": _tell_report,
}
