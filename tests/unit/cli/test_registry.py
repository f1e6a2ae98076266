"""What the commands that move something in the registry print, and how they end."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from foresell.errors import GateError, UsageError
from foresell.settings import read_settings
from tests.toy_registry import WHY, Ask, bundle, lines, registered, timeless, told


def test_an_empty_registry_says_how_it_is_filled(ask: Ask) -> None:
    assert lines(ask("list")) == [
        "no project has a version yet; foresell run PROJECT registers one"
    ]
    assert told(ask("list", "--format", "json")) == []
    assert lines(ask("show", "retail")) == [
        "retail has no versions yet; foresell run retail registers one"
    ]
    assert told(ask("show", "retail", "--format", "json")) == {
        "project": "retail",
        "aliases": {"prod": None, "staging": None},
        "versions": [],
        "head": {"number": 0, "hash": "0" * 64},
    }


def test_the_list_names_what_is_live_and_what_waits(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    ask("promote", "toy", 1, *WHY)
    ask("register", "toy", bundle(tmp_path / "more", seed=9, approval=True))

    (found,) = told(ask("list", "--format", "json"))

    assert {name: found[name] for name in found if name != "last"} == {
        **{"project": "toy", "versions": 2, "prod": 1, "staging": None, "pending": [2]},
        "damage": "",
    }
    assert timeless(lines(ask("list"))[-1]) == "toy 2 1 – 2 TIME"


def test_the_list_names_a_damaged_project_and_how_to_see_all_of_it(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0)
    with closing(sqlite3.connect(read_settings().home / "_registry" / "registry.db")) as database:
        database.execute("UPDATE heads SET number = 9")
        database.commit()
    said = lines(ask("list"))
    assert said[-3] == "toy – – – – damaged"
    assert said[-2].startswith("✗ the history of 'toy' was changed: head: the list ends with 9 ")
    assert said[-1] == "all of it: foresell registry verify toy"


def test_registering_says_what_it_is_worth_and_how_it_gets_live(ask: Ask, tmp_path: Path) -> None:
    said = ask("register", "toy", bundle(tmp_path / "good"))

    first, *rest = lines(said)
    assert re.fullmatch(r"✓ version 1 of toy, ridge [0-9a-f]{12}", first)
    assert rest == [
        "against the best baseline RMSE 8.00 beats 10.00 of mean (+20.0%), "
        "MAE 8.00 beats 10.00 of mean (+20.0%)",
        "to make it live foresell registry promote toy 1 --reason TEXT",
    ]
    worse = ask("register", "toy", bundle(tmp_path / "worse", passed=False))
    assert lines(worse)[-1].endswith("promote toy 2 --override-gate --reason TEXT")
    asked = ask("register", "toy", bundle(tmp_path / "asked", approval=True))
    assert lines(asked)[-1] == "waits for approval foresell registry approve toy 3 --reason TEXT"


def test_registering_the_same_again_changes_nothing_and_forced_gives_a_new_number(
    ask: Ask, tmp_path: Path
) -> None:
    place = bundle(tmp_path / "good")
    ask("register", "toy", place)

    again, forced = ask("register", "toy", place), ask("register", "toy", place, "--force")

    assert lines(again) == [
        "nothing changed: this bundle is version 1 of toy already; --force gives it a new number"
    ]
    assert lines(forced)[0].startswith("✓ version 2 of toy, ridge ")
    versions = told(ask("show", "toy", "--format", "json"))["versions"]
    assert versions[0]["digest"] == versions[1]["digest"]
    later = told(ask("register", "toy", place, "--format", "json"))
    assert (later["new"], later["version"]["version"]) == (False, 2)


def test_show_tells_what_is_live_since_when_and_why_and_every_version(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0, 7.0, 12.5)
    ask("promote", "toy", 1, "--reason", "the first")
    ask("promote", "toy", 2, "--to", "staging", "--reason", "look at it")
    digests = [
        one["digest"][:12] for one in told(ask("show", "toy", "--format", "json"))["versions"]
    ]

    assert [timeless(line) for line in lines(ask("show", "toy"))] == [
        "toy",
        "prod 1 since TIME UTC, promoted by ana: the first",
        "staging 2 since TIME UTC, promoted by ana: look at it",
        "VERSION alias champion RMSE MAE gate approval digest registered, UTC by",
        "─" * len(lines(ask("show", "toy"))[4]),
        f"3 ridge 12.50 12.50 ✗ approved {digests[2]} TIME ana",
        f"2 staging ridge 7.00 7.00 ✓ approved {digests[1]} TIME ana",
        f"1 prod ridge 8.00 8.00 ✓ approved {digests[0]} TIME ana",
    ]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_versions_fit_on_screens_from_80_columns_on(
    width: int, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(ask, tmp_path, 8.0, champion="simple_ensemble")
    ask("promote", "toy", 1, *WHY)
    monkeypatch.setenv("COLUMNS", str(width))

    text = ask("show", "toy").stdout

    assert max(map(len, text.splitlines())) <= width
    digest = told(ask("show", "toy", "--format", "json"))["versions"][0]["digest"]
    assert (digest[:12] in text, "✓" in text, "ana" in text) == (True, True, True)
    assert "more column" not in text
    assert ("approved; registered by ana" in text) is (width < 110)


def test_a_column_that_does_not_fit_is_counted_and_the_gate_is_none_of_them(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(ask, tmp_path, 8.0, champion="inverse_error_ensemble")
    monkeypatch.setenv("FORESELL_USER", "Anna Müller")
    ask("register", "toy", bundle(tmp_path / "more", seed=9, passed=False, approval=True))
    monkeypatch.setenv("COLUMNS", "80")

    text = ask("show", "toy").stdout

    heads = text.splitlines()[5].split()
    assert heads == ["V", "alias", "champion", "RMSE", "MAE", "gate", "approval"]
    assert "… 3 more columns: --format json has them all" in text
    assert ("✓" in text, "✗" in text) == (True, True)


def test_the_json_of_show_has_aliases_versions_and_head(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0, 7.0)
    ask("promote", "toy", 2, *WHY)

    found = told(ask("show", "toy", "--format", "json"))

    assert list(found) == ["project", "aliases", "versions", "head"]
    assert found["aliases"] == {"prod": 2, "staging": None}
    assert [(one["version"], one["aliases"]) for one in found["versions"]] == [
        (1, []),
        (2, ["prod"]),
    ]
    assert (found["versions"][0]["approval"], found["versions"][0]["who"]) == ("Approved", "ana")
    assert found["head"]["number"] == 3


def test_promoting_says_what_is_live_on_which_evidence_and_the_way_back(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0, 6.0)

    first, second = ask("promote", "toy", 1, *WHY), ask("promote", "toy", "latest", *WHY)

    assert lines(first) == [
        "✓ prod of toy is version 1 now; nothing was before",
        "against the best baseline RMSE 8.00 beats 10.00 of mean (+20.0%), "
        "MAE 8.00 beats 10.00 of mean (+20.0%)",
        "against live nothing was live",
    ]
    assert lines(second) == [
        "✓ prod of toy is version 2 now; it was version 1",
        "against the best baseline RMSE 6.00 beats 10.00 of mean (+40.0%), "
        "MAE 6.00 beats 10.00 of mean (+40.0%)",
        "against version 1, live RMSE 6.0000 against 8.0000 (-25.0%), "
        "MAE 6.0000 against 8.0000 (-25.0%); on 12 rows both were judged on",
        "to go back foresell registry rollback toy --reason TEXT",
    ]


def test_promoting_what_is_live_changes_nothing_and_ends_with_0(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    ask("promote", "toy", 1, *WHY)

    again = ask("promote", "toy", 1, *WHY)
    as_json = told(ask("promote", "toy", 1, *WHY, "--format", "json"))

    assert lines(again) == ["nothing changed: version 1 is prod already"]
    assert (as_json["changed"], as_json["transition"]) == (False, None)
    assert as_json["head"]["number"] == 2


def test_staging_is_moved_and_taken_back_by_its_name(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0, 7.0)
    ask("promote", "toy", 1, "--to", "challenger", *WHY)

    moved = ask("promote", "toy", 2, "--to", "staging", *WHY)
    back = ask("rollback", "toy", "--alias", "staging", *WHY)

    assert (
        lines(moved)[-1]
        == "to go back foresell registry rollback toy --alias staging --reason TEXT"
    )
    assert lines(back) == [
        "✓ staging of toy is version 1 now; it was version 2",
        "against the best baseline RMSE 8.00 beats 10.00 of mean (+20.0%), "
        "MAE 8.00 beats 10.00 of mean (+20.0%)",
        "taken back 1 promotion",
        "to undo this foresell registry promote toy 2 --to staging --reason TEXT",
    ]


def test_an_alias_is_emptied_and_the_history_says_so(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0, 7.0)
    for version in (1, 2):
        ask("promote", "toy", version, *WHY)

    off = ask("rollback", "toy", "--to", "none", *WHY)
    again = ask("rollback", "toy", "--to", "none", *WHY)

    assert lines(off) == [
        "✓ prod of toy is no version now; it was version 2",
        "taken back 2 promotions",
        "to undo this foresell registry promote toy 2 --reason TEXT",
    ]
    assert lines(again) == ["nothing changed: no version is prod already"]
    last = told(ask("history", "toy", "--format", "json"))["transitions"][-1]
    assert (last["action"], last["before"], last["after"]) == ("roll back", 2, None)
    assert "roll back to none" in lines(ask("history", "toy"))[-1]
    assert "prod –" in lines(ask("show", "toy"))[1]
    assert told(ask("verify", "toy", "--format", "json"))["sound"]


def test_an_override_is_told_and_kept(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 12.5)

    refused = ask("promote", "toy", 1, *WHY)
    done = ask("promote", "toy", 1, "--override-gate", *WHY)

    assert isinstance(refused.exception, GateError)
    assert lines(done)[1] == "gate not passed, overridden; the history says so"
    assert lines(ask("history", "toy"))[-1].endswith("promote 1 prod – → 1 gate overridden: a test")
    assert lines(ask("show", "toy"))[1].endswith("promoted by ana, gate overridden: a test")
    transitions = told(ask("history", "toy", "--format", "json"))["transitions"]
    assert transitions[-1]["evidence"]["override"] is True


def test_approval_comes_before_prod(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0, approval=True)

    refused = ask("promote", "toy", 1, *WHY)
    assert isinstance(refused.exception, GateError)
    assert refused.exception.mend == "foresell registry approve toy 1 --reason TEXT"
    assert lines(ask("show", "toy"))[-1] == (
        "version 1 waits for approval: foresell registry approve toy 1 --reason TEXT"
    )
    assert lines(ask("approve", "toy", 1, *WHY)) == [
        "✓ version 1 of toy is approved",
        "to make it live foresell registry promote toy 1 --reason TEXT",
    ]
    assert ask("promote", "toy", 1, *WHY).exit_code == 0


def test_a_rejection_is_for_good(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)

    assert lines(ask("reject", "toy", 1, *WHY)) == ["✓ version 1 of toy is rejected, for good"]
    assert lines(ask("reject", "toy", 1, *WHY)) == [
        "nothing changed: version 1 is rejected already"
    ]
    for verb in ("approve", "promote"):
        assert isinstance(ask(verb, "toy", 1, *WHY).exception, GateError)


def test_a_word_that_is_no_alias_is_refused_at_its_option(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)

    to = ask("promote", "toy", 1, "--to", "prd", *WHY).exception
    alias = ask("rollback", "toy", "--alias", "prd", *WHY).exception

    assert isinstance(to, UsageError)
    assert isinstance(alias, UsageError)
    assert (to.where, alias.where) == ("--to", "--alias")
    assert to.mend.startswith("did you mean 'prod'?")


def test_help_of_the_registry_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['foresell', 'registry', '--help']\n"
        "from foresell.cli import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "heavy = {'polars', 'numpy', 'sqlalchemy', 'boto3', 'mlflow', 'yaml'}\n"
        "print('LOADED', *sorted(set(sys.modules) & heavy))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "LOADED"
