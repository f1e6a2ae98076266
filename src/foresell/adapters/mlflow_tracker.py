"""MLflow as a tracker: a run for each training, and one below it for each candidate.

All is found again by tags, and what was sent before is not sent twice; what a note says last is the
tag of its stage, so that a note whose sender was killed is taken again as a whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag, ViewType
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID

from foresell.adapters.mlflow_data import data_of, input_of
from foresell.adapters.mlflow_graphs import graph_models
from foresell.adapters.mlflow_model import Shelf, bundle_model
from foresell.adapters.mlflow_place import (
    SYNC,
    client_at,
    experiment_of,
    find_experiment,
    label_of,
    speaking_to,
)
from foresell.adapters.store import DirectoryStore
from foresell.adapters.tracker_words import (
    BUNDLE,
    CANDIDATE,
    DIGEST,
    STARTED,
    TRAINING,
    first_tags,
    fitting,
    is_taken,
    last_tags,
    title,
)
from foresell.spec.ports import Store
from foresell.spec.tracking import Account, Note, Tracked

_T = TypeVar("_T")
_BATCH, _METRICS = 100, 1000  # params or tags, and metrics, that MLflow takes at once


class MlflowTracker:
    """Trainings in the MLflow at ``uri``: a file of SQLite (``sqlite:///...``) or a server.

    ``artifacts``: the folder of their files where ``uri`` is a file, None where a server decides.
    ``bundles``: a bundle by its digest; it is read when a note names one that is not there yet.
    ``again``: what to do again, in an error, when it is mended.
    """

    def __init__(
        self,
        uri: str,
        artifacts: str | None,
        bundles: Callable[[str], Store],
        again: str = SYNC,
    ) -> None:
        """Keep where it is; nothing is opened."""
        self._again = again
        self._uri, self._artifacts, self._bundles = uri, artifacts, bundles

    def send(self, note: Note, files: Store) -> str:
        """Take a note and the files it names; return the id of the training's run.

        A note of which a later one of its stage was taken changes nothing. What MLflow cannot do
        is a ``MachineError``, a file or a bundle that is missing or damaged a ``DataError``.
        """
        client = client_at(self._uri, self._again)
        with speaking_to(self._uri, self._again):
            experiment = experiment_of(client, note.project, self._artifacts)
            whole, parts = training_runs(client, experiment, note.training)
            run = _run(client, experiment, note, whole)
            if is_taken(note, run.data.tags):
                return str(run.info.run_id)
            below = {name: part.info.run_id for name, part in parts.items()}
            for name, told in note.candidates.items():
                part = _run(client, experiment, note, parts.get(name), (name, run.info.run_id))
                _tell(client, part, told, note, files)
                below[name] = part.info.run_id
            _tell(client, run, note.whole, note, files)
            if note.datasets:
                client.log_inputs(run.info.run_id, [input_of(data) for data in note.datasets])
            if note.bundle is not None:
                shelf = Shelf(client=client, experiment=experiment, run=run.info.run_id)
                bundle = self._bundles(note.bundle)
                bundle_model(shelf, note.bundle, bundle)
                graph_models(shelf, note.bundle, bundle, below)
            client.update_run(run.info.run_id, name=title(note, run.data.tags))
            _log(client, run, Account(tags=last_tags(note)), 0)
            return str(run.info.run_id)

    def recall(self, project: str, training: str) -> Tracked | None:
        """Return what is held of a training, None when nothing is. Errors: as `send`."""
        client = client_at(self._uri, self._again)
        with speaking_to(self._uri, self._again):
            experiment = find_experiment(client, project)
            if experiment is None:
                return None
            run, parts = training_runs(client, experiment, training)
            if run is None:
                return None
            models = client.search_logged_models(
                [experiment], filter_string=f"source_run_id = '{run.info.run_id}'"
            )
            mine = [one for one in models if one.name == BUNDLE and one.status == "READY"]
            given = run.inputs.dataset_inputs if run.inputs else []
            return Tracked(
                run=str(run.info.run_id),
                whole=_account(client, run),
                candidates={name: _account(client, part) for name, part in parts.items()},
                datasets=tuple(data_of(one) for one in given),
                models=tuple(one.tags[DIGEST] for one in mine),
            )

    @property
    def label(self) -> str:
        """What to call this place in an error: its URI without credentials."""
        return label_of(self._uri)


def training_runs(
    client: MlflowClient, experiment: str, training: str
) -> tuple[Run | None, dict[str, Run]]:
    """Return the run of a training, None for none, and those of its candidates by name.

    What MLflow raises passes through.
    """
    whole: Run | None = None
    parts: dict[str, Run] = {}
    for run in _found(client, experiment, f"tags.`{TRAINING}` = '{training}'"):
        name = run.data.tags.get(CANDIDATE)
        if name is None:
            whole = run
        else:
            parts[name] = run
    return whole, parts


def _found(client: MlflowClient, experiment: str, words: str) -> Iterator[Run]:
    """Yield the runs of an experiment that ``words`` describe, those in the bin left aside."""
    token = None
    while True:
        page = client.search_runs(
            [experiment], words, run_view_type=ViewType.ACTIVE_ONLY, page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _run(
    client: MlflowClient,
    experiment: str,
    note: Note,
    held: Run | None,
    below: tuple[str, str] | None = None,
) -> Run:
    """Return the run of a training, or of a candidate, which is made where there is none.

    ``held``: the one that was found. ``below``: the candidate's name, and the training's run.
    """
    if held is not None:
        return held
    if below is None:
        name, told, tags = title(note, {}), note.whole, first_tags(note)
    else:
        name, told = below[0], note.candidates[below[0]]
        tags = {**first_tags(note, name), MLFLOW_PARENT_RUN_ID: below[1]}
    began = _ms(told.tags.get(STARTED, note.at))
    return client.create_run(experiment, start_time=began, tags=tags, run_name=name)


def _tell(client: MlflowClient, run: Run, told: Account, note: Note, files: Store) -> None:
    """Add what a note tells of a training or of a candidate to its run, which has ended by then."""
    fits = fitting(told, run.data.params)
    _upload(client, run, fits.account.files, fits.texts, files)
    _log(client, run, fits.account, _ms(note.at))
    ended = max(_ms(note.at), run.info.end_time or 0)
    client.set_terminated(run.info.run_id, "FINISHED", ended)


def _upload(
    client: MlflowClient,
    run: Run,
    named: Mapping[str, str],
    texts: Mapping[str, str],
    files: Store,
) -> None:
    """Keep files and texts among the artifacts of a run, by their paths."""
    if not named and not texts:
        return
    with TemporaryDirectory() as folder:
        drafts = DirectoryStore(Path(folder))
        for path, name in named.items():
            drafts.write_bytes(path, files.read_bytes(name))
        for path, text in texts.items():
            drafts.write_bytes(path, text.encode())
        client.log_artifacts(run.info.run_id, folder)


def _log(client: MlflowClient, run: Run, account: Account, at: int) -> None:
    """Log params, metrics as of ``at`` (ms) and tags, as many at once as MLflow takes.

    The same metric of the same time is kept once; of several the last one is shown.
    """
    key = run.info.run_id
    for params in _some(account.params, _BATCH):
        client.log_batch(key, params=[Param(name, value) for name, value in params])
    for metrics in _some(account.metrics, _METRICS):
        told = [Metric(name, value, at, 0) for name, value in metrics]
        client.log_batch(key, metrics=told)
    for tags in _some(account.tags, _BATCH):
        client.log_batch(key, tags=[RunTag(name, value) for name, value in tags])


def _account(client: MlflowClient, run: Run) -> Account:
    """Return what is held of a training or of a candidate; MLflow's own tags are left aside."""
    tags = {
        name: value
        for name, value in run.data.tags.items()
        if not name.startswith("mlflow.") or name == MLFLOW_GIT_COMMIT
    }
    paths = _paths(client, run.info.run_id)
    return Account(
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        tags=tags,
        files={path: path for path in paths},
    )


def _paths(client: MlflowClient, run: str, folder: str | None = None) -> Sequence[str]:
    """Return the paths of a run's artifacts, sorted."""
    found: list[str] = []
    for one in client.list_artifacts(run, folder):
        found += _paths(client, run, one.path) if one.is_dir else [str(one.path)]
    return sorted(found)


def _some(told: Mapping[str, _T], most: int) -> Iterator[list[tuple[str, _T]]]:
    """Yield what was told, ``most`` at a time."""
    rest = iter(told.items())
    while some := list(islice(rest, most)):
        yield some


def _ms(at: str) -> int:
    """Return a time in ISO as MLflow has it: milliseconds since 1970."""
    return int(datetime.fromisoformat(at).timestamp() * 1000)
