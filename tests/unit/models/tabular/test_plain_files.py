"""Plain learners as files, and what is read without scikit-learn."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from foresell.errors import DataError
from foresell.models.forests import Forest
from foresell.models.tabular import deriving
from foresell.models.tabular.contributions import with_means
from foresell.models.tabular.plain import (
    FACTOR,
    SIZE,
    PlainLearner,
    plain_answers,
    plain_learner,
)
from foresell.models.tabular.plain_files import MAIN, read_plain, write_plain
from tests.unit.models.tabular.plain_toys import fitted, rows_of
from tests.unit.models.tabular.test_graphs import NAMES

ROOT = Path(__file__).parents[4]


@lru_cache
def plain() -> PlainLearner:
    learner, frame = fitted()
    return with_means(plain_learner(learner), frame)


@lru_cache
def files() -> dict[str, bytes]:
    return write_plain(plain())


@pytest.mark.parametrize("name", [*NAMES, SIZE, "mean"])
def test_a_learner_that_was_read_answers_with_the_same_bits(name: str) -> None:
    rows, _ = rows_of(8, 40)
    again = read_plain(files())
    assert np.array_equal(plain_answers(again, name, rows), plain_answers(plain(), name, rows))


def test_a_learner_that_was_read_writes_the_same_bytes() -> None:
    assert write_plain(read_plain(files())) == files()


def test_files_are_json_tables_and_the_boosters_own_models() -> None:
    ends = {name.rsplit("/", 1)[-1] for name in files()}
    assert ends == {"learner.json", "nodes.parquet", "leaves.parquet", "native"}
    native = {name for name in files() if name.endswith("native")}
    told = {f"plain/parts/{name}/native" for name in ("xgboost", "lightgbm", "catboost")}
    assert native == {*told, "plain/size/native"}
    assert json.loads(files()[MAIN])["chosen"] == "greedy_ensemble"


def test_every_forest_says_how_many_rows_reached_its_leaves() -> None:
    learner, frame = fitted()
    for name, part in plain().parts.items():
        if isinstance(part.core, Forest):
            assert part.core.cover is not None, name
            trees = np.add.reduceat(
                part.core.cover, part.core.roots + np.arange(len(part.core.roots))
            )
            assert (trees <= frame.height + 0.5).all(), name
            assert (trees > 0.3 * frame.height).all(), name  # a booster draws 70 % of the rows
    assert set(learner.parts) == set(plain().parts)


@pytest.mark.parametrize("name", [MAIN, "plain/parts/lightgbm/native", "plain/size/nodes.parquet"])
def test_a_missing_file_is_named(name: str) -> None:
    left = {key: content for key, content in files().items() if key != name}
    with pytest.raises(DataError, match=f"{name} is missing"):
        read_plain(left)


def test_a_learner_without_places_size_factor_or_means_is_written_and_read() -> None:
    part = plain().parts["ridge"]
    numbers = tuple(column for column in plain().columns if column.how != "place")
    bare = replace(
        plain(),
        columns=numbers,
        places=None,
        relative_to=(),
        parts={"ridge": part},
        ensembles={},
        chosen="ridge",
        size=None,
        means=None,
    )
    again = read_plain(write_plain(bare))
    assert (again.columns, again.places, again.size, again.means) == (numbers, None, None, None)


def test_the_factor_is_called_the_same_on_both_sides() -> None:
    assert FACTOR == deriving.FACTOR


def test_to_read_answer_and_check_imports_neither_scikit_learn_nor_a_booster_nor_joblib(
    tmp_path: Path,
) -> None:
    for name, content in files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    rows_of(9, 5)[0].write_parquet(tmp_path / "rows.parquet")
    text = """
import sys
from pathlib import Path
import polars as pl
import foresell.models.tabular.answering
import foresell.models.tabular.parity
from foresell.models.tabular.plain import plain_answers
from foresell.models.tabular.plain_files import read_plain
folder = Path(sys.argv[1])
files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
rows = pl.read_parquet(folder / "rows.parquet")
print(len(plain_answers(read_plain(files), "simple_ensemble", rows)))
print(sorted({"lightgbm", "xgboost", "catboost", "onnx", "sklearn", "joblib"} & set(sys.modules)))
"""
    said = subprocess.run(
        [sys.executable, "-c", text, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert said.stdout.splitlines() == ["5", "[]"]
