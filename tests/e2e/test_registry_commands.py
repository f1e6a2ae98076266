"""The registry from the command line: a toy project is run, promoted, taken back and looked at."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foresell as package
from foresell.adapters.store import DirectoryStore
from foresell.bundle.bundle import write_bundle
from tests.builders import snapshot, write_files
from tests.e2e.command import Foresell, Ran
from tests.small_bundles import small_bundle, small_texts

WHY = ("--reason", "a test")
Registry = Callable[..., Ran]


def lines_csv(rows: int, *, noise: float = 5.0, seed: int = 1) -> bytes:
    """Order lines whose sales follow from pieces and price, but for the ``noise`` in USD."""
    drawn = np.random.default_rng(seed)
    pieces, price = drawn.integers(1, 40, rows), drawn.uniform(5, 90, rows).round(2)
    sales = 12 * pieces + 3 * price + drawn.normal(0, noise, rows)
    table = zip(range(1, rows + 1), pieces, price, sales.round(2), strict=True)
    text = [",".join(map(str, row)) for row in [("order", "pieces", "price", "sales"), *table]]
    return "\n".join([*text, ""]).encode()


def declare(folder: Path, *, approval: bool = False) -> None:
    """Declare the toy in ``folder``; one candidate, so that a run takes seconds."""
    project, contract = small_texts(approval=approval)
    quick = f"{project}models: {{candidates: [ridge]}}\n"
    texts = {"project.yaml": quick.encode(), "contract.yaml": contract.encode()}
    write_files(folder / "declared" / "toy", texts)


@pytest.fixture
def registry(foresell: Foresell, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """``foresell registry``, asked by ana."""
    monkeypatch.setenv("FORESELL_USER", "ana")
    return lambda *words: foresell("registry", *words)


@pytest.fixture
def train(foresell: Foresell, tmp_path: Path) -> Callable[..., Ran]:
    """``foresell run toy`` on rows made for it."""

    def command(content: bytes, *words: str) -> Ran:
        data = write_files(tmp_path / "data", {"lines.csv": content})
        return foresell("run", "toy", "--data", data, "--preset", "fast", *words)

    return command


def told(ran: Ran, code: int = 0) -> Any:
    assert ran.code == code, ran.err
    return json.loads(ran.out)


def shown(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [text for line in ran.out.splitlines() if (text := " ".join(line.split()))]


def refused(ran: Ran) -> tuple[int, str]:
    assert ran.out == ""
    return ran.code, ran.err.splitlines()[0].removeprefix("error ")


def live(registry: Registry) -> tuple[int | None, int | None]:
    aliases = told(registry("show", "toy", "--format", "json"))["aliases"]
    return aliases["prod"], aliases["staging"]


def moves(registry: Registry) -> list[tuple[str, int, str | None, int | None, int | None]]:
    names = ("action", "version", "alias", "before", "after")
    transitions = told(registry("history", "toy", "--format", "json"))["transitions"]
    return [tuple(one[name] for name in names) for one in transitions]


def test_from_the_first_run_to_the_third_version_and_back_to_the_first(
    registry: Registry, train: Callable[..., Ran], tmp_path: Path
) -> None:
    declare(tmp_path)
    assert registry("list").out.startswith("no project has a version yet")

    assert train(lines_csv(80)).code == 0
    assert live(registry) == (None, 1)
    assert train(lines_csv(80)).code == 0  # nothing has changed
    assert live(registry) == (None, 1)
    assert registry("promote", "toy", "staging", "--reason", "the first").code == 0
    assert registry("promote", "toy", "1", "--reason", "again").out == (
        "nothing changed: version 1 is prod already\n"
    )
    assert train(lines_csv(80), "--force").code == 0
    assert train(lines_csv(120)).code == 0
    assert live(registry) == (1, 3)
    first, second, third = told(registry("show", "toy", "--format", "json"))["versions"]
    assert first["digest"] == second["digest"] != third["digest"]
    assert len({first["run_id"], second["run_id"], third["run_id"]}) == 3

    assert registry("promote", "toy", "2", "--to", "prod", *WHY).code == 0
    assert registry("promote", "toy", "latest", "--to", "prod", *WHY).code == 0
    assert live(registry) == (3, 3)
    assert registry("rollback", "toy", "--reason", "customers complain").code == 0
    assert live(registry) == (2, 3)
    assert registry("rollback", "toy", "--reason", "still").code == 0
    assert live(registry) == (1, 3)
    assert refused(registry("rollback", "toy", "--reason", "still")) == (
        2,
        "version 1 is prod, and there is no earlier version to go back to",
    )
    assert moves(registry) == [
        ("register", 1, None, None, None),
        ("promote", 1, "staging", None, 1),
        ("promote", 1, "prod", None, 1),
        ("register", 2, None, None, None),
        ("promote", 2, "staging", 1, 2),
        ("register", 3, None, None, None),
        ("promote", 3, "staging", 2, 3),
        ("promote", 2, "prod", 1, 2),
        ("promote", 3, "prod", 2, 3),
        ("roll back", 2, "prod", 3, 2),
        ("roll back", 1, "prod", 2, 1),
    ]
    assert told(registry("verify", "toy", "--format", "json"))["problems"] == []

    difference = told(registry("diff", "toy", "prod", "staging", "--format", "json"))
    assert [one["name"] for one in difference["files"]] == ["lines.csv"]
    assert {one["place"] for one in difference["facts"]} >= {"rows"}
    assert difference["contract"] is None
    assert "Data: raw files" in shown(registry("diff", "toy", "1", "3"))
    assert told(registry("diff", "toy", "1", "2", "--format", "json"))["equal"] is True


def test_a_run_whose_model_fails_the_gate_moves_nothing_and_an_override_is_on_record(
    registry: Registry, train: Callable[..., Ran], tmp_path: Path
) -> None:
    declare(tmp_path)

    ran = train(lines_csv(80, noise=10_000.0, seed=2))  # nothing can be learnt from these

    assert ran.code == 1
    assert live(registry) == (None, None)
    code, what = refused(registry("promote", "toy", "1", *WHY))
    assert (code, what[:21]) == (1, "the gate did not pass")
    assert registry("promote", "toy", "1", "--override-gate", "--reason", "no other").code == 0
    assert live(registry) == (1, None)
    last = told(registry("history", "toy", "--format", "json"))["transitions"][-1]
    assert (last["evidence"]["override"], last["evidence"]["gate"]["passed"]) == (True, False)
    assert last["reason"] == "no other"


def test_a_project_that_demands_approval_gets_none_live_without_it(
    registry: Registry, train: Callable[..., Ran], tmp_path: Path
) -> None:
    declare(tmp_path, approval=True)
    assert train(lines_csv(80)).code == 0
    assert train(lines_csv(120)).code == 0

    assert refused(registry("promote", "toy", "1", *WHY)) == (
        1,
        "the version waits for approval (PendingManualApproval)",
    )
    assert shown(registry("list"))[-1].startswith("toy 2 – 2 1, 2 ")
    assert registry("approve", "toy", "1", "--reason", "looked at the report").code == 0
    assert registry("promote", "toy", "1", *WHY).code == 0
    assert registry("reject", "toy", "2", "--reason", "too few rows").code == 0
    assert live(registry) == (1, 1)  # staging goes back to what was not rejected
    assert refused(registry("approve", "toy", "2", *WHY)) == (
        1,
        "the version was rejected, which is final",
    )
    assert refused(registry("reject", "toy", "prod", *WHY)) == (
        1,
        "the version is prod: what is live cannot be rejected",
    )


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four versions, of which 1 to 3 were prod one after the other."""
    folder = tmp_path_factory.mktemp("handed_in")
    for seed in (1, 2, 3, 4):
        place = folder / f"bundle_{seed}"
        write_bundle(small_bundle(seed=seed, error=9.0 - seed), DirectoryStore(place))
        package.register("toy", place, home=folder / "home")
    for version in (1, 2, 3):
        package.promote("toy", version, reason="a test", home=folder / "home")
    return folder


@pytest.fixture
def kept(registry: Registry, handed_in: Path, tmp_path: Path) -> Registry:
    """A copy of that registry, asked by its commands."""
    shutil.copytree(handed_in, tmp_path, dirs_exist_ok=True)
    return registry


def test_rolling_back_several_steps_or_to_a_version(kept: Registry) -> None:
    assert kept("rollback", "toy", "--steps", "2", *WHY).code == 0
    assert live(kept) == (1, None)
    assert kept("promote", "toy", "4", *WHY).code == 0
    assert kept("rollback", "toy", "--to", "1", *WHY).code == 0
    assert kept("rollback", "toy", "--to", "prod", *WHY).out.startswith("nothing changed")
    assert live(kept) == (1, None)


def test_a_rejected_version_is_passed_over_on_the_way_back(kept: Registry) -> None:
    assert kept("reject", "toy", "2", *WHY).code == 0

    back = shown(kept("rollback", "toy", *WHY))

    assert back[0] == "✓ prod of toy is version 1 now; it was version 3"
    assert back[-1] == "note version 2 is passed over: it was rejected"


def test_the_state_of_every_past_moment_is_told_exactly(kept: Registry) -> None:
    assert kept("rollback", "toy", *WHY).code == 0
    transitions = told(kept("history", "toy", "--format", "json"))["transitions"]

    prods = []
    for one in transitions:
        then = told(kept("history", "toy", "--at", one["at"], "--format", "json"))
        prods.append(then["aliases"]["prod"])
        assert then["transitions"] == transitions[: one["number"]]

    assert prods == [None, None, None, None, 1, 2, 3, 2]


def test_a_changed_byte_is_found_and_its_version_is_neither_promoted_nor_compared(
    kept: Registry, tmp_path: Path
) -> None:
    assert kept("verify", "toy").code == 0
    objects = tmp_path / "home" / "_registry" / "objects"
    digest = told(kept("show", "toy", "--format", "json"))["versions"][3]["digest"]
    listing = json.loads((objects / digest[:2] / digest[2:]).read_bytes())
    name = listing["model/learner.json"]
    path = objects / name[:2] / name[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"4", b"5"))

    found = kept("verify", "toy")

    assert found.code == 1
    assert re.search(r"version 4 +model/learner.json", found.out)
    for words in (("promote", "toy", "4", *WHY), ("diff", "toy", "1", "4")):
        code, what = refused(kept(*words))
        assert (code, what.startswith("version 4 of 'toy' is damaged")) == (2, True)
    assert live(kept) == (3, None)


def test_an_exported_history_is_checked_without_the_registry(
    kept: Registry, tmp_path: Path
) -> None:
    out = tmp_path / "toy.jsonl"
    assert shown(kept("export", "toy", "--out", out))[0] == f"7 transitions of toy in {out}"
    shutil.rmtree(tmp_path / "home")

    assert kept("verify", "toy", "--export", out).code == 0
    out.write_bytes(out.read_bytes().replace(b"a test", b"a tesT", 1))
    assert told(kept("verify", "toy", "--export", out, "--format", "json"), 1)["sound"] is False


def test_nothing_that_only_looks_changes_a_byte(kept: Registry, tmp_path: Path) -> None:
    before = snapshot(tmp_path / "home" / "_registry")

    for words in (
        *(["list"], ["show", "toy"], ["diff", "toy", "1", "2"], ["verify", "toy"]),
        *(["history", "toy", "--at", "2026-01-01"], ["promote", "toy", "3", *WHY]),
    ):
        assert {kept(*words, "--format", form).code for form in ("table", "json")} == {0}

    assert snapshot(tmp_path / "home" / "_registry") == before


@pytest.mark.parametrize(
    ("words", "code", "what", "where"),
    [
        (("show", "tox"), 2, "there is no project 'tox'", "project"),
        (("show",), 2, "missing argument 'project'", "foresell registry show"),
        (("shw", "toy"), 2, "there is no command 'shw'", "foresell registry"),
        (("promote", "toy", "9", *WHY), 2, "'toy' has no version '9'", "registry"),
        (("promote", "toy", "best", *WHY), 2, "'toy' has no version 'best'", "registry"),
        (("promote", "toy", "staging", *WHY), 2, "no version of 'toy' is staging", "registry"),
        (("promote", "toy", "1"), 2, "missing option '--reason'", "foresell registry promote"),
        (("promote", "toy", "1", "--reason", " "), 2, "it is empty", "--reason"),
        (("promote", "toy", "1", "--to", "prd", *WHY), 2, "there is no alias 'prd'", "--to"),
        (("rollback", "toy", "--steps", "0", *WHY), 2, "0 steps back", "--steps"),
        (("rollback", "toy", "--steps", "x", *WHY), 2, "the value is no whole number", "--steps"),
        (
            ("rollback", "toy", "--steps", "1", "--to", "1", *WHY),
            2,
            "steps and a version are both given",
            "--steps, --to",
        ),
        (("rollback", "toy", "--to", "4", *WHY), 2, "version 4 is none of those before", "prod"),
        (("rollback", "toy", "--alias", "x", *WHY), 2, "there is no alias 'x'", "--alias"),
        (("diff", "toy", "1"), 2, "missing argument 'B'", "foresell registry diff"),
        (("history", "toy", "--at", "noon"), 2, "'noon' is no time", "--at"),
        (("register", "toy", "."), 2, "there is no bundle in '.'", "bundle"),
        (("register", "walmart", "bundle_1"), 2, "this is a bundle of 'toy', not", "bundle"),
        (("verify", "toy", "--export", "no"), 2, "there is no file 'no'", "--export"),
        (("export", "toy", "--out", "no/x"), 2, "the folder does not exist", "--out no"),
        (("reconcile",), 2, "runs are not tracked, so there is no mirror", "FORESELL_TRACKING"),
    ],
)
def test_a_wrong_question_says_what_is_wrong_and_where_and_changes_nothing(
    words: tuple[str, ...], code: int, what: str, where: str, kept: Registry, tmp_path: Path
) -> None:
    before = snapshot(tmp_path / "home")

    ran = kept(*words)

    assert (ran.code, ran.out) == (code, "")
    begins = (f"error {what}", f"  where {where}", "  mend  ")
    for line, begin in zip(ran.err.splitlines(), begins, strict=True):
        assert line.startswith(begin)
    assert snapshot(tmp_path / "home") == before


def test_a_registry_out_of_reach_is_the_machine_s_trouble(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_REGISTRY", "postgresql://127.0.0.1:1/models")

    ran = registry("list")

    assert (ran.code, ran.err[:33]) == (3, "error the registry cannot be used")


def test_what_mlflow_cannot_be_told_stands_all_the_same_and_one_line_says_how_to_tell_it_later(
    kept: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_TRACKING", "on")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")

    ran = kept("rollback", "toy", *WHY)

    assert shown(ran)[0] == "✓ prod of toy is version 2 now; it was version 3"
    (line,) = ran.err.splitlines()
    assert line.startswith("MLflow does not show it yet, the registry has it: MLflow is out of")
    assert line.endswith("; later: foresell registry reconcile toy")
    assert live(kept) == (2, None)
    assert kept("reconcile", "toy", "--check").code == 3
