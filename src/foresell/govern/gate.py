"""Whether a model may go live, and how it compares with the one that is: from bundles alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from foresell.bundle.bundle import Evidence
from foresell.errors import DataError, SpecError, UsageError
from foresell.evaluate.gate import Comparison, deciding_metrics, judge
from foresell.evaluate.protocols import protocols_of
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

COMPARED = ("rmse", "mae", "wmae", "wape", "bias", "coverage_80")
_SAID = ("weight", "prediction", "q0.1", "q0.9")
_ANSWERS = ("y", *_SAID)
_NEEDED = ("y", "prediction")
_MEND = "train again (foresell run PROJECT), and register what that makes"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the gate says of a bundle, from the leaderboard in it.

    ``protocol``: the one that decides. ``comparisons``: the champion against the best baseline, one
    for each deciding metric, and ``sentences`` the same in words.
    """

    passed: bool
    champion: str
    protocol: str
    sentences: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values under the names of the fields."""
        return {
            "passed": self.passed,
            "champion": self.champion,
            "protocol": self.protocol,
            "sentences": list(self.sentences),
            "comparisons": [asdict(one) for one in self.comparisons],
        }


def gate_of(metadata: Mapping[str, Any], project: ProjectSpec) -> Decision:
    """Return the decision on the model that ``metadata`` describes, judged anew.

    It follows from ``champion`` and ``leaderboard`` there; whatever else ``metadata`` says of a
    gate does not count.

    Raises:
        DataError: the evidence is missing, or is none.
    """
    protocol = protocols_of(project)[0].name
    metrics = deciding_metrics(project)
    boards = metadata.get("leaderboard")
    board = boards.get(protocol) if isinstance(boards, dict) else None
    champion = metadata.get("champion")
    if not isinstance(board, list) or not isinstance(champion, str):
        raise DataError(
            f"the bundle has no leaderboard of the protocol {protocol!r}: nothing decides on it",
            "bundle, metadata.json",
            _MEND,
        )
    frame = _board(board, metrics)
    try:
        verdict = judge(frame, champion, metrics)
    except UsageError as error:
        raise DataError(error.what, "bundle, metadata.json, leaderboard", _MEND) from error
    return Decision(
        passed=verdict.passed,
        champion=champion,
        protocol=protocol,
        sentences=verdict.reasons,
        comparisons=verdict.comparisons,
    )


def _board(rows: Sequence[object], metrics: Sequence[str]) -> pl.DataFrame:
    """Return a leaderboard with ``metrics``: nothing in it that is no number, nobody twice.

    Raises:
        DataError: it is none.
    """
    names: set[object] = set()
    for row in rows:
        name = row.get("candidate") if isinstance(row, dict) else None
        what = _wrong(row, metrics) or ("it names it twice" if name in names else None)
        if what is not None:
            raise DataError(
                f"the leaderboard is none: candidate {name!r}: {what}",
                "bundle, metadata.json, leaderboard",
                _MEND,
            )
        names.add(name)
    columns = {"candidate": pl.String, "kind": pl.String, **dict.fromkeys(metrics, pl.Float64)}
    return pl.DataFrame(
        {name: [row[name] for row in rows if isinstance(row, dict)] for name in columns},
        schema=columns,
    )


def _wrong(row: object, metrics: Sequence[str]) -> str | None:
    """Return why ``row`` is no row of a leaderboard, None where it is one."""
    if not isinstance(row, dict) or not isinstance(row.get("candidate"), str):
        return "it has no name"
    if row.get("kind") not in ("baseline", "candidate"):  # no set: a list has no hash
        return "it is neither a baseline nor a candidate"
    bad = [metric for metric in metrics if not _is_error(row.get(metric))]
    return f"its {bad[0]} is {row.get(bad[0])!r}" if bad else None


def _is_error(value: object) -> bool:
    """Tell whether ``value`` can stand for how wrong a model is; None: nobody can say."""
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value) and value >= 0
    except OverflowError:  # a whole number beyond what a float can be
        return False


def against_live(new: Evidence, live: Evidence | None) -> dict[str, Any]:
    """Return how the ``new`` model did beside the ``live`` one, on rows that both were judged on.

    Plain values. ``comparable``; where it is false, ``why``. Else ``n``, the rows of both bundles
    that are named alike and have equal truth; ``new`` and ``live``, each ``champion``,
    ``protocol`` (None where this foresell cannot read the declaration it stands in), ``cutoff``
    (the last date that the judged model had learnt from, None where dates do not part the rows),
    ``rows`` it was judged on, and the metrics `COMPARED` over these n; None where one cannot be
    said. Rows weigh in WMAE what they weigh in the ``new`` bundle. Several rows of one name and
    truth count where both bundles have as many of them.

    Whatever the two hold, it is no error: nothing is decided by this.
    """
    if live is None:
        return {"comparable": False, "why": "nothing was live"}
    both = common_rows(new, live)
    if isinstance(both, str):
        return {"comparable": False, "why": both}
    return {
        "comparable": True,
        "n": both.height,
        "new": {**_side(new), **_scores(both, "")},
        "live": {**_side(live), **_scores(both, "__live")},
    }


def common_rows(new: Evidence, live: Evidence) -> pl.DataFrame | str:
    """Return the rows that both were judged on, with equal truth, or why there are none.

    What names them, ``y``, and what the two said of each, ``prediction`` and ``prediction__live``
    among it; sorted by all of that.
    """
    for which, one in (("new", new), ("live", live)):
        if (lack := _lack(one.judged)) is not None:
            return f"the {which} bundle holds {lack}"
    names = _identity(new.judged)
    if names != _identity(live.judged):
        return "the rows of the two are named by other columns"
    said = _numbered(live.judged, names).rename(
        {name: f"{name}__live" for name in _SAID}, strict=False
    )
    row = [*names, "y", "__nth", "__of"]
    both = _numbered(new.judged, names).join(said, on=row, nulls_equal=True, maintain_order="left")
    return "no row was judged in both, with the same truth" if both.is_empty() else both


def _lack(judged: pl.DataFrame) -> str | None:
    """Return what a bundle holds that has no rows to compare, None where it has some."""
    if judged.is_empty() or not _identity(judged):
        return "no judged rows"
    schema = judged.schema
    for name in _ANSWERS:
        if name in schema and not schema[name].is_numeric():
            return f"judged rows whose {name} is no number"
        if name not in schema and name in _NEEDED:
            return f"judged rows without {name}"
    return None


def _identity(judged: pl.DataFrame) -> dict[str, pl.DataType]:
    """Return the columns that name a judged row, with their types."""
    return {name: kind for name, kind in judged.schema.items() if name not in _ANSWERS}


def _numbered(judged: pl.DataFrame, names: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return ``judged`` with ``__nth`` of ``__of``: which of several rows of one name and truth.

    By prediction: then it hangs on nothing but the rows, and pairs them off one to one. What is
    said of a row is a float64; rows without truth or prediction are left out.
    """
    said = judged.cast({name: pl.Float64 for name in _ANSWERS if name in judged.columns})
    known = said.filter(pl.all_horizontal(pl.col(_NEEDED).is_finite()))
    return known.sort([*names, "y", "prediction"], nulls_last=True).with_columns(
        __nth=pl.int_range(pl.len()).over([*names, "y"]), __of=pl.len().over([*names, "y"])
    )


def _side(bundle: Evidence) -> dict[str, Any]:
    """Return what a bundle was judged as."""
    cutoff = bundle.metadata.get("judged_cutoff")
    return {
        "champion": bundle.metadata.get("champion"),
        "protocol": _protocol(bundle),
        "cutoff": cutoff if isinstance(cutoff, str) else None,
        "rows": bundle.judged.height,
    }


def _protocol(bundle: Evidence) -> str | None:
    """Return the protocol that decided on a bundle.

    None where its declaration cannot be read: a newer foresell may demand another of the same
    project, and that is no reason to keep live what an older one has made.
    """
    try:
        project = parse_project(bundle.project_text, "bundle/project.yaml")
    except SpecError:
        return None
    return protocols_of(project)[0].name


def _scores(both: pl.DataFrame, suffix: str) -> dict[str, float | int | None]:
    """Return `COMPARED` of the predictions whose columns end with ``suffix``."""
    from foresell.evaluate.metrics import Rows, score  # noqa: PLC0415 - NumPy: when one is live

    edges = [f"{name}{suffix}" for name in ("q0.1", "q0.9") if _finite(both, f"{name}{suffix}")]
    weights = both["weight"].to_numpy() if _finite(both, "weight") else None
    found = score(
        Rows(
            truth=both["y"].to_numpy(),
            prediction=both[f"prediction{suffix}"].to_numpy(),
            quantiles=both.select(edges).to_numpy() if len(edges) == 2 else None,
            weights=weights,
            levels=(0.1, 0.9),
        )
    ).to_json()
    return {name: found[name] for name in COMPARED}


def _finite(both: pl.DataFrame, name: str) -> bool:
    """Tell whether there is a column ``name`` with a finite number in every row."""
    return name in both.columns and int(both[name].is_finite().sum()) == both.height
