"""MLflow's registry as a mirror of ours: a version there for each of ours, and the two aliases.

Its numbers are its own; ours is a tag. The model of a version is the bundle that was logged on the
run of its training. Nothing is found by name or number, so that whatever was done before, by us or
by a process that was killed, is found again and not done twice.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from foresell.adapters.mirror_rows import (
    APPROVAL,
    NUMBER,
    RETIRED,
    Rows,
    Shown,
    meant,
    plan_of,
    row_of,
    tags_of,
)
from foresell.adapters.mlflow_place import (
    RECONCILE,
    client_at,
    experiment_of,
    label_of,
    speaking_to,
)
from foresell.spec.ports import Store
from foresell.spec.registry import Alias, Mirrored, Version
from foresell.spec.tracking import Account, Note

Hold = Callable[[str, str], AbstractContextManager[None]]
_STAGE = "mirror"
_ABSENT = "RESOURCE_DOES_NOT_EXIST"
_TAKEN = "RESOURCE_ALREADY_EXISTS"


class MlflowMirror:
    """The registry of the MLflow at ``uri``; see `foresell.adapters.mlflow_tracker`.

    ``artifacts``: the folder of models where ``uri`` is a file, None where a server decides.
    ``hold``: keeps others from telling of a training (project, id) while its bundle is logged here.
    """

    def __init__(self, uri: str, artifacts: str | None, hold: Hold) -> None:
        """Keep where it is; nothing is opened."""
        self._uri, self._artifacts, self._hold = uri, artifacts, hold
        self._opened: MlflowClient | None = None

    def state(self, project: str) -> Mirrored:
        """Return what it shows. Out of reach is a ``MachineError``."""
        with speaking_to(self._uri, RECONCILE):
            return meant(self._rows(project))

    def add(self, version: Version, bundle: Store) -> None:
        """Show a version, with its model; one that is shown already is left, or put right.

        A bundle that was not logged yet is logged, on the run of its training, or on one of its own
        where nobody has told of that. One that is damaged is a ``DataError``.
        """
        project = version.project
        with speaking_to(self._uri, RECONCILE):
            if self._tidy(version) is None:
                model = self._model(version, bundle)
                self._name(project)
                # The place and the run, and not models:/ID: for that MLflow's store of SQL would
                # ask whichever MLflow is this process' default.
                self._client.create_model_version(
                    project,
                    model.artifact_location,
                    run_id=model.source_run_id,
                    model_id=model.model_id,
                    tags=tags_of(version),
                )
                self._tidy(version)  # another process may have shown it meanwhile
                self._link(project, model)

    def point(self, project: str, alias: Alias, version: int | None) -> None:
        """Point ``alias`` to a version that is shown, or to none. A DataError: it is not shown."""
        with speaking_to(self._uri, RECONCILE):
            rows = self._rows(project)
            if version is not None:
                number = row_of(rows, project, version, self.label).number
                self._client.set_registered_model_alias(project, alias, str(number))
            elif alias in rows.aliases:
                self._client.delete_registered_model_alias(project, alias)

    def mark(self, version: Version) -> None:
        """Show the approval of a version that is shown. A DataError: it is not."""
        project = version.project
        with speaking_to(self._uri, RECONCILE):
            row = row_of(self._rows(project), project, version.version, self.label)
            self._client.set_model_version_tag(project, str(row.number), APPROVAL, version.approval)

    @property
    def label(self) -> str:
        """What to call this place in an error: its URI without credentials."""
        return label_of(self._uri)

    @property
    def _client(self) -> MlflowClient:
        """The client, made when it is first needed."""
        if self._opened is None:
            self._opened = client_at(self._uri, RECONCILE)
        return self._opened

    def _rows(self, project: str) -> Rows:
        """Return all that is shown of a project: nothing where MLflow has no such model.

        Raises:
            MlflowException: anything else is the matter.
        """
        try:
            aliases = self._client.get_registered_model(project).aliases
        except MlflowException as error:
            if error.error_code == _ABSENT:
                return Rows()
            raise
        found, token = [], None
        while True:
            page = self._client.search_model_versions(f"name = '{project}'", page_token=token)
            found += [Shown(number=int(one.version), tags=dict(one.tags)) for one in page]
            token = page.token
            if not token:
                numbers = {alias: int(number) for alias, number in aliases.items()}
                return Rows(rows=found, aliases=numbers)

    def _tidy(self, version: Version) -> Shown | None:
        """Leave at most one row that claims to show a version; return it if there is one.

        Raises:
            MlflowException: a row cannot be removed.
        """
        project = version.project
        plan = plan_of(self._rows(project), version)
        for row in plan.retired:
            number = str(row.number)
            self._client.set_model_version_tag(project, number, RETIRED, str(version.version))
            self._client.delete_model_version_tag(project, number, NUMBER)
        for row in plan.surplus:
            try:
                self._client.delete_model_version(project, str(row.number))
            except MlflowException as error:
                if error.error_code != _ABSENT:  # else another process has removed it
                    raise
        return plan.kept

    def _name(self, project: str) -> None:
        """See to it that MLflow has a model of the project's name.

        Raises:
            MlflowException: it has none, and takes none.
        """
        try:
            self._client.create_registered_model(project)
        except MlflowException as error:
            if error.error_code != _TAKEN:
                raise

    def _model(self, version: Version, bundle: Store) -> LoggedModel:
        """Return the model of a version's bundle, which is logged if it was not.

        It is that of the version's own training: another one may have made the same bytes.
        """
        from foresell.adapters.mlflow_model import (  # noqa: PLC0415 - if there is one to log
            Shelf,
            bundle_model,
            ready_model,
        )
        from foresell.adapters.mlflow_tracker import (  # noqa: PLC0415
            MlflowTracker,
            training_runs,
        )
        from foresell.adapters.store import MemoryStore  # noqa: PLC0415
        from foresell.adapters.tracker_words import BUNDLE, CHAMPION  # noqa: PLC0415

        client, project, digest = self._client, version.project, version.digest
        experiment = experiment_of(client, project, self._artifacts)
        training = version.run_id or f"bundle-{digest[:16]}"
        whole, _ = training_runs(client, experiment, training)
        if whole is not None or not version.run_id:
            own = None if whole is None else str(whole.info.run_id)
            found = ready_model(
                Shelf(client=client, experiment=experiment, run=own), BUNDLE, digest
            )
            if found is not None and found.source_run_id:
                return found
        champion = str(version.record.get("champion", ""))
        note = Note(
            project=project,
            training=training,
            stage=_STAGE,
            at=version.registered_at,
            whole=Account(tags={CHAMPION: champion} if champion else {}),
            bundle=digest,
        )
        with self._hold(project, note.training):
            teller = MlflowTracker(self._uri, self._artifacts, lambda _: bundle, RECONCILE)
            run = teller.send(note, MemoryStore())
            # The note may have been taken before, and its model been removed by hand since.
            shelf = Shelf(client=client, experiment=experiment, run=run)
            return client.get_logged_model(bundle_model(shelf, digest, bundle))

    def _link(self, project: str, model: LoggedModel) -> None:
        """Tell a model which versions show it, so that its page has links to them."""
        found = self._client.search_model_versions(f"name = '{project}'")
        numbers = [int(one.version) for one in found if one.source == model.artifact_location]
        shown = [{"name": project, "version": number} for number in sorted(numbers)]
        tags = {MLFLOW_MODEL_VERSIONS: json.dumps(shown)}
        self._client.set_logged_model_tags(model.model_id, tags)
