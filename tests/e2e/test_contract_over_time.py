"""A contract may change, but not weaken in silence; every output says which one its rows passed."""

import json
from pathlib import Path

import pytest

import foresell as package
from tests.builders import snapshot, weekly_files, write_files
from tests.e2e.command import Foresell, kept, run_to_split

SHIPPED = Path(package.__file__).parent / "projects" / "walmart"
LOOSER = ("minimum: -100000, maximum: 5000000}", "minimum: -100000, maximum: 6000000}")
STRICTER = ("minimum: -100000, maximum: 5000000}", "minimum: -100000, maximum: 4000000}")


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    texts = {path.name: path.read_bytes() for path in SHIPPED.glob("*.yaml")}
    return write_files(tmp_path / "declared" / "walmart", texts)


def edit(declared: Path, *changes: tuple[str, str]) -> None:
    path = declared / "contract.yaml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


def test_a_weaker_rule_under_the_same_version_is_refused_and_changes_nothing(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert run_to_split(foresell, data).code == 0
    before = kept(tmp_path / "home")

    edit(declared, LOOSER)
    ran = run_to_split(foresell, data)

    assert ran.code == 2
    assert ran.err.startswith(
        "error the contract is weaker than the one that rows have passed under the same version, "
        "1.0.0: Weekly_Sales: the rule maximum changed\n"
    )
    assert kept(tmp_path / "home") == before


def test_going_back_to_an_older_version_is_no_way_round(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    codes = []
    for changes in (
        [],
        [("version: 1.0.0", "version: 1.1.0"), LOOSER],  # weaker, on record
        [("version: 1.1.0", "version: 1.0.0")],  # the weaker one under the name of the first
        [("version: 1.0.0", "version: 0.9.0")],
        [("version: 0.9.0", "version: 1.0.0"), LOOSER[::-1]],  # the first one, as it was
    ):
        edit(declared, *changes)
        codes.append(run_to_split(foresell, data).code)

    assert codes == [0, 0, 2, 2, 0]


def test_a_contract_that_no_rows_have_passed_can_be_taken_back(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    mistaken = ("minimum: -100000, maximum: 5000000}", "minimum: -100000, maximum: 8000}")
    codes = []
    for changes in ([], [mistaken], [mistaken[::-1]]):
        edit(declared, *changes)
        codes.append(run_to_split(foresell, data).code)

    assert codes == [0, 1, 0]


def test_a_weaker_rule_under_a_new_version_is_on_record(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert run_to_split(foresell, data).code == 0

    edit(declared, LOOSER, ("version: 1.0.0", "version: 1.1.0"))

    assert run_to_split(foresell, data).code == 0
    checks = json.loads((tmp_path / "home" / "walmart" / "checks" / "checks.json").read_bytes())
    assert checks["contract"]["version"] == "1.1.0"


def test_a_stricter_rule_needs_no_new_version(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert run_to_split(foresell, data).code == 0

    edit(declared, STRICTER)

    assert run_to_split(foresell, data).code == 0


def test_every_output_says_which_contract_its_rows_have_passed(
    whole: tuple[Path, package.api.RunResult],
) -> None:
    _, result = whole
    files = snapshot(result.workspace)
    outputs = {name.split("/")[0] for name in files if "/" in name and name[0] != "."}
    said = {
        name: json.loads(files[f"{name}/provenance.json"])
        for name in outputs
        - {"manifest", "sources", "raw", "registration", "registered", "monitored"}
    }
    bundle = json.loads(files["bundle/metadata.json"])
    contract = {"sha256": bundle["contract_sha256"], "version": bundle["contract_version"]}

    assert len(said) >= 14
    assert {json.dumps(one["contract"]) for one in said.values()} == {json.dumps(contract)}
    assert {one["synthetic"] for one in said.values()} == {False}
    assert contract["sha256"][:12] in files["report/report.html"].decode()


def test_a_damaged_record_of_contracts_is_named(
    foresell: Foresell, declared: Path, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert run_to_split(foresell, data).code == 0
    record = tmp_path / "home" / "walmart" / ".state" / "contracts.json"
    record.write_text("{", "utf-8")

    ran = run_to_split(foresell, data)

    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error what is kept of earlier contracts cannot be read",
    )


def test_a_contract_is_tried_on_the_files_that_were_staged(
    foresell: Foresell, tmp_path: Path
) -> None:
    data = write_files(tmp_path / "data", weekly_files())
    assert foresell("stage", "walmart", data).code == 0
    before = kept(tmp_path / "home")

    ran = foresell("contract", "test", "walmart")

    assert ran.code == 0
    assert kept(tmp_path / "home") == before
