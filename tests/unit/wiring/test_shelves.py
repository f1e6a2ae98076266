import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from foresell.adapters.ledger import SqlLedger
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import CHECKSUMS, write_bundle
from foresell.errors import DataError, ForesellError, GateError, MachineError, UsageError
from foresell.govern.approving import reject
from foresell.govern.promoting import promote
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from foresell.govern.rolling_back import NOWHERE, roll_back
from foresell.serving.loading import load_served
from foresell.serving.slots import Shelf
from foresell.settings import Settings
from foresell.spec.registry import Transition
from foresell.spec.serving import Live, Place
from foresell.wiring.registry import registry
from foresell.wiring.shelves import alias_shelf, folder_shelf, number_shelf
from tests.ledger_files import file_of, run
from tests.served_bundles import ROW, answering_bundle
from tests.small_bundles import stored

WHY = "a test"


@dataclass
class Toys:
    """A registry in a folder, in which version n answers 100 times n."""

    settings: Settings
    registry: Registry

    def register(self, *answers: float, passed: bool = True) -> None:
        for answer in answers:
            bundle = answering_bundle("toy", answer, passed=passed)
            register(self.registry, "toy", stored(bundle), reason=WHY)

    def promote(self, version: int) -> None:
        promote(self.registry, "toy", version, "prod", reason=WHY)

    @property
    def database(self) -> Path:
        return file_of(self.settings.registry)


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    settings = Settings(
        home=tmp_path,
        projects=(),
        registry=f"sqlite:///{tmp_path / 'registry.db'}",
        artifacts=str(tmp_path / "objects"),
        who="jo",
    )
    return Toys(settings, registry(settings))


def answered(shelf: Shelf) -> float:
    live = shelf.look()
    served = load_served(shelf.fetch(live), live)
    assert served.rows is not None
    return float(served.rows.answer(served.rows.read([ROW])).prediction[0])


def refusal(shelf: Shelf) -> tuple[type[ForesellError], str]:
    with pytest.raises(ForesellError) as caught:
        shelf.fetch(shelf.look())
    return type(caught.value), caught.value.what


def lying(folder: Path, answer: float = 100.0, *, passed: bool = True) -> str:
    """Put a bundle into a folder; return its identity."""
    shutil.rmtree(folder, ignore_errors=True)
    return write_bundle(answering_bundle("toy", answer, passed=passed), DirectoryStore(folder))


def test_an_alias_is_the_version_that_it_points_to_now(toys: Toys) -> None:
    toys.register(100.0, 200.0)
    shelf = alias_shelf("toy", "prod", toys.settings)
    found = []
    for number in (1, 2):
        toys.promote(number)
        found.append((shelf.look().version, answered(shelf)))
    roll_back(toys.registry, "toy", reason=WHY)
    found.append((shelf.look().version, answered(shelf)))

    assert found == [("1", 100.0), ("2", 200.0), ("1", 100.0)]


def test_what_an_alias_says_is_whole(toys: Toys) -> None:
    toys.register(100.0)
    toys.promote(1)

    found = alias_shelf("toy", "prod", toys.settings).look()
    assert found == Live(
        project="toy",
        alias="prod",
        version="1",
        digest=found.digest,
        run_id="",
        place=Place(project="toy", version=1),
    )
    assert json.loads(toys.registry.vault.get(found.digest)).keys() >= {"metadata.json"}


def test_the_list_is_read_only_when_it_has_grown(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys.register(100.0)
    toys.promote(1)
    shelf = alias_shelf("toy", "prod", toys.settings)
    read: list[str] = []
    whole = SqlLedger.transitions

    def counted(self: SqlLedger, project: str) -> Sequence[Transition]:
        read.append(project)
        return whole(self, project)

    monkeypatch.setattr(SqlLedger, "transitions", counted)
    for _ in range(5):
        shelf.look()
    assert len(read) <= 2  # one look finds the project, and reads its list
    read.clear()
    for _ in range(5):
        shelf.look()
    assert read == []


def test_an_alias_that_points_to_nothing_says_how_to_promote(toys: Toys) -> None:
    toys.register(100.0)
    shelf = alias_shelf("toy", "prod", toys.settings)
    before = refusal(shelf)
    toys.promote(1)
    shelf.look()
    roll_back(toys.registry, "toy", reason=WHY, to=NOWHERE)

    nothing = (UsageError, "no version of 'toy' is prod")
    assert [before, refusal(shelf)] == [nothing, nothing]


def test_a_project_without_versions_is_not_there_yet(toys: Toys) -> None:
    shelf = alias_shelf("toy", "prod", toys.settings)

    assert refusal(shelf) == (UsageError, "'toy' has no versions")
    toys.register(100.0)
    toys.promote(1)
    assert answered(shelf) == 100.0


def test_a_list_that_somebody_changed_is_not_followed(toys: Toys) -> None:
    toys.register(100.0, 200.0)
    toys.promote(1)
    shelf = alias_shelf("toy", "prod", toys.settings)
    shelf.look()
    toys.promote(2)
    triggers = run(toys.settings.registry, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
    run(
        toys.settings.registry,
        *(f"DROP TRIGGER {name}" for (name,) in triggers),
        "UPDATE transitions SET reason = 'none' WHERE number = 4",
    )

    assert refusal(shelf)[0] is DataError


def test_a_registry_out_of_reach_is_said_to_be_and_found_again(toys: Toys) -> None:
    toys.register(100.0)
    toys.promote(1)
    away = toys.database.with_name("away.db")
    fresh, used = (alias_shelf("toy", "prod", toys.settings) for _ in range(2))
    used.look()
    toys.database.rename(away)
    toys.database.mkdir()
    lost = [refusal(shelf)[0] for shelf in (fresh, used)]
    toys.database.rmdir()
    away.rename(toys.database)

    assert lost == [MachineError, MachineError]
    assert [answered(shelf) for shelf in (fresh, used)] == [100.0, 100.0]


def test_a_bundle_is_fetched_though_the_ledger_is_out_of_reach(toys: Toys) -> None:
    toys.register(100.0)
    toys.promote(1)
    shelf = alias_shelf("toy", "prod", toys.settings)
    live = shelf.look()
    toys.database.unlink()

    assert shelf.fetch(live).metadata["project"] == "toy"


def test_a_version_of_which_a_byte_was_changed_is_not_fetched(toys: Toys) -> None:
    toys.register(100.0)
    toys.promote(1)
    shelf = alias_shelf("toy", "prod", toys.settings)
    live = shelf.look()
    sums = json.loads(toys.registry.vault.get(live.digest))
    digest = sums["model/plain/learner.json"]
    file = Path(toys.settings.artifacts) / digest[:2] / digest[2:]
    file.write_bytes(file.read_bytes().replace(b"100", b"999"))

    kind, what = refusal(shelf)
    assert (kind, what.split(":")[0]) == (DataError, "version 1 of 'toy' is damaged")


def test_a_number_stays_that_version_whatever_is_promoted(toys: Toys) -> None:
    toys.register(100.0, 200.0)
    shelf = number_shelf("toy", 1, toys.settings)
    first = shelf.look()
    toys.promote(2)

    assert (shelf.look(), answered(shelf)) == (first, 100.0)
    assert (first.alias, first.version) == ("", "1")


def test_a_version_that_was_rejected_is_served_by_nobody(toys: Toys) -> None:
    toys.register(100.0)
    shelf = number_shelf("toy", 1, toys.settings)
    shelf.look()
    reject(toys.registry, "toy", 1, reason=WHY)

    assert refusal(shelf) == (GateError, "version 1 was rejected, which is final")


def test_a_version_that_failed_the_gate_is_served_only_once_it_was_promoted(toys: Toys) -> None:
    toys.register(100.0, passed=False)
    shelf = number_shelf("toy", 1, toys.settings)
    refused = refusal(shelf)
    promote(toys.registry, "toy", 1, "prod", reason=WHY, override=True)

    assert refused == (GateError, "version 1 failed the gate")
    assert answered(shelf) == 100.0


def test_a_number_that_is_no_version_names_those_there_are(toys: Toys) -> None:
    toys.register(100.0)

    assert refusal(number_shelf("toy", 2, toys.settings)) == (
        UsageError,
        "'toy' has no version '2'",
    )


def test_a_folder_is_the_bundle_that_lies_in_it_now(toys: Toys, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    first = lying(folder, 100.0)
    shelf = folder_shelf(folder, toys.settings)
    before = (shelf.look(), answered(shelf))
    second = lying(folder, 200.0)

    assert before == (
        Live(
            project="toy",
            alias="",
            version=first[:12],
            digest=first,
            run_id="",
            place=Place(project="toy", folder=str(folder)),
        ),
        100.0,
    )
    assert (shelf.look().digest, answered(shelf)) == (second, 200.0)


def test_a_folder_that_was_not_touched_is_not_read_again(toys: Toys, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    lying(folder)
    shelf = folder_shelf(folder, toys.settings)
    first = shelf.look()
    (folder / "project.yaml").unlink()  # which a look would read

    assert shelf.look() == first


def test_a_folder_whose_bundle_is_being_replaced_gives_none_of_the_two(
    toys: Toys, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    lying(folder, 100.0)
    shelf = folder_shelf(folder, toys.settings)
    live = shelf.look()
    lying(tmp_path / "next", 200.0)
    (tmp_path / "next/model/plain/learner.json").rename(folder / "model/plain/learner.json")
    with pytest.raises(ForesellError, match="not the file that was written"):
        shelf.fetch(live)
    (tmp_path / "next" / CHECKSUMS).rename(folder / CHECKSUMS)
    with pytest.raises(ForesellError, match="replaced"):
        shelf.fetch(live)


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_without_a_bundle_says_what_is_to_be_in_it(
    toys: Toys, tmp_path: Path, *, there: bool
) -> None:
    folder = tmp_path / "bundle"
    if there:
        folder.mkdir()

    assert refusal(folder_shelf(folder, toys.settings)) == (
        DataError,
        "there is no bundle in the folder: No such file or directory",
    )


def test_a_folder_with_a_bundle_of_another_project_is_refused(toys: Toys, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    lying(folder)

    assert refusal(folder_shelf(folder, toys.settings, "shop")) == (
        UsageError,
        "the folder holds a bundle of 'toy', not of 'shop'",
    )


def test_a_folder_whose_model_failed_the_gate_is_refused(toys: Toys, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    lying(folder, passed=False)

    assert refusal(folder_shelf(folder, toys.settings)) == (
        GateError,
        "the model in the folder failed the gate",
    )


def test_making_a_shelf_opens_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, projects=(), registry=f"sqlite:///{tmp_path}/no/registry.db")
    alias_shelf("toy", "prod", settings)
    number_shelf("toy", 1, replace(settings, registry="postgresql://127.0.0.1:1/none"))
    folder_shelf(tmp_path / "none", settings)

    assert list(tmp_path.iterdir()) == []
