"""``foresell keys``: made, shown once, listed, taken back."""

import json
import re
from pathlib import Path

import pytest

import foresell as platform
from foresell.errors import UsageError
from tests.e2e.command import Foresell, three_lines

TOKEN = re.compile(r"fsk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n")


def test_a_key_is_made_shown_once_listed_and_taken_back(foresell: Foresell, tmp_path: Path) -> None:
    made = foresell("keys", "create", "shop", "--scope", "predict", "--scope", "explain")
    assert made.code == 0
    assert TOKEN.fullmatch(made.out)
    assert made.err.startswith("shop may predict, explain. The token is shown this once;")
    kept = (tmp_path / "home" / "_serving" / "keys.json").read_text()
    assert made.out.strip() not in kept
    assert made.out.strip().split("_", 2)[2] not in kept

    listed = foresell("keys", "list", "--format", "json")
    [key] = json.loads(listed.out)
    assert made.out.split("_")[1] == key["id"]
    assert {name: key[name] for name in ("name", "scopes", "expires", "expired")} == {
        "name": "shop",
        "scopes": ["predict", "explain"],
        "expires": None,
        "expired": False,
    }
    assert "sha256" not in listed.out
    table = foresell("keys", "list").out
    assert all(word in table for word in ("shop", key["id"], "predict, explain", "never"))

    gone = foresell("keys", "revoke", "shop")
    assert (gone.code, gone.out) == (0, f"shop ({key['id']}) opens nothing any more\n")
    assert (
        foresell("keys", "list").out == "there are no keys; foresell keys create NAME makes one\n"
    )


def test_json_tells_the_token_beside_the_key(foresell: Foresell) -> None:
    told = json.loads(foresell("keys", "create", "a", "--expires", "90d", "--format", "json").out)
    assert TOKEN.fullmatch(told["token"] + "\n")
    assert told["token"].split("_")[1] == told["id"]
    assert told["scopes"] == ["predict"]
    assert told["created"] < told["expires"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("create", "a b"),
            three_lines(
                "'a b' is no name for a key",
                "NAME",
                "begin with a letter or a digit; then up to 63 more of them, or . _ @ -",
            ),
        ),
        (
            ("create", "shop"),
            three_lines(
                "there is a key named 'shop' already",
                "NAME",
                "choose another, or take that one back: foresell keys revoke shop",
            ),
        ),
        (
            ("create", "b", "--expires", "2020-01-01"),
            three_lines("that moment has passed", "--expires", "name one that is to come, or 90d"),
        ),
        (
            ("revoke", "shp"),
            three_lines("there is no key 'shp'", "KEY", "did you mean 'shop'? Known: shop"),
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    foresell: Foresell, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    foresell("keys", "create", "shop")
    before = (tmp_path / "home" / "_serving" / "keys.json").read_bytes()
    ran = foresell("keys", *words)
    assert (ran.code, ran.err) == (2, said)
    assert (tmp_path / "home" / "_serving" / "keys.json").read_bytes() == before


def test_a_file_that_others_may_read_is_told_of(foresell: Foresell, tmp_path: Path) -> None:
    foresell("keys", "create", "shop")
    (tmp_path / "home" / "_serving" / "keys.json").chmod(0o644)
    said = foresell("keys", "list").err
    assert said.startswith("others than its owner may read or write ")
    assert said.endswith("keys.json; chmod 600 mends it\n")


def test_a_spoilt_file_is_left_alone(foresell: Foresell, tmp_path: Path) -> None:
    (tmp_path / "home" / "_serving").mkdir(parents=True)
    (tmp_path / "home" / "_serving" / "keys.json").write_text("{")
    for words in (("list",), ("create", "shop"), ("revoke", "shop")):
        ran = foresell("keys", *words)
        assert (ran.code, ran.err.splitlines()[0]) == (2, "error this is no list of API keys")
    assert (tmp_path / "home" / "_serving" / "keys.json").read_text() == "{"


def test_from_python_the_same(tmp_path: Path) -> None:
    made = platform.create_key(
        "shop", scopes=["admin", "read"], expires="2099-01-31", home=tmp_path
    )
    assert made.key.scopes == ("read", "admin")
    assert str(made.key.expires) == "2099-01-31 23:59:59+00:00"
    assert platform.api_keys(home=tmp_path) == (made.key,)
    with pytest.raises(UsageError, match="there is no scope 'write'"):
        platform.create_key("other", scopes=["write"], home=tmp_path)
    with pytest.raises(UsageError, match="a key without a scope opens nothing"):
        platform.create_key("other", scopes=[], home=tmp_path)
    assert platform.revoke_key(made.key.id, home=tmp_path) == made.key
    assert platform.api_keys(home=tmp_path) == ()
