"""What the shadow's child does: score rows that were answered with another version, and keep both.

Each request is answered as the server answers it, in one go and alone, so that latencies compare.
A line is kept of every row, in ``HOME/_serving/PROJECT/shadow/``. Personal columns are not among
the features that are written down.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foresell.adapters.rotating_lines import MEGABYTE, Limits, RotatingLines
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import ForesellError, MachineError
from foresell.settings import Settings
from foresell.spec.reading import parse_project
from foresell.wiring.request_log import SERVING
from foresell.wiring.shadow_scoring import Scored, Scorer, scorer

Fetch = Callable[[Mapping[str, Any], str], Bundle]

STEM = "shadow"  # how the names of its files begin
_LIMITS = Limits(all_bytes=256 * MEGABYTE)  # some 600,000 rows
_AGAIN_S = 10.0  # after which a version that could not be loaded is tried again
_FEW = 100  # requests told at once: with more, it is behind and does not rest
# Between two requests it rests, so that the server, when it wakes, waits for no more than one: the
# scheduler lets a process with lower priority end its slice, which is some milliseconds.
_BREATH_S = 0.0003
_KEPT = 2  # versions that stay loaded


def shadow_folder(home: Path, project: str) -> Path:
    """Return where the lines of a project's shadow are."""
    return home.absolute() / SERVING / project / "shadow"


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A version of the shadow that is loaded; ``personal``: columns that are not written down."""

    score: Scorer
    personal: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Failed:
    """Why a version could not be loaded, and when that was tried."""

    why: str
    at: float


class Shadows:
    """Scores notes with the version that each of them names; keeps the last two loaded."""

    def __init__(self, settings: Settings, fetch: Fetch) -> None:
        self._home, self._fetch = settings.home, fetch
        self._loaded: dict[str, _Loaded | _Failed] = {}
        self._files: dict[str, RotatingLines] = {}

    def scored(self, notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Score ``notes`` and keep the lines; return what the server is told.

        A note of no rows, ``{"shadow": version}``, has that version loaded, and that alone.
        ``loaded``: the digest of the version that the last note names, empty where it could not be
        loaded. ``done``: how many rows these were; ``deltas``: of the rows that were scored, shadow
        less live, and ``answers``: what live said of them; ``lost``: rows of which nothing is kept,
        ``trouble``: why, empty where all is well.
        """
        told: dict[str, Any] = {"done": 0, "deltas": [], "answers": [], "lost": 0}
        told |= {"trouble": "", "loaded": ""}
        lines: dict[str, list[dict[str, Any]]] = {}
        for note in notes:
            rows = len(note.get("predictions", ()))
            told["done"] += rows
            loaded = self._version(note["shadow"])
            if isinstance(loaded, _Failed):
                told["lost"] += rows
                told["trouble"], told["loaded"] = f"the shadow scores nothing: {loaded.why}", ""
                continue
            told["loaded"] = note["shadow"]["digest"]
            if not rows:
                continue
            found = loaded.score(note["given"], rows)
            if len(notes) <= _FEW:
                time.sleep(_BREATH_S)
            project = note["shadow"]["project"]
            lines.setdefault(project, []).extend(_lines(note, found, loaded.personal))
        for project, mine in lines.items():
            self._keep(project, mine, told)
        return told

    def _version(self, live: Mapping[str, Any]) -> _Loaded | _Failed:
        """Return a version of the shadow, loaded, or why it cannot be."""
        digest = live["digest"]
        found = self._loaded.pop(digest, None)
        stale = isinstance(found, _Failed) and time.monotonic() - found.at > _AGAIN_S
        if found is None or stale:
            found = self._load(live)
        self._loaded[digest] = found
        while len(self._loaded) > _KEPT:
            self._loaded.pop(next(iter(self._loaded)))
        return found

    def _load(self, live: Mapping[str, Any]) -> _Loaded | _Failed:
        """Load a version; one that cannot be loaded is told of, and loses what it should score."""
        try:
            bundle = self._fetch(live["place"], live["digest"])
            contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
            spec = parse_project(bundle.project_text, "bundle/project.yaml")
            score = scorer(bundle, spec.kind)
        except ForesellError as error:
            why = f"version {live['version']} of {live['project']}: {error.what}"
            return _Failed(why=why, at=time.monotonic())
        personal = frozenset(name for name, one in contract.columns.items() if one.personal)
        return _Loaded(score=score, personal=personal)

    def _keep(self, project: str, lines: Sequence[dict[str, Any]], told: dict[str, Any]) -> None:
        """Keep lines; where the disk does not take them, their rows are lost, and that is told."""
        if project not in self._files:
            folder = shadow_folder(self._home, project)
            self._files[project] = RotatingLines(folder, STEM, _LIMITS)
        try:
            self._files[project].write(b"".join(map(_text, lines)))
        except MachineError as error:
            told["lost"] += len(lines)
            told["trouble"] = f"what the shadow found is lost: {error.what}"
            return
        scored = [line for line in lines if line["delta"] is not None]
        told["deltas"] += [line["delta"] for line in scored]
        told["answers"] += [line["prediction"] for line in scored]


def _lines(
    note: Mapping[str, Any], found: Scored, personal: frozenset[str]
) -> list[dict[str, Any]]:
    """Return one line a row of a note."""
    hidden = {*personal, *note.get("personal", ())}
    shown = {name: values for name, values in note["given"].items() if name not in hidden}
    at = datetime.fromtimestamp(note["at"], UTC).isoformat(timespec="milliseconds")
    return [
        {
            "timestamp": at,
            "request_id": note["request_id"],
            "row": row + 1,
            "version": note["version"],
            "shadow_version": note["shadow"]["version"],
            "prediction": live,
            "shadow_prediction": other,
            "delta": None if other is None else other - live,
            "latency_ms": _rounded(note["latency_ms"]),
            "shadow_latency_ms": _rounded(found.latency_ms),
            "refused": found.refused.get(row),
            "features": {name: values[row] for name, values in shown.items()},
        }
        for row, (live, other) in enumerate(
            zip(note["predictions"], found.predictions, strict=True)
        )
    ]


def _text(line: Mapping[str, Any]) -> bytes:
    """Return a line as JSON, with its end."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _rounded(latency_ms: float | None) -> float | None:
    """Return a latency to the microsecond."""
    return None if latency_ms is None else round(latency_ms, 3)
