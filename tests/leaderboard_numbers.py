"""What the evaluation of a run says, for a test of what the leaderboard's page says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from tests.written_numbers import MONTHS, read, transitions

_FOLDERS = {"one-step": "one_step/", "chronological": "chronological/"}
_MADE = {"holiday", "horizon", "month", "predicted_tercile", "volume_quartile", "year"}
_QUARTERS = {"q1": "1 (smallest)", "q2": "2", "q3": "3", "q4": "4 (largest)"}
_THIRDS = {"low": "lowest third", "middle": "middle third", "high": "highest third"}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The files of one protocol of the last run. ``protocol``: as ``test.json`` calls it."""

    home: Path
    project: str
    protocol: str

    @cached_property
    def test(self) -> Any:
        """All that ``test.json`` says."""
        return read(self.home, self.project, "evaluation", "test.json")

    @property
    def told(self) -> Any:
        """What it says of the protocol."""
        return self.test["protocols"][self.protocol]

    @property
    def folder(self) -> str:
        """Where the files of the protocol lie."""
        return _FOLDERS.get(self.protocol, "")

    @property
    def champion(self) -> str:
        """The candidate that was chosen."""
        return str(self.told["scores"]["candidate"])

    @property
    def rival(self) -> str:
        """The best baseline."""
        return str(self.told["best_baseline"]["candidate"])

    @property
    def decided(self) -> Mapping[str, Any]:
        """The last comparison of the gate."""
        return dict(self.told["verdict"]["comparisons"][-1])

    @property
    def ranked_by(self) -> str:
        """The metric that orders the leaderboard."""
        return "rmse" if self.told["scores"]["wmae"] is None else "wmae"

    @cached_property
    def metadata(self) -> Any:
        """What the bundle says of itself."""
        return read(self.home, self.project, "bundle", "metadata.json")

    @property
    def unit(self) -> str:
        """The unit of the target."""
        return str(self.metadata["unit"])

    @property
    def is_panel(self) -> bool:
        """Whether series are forecast."""
        return bool(self.metadata["kind"] == "panel")

    @property
    def keys(self) -> Sequence[str]:
        """The columns that tell series apart."""
        explored = read(self.home, self.project, "eda", "eda_report.json")
        return [str(name) for name in explored["project"]["keys"]]

    def place(self, name: str) -> Path:
        """Return where a file of the protocol lies."""
        return self.home / self.project / "evaluation" / f"{self.folder}{name}"

    def rows(self, name: str) -> pl.DataFrame:
        """Return a table of the protocol."""
        place = self.place(name)
        if name.endswith(".parquet"):
            return pl.read_parquet(place)
        return pl.read_csv(place, infer_schema_length=None)

    @cached_property
    def board(self) -> Sequence[Mapping[str, Any]]:
        """The leaderboard, least error first."""
        return self.rows("leaderboard.csv").sort(self.ranked_by, "candidate").to_dicts()

    @property
    def names(self) -> Sequence[str]:
        """The candidates, least error first."""
        return [str(one["candidate"]) for one in self.board]

    @property
    def version(self) -> int:
        """The version that the bundle of the run is registered as."""
        listing = self.home / self.project / "bundle" / "checksums.json"
        digest = sha256(listing.read_bytes()).hexdigest()
        return max(
            int(one["version"])
            for one in transitions(self.home, self.project)
            if one["action"] == "register" and one["evidence"]["digest"] == digest
        )


def label(segment: str, value: str) -> str:
    """Return a part of the rows as charts of its segment call it."""
    if segment.endswith("quartile") and value in _QUARTERS:
        return _QUARTERS[value]
    if segment.endswith("tercile"):
        return _THIRDS[value]
    if segment == "month":
        return f"{MONTHS[int(value[5:]) - 1]} {value[:4]}"
    words = value.replace("_", " ")
    if segment == "horizon":
        return words.replace("-", "–")
    return f"{segment} {words}" if words.isdigit() or len(words) == 1 else words


def phrase(segment: str, value: str) -> str:
    """Return a part of the rows as a table of all segments calls it."""
    words, title = label(segment, value), segment.replace("_", " ")
    if value == "no_history":
        told = f"series with {words}"
    elif segment.endswith("tercile"):
        told = f"the {words} of the predictions"
    elif segment == "month":
        told = words
    elif segment == "holiday":
        told = "holiday" if value == "yes" else "no holiday"
    else:
        told = words if words.startswith(f"{title} ") else f"{title} {words}"
    return told[0].upper() + told[1:] if segment in _MADE else told
