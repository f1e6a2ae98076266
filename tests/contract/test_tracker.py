"""One specification for every tracker: in memory, and MLflow over SQLite."""

from dataclasses import dataclass, replace
from itertools import count

import pytest

from foresell.adapters.store import MemoryStore
from foresell.adapters.tracker_memory import MemoryTracker
from foresell.adapters.tracker_words import mended
from foresell.errors import DataError
from foresell.settings import calm_mlflow
from foresell.spec.ports import Store, Tracker
from foresell.spec.tracking import Account, Dataset, Note, Tracked
from tests.small_bundles import small_bundle, stored

DAY = "2024-05-06T{}+00:00"
DIGEST = "b" * 64
RAW = Dataset(
    name="lines.csv",
    digest="c" * 64,
    source="s3://bucket/raw/lines.csv",
    context="raw",
    rows=120,
    columns={"order": "integer", "price": "number"},
)
PROJECTS = count()


def bundle_of(digest: str) -> Store:
    return stored(small_bundle()) if digest == DIGEST else MemoryStore()


@dataclass(frozen=True)
class Asked:
    """A tracker, and a project that nobody has told it of."""

    tracker: Tracker
    project: str

    def note(self, stage: str = "train", at: str = "10:00:00.000000", **told: object) -> Note:
        plain = Note(project=self.project, training="T1", stage=stage, at=DAY.format(at))
        return replace(plain, **told)  # type: ignore[arg-type]

    def send(self, note: Note, **files: str) -> str:
        kept = {name: text.encode() for name, text in files.items()}
        return self.tracker.send(note, MemoryStore(kept))

    def recall(self, training: str = "T1") -> Tracked:
        found = self.tracker.recall(self.project, training)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def in_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    calm_mlflow()
    from foresell.adapters.mlflow_tracker import MlflowTracker  # noqa: PLC0415 - takes seconds

    home = tmp_path_factory.mktemp("a home")
    uri = f"sqlite:///{home}/kept/mlflow.db"
    return MlflowTracker(uri, str(home / "_mlflow"), bundle_of)


@pytest.fixture(params=["memory", "mlflow"])
def asked(request: pytest.FixtureRequest) -> Asked:
    tracker: Tracker
    if request.param == "mlflow":
        tracker = request.getfixturevalue("in_mlflow")
    else:
        tracker = MemoryTracker(bundle_of)
    return Asked(tracker, f"project_{next(PROJECTS)}")


WHOLE = Account(
    params={"folds": "4", "seed": "7"},
    metrics={"rmse": 12.5, "error by store/mae": -0.25},
    tags={"foresell.champion": "ridge", "mlflow.source.git.commit": "abc123"},
    files={"reports/report.html": "report", "run.log": "log"},
)
RIDGE = Account(
    params={"alpha": "0.5"}, metrics={"rmse": 12.5}, files={"predictions/ridge.csv": "csv"}
)
FILES = {"report": "<p>all</p>", "log": "a line", "csv": "1,2"}


def test_all_that_was_told_is_there_under_the_training_it_was_told_of(asked: Asked) -> None:
    note = asked.note(whole=WHOLE, candidates={"ridge": RIDGE, "mean": Account()}, datasets=(RAW,))
    run = asked.send(note, **FILES)
    mine = {"foresell.project": asked.project, "foresell.training": "T1"}
    assert asked.recall() == Tracked(
        run=run,
        whole=Account(
            params=WHOLE.params,
            metrics=WHOLE.metrics,
            tags={**WHOLE.tags, **mine, "foresell.stage.train": note.at},
            files={name: name for name in ("reports/report.html", "run.log")},
        ),
        candidates={
            "ridge": Account(
                params=RIDGE.params,
                metrics=RIDGE.metrics,
                tags={**mine, "foresell.candidate": "ridge"},
                files={"predictions/ridge.csv": "predictions/ridge.csv"},
            ),
            "mean": Account(tags={**mine, "foresell.candidate": "mean"}),
        },
        datasets=(RAW,),
    )


def test_a_training_nobody_told_of_is_none(asked: Asked) -> None:
    assert asked.tracker.recall(asked.project, "T1") is None
    asked.send(asked.note())
    assert asked.tracker.recall(asked.project, "T2") is None


def test_a_note_that_is_told_twice_changes_nothing(asked: Asked) -> None:
    note = asked.note(
        whole=WHOLE, candidates={"ridge": RIDGE}, datasets=(RAW,), bundle=DIGEST, version=3
    )
    run = asked.send(note, **FILES)
    before = asked.recall()
    assert asked.send(note, **FILES) == run
    assert asked.recall() == before
    assert before.models == (DIGEST,)
    assert before.whole.tags["foresell.version"] == "3"


def test_later_stages_and_later_runs_are_kept_with_the_training(asked: Asked) -> None:
    asked.send(asked.note(whole=WHOLE, candidates={"ridge": RIDGE}), **FILES)
    judged = Account(metrics={"rmse": 11.0, "coverage_80": 0.79}, tags={"gate": "passed"})
    later = asked.note(
        "evaluate", "11:30:00.000000", whole=judged, candidates={"ridge": judged, "lad": judged}
    )
    run = asked.send(later)
    watched = Account(metrics={"drift": 0.2}, files={"monitor/may.html": "page"})
    assert asked.send(asked.note("monitor", "12:00:00.000000", whole=watched), page="may") == run
    found = asked.recall()
    assert found.whole.metrics == {**WHOLE.metrics, **judged.metrics, "drift": 0.2}
    assert set(found.whole.files) == {"reports/report.html", "run.log", "monitor/may.html"}
    assert found.candidates["ridge"].metrics == judged.metrics
    assert found.candidates["ridge"].params == RIDGE.params
    assert found.candidates["lad"].metrics == judged.metrics
    assert {name for name in found.whole.tags if name.startswith("foresell.stage.")} == {
        "foresell.stage.train",
        "foresell.stage.evaluate",
        "foresell.stage.monitor",
    }


def test_a_stage_that_is_told_again_shows_the_last_word(asked: Asked) -> None:
    first = asked.note("evaluate", "10:00:00.000000", whole=Account(metrics={"rmse": 9.0}))
    again = asked.note("evaluate", "10:00:01.000000", whole=Account(metrics={"rmse": 8.0}))
    for note in (first, again, first):
        asked.send(note)
    found = asked.recall().whole
    assert found.metrics == {"rmse": 8.0}
    assert found.tags["foresell.stage.evaluate"] == again.at


def test_a_parameter_keeps_its_first_value_and_shows_the_later_one_beside_it(asked: Asked) -> None:
    asked.send(asked.note(whole=Account(params={"horizon": "39"})))
    other = Account(params={"horizon": "13", "folds": "3"})
    asked.send(asked.note("evaluate", "11:00:00.000000", whole=other))
    found = asked.recall().whole
    assert found.params == {"horizon": "39", "folds": "3"}
    assert found.tags["later.horizon"] == "13"


def test_trainings_and_projects_do_not_mix(asked: Asked) -> None:
    other = Asked(asked.tracker, f"{asked.project}_b")
    mine = Account(metrics={"rmse": 1.0})
    asked.send(asked.note(whole=mine, candidates={"ridge": mine}))
    second = replace(asked.note(whole=Account(metrics={"rmse": 2.0})), training="T2")
    asked.send(second)
    other.send(other.note(whole=Account(metrics={"rmse": 3.0})))
    assert asked.recall().whole.metrics == {"rmse": 1.0}
    assert asked.recall("T2").whole.metrics == {"rmse": 2.0}
    assert asked.recall("T2").candidates == {}
    assert other.recall().whole.metrics == {"rmse": 3.0}
    assert len({asked.recall().run, asked.recall("T2").run}) == 2


def test_what_is_too_long_is_cut_so_that_one_sees_it_and_kept_whole_as_a_file(asked: Asked) -> None:
    long = "0123456789" * 1000
    asked.send(asked.note(whole=Account(params={"features": long}, tags={"why": long})))
    found = asked.recall().whole
    end = " ... (10,000 characters, whole in {})"
    assert found.params["features"] == long[:5700] + end.format("params/features.txt")
    assert found.tags["why"] == long[:7700] + end.format("tags/why.txt")
    assert set(found.files) == {"params/features.txt", "tags/why.txt"}


@pytest.mark.parametrize(
    "name",
    ["wape %", "a: b", "..", "/root", "x//y", "Größe", "é" * 300, "n=1", "", "...", "tab\tbed"],
)
def test_names_that_mlflow_refuses_are_mended_and_two_stay_two(asked: Asked, name: str) -> None:
    told = {name: 1.0, f"{name}?": 2.0, "plain_name-1.a/b c": 3.0}
    params = {given: str(value) for given, value in told.items()}
    asked.send(asked.note(whole=Account(metrics=told, params=params)))
    found = asked.recall().whole
    assert found.metrics == {mended(given): value for given, value in told.items()}
    assert found.params == {mended(given): value for given, value in params.items()}
    assert len(found.metrics) == 3
    assert found.metrics["plain_name-1.a/b c"] == 3.0


def test_hundreds_of_numbers_and_names_are_told_at_once(asked: Asked) -> None:
    many = Account(
        params={f"p{at}": str(at) for at in range(250)},
        metrics={f"m{at}": float(at) for at in range(1200)},
        tags={f"t{at}": str(at) for at in range(250)},
    )
    asked.send(asked.note(whole=many))
    found = asked.recall().whole
    assert found.params == many.params
    assert found.metrics == many.metrics
    assert {name: found.tags[name] for name in many.tags} == many.tags


def test_a_note_whose_file_or_bundle_is_missing_is_refused_and_taken_later(asked: Asked) -> None:
    note = asked.note(whole=WHOLE)
    with pytest.raises(DataError, match="is missing"):
        asked.send(note)
    with pytest.raises(DataError):
        asked.send(asked.note("refit", bundle="d" * 64))
    assert asked.recall().models == ()
    asked.send(note, **FILES)
    asked.send(asked.note("refit", bundle=DIGEST))
    assert asked.recall().whole.metrics == WHOLE.metrics
    assert asked.recall().models == (DIGEST,)


def test_the_label_names_the_place(asked: Asked) -> None:
    assert asked.tracker.label == "memory" or asked.tracker.label.startswith("sqlite:///")
