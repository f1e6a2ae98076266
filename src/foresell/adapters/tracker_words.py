"""What a tracker's tags are called, and how an account is made to fit into what MLflow takes.

MLflow refuses some names and cuts long values without a word. Here a name is mended so that two
stay two, and a long value is cut so that one sees it; the whole of it is kept as a file.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from foresell.spec.tracking import Account, Note

TRAINING = "foresell.training"
PROJECT = "foresell.project"
CANDIDATE = "foresell.candidate"
DIGEST = "foresell.digest"
VERSION = "foresell.version"
STAGE = "foresell.stage."  # and the stage: when what was told last of it was told
LATER = "later."  # and the name of a parameter that was told again, with another value
CHAMPION = "foresell.champion"  # the tag with the name of what was chosen
STARTED = "foresell.started"  # the tag that says when a training, or a candidate of it, began
BUNDLE = "bundle"  # the name of the model

_NAME, _PARAM, _TAG = 250, 6000, 8000  # characters that MLflow keeps
_ROOM = 150  # of them for the words that say what was cut
_REFUSED = re.compile(r"[^/\w.\- ]")  # a colon is refused on Windows


@dataclass(frozen=True, kw_only=True)
class Told:
    """An account that fits. ``texts``: by path among the artifacts, what was too long."""

    account: Account
    texts: Mapping[str, str]


def experiment_name(project: str) -> str:
    """Return the name under which the trainings of a project are gathered."""
    return f"foresell/{project}"


def is_taken(note: Note, tags: Mapping[str, str]) -> bool:
    """Tell whether ``note``, or a later one of its stage, was taken whole."""
    return note.at <= tags.get(f"{STAGE}{note.stage}", "")


def title(note: Note, tags: Mapping[str, str]) -> str:
    """Return what a training is called: its champion, as soon as it is known, and its id.

    ``tags``: those that were told before.
    """
    champion = note.whole.tags.get(CHAMPION) or tags.get(CHAMPION)
    return f"{champion} {note.training}" if champion else note.training


def first_tags(note: Note, candidate: str | None = None) -> dict[str, str]:
    """Return the tags by which a training, or a candidate of it, is found again."""
    tags = {PROJECT: note.project, TRAINING: note.training}
    return tags if candidate is None else {**tags, CANDIDATE: candidate}


def last_tags(note: Note) -> dict[str, str]:
    """Return the tags that say that ``note`` was taken whole."""
    version = {} if note.version is None else {VERSION: str(note.version)}
    return {**version, f"{STAGE}{note.stage}": note.at}


def fitting(account: Account, before: Mapping[str, str]) -> Told:
    """Return ``account`` as MLflow takes it; ``before``: parameters that were told already.

    A parameter has one value: another one, told later, is kept as the tag ``later.NAME``.
    """
    texts: dict[str, str] = {}
    tags = {mended(name): value for name, value in account.tags.items()}
    params: dict[str, str] = {}
    for given, value in account.params.items():
        name = mended(given)
        short = _cut(value, _PARAM, f"params/{name}.txt", texts)
        if before.get(name, short) == short:
            params[name] = short
        else:
            tags[mended(f"{LATER}{name}")] = value
    return Told(
        account=Account(
            params=params,
            metrics={mended(name): value for name, value in account.metrics.items()},
            tags={
                name: _cut(value, _TAG, f"tags/{name}.txt", texts) for name, value in tags.items()
            },
            files=account.files,
        ),
        texts=texts,
    )


def mended(name: str) -> str:
    """Return ``name`` as MLflow takes it; a name that changes ends with a mark of what it was.

    >>> mended("error by store/rmse"), mended("100 % sure"), mended("a//b")
    ('error by store/rmse', '100 _ sure 77e8c8', 'a/b 7a9acf')
    """
    parts = [part for part in _REFUSED.sub("_", name).split("/") if part not in {"", ".", ".."}]
    plain = re.sub(r"^\.\.", "_.", "/".join(parts))
    if name and plain == name and len(name) <= _NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{plain[: _NAME - 7]} {mark}".lstrip()


def _cut(value: str, most: int, path: str, texts: dict[str, str]) -> str:
    """Return ``value``, or its beginning and where the rest is, which goes into ``texts``."""
    if len(value) <= most:
        return value
    name, _, _ = path.rpartition(".txt")
    kept = f"{name[:_ROOM]}.txt" if len(name) > _ROOM else path
    texts[kept] = value
    return f"{value[: most - 2 * _ROOM]} ... ({len(value):,} characters, whole in {kept})"
