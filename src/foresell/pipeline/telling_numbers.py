"""The numbers and settings of a training, named as a tracker shows them.

Of the protocol that decides, a metric bears its own name; of another, the protocol's before it:
``rmse``, ``one-step/rmse``. Only what is a finite number is told.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from foresell.pipeline.fingerprint import digest
from foresell.spec.ordered_sums import one_piece
from foresell.spec.tracking import Dataset

_WORDS = ("candidate", "kind", "baseline", "n")  # columns of a leaderboard that are no metrics
_FOLD_METRICS = ("wape", "rmse", "mae")


def finite(values: Mapping[str, object], before: str = "") -> dict[str, float]:
    """Return the finite numbers among ``values``, each name with ``before`` in front.

    >>> finite({"rmse": 2, "wmae": None, "r2": float("nan"), "kind": "baseline"}, "one-step/")
    {'one-step/rmse': 2.0}
    """
    return {
        f"{before}{name}": float(value)
        for name, value in values.items()
        if isinstance(value, int | float)
        if not isinstance(value, bool) and math.isfinite(value)
    }


def scores(row: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """Return the metrics of one row of a leaderboard; ``rows`` is how many were judged."""
    metrics = {name: value for name, value in row.items() if name not in _WORDS}
    return finite({**metrics, "rows": row.get("n")}, before)


def gains(
    row: Mapping[str, Any], comparisons: Iterable[Mapping[str, Any]], before: str = ""
) -> dict[str, float]:
    """Return the share of the best baseline's error that a row takes away, by deciding metric.

    ``comparisons``: those of a verdict, which name the metric and the error of the best baseline.

    >>> gains({"rmse": 3.0}, [{"metric": "rmse", "baseline": 4.0}])
    {'value_added/rmse': 0.25}
    """
    found = {}
    for one in comparisons:
        metric, baseline, own = one["metric"], one["baseline"], row.get(one["metric"])
        if own is not None and baseline:
            found[f"value_added/{metric}"] = 1 - own / baseline
    return finite(found, before)


def fold_errors(folds: pl.DataFrame, before: str = "") -> dict[str, dict[str, float]]:
    """Return the errors on each fold and their mean, by candidate.

    ``folds``: a table ``backtest.csv``; folds count 1, 2, ... in the order of ``cutoff`` or
    ``fold``.

    >>> table = pl.DataFrame({"fold": [4, 7], "candidate": ["a", "a"], "rmse": [1.0, 3.0]})
    >>> fold_errors(table)
    {'a': {'folds/1/rmse': 1.0, 'folds/2/rmse': 3.0, 'folds/rmse': 2.0}}
    """
    place = "cutoff" if "cutoff" in folds.columns else "fold"
    numbers = {value: i for i, value in enumerate(sorted(folds[place].unique().to_list()), start=1)}
    metrics = [name for name in _FOLD_METRICS if name in folds.columns]
    found: dict[str, dict[str, float]] = {}
    for (name,), part in folds.sort(place).group_by("candidate", maintain_order=True):
        told = {
            f"folds/{numbers[row[place]]}/{metric}": row[metric]
            for row in part.iter_rows(named=True)
            for metric in metrics
        }
        means = {f"folds/{metric}": one_piece(part[metric]).mean() for metric in metrics}
        found[str(name)] = finite({**told, **means}, before)
    return found


def settings(learner: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the settings of candidates and the weights of ensembles, by name, as text.

    ``learner``: a file ``learner.json``. Weights are one number, or one for each part of the
    horizon; members without any are left out.

    >>> settings({"settings": {"a": {"trees": 9}}, "ensembles": {"e": {"a": 0.75, "b": 0.0}}})
    {'a': {'trees': '9'}, 'e': {'weight.a': '0.75'}}
    """
    found = {
        name: {key: str(value) for key, value in own.items()}
        for name, own in learner["settings"].items()
    }
    for name, weights in learner["ensembles"].items():
        buckets = [weights] if isinstance(weights, Mapping) else list(weights)
        found[name] = {
            f"weight.{member}": ", ".join(f"{bucket.get(member, 0.0):.4g}" for bucket in buckets)
            for member in dict.fromkeys(member for bucket in buckets for member in bucket)
            if any(bucket.get(member) for bucket in buckets)
        }
    return found


def raw_data(
    manifest: Mapping[str, Any], sources: Mapping[str, Any], context: str = "raw"
) -> tuple[Dataset, ...]:
    """Return the raw data that went in: a file, or all files of one folder, as one data set.

    ``manifest`` and ``sources``: the files ``manifest.json`` and ``sources.json``. The digest of a
    folder is that of its files' names and digests; its rows are unknown where those of one are.
    """
    places = {file["name"]: str(file["uri"]) for file in sources["files"]}
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for file in manifest["files"]:
        groups.setdefault(_top(file["name"]), []).append(file)
    return tuple(
        _raw(name, files, places[files[0]["name"]], context) for name, files in groups.items()
    )


def _top(name: str) -> str:
    """Return the file, or the folder it lies in on the highest floor; of a URI, with its bucket.

    >>> _top("sales/2024/a.csv"), _top("a.csv"), _top("s3://bucket/sales/2024/a.csv")
    ('sales', 'a.csv', 's3://bucket/sales')
    """
    return "/".join(name.split("/")[: 4 if "://" in name else 1])


def _raw(name: str, files: Sequence[Mapping[str, Any]], place: str, context: str) -> Dataset:
    """Return one data set; ``place`` is the URI of the first file."""
    deeper = str(files[0]["name"]).count("/") - name.count("/")
    rows = [file["rows"] for file in files]
    sums = digest([[file["name"], file["sha256"]] for file in files])
    return Dataset(
        name=name,
        digest=sums if deeper else str(files[0]["sha256"]),
        source=place.rsplit("/", deeper)[0],
        context=context,
        rows=None if None in rows else sum(rows),
    )


def sha256(content: bytes) -> str:
    """Return the sha256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
