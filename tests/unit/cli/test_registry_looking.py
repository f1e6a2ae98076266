"""History, verification, export and difference, as the commands of the registry print them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foresell.errors import UsageError
from foresell.settings import read_settings
from tests.builders import snapshot
from tests.small_bundles import judged_rows
from tests.toy_registry import WHY, Ask, bundle, lines, registered, timeless, told


def test_the_history_has_a_line_for_everything_in_order(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0, 7.0)
    ask("promote", "toy", 1, "--reason", "the first")
    ask("promote", "toy", 2, "--reason", "better")
    ask("rollback", "toy", "--reason", "not [bold] enough")
    ask("reject", "toy", 2, "--reason", "no")

    assert [timeless(line) for line in lines(ask("history", "toy"))[2:]] == [
        "1 TIME ana register 1 handed in",
        "2 TIME ana register 2 handed in",
        "3 TIME ana promote 1 prod – → 1 the first",
        "4 TIME ana promote 2 prod 1 → 2 better",
        "5 TIME ana roll back to 1 prod 2 → 1 not [bold] enough",
        "6 TIME ana reject 2 no",
    ]


def test_the_history_at_a_time_shows_the_state_and_the_transitions_of_then(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0, 7.0)
    ask("promote", "toy", 1, *WHY)
    ask("promote", "toy", 2, *WHY)
    whole = told(ask("history", "toy", "--format", "json"))
    moments = [one["at"] for one in whole["transitions"]]

    then = told(ask("history", "toy", "--at", moments[2], "--format", "json"))
    before = ask("history", "toy", "--at", "2020-02-29")

    assert (then["aliases"], then["at"]) == ({"prod": 1, "staging": None}, moments[2])
    assert then["transitions"] == whole["transitions"][:3]
    assert then["head"] == {"number": 3, "hash": whole["transitions"][2]["hash"]}
    assert whole["at"] is None
    assert lines(before) == [
        "At 2020-02-29 23:59:59 UTC prod –, staging –; no version yet",
        "nothing had happened yet",
    ]
    assert lines(ask("history", "toy", "--at", "2999-01-01T00:00+01:00"))[:2] == [
        "At 2998-12-31 23:00:00 UTC prod 2, staging –; 2 versions",
        "that time is still to come: this is how it stands now",
    ]
    today = lines(ask("history", "toy", "--at", moments[0][:10]))  # to its end
    assert "still to come" not in " ".join(today)


def test_a_narrow_screen_shows_who_before_the_reason_and_once_where_it_is_always_one(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    registered(ask, tmp_path, 8.0)
    ask("promote", "toy", 1, "--to", "staging", "--reason", "look at it for a while")
    one = lines(ask("history", "toy"))
    monkeypatch.setenv("FORESELL_USER", "Anna Müller")
    ask("rollback", "toy", "--alias", "staging", "--to", "none", *WHY)
    two = lines(ask("history", "toy"))

    assert (one[0], two[0]) == ("# when, UTC what moved why", "# when, UTC what moved who: why")
    assert [timeless(line) for line in one[2:]] == [
        "1 TIME register 1 handed in",
        "2 TIME promote staging – → 1 look at it for a while",
        "all of it by ana",
    ]
    assert timeless(two[-1]) == "3 TIME roll back staging 1 → – Anna Müller: a test"


def test_a_project_without_versions_is_told_alike_by_who_looks_and_who_decides(ask: Ask) -> None:
    begin = "foresell run retail registers one"
    assert lines(ask("show", "retail")) == [f"retail has no versions yet; {begin}"]
    assert lines(ask("history", "retail")) == [f"nothing has happened yet; {begin}"]
    for words in (
        *(("verify", "retail"), ("diff", "retail", 1, 2), ("export", "retail", "--out", "x")),
        *(("promote", "retail", 1, *WHY), ("promote", "retail", "latest", *WHY)),
        *(("rollback", "retail", *WHY), ("approve", "retail", 1, *WHY)),
    ):
        refused = ask(*words).exception
        assert isinstance(refused, UsageError), words
        assert (refused.what, refused.where) == ("'retail' has no versions", "registry"), words
        assert refused.mend == begin, words


def test_a_time_that_is_none_is_refused(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)

    refused = ask("history", "toy", "--at", "tomorrow").exception

    assert isinstance(refused, UsageError)
    assert (refused.what, refused.where) == ("'tomorrow' is no time", "--at")


def test_verify_says_what_it_looked_at_and_finds_one_changed_byte(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    clean = ask("verify", "toy")
    assert re.fullmatch(
        r"toy looked at 1 transition, 1 version, \d+ files, [\d.]+ kB", lines(clean)[0]
    )
    assert lines(clean)[1] == "✓ all of it is what was written, in the order it was written"

    objects = tmp_path / "home" / "_registry" / "objects"
    name = next(name for name, kept in snapshot(objects).items() if kept == b"1 2 3\n")
    (objects / name).chmod(0o600)
    (objects / name).write_bytes(b"1 2 4\n")
    said = ask("verify", "toy")

    assert said.exit_code == 1
    assert "✗ 1 problem" in said.stdout
    assert "model/ridge/weights.txt" in said.stdout
    found = told(ask("verify", "toy", "--format", "json"))
    assert (found["sound"], [one["where"] for one in found["problems"]]) == (False, ["version 1"])


def test_an_export_verifies_until_one_byte_of_it_changes(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    out = tmp_path / "toy.jsonl"

    assert lines(ask("export", "toy", "--out", out))[0] == f"1 transition of toy in {out}"
    assert lines(ask("verify", "toy", "--export", out))[1].startswith("✓")
    out.write_bytes(out.read_bytes().replace(b"handed in", b"handed on"))
    assert ask("verify", "toy", "--export", out).exit_code == 1
    counted = told(ask("export", "toy", "--out", out, "--format", "json"))
    assert counted == {
        **{"project": "toy", "transitions": 1, "out": str(out)},
        **{"sound": True, "problems": []},
    }


def test_a_damaged_history_is_written_as_it_is_but_over_no_other_and_ends_with_1(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0)
    out, other = tmp_path / "toy.jsonl", tmp_path / "other.jsonl"
    ask("export", "toy", "--out", out)
    good = out.read_bytes()
    with closing(sqlite3.connect(read_settings().home / "_registry" / "registry.db")) as database:
        database.execute("UPDATE heads SET number = 9")
        database.commit()

    said = ask("export", "toy", "--out", other)
    refused = ask("export", "toy", "--out", out).exception

    assert said.exit_code == 1
    assert said.stdout.splitlines()[0] == f"1 transition of toy in {other}"
    assert said.stdout.splitlines()[1].startswith(
        "✗ written as it is, and it is damaged: 1 problem, the first at head: the list ends with 9"
    )
    assert isinstance(refused, UsageError)
    assert refused.what == "the history of 'toy' is damaged, and 'toy.jsonl' may be one that is not"
    assert out.read_bytes() == good
    again = ask("export", "toy", "--out", other, "--format", "json")  # the same bytes
    assert (again.exit_code, told(again)["sound"]) == (1, False)


def test_the_export_of_another_project_is_refused(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    ask("export", "toy", "--out", "toy.jsonl")

    refused = ask("verify", "walmart", "--export", "toy.jsonl").exception

    assert isinstance(refused, UsageError)
    assert refused.what == "this is the history of 'toy', not of 'walmart'"


def test_a_difference_is_shown_in_parts_and_nothing_that_is_the_same(
    ask: Ask, tmp_path: Path
) -> None:
    registered(ask, tmp_path, 8.0, 6.0)

    shown = lines(ask("diff", "toy", 1, 2))

    assert shown[0].startswith("toy version 1, ridge ")
    assert [line for line in shown if line.endswith("version 2") or ":" in line][:1] == [
        "Scores: Held-out rows"
    ]
    assert "RMSE 8.0000 6.0000 -25.0%" in shown
    assert "both were judged on the same 12 rows" in shown
    assert "~ ridge: penalty 1 2" in shown
    assert "Model files 1 changed, 1 the same" in shown
    assert not [line for line in shown if line.startswith(("Features", "Contract", "Libraries"))]


def test_the_json_of_a_difference_tells_both_versions(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)
    ask("promote", "toy", 1, *WHY)
    more = bundle(tmp_path / "more", error=7.0, judged=judged_rows(7.0, rows=15), seed=2)
    ask("register", "toy", more)

    found = told(ask("diff", "toy", "prod", "latest", "--format", "json"))

    assert (found["before"]["version"], found["after"]["version"]) == (1, 2)
    assert (found["equal"], found["same_rows"]["n"]) == (False, 12)
    assert found["metrics"][0]["change"] == pytest.approx(-0.125)


def test_a_version_and_itself_do_not_differ(ask: Ask, tmp_path: Path) -> None:
    registered(ask, tmp_path, 8.0)

    assert lines(ask("diff", "toy", 1, "latest"))[1].startswith("✓ no difference: both are the")
    assert told(ask("diff", "toy", 1, 1, "--format", "json"))["equal"] is True
