"""The real DVC runs what was exported: no more and no less than what depends on a change."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders import snapshot
from tests.dvc_repo import PROJECT, ROOT, Repository, Said
from tests.services import S3

pytestmark = [pytest.mark.dvc, pytest.mark.slow]
DECLARED = f"projects/{PROJECT}/project.yaml"
STAGES = (
    *("manifest", "ingest", "validate", "split", "eda", "baselines", "train", "evaluate"),
    *("refit", "register", "report", "monitor", "quality"),
)


def members(*stages: str) -> list[str]:
    return [f"{stage}@{PROJECT}" for stage in stages]


def redone(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The stages that another run has done."""
    return {stage for stage in after if after[stage] != before.get(stage)}


def twin_of(repository: Repository) -> None:
    """A home beside the repository's own, to run in without DVC."""
    repository.call("cp", "--recursive", "workspace", "twin")


def run_twin(repository: Repository, *words: str) -> set[str]:
    """What an ordinary ``foresell run`` does again in the twin."""
    before = repository.done_by("twin")
    repository.foresell(
        "run", PROJECT, "--params", "params.yaml", *words, env={"FORESELL_HOME": "twin"}
    )
    return redone(before, repository.done_by("twin"))


def test_dvc_makes_everything_from_nothing(orders_by_dvc: Path) -> None:
    said = Said(0, (orders_by_dvc / "said.txt").read_text("utf-8"))

    ran = said.ran
    assert ran[0] == "code"
    assert sorted(ran[1:]) == sorted(members(*STAGES))
    place = {stage: ran.index(f"{stage}@{PROJECT}") for stage in STAGES}
    assert place["manifest"] < place["ingest"] < place["validate"] < place["split"]
    assert place["evaluate"] < place["refit"] < place["register"] < place["quality"]


def test_nothing_is_done_where_nothing_has_changed(repository: Repository) -> None:
    before = snapshot(repository.root / "workspace")

    assert repository.dvc("status").text == "Data and pipelines are up to date.\n"
    assert repository.dvc("repro").ran == []
    assert snapshot(repository.root / "workspace") == before
    assert set(repository.status().values()) == {"fresh"}
    assert repository.call("git", "status", "--porcelain").text == ""


def test_dvc_and_foresell_find_the_same_stages_stale(repository: Repository) -> None:
    repository.change(DECLARED, "segments:\n- PRODUCTLINE\n- COUNTRY\n", "segments:\n- COUNTRY\n")
    repository.change(DECLARED, "name: sales_orders\n", "name: sales_orders\nseed: 7\n")
    said = repository.call("dvc", "repro", "code", env={"FORESELL_HOME": "elsewhere"})
    assert said.ran == ["code"]

    found = json.loads(repository.dvc("status", "--json").text)

    told = repository.status()
    stale = {stage for stage, state in told.items() if state == "stale"}
    assert stale == {"validate", "split", "eda", "train", "evaluate", "refit", "report"}
    assert set(found) == set(members(*stale))  # of the key that was left out before, too
    assert {told[stage] for stage in STAGES[:2]} == {"fresh"}


def test_a_changed_byte_runs_what_depends_on_it(repository: Repository) -> None:
    before = repository.done_by()
    twin_of(repository)
    raw = "raw/sales_data_sample.csv"
    for home in ("workspace", "twin"):
        place = repository.root / home / PROJECT / raw
        content = place.read_bytes()
        header, first, rest = content.split(b"\r\n", 2)
        cells = first.split(b",")
        assert cells[1].isdigit()  # the quantity ordered
        cells[1] = bytes([cells[1][0] ^ 1]) + cells[1][1:]  # an odd digit for an even one
        changed = b"\r\n".join([header, b",".join(cells), rest])
        assert len(changed) == len(content)
        place.write_bytes(changed)
    told = repository.status()

    ran = repository.dvc("repro", f"split@{PROJECT}").ran

    assert ran == members("manifest", "ingest", "validate", "split")
    assert redone(before, repository.done_by()) == {"manifest", "ingest", "validate", "split"}
    assert run_twin(repository, "--until", "split") == redone(before, repository.done_by())
    assert [stage for stage, state in told.items() if state == "stale"] == ["manifest"]
    assert {"ingest", "validate", "split", "train", "eda"} <= {
        stage for stage, state in told.items() if state == "follows"
    }


def test_a_changed_line_of_code_runs_the_stages_that_run_it(repository: Repository) -> None:
    before = repository.done_by()
    repository.change(
        "src/foresell/pipeline/stages/quality.py", '"""quality: ', '"""quality, judged: '
    )
    told = repository.status()

    ran = repository.dvc("repro").ran

    assert ran == ["code", *members("quality")]
    assert redone(before, repository.done_by()) == {"quality"}
    assert [stage for stage, state in told.items() if state == "stale"] == ["quality"]


def test_an_output_that_was_deleted_is_made_again_by_its_stage_alone(
    repository: Repository,
) -> None:
    before, made = repository.done_by(), snapshot(repository.root / "workspace" / PROJECT)
    for path in (repository.root / "workspace" / PROJECT / "splits").iterdir():
        path.unlink()

    assert repository.dvc("repro").ran == members("split")
    assert redone(before, repository.done_by()) == {"split"}
    after = snapshot(repository.root / "workspace" / PROJECT)
    names = [name for name in made if name.startswith("splits/")]
    assert names
    assert {name: after[name] for name in names} == {name: made[name] for name in names}


def test_a_changed_parameter_runs_what_depends_on_it_and_its_metrics_are_told_apart(
    repository: Repository,
) -> None:
    shown = json.loads(repository.dvc("metrics", "show", "--json").text)
    place = f"workspace/{PROJECT}/evaluation/metrics.json"
    kept = json.loads((repository.root / place).read_bytes())
    assert shown[""]["data"] == {place: {"data": kept}}
    before = repository.done_by()
    repository.change(DECLARED, "test_share: 0.2", "test_share: 0.3")
    told = repository.status()

    # Whatever home is said elsewhere, in a file .env say: DVC keeps what is in its own.
    said = repository.call("dvc", "repro", f"evaluate@{PROJECT}", env={"FORESELL_HOME": "twin"})

    done = redone(before, repository.done_by())
    assert done == {"split", "train", "evaluate"}  # the baselines are no part of this evaluation
    assert {*members(*done), "code"} <= set(said.ran)
    assert done <= {stage for stage, state in told.items() if state in {"stale", "follows"}}
    assert {told[stage] for stage in STAGES[:2]} == {"fresh"}
    assert not (repository.root / "twin").exists()
    found = json.loads(repository.dvc("metrics", "diff", "--json").text)[place]
    new = json.loads((repository.root / place).read_bytes())
    champion = found["held_out.champion.rmse"]
    assert (champion["old"], champion["new"]) == (
        kept["held_out"]["champion"]["rmse"],
        new["held_out"]["champion"]["rmse"],
    )
    assert found["held_out.rows"]["diff"] > 0
    assert DECLARED in repository.dvc("params", "diff").text


def test_the_graph_and_the_plots_are_drawn(repository: Repository) -> None:
    drawn = repository.dvc("dag", "--mermaid").text
    assert all(f'"{name}"' in drawn for name in members(*STAGES))
    numbers = dict(
        line.strip().removesuffix('"]').split('["')[::-1]
        for line in drawn.splitlines()
        if line.strip().endswith('"]')
    )
    assert f"{numbers[f'train@{PROJECT}']}-->{numbers[f'evaluate@{PROJECT}']}" in drawn

    said = repository.dvc("plots", "show", "--out", "plots")
    page = (repository.root / "plots" / "index.html").read_text("utf-8")
    assert "index.html" in said.text
    assert "Error of the test, by candidate" in page
    assert '"ridge"' in page


def test_a_clone_pulls_what_was_pushed(repository: Repository, s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    repository.dvc("remote", "add", "--default", "kept", f"s3://{bucket}/dvc")
    repository.dvc("remote", "modify", "kept", "endpointurl", s3.endpoint)
    repository.commit()
    # The older botocore of DVC refuses a file of settings that is no file; HOME has none anyway.
    env = {name: word for name, word in s3.env.items() if not name.endswith("_FILE")}
    repository.call("dvc", "push", env=env)

    repository.call("git", "clone", "--quiet", ".", tmp_path / "clone" / "repository")
    clone = Repository(tmp_path / "clone" / "repository", env)
    clone.dvc("pull")

    assert clone.dvc("status").text == "Data and pipelines are up to date.\n"
    assert set(clone.status().values()) == {"fresh"}
    made = snapshot(repository.root / "workspace" / PROJECT)
    own = (".lock", "checks_log.jsonl", "run.log", "run_id", "run.json")
    kept = {name: made[name] for name in made if not name.endswith(own)}
    assert len(kept) > 100
    pulled = snapshot(clone.root / "workspace" / PROJECT)
    assert {name: pulled[name] for name in pulled if not name.endswith(own)} == kept


def test_what_an_ordinary_run_did_is_committed(repository: Repository) -> None:
    repository.change(DECLARED, "ignored:\n  - QTR_ID\n", "ignored:\n")
    before = repository.done_by()
    repository.foresell("run", PROJECT, "--params", "params.yaml")
    assert "monitor" in redone(before, repository.done_by())
    assert "changed" in repository.dvc("status").text

    repository.dvc("repro", "code")
    repository.dvc("commit", "--force")

    assert repository.dvc("status").text == "Data and pipelines are up to date.\n"
    assert repository.dvc("repro").ran == []


def test_rows_that_break_the_contract_stop_what_follows(repository: Repository) -> None:
    before, made = repository.done_by(), snapshot(repository.root / "workspace" / PROJECT)
    told = "description: Number of the order.\n        logicalTypeOptions: {minimum: "
    repository.change(f"projects/{PROJECT}/contract.yaml", f"{told}1}}", f"{told}99999}}")

    said = repository.call("dvc", "repro", f"split@{PROJECT}", fine=False)

    assert said.code != 0
    assert said.ran[-1] == f"validate@{PROJECT}"
    assert redone(before, repository.done_by()) >= {"validate"}
    after = snapshot(repository.root / "workspace" / PROJECT)
    layer = [name for name in made if name.startswith("processed/")]
    assert {name: after[name] for name in layer} == {name: made[name] for name in layer}


def test_what_is_exported_of_the_shipped_projects_is_what_is_committed() -> None:
    repository = Repository(ROOT)
    said = repository.call("foresell", "pipeline", "export", "dvc", "--check", fine=False)
    assert (said.code, said.text) == (0, "58 stages of 4 projects, up to date\n")
