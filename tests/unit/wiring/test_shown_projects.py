"""Projects as pages see them: opened when somebody looks, whatever state the registry is in."""

import shutil
from importlib import import_module
from pathlib import Path

import pytest

import foresell
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import Bundle, write_bundle
from foresell.dashboard.page import Context, Page, Trouble
from foresell.dashboard.pages import OVERVIEW, pages_of
from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.rendering import rendered
from foresell.errors import DataError, ForesellError, MachineError, UsageError
from foresell.serving.exchange import Kind
from foresell.settings import read_settings
from foresell.wiring.shown_projects import shown
from tests.dashboard_site import visit_of
from tests.explored_shops import shops_bundle
from tests.judged_run import run_files
from tests.ledger_files import file_of
from tests.served_bundles import answering_bundle
from tests.signed_visits import toys
from tests.small_bundles import small_bundle

NOISE = bytes(range(256)) * 64
Why = tuple[str, type[ForesellError], str]
WRONG: dict[str, Why] = {
    "refused": ("postgresql://127.0.0.1:1/x", MachineError, "the registry cannot be used"),
    "noise": ("", DataError, "the registry's database is damaged"),
    "no URL": ("a registry, somewhere", UsageError, "the registry's URL cannot be read"),
    "another database": ("mysql://127.0.0.1/x", UsageError, "a registry cannot be kept in"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the files of two runs, and nothing registered."""
    monkeypatch.setenv("FORESELL_USER", "ann")
    for name, kind in KINDS.items():
        for (output, file), content in run_files(kind).items():
            place = tmp_path / "home" / name / output / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return tmp_path / "home"


KINDS: dict[str, Kind] = {"toy": "tabular", "shops": "panel"}


@pytest.fixture(params=WRONG)
def why(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Why:
    """A registry that cannot be read, and what is said of it."""
    url, kind, what = WRONG[request.param]
    if url:
        monkeypatch.setenv("FORESELL_REGISTRY", url)
    else:
        place = home / "_registry" / "registry.db"
        place.parent.mkdir(parents=True)
        place.write_bytes(NOISE)
    return url, kind, what


def made(own: Shown, page: Page) -> Context:
    """Return what a page shows, once it was seen that its template takes it."""
    visit = visit_of(own)
    found: Context = import_module(page.module).context(visit)
    assert rendered(page, found, visit, keyed=False)
    return found


def test_nothing_is_asked_of_the_registry_until_somebody_looks(home: Path, why: Why) -> None:
    _, kind, what = why
    own = shown("toy", "tabular", read_settings(home))

    assert own.now().tzinfo is not None
    assert own.synthetic
    with pytest.raises(kind, match=what):
        own.state()


def test_every_page_stands_while_the_registry_cannot_be_read(home: Path, why: Why) -> None:
    _, _, what = why
    for name, kind in KINDS.items():
        own = shown(name, kind, read_settings(home))
        pages = {page.name: made(own, page) for page in (*pages_of(own.kind), OVERVIEW)}

        def said(page: str, pages: dict[str, Context] = pages) -> list[Trouble]:
            """Return what a page says of the registry."""
            return [one for one in pages[page].troubles.values() if what in one.what]

        assert said("registry")
        assert said("leaderboard")
        assert pages["leaderboard"].heading != "No leaderboard"
        assert pages["leaderboard"].figures


def test_a_registry_that_comes_back_is_seen_without_a_restart(home: Path, tmp_path: Path) -> None:
    good = file_of(read_settings(toys(tmp_path / "other", 8.0)).registry)
    place = home / "_registry" / "registry.db"
    place.parent.mkdir()
    place.write_bytes(NOISE)
    own = shown("toy", "tabular", read_settings(home))
    with pytest.raises(DataError, match="damaged"):
        own.version()

    shutil.copy(good, place)

    assert own.version().version == 1


def test_a_registry_restored_from_a_backup_of_the_same_length_is_seen(tmp_path: Path) -> None:
    home = toys(tmp_path / "home", 8.0, 7.0)
    place, backup = file_of(read_settings(home).registry), tmp_path / "backup.db"
    shutil.copy(place, backup)
    own = shown("toy", "tabular", read_settings(home))
    found = []
    for version in (1, 2):
        shutil.copy(backup, place)
        foresell.promote("toy", version, reason="it is better", home=home)
        found.append((len(own.history()), own.state().aliases["prod"]))

    assert found == [(3, 1), (3, 2)]


def registered(home: Path, bundle: Bundle) -> str:
    """Register a bundle; its digest."""
    folder = home.parent / "handed_in"
    write_bundle(bundle, DirectoryStore(folder))
    project = str(bundle.metadata["project"])
    return foresell.register(project, folder, reason="a run", home=home).version.digest


def test_of_a_panel_pages_hold_what_forecasts_are_drawn_from_and_no_model(tmp_path: Path) -> None:
    whole = shops_bundle()
    digest = registered(tmp_path / "home", whole)
    own = shown("shops", "panel", read_settings(tmp_path / "home"))
    read = own.bundle_by(digest)

    assert read.model == {}
    assert read.metadata == whole.metadata
    assert read.published.equals(whole.published)
    assert read.judged.equals(whole.judged)
    assert read.history.equals(whole.history.select(read.history.columns))
    assert {"shop", "week", "sales"} <= set(read.history.columns)


def test_of_a_table_pages_hold_the_rows_to_begin_with_and_what_columns_it_learnt(
    tmp_path: Path,
) -> None:
    whole = answering_bundle()
    digest = registered(tmp_path / "home", whole)
    read = shown("toy", "tabular", read_settings(tmp_path / "home")).bundle_by(digest)

    assert set(read.model) == {"plain/learner.json", "plain/ranges.json"} & set(whole.model)
    assert read.snapshot.equals(whole.snapshot)
    assert (read.judged.is_empty(), read.history.is_empty()) == (True, True)
    assert (read.project_text, read.contract_text) == (whole.project_text, whole.contract_text)


def test_a_bundle_that_was_changed_in_the_vault_is_refused_and_one_that_was_mended_is_read(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    digest = registered(home, small_bundle("toy"))
    own = shown("toy", "tabular", read_settings(home))
    places = Path(read_settings(home).artifacts).glob("*/*")
    contents = {one: one.read_bytes() for one in places}
    for one, content in contents.items():
        one.write_bytes(content + b" ")
    with pytest.raises(DataError, match="is not the one that was put there"):
        own.bundle_by(digest)
    for one, content in contents.items():
        one.write_bytes(content)

    assert own.bundle_by(digest).metadata["project"] == "toy"
    with pytest.raises(DataError, match="missing"):
        own.bundle_by("0" * 64)


def test_several_projects_keep_what_they_read_in_one_memory(home: Path) -> None:
    memory = Memory()
    for name, kind in KINDS.items():
        one = shown(name, kind, read_settings(home), memory)
        assert one.json("manifest", "manifest.json")["synthetic"]
    assert list(memory.weights) == [(name, ("json", "manifest", "manifest.json")) for name in KINDS]
