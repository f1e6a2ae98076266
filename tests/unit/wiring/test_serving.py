"""How a server is put together: what is asked of it, and what follows from where it listens."""

from pathlib import Path

import pytest

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from foresell.errors import UsageError
from foresell.serving.site import Options
from foresell.settings import Settings, read_settings
from foresell.wiring.serving import Asked, make_site, needs_keys
from tests.serve_process import registered
from tests.served_bundles import answering_bundle


def _settings(home: Path) -> Settings:
    return read_settings(home)


@pytest.mark.parametrize(
    ("host", "keys", "needed"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("::1", None, False),
        ("0.0.0.0", None, True),  # noqa: S104 - that is the case
        ("192.168.1.7", None, True),
        ("box.example", None, True),
        ("0.0.0.0", False, False),  # noqa: S104
        ("127.0.0.1", True, True),
    ],
)
def test_keys_are_needed_as_soon_as_others_can_reach_it(
    host: str, keys: bool | None, needed: bool
) -> None:
    assert needs_keys(Asked(projects=("toy",), host=host, keys=keys)) is needed


def test_a_site_has_a_slot_for_every_project_and_the_first_at_the_root(tmp_path: Path) -> None:
    asked = Asked(projects=("walmart", "sales_orders"), options=Options(log="off"))
    site = make_site(asked, _settings(tmp_path)).site

    assert [(one.project, one.kind) for one in site.slots.values()] == [
        ("walmart", "panel"),
        ("sales_orders", "tabular"),
    ]
    assert site.root == "walmart"
    assert all(one.current is None for one in site.slots.values())
    assert site.guards.keys is None
    assert site.guards.rate is None
    assert site.guards.hosts[:2] == ("localhost", "127.0.0.1")


def test_every_project_has_desks_of_its_own(tmp_path: Path) -> None:
    asked = Asked(projects=("walmart", "sales_orders"), options=Options(log="off"))
    site = make_site(asked, _settings(tmp_path)).site

    desks = [desk for slot in site.slots.values() for desk in slot.desks.values()]
    assert [sorted(slot.desks) for slot in site.slots.values()] == [["answer", "explain"]] * 2
    assert len({id(desk) for desk in desks}) == 4
    assert len(site.closing) == 5  # the process of pages too


def test_a_project_that_is_only_registered_is_served_as_what_its_version_is(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 3.0)
    made = make_site(Asked(projects=("toy",), options=Options(log="off")), _settings(tmp_path))
    made.reloading.begin()
    try:
        now = made.site.slots["toy"].current
    finally:
        made.end()

    assert now is not None
    assert (now.live.version, now.live.alias, now.spec.kind) == ("1", "prod", "tabular")


def test_a_folder_says_which_project_it_is_of_and_another_name_is_refused(tmp_path: Path) -> None:
    write_bundle(answering_bundle("toy"), DirectoryStore(tmp_path / "bundle"))
    options = Options(log="off")
    site = make_site(
        Asked(bundle=tmp_path / "bundle", options=options), _settings(tmp_path / "home")
    ).site

    assert list(site.slots) == ["toy"]
    with pytest.raises(UsageError, match="a bundle of 'toy', not of 'retail'"):
        make_site(
            Asked(projects=("retail",), bundle=tmp_path / "bundle", options=options),
            _settings(tmp_path / "home"),
        )


def test_limits_are_handed_to_the_guards(tmp_path: Path) -> None:
    asked = Asked(
        projects=("retail",),
        rate=120.0,
        cors=("https://shop.example",),
        host_names=("api.example",),
        options=Options(log="off", max_body=5_000),
    )
    guards = make_site(asked, _settings(tmp_path)).site.guards

    assert guards.rate is not None
    assert (guards.rate.per_minute, guards.rate.burst) == (120.0, 20)
    assert (guards.max_body, guards.cors) == (5_000, ("https://shop.example",))
    assert "api.example" in guards.hosts


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "latest", "٣", "1" * 40])
def test_a_word_that_names_no_version_is_refused(version: str, tmp_path: Path) -> None:
    asked = Asked(projects=("retail",), version=version, options=Options(log="off"))
    with pytest.raises(UsageError, match="neither an alias nor the number of a version"):
        make_site(asked, _settings(tmp_path))
