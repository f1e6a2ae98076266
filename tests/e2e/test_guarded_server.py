"""A server that others can reach: keys that come and go, a pace, names and origins."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import foresell as platform
from tests.e2e.command import Foresell, three_lines
from tests.serve_process import Running, registered, serving
from tests.served_bundles import ROW

_ROW = json.dumps(dict(ROW)).encode()


def ask(server: Running, token: str = "", path: str = "/predict") -> int:
    heads = {"Authorization": f"Bearer {token}"} if token else {}
    return server.ask("POST", path, _ROW, heads).status


def test_keys_come_and_go_while_it_answers(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 120.0)
    first = platform.create_key("first", home=tmp_path).token
    with serving(tmp_path, "toy", "--keys") as server:
        assert server.told["keys"] is True
        assert [ask(server), ask(server, first), ask(server, first[:-1] + "!")] == [401, 200, 401]

        second = platform.create_key("second", scopes=["admin"], home=tmp_path).token
        platform.revoke_key("first", home=tmp_path)
        until = time.monotonic() + 1.0
        while ask(server, first) != 401:
            assert time.monotonic() < until, "a key that was taken back still opens"
        assert ask(server, second) == 403
        assert ask(server, second, "/admin/reload") in {200, 415}

        (tmp_path / "_serving" / "keys.json").write_text("spoilt")
        time.sleep(0.7)
        assert [ask(server, second), ask(server, first)] == [403, 401]
        assert server.ask("GET", "/health/live").status == 200
        for path in ("/metadata", "/metrics"):
            assert server.ask("GET", path).status == 401
        until = time.monotonic() + 5
        while "those from before stand" not in (log := server.log.read_text()):
            assert time.monotonic() < until, log
            time.sleep(0.05)
    assert first not in log
    assert second not in log


def test_where_others_can_reach_it_keys_are_needed_unless_it_is_said_aloud(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 120.0)
    platform.create_key("first", home=tmp_path)
    with serving(tmp_path, "toy", "--host", "0.0.0.0") as server:  # noqa: S104 - for a moment
        assert (server.told["keys"], ask(server)) == (True, 401)
    with serving(tmp_path, "toy", "--host", "0.0.0.0", "--no-keys") as server:  # noqa: S104
        assert (server.told["keys"], ask(server)) == (False, 200)
        rebound = server.ask("POST", "/admin/reload", b"{}", {"Host": "evil.example"})
        assert (rebound.status, server.ask("POST", "/admin/reload", b"{}").status) == (421, 200)


def test_without_any_key_a_server_that_needs_them_does_not_start(
    foresell: Foresell, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    registered(home, "toy", 120.0)
    ran = foresell("serve", "toy", "--keys", "--port", "0")
    assert (ran.code, ran.err) == (
        2,
        three_lines(
            "callers need an API key here, and there is none",
            str(home / "_serving" / "keys.json"),
            "make one: foresell keys create NAME; or let anybody ask: --no-keys",
        ),
    )


def test_a_pace_a_name_and_an_origin_are_kept_to(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 120.0)
    page = "https://dashboard.example"
    words = ("--rate", "12", "--host-name", "forecasts.example", "--cors", page)
    with serving(tmp_path, "toy", *words) as server:
        heads = {"Host": "forecasts.example", "Origin": page}
        first = server.ask("POST", "/predict", _ROW, heads)
        assert first.status == 200
        assert first.heads["access-control-allow-origin"] == page
        assert [ask(server), ask(server)] == [200, 429]
        assert server.ask("GET", "/health/live").status == 200


@pytest.mark.parametrize(
    "words", [("--cors", "*"), ("--rate", "0"), ("--rate", "-5"), ("--rate", "nan")]
)
def test_guards_that_mean_nothing_are_refused(
    foresell: Foresell, tmp_path: Path, words: tuple[str, ...]
) -> None:
    registered(tmp_path / "home", "toy", 120.0)
    assert foresell("serve", "toy", *words, "--port", "0").code == 2


def test_the_list_of_keys_is_not_needed_where_none_are(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 120.0)
    (tmp_path / "_serving").mkdir(exist_ok=True)
    (tmp_path / "_serving" / "keys.json").write_text("spoilt")
    with serving(tmp_path, "toy") as server:
        assert ask(server) == 200


def test_a_serving_process_keeps_no_token_in_sight(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from foresell.api.keys import create_key\n"
            f"print(create_key('a', home={str(tmp_path)!r}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "fsk_" not in done.stdout
