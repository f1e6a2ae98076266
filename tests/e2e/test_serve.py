"""``foresell serve``: what it says, when it is ready, how it ends."""

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from tests.e2e.command import Foresell
from tests.live_server import read
from tests.serve_process import Running, registered, serving
from tests.served_bundles import ROW, answering_bundle

_ROW = json.dumps(dict(ROW)).encode()


def _prediction(server: Running, path: str = "/predict") -> float:
    found = server.ask("POST", path, _ROW)
    assert found.status == 200, found.body
    value: float = found.json["prediction"]
    return value


def test_it_says_what_it_serves_answers_and_ends_by_ctrl_c(
    tmp_path: Path,
) -> None:
    registered(tmp_path, "toy", 120.0)
    with serving(tmp_path, "toy") as server:
        answer = _prediction(server)
        began = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        code = server.ends()
        took = time.monotonic() - began

    assert answer == 120.0
    assert code == 0
    assert took < 5, "an idle server waits for nobody"
    told = server.told
    assert told.pop("ready_after_s") > 0
    assert told == {
        "url": f"http://127.0.0.1:{server.port}",
        "docs": f"http://127.0.0.1:{server.port}/docs",
        "ui": f"http://127.0.0.1:{server.port}/ui",
        "root": "toy",
        "keys": False,
        "projects": [
            {
                "project": "toy",
                "kind": "tabular",
                "model_version": "1",
                "alias": "prod",
                "model_name": "same",
                "shadow_version": None,
                "path": "/projects/toy/",
            }
        ],
    }


def test_a_server_told_to_end_answers_first_what_it_has_begun(tmp_path: Path) -> None:
    registered(tmp_path, "toy")
    with serving(tmp_path, "toy") as server:
        half = len(_ROW) // 2
        head = (
            f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(_ROW)}\r\n\r\n"
        )
        with server.connect() as line:
            line.sendall(head.encode() + _ROW[:half])
            time.sleep(0.2)  # until the request has begun
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            line.sendall(_ROW[half:])
            answer = read(line)
        code = server.ends()

    assert (answer.status, answer.json["prediction"]) == (200, 100.0)
    assert code == 0


def test_it_waits_for_the_first_version_and_takes_it_when_it_is_promoted(tmp_path: Path) -> None:
    registered(tmp_path, "toy", to="")
    with serving(tmp_path, "toy") as server:
        before = server.ask("GET", "/health/ready")
        registered(tmp_path, "toy", 7.0)
        server.until("/health/ready", 200)
        answer = _prediction(server)

    assert before.status == 503
    assert "no version of 'toy' is prod" in before.json["detail"]
    assert server.told["projects"][0]["model_version"] is None
    assert "no version of 'toy' is prod" in server.told["projects"][0]["waiting"]
    assert answer == 7.0


def test_two_projects_answer_below_their_names_and_the_first_at_the_root(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 1.0)
    registered(tmp_path, "other", 2.0)
    with serving(tmp_path, "other", "toy") as server:
        paths = ("/predict", "/projects/other/predict", "/projects/toy/predict")
        answers = [_prediction(server, path) for path in paths]
        unknown = server.ask("POST", "/projects/nobody/predict", _ROW)

    assert answers == [2.0, 2.0, 1.0]
    assert unknown.status == 404


def test_a_bundle_folder_is_served_without_a_registry_or_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    write_bundle(answering_bundle("toy", 42.0), DirectoryStore(folder))
    with serving(tmp_path / "home", "--bundle", folder) as server:
        answer = _prediction(server)
        health = server.ask("GET", "/health").json

    assert answer == 42.0
    assert (health["project"], health["alias"]) == ("toy", None)
    assert not (tmp_path / "home" / "_registry").exists()


def test_a_version_that_is_named_by_its_number_stays(tmp_path: Path) -> None:
    registered(tmp_path, "toy", 1.0)
    registered(tmp_path, "toy", 2.0)
    with serving(tmp_path, "toy", "--alias", "1") as server:
        answer = _prediction(server)

    assert answer == 1.0


def test_with_keys_nobody_predicts_without_one_and_probes_need_none(
    tmp_path: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(tmp_path))
    registered(tmp_path, "toy")
    created = foresell("keys", "create", "me", "--scope", "predict", "--format", "json")
    token = json.loads(created.out)["token"]
    with serving(tmp_path, "toy", "--keys") as server:
        without = server.ask("POST", "/predict", _ROW)
        having = server.ask("POST", "/predict", _ROW, {"Authorization": f"Bearer {token}"})
        alive = server.ask("GET", "/health/live")

    assert server.told["keys"] is True
    assert (without.status, having.status, alive.status) == (401, 200, 200)


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(
    tmp_path: Path, foresell: Foresell
) -> None:
    registered(tmp_path / "home", "toy")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = foresell("serve", "toy", "--port", str(port))

    assert ran.code == 3
    assert ran.err.startswith(f"error port {port} of 127.0.0.1 cannot be used: Address already in")
    assert "--port N" in ran.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["retial"], "'retial'"),
        (["sales_orders", "--alias", "production"], "neither an alias nor the number"),
        (["sales_orders", "--shadow", "9"], "there is no alias '9'\n  where --shadow"),
        (["sales_orders", "--alias", "prod", "--bundle", "."], "cannot both answer"),
        (["sales_orders", "sales_orders"], "named twice"),
        ([], "no project is named"),
        (["sales_orders", "retail", "--bundle", "."], "one bundle cannot answer for several"),
        (["sales_orders", "--bundle", "nowhere"], "no bundle in the folder"),
        (["sales_orders", "--port", "70000"], "no port 70000"),
        (["sales_orders", "--host", "no.such.invalid", "--no-keys"], "no host"),
        (["sales_orders", "--host", "0.0.0.0"], "callers need an API key here"),  # noqa: S104
        (["sales_orders", "--request-log", "2"], "2 is no share"),
        (["sales_orders", "--rate", "0"], "lets nobody in"),
        (["sales_orders", "--max-rows", "0"], "0 lets nothing through"),
        (["sales_orders", "--timeout", "nan"], "nan lets nothing through"),
    ],
)
def test_what_cannot_be_served_is_refused_before_it_listens(
    foresell: Foresell, words: list[str], what: str
) -> None:
    ran = foresell("serve", "--port", "0", *words)

    assert ran.code == 2
    assert what in ran.err
    assert not ran.out


@pytest.mark.parametrize("number", ["7", "0"])
def test_a_number_that_is_no_version_is_refused_before_the_port_is_had(
    tmp_path: Path, foresell: Foresell, number: str
) -> None:
    registered(tmp_path / "home", "toy")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = foresell("serve", "toy", "--port", str(port), "--alias", number)

    assert (ran.code, ran.out) == (2, "")
    assert number in ran.err
    assert "cannot be used" not in ran.err


def test_a_damaged_bundle_in_a_folder_or_of_a_number_is_the_error_that_tells_why(
    tmp_path: Path, foresell: Foresell
) -> None:
    folder = tmp_path / "bundle"
    write_bundle(answering_bundle("toy", 42.0), DirectoryStore(folder))
    registered(tmp_path / "home", "toy")
    contract = (folder / "contract.yaml").read_bytes()
    kept = [file for file in (tmp_path / "home" / "_registry").rglob("*") if file.is_file()]
    for file in (folder / "contract.yaml", *kept):
        if file.read_bytes() == contract:
            file.chmod(0o600)
            file.write_text("spoilt")
    lying = foresell("serve", "--bundle", folder, "--port", "0", "--log", "off")
    pinned = foresell("serve", "toy", "--alias", "1", "--port", "0", "--log", "off")

    assert [(ran.code, ran.out) for ran in (lying, pinned)] == [(2, ""), (2, "")]
    assert "contract.yaml" in lying.err
    assert "version 1 of 'toy' is damaged" in pinned.err
    assert "restore the file from a backup" in pinned.err
