"""``--model``: a registered version answers instead of the last run, or is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import foresell as platform
from foresell.adapters.store import DirectoryStore
from foresell.api import RunResult
from foresell.api.chosen_model import chosen_model, refuse_failed
from foresell.api.registry import promote, register, reject
from foresell.bundle.bundle import Bundle, read_bundle, write_bundle
from foresell.errors import DataError, GateError, UsageError
from foresell.govern import registry as rules
from foresell.spec.registry import Version
from tests.e2e.command import Foresell, three_lines
from tests.e2e.order_rows import LINE
from tests.row_bundles import make_bundle
from tests.small_bundles import small_bundle
from tests.tabular_files import order_files, order_lines

Whole = tuple[Path, RunResult]


@pytest.fixture
def own_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of this test alone, though homes are shared: where its artifacts are."""
    monkeypatch.setenv("FORESELL_REGISTRY", f"sqlite:///{tmp_path}/registry.db")
    monkeypatch.setenv("FORESELL_ARTIFACTS", str(tmp_path / "objects"))
    return tmp_path / "objects"


@pytest.fixture
def walmart(whole: Whole, own_registry: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a run whose bundle is registered as version 1, and nothing is live."""
    folder, result = whole
    monkeypatch.setenv("FORESELL_HOME", str(folder / "home"))
    register("walmart", result.workspace / "bundle")
    return folder / "home"


def registry_digest(project: str) -> str:
    return platform.versions(project).versions[0].digest


def spoil(own_registry: Path, name: str, bundle: Path) -> Path:
    """Change one byte of the file of the bundle as it is kept."""
    digest = str(json.loads((bundle / "checksums.json").read_bytes())[name])
    kept = own_registry / digest[:2] / digest[2:]
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    return kept


def test_what_is_promoted_answers_as_the_bundle_of_the_run_it_came_from(walmart: Path) -> None:
    promote("walmart", 1, to="prod", reason="first", override=True)

    for model in ("prod", "champion", "latest", "1", 1):
        assert_frame_equal(
            platform.forecast("walmart", model=model),
            platform.forecast("walmart"),
            check_exact=True,
        )
    series = {"Store": 1, "Dept": 1}
    assert_frame_equal(
        platform.explain("walmart", series, model="prod"),
        platform.explain("walmart", series),
        check_exact=True,
    )


def test_the_commands_answer_from_the_version_they_are_asked_for(
    walmart: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(walmart))
    for words in (
        ("forecast", "walmart", "--where", "Store=1", "--format", "json"),
        ("explain", "walmart", "--where", "Store=1", "--where", "Dept=1", "--format", "json"),
    ):
        asked, last = foresell(*words, "--model", "1"), foresell(*words)
        assert (asked.code, asked.out) == (0, last.out)


def test_a_version_whose_bytes_have_changed_is_refused_and_says_what_to_do(
    walmart: Path,
    own_registry: Path,
    whole: Whole,
    foresell: Foresell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(walmart))
    promote("walmart", 1, to="prod", reason="first", override=True)
    kept = spoil(own_registry, "metadata.json", whole[1].workspace / "bundle")

    ran = foresell("forecast", "walmart", "--model", "prod")

    digest = kept.parent.name + kept.name
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == three_lines(
        f"version 1 of 'walmart' is damaged: the content {digest[:12]} of the registry is not the "
        "one that was put there",
        f"{own_registry}, bundle {registry_digest('walmart')[:12]}",
        "restore the file from a backup, or register the same bundle again: what is missing is "
        "put back",
    )
    assert foresell("forecast", "walmart").code == 0


def test_registering_the_same_bundle_again_puts_changed_bytes_back(
    walmart: Path, own_registry: Path, whole: Whole
) -> None:
    bundle = whole[1].workspace / "bundle"
    spoil(own_registry, "history.parquet", bundle)
    with pytest.raises(DataError, match="is not the one that was put there"):
        platform.forecast("walmart", model=1)

    again = register("walmart", bundle)

    assert (again.new, again.version.version) == (False, 1)
    assert_frame_equal(platform.forecast("walmart", model=1), platform.forecast("walmart"))


@pytest.mark.parametrize("words", [("forecast", "walmart"), ("explain", "walmart")])
def test_an_alias_that_points_nowhere_says_how_to_point_it(
    walmart: Path, foresell: Foresell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FORESELL_HOME", str(walmart))
    ran = foresell(*words, "--model", "prod")

    assert ran.code == 2
    assert "prod" in ran.err.splitlines()[0]
    assert "foresell registry promote" in ran.err


def test_a_version_that_is_none_and_a_word_that_is_none_are_refused(walmart: Path) -> None:
    for model in (2, "2", "0", "prid"):
        with pytest.raises(UsageError):
            platform.forecast("walmart", model=model)


def test_nothing_registered_says_what_to_run(orders_home: Path, own_registry: Path) -> None:
    with pytest.raises(UsageError) as refused:
        platform.predict("sales_orders", LINE, model="prod", home=orders_home)

    assert "sales_orders" in refused.value.what
    assert "foresell run sales_orders" in refused.value.mend


@pytest.fixture
def orders(orders_home: Path, own_registry: Path) -> Callable[..., dict[str, object]]:
    """Ask the registered bundle of ``sales_orders`` by the command's own way."""
    register("sales_orders", orders_home / "sales_orders" / "bundle", home=orders_home)

    def asked(**more: object) -> dict[str, object]:
        from foresell.api.predicting import predict_rows  # noqa: PLC0415
        from foresell.cli.show_answers import answer_objects  # noqa: PLC0415

        found = predict_rows("sales_orders", [LINE], home=orders_home, **more)  # type: ignore[arg-type]
        return answer_objects(found)[0]

    return asked


def test_the_number_of_the_version_is_told_with_the_answer(
    orders: Callable[..., dict[str, object]],
) -> None:
    last, asked = orders(), orders(model="latest")

    assert asked.pop("model_version") == "1"
    assert len(str(last.pop("model_version"))) == 12
    assert asked == last


def test_files_and_frames_are_answered_by_the_version_as_rows_are(
    orders: Callable[..., dict[str, object]], orders_home: Path, tmp_path: Path
) -> None:
    lines = order_lines(40)
    lines.write_csv(tmp_path / "lines.csv")
    last = platform.predict("sales_orders", tmp_path / "lines.csv", home=orders_home)

    for rows in (tmp_path / "lines.csv", str(tmp_path / "lines.csv")):
        asked = platform.predict("sales_orders", rows, model=1, home=orders_home)
        assert_frame_equal(asked, last, check_exact=True)
    frame = pl.DataFrame([LINE, LINE])
    assert_frame_equal(
        platform.predict("sales_orders", frame, model=1, home=orders_home),
        platform.predict("sales_orders", frame, home=orders_home),
        check_exact=True,
    )


def test_what_matters_on_the_whole_is_not_told_of_a_version(foresell: Foresell) -> None:
    ran = foresell("explain", "sales_orders", "--model", "1")

    assert ran.code == 2
    assert ran.err == three_lines(
        "what matters on the whole is told of the last run, not of a registered version",
        "--model",
        "take rows apart with it: --where COLUMN=VALUE",
    )


def test_the_schema_belongs_to_the_declaration_and_to_no_model(foresell: Foresell) -> None:
    ran = foresell("predict", "sales_orders", "--show-schema", "--model", "prod")
    assert (ran.code, ran.err) == (
        2,
        three_lines("no row is answered", "--show-schema, --model", "keep one"),
    )


def test_a_version_that_failed_the_gate_answers_only_while_an_override_keeps_it_live(
    own_registry: Path, tmp_path: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = order_files(order_lines(120))["sales_data_sample.csv"]
    bundle = make_bundle("sales_orders", content, tmp_path / "home", passed=False)
    register("sales_orders", bundle, home=tmp_path / "home")

    with pytest.raises(GateError) as refused:
        platform.predict("sales_orders", LINE, model=1, home=tmp_path / "home")

    assert refused.value.args == (
        "version 1 failed the gate",
        "project 'sales_orders', version 1",
        "answer with another, or promote it with a reason: foresell registry promote "
        "sales_orders 1 --to prod --reason TEXT --override-gate",
    )


def test_a_version_that_calls_itself_passed_is_held_to_what_its_registration_found(
    own_registry: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    content = order_files(order_lines(120))["sales_data_sample.csv"]
    bundle = make_bundle("sales_orders", content, home, passed=False)
    lying = read_bundle(DirectoryStore(bundle))
    told = {**lying.metadata, "gate": {"passed": True, "override": None}}
    write_bundle(replace(lying, metadata=told), DirectoryStore(bundle))
    register("sales_orders", bundle, home=home)

    with pytest.raises(GateError, match="version 1 failed the gate"):
        platform.predict("sales_orders", LINE, model=1, home=home)

    promote("sales_orders", 1, reason="the other is worse", override=True, home=home)
    assert platform.predict("sales_orders", LINE, model=1, home=home) is not None


def test_a_version_that_was_rejected_answers_nothing(
    orders: Callable[..., dict[str, object]],
) -> None:
    assert orders(model="latest")["model_version"] == "1"
    reject("sales_orders", 1, reason="wrong data")

    for model in (1, "latest"):
        with pytest.raises(GateError) as refused:
            orders(model=model)
        assert refused.value.args == (
            "version 1 was rejected, which is final",
            "project 'sales_orders', version 1",
            "answer with another: foresell registry show sales_orders lists them",
        )


def test_which_version_answers_and_whether_it_may_follow_from_one_state(
    own_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though prod moves on while the files of what was prod are read."""
    for seed in (1, 2):
        write_bundle(small_bundle(seed=seed, passed=seed == 2), DirectoryStore(tmp_path / "bundle"))
        register("toy", tmp_path / "bundle")
    promote("toy", 1, reason="the first", override=True)
    reading = rules.read_version

    def slowly(registry: rules.Registry, version: Version) -> Bundle:
        monkeypatch.setattr(rules, "read_version", reading)
        promote("toy", 2, reason="better")
        return reading(registry, version)

    monkeypatch.setattr(rules, "read_version", slowly)
    chosen = chosen_model("toy", None, "prod")
    assert (chosen.version, chosen.accepted) == ("1", True)
    refuse_failed(chosen)
    assert platform.versions("toy").aliases["prod"] == 2


@pytest.mark.parametrize(
    ("alias", "offered"), [("prod", "prod"), ("staging", "staging"), (None, "latest")]
)
def test_without_a_run_a_registered_version_is_offered(
    alias: str | None, offered: str, own_registry: Path, tmp_path: Path
) -> None:
    bundle, home = tmp_path / "bundle", tmp_path / "home"
    write_bundle(small_bundle(project="sales_orders"), DirectoryStore(bundle))
    with pytest.raises(UsageError) as before:
        platform.predict("sales_orders", LINE, home=home)
    register("sales_orders", bundle)
    if alias is not None:
        promote("sales_orders", 1, to=alias, reason="a test")

    with pytest.raises(UsageError) as after:
        platform.predict("sales_orders", LINE, home=home)

    assert before.value.mend.startswith("run it first: foresell run sales_orders")
    assert after.value.mend == (
        f"{before.value.mend}; or ask a registered version: --model {offered}"
    )


def test_a_registry_out_of_reach_does_not_hide_that_there_is_no_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORESELL_REGISTRY", "postgresql://127.0.0.1:1/models")

    with pytest.raises(UsageError, match="the project 'sales_orders' has no bundle yet") as refused:
        platform.predict("sales_orders", LINE, home=tmp_path)

    assert "--model" not in refused.value.mend


def test_a_model_is_found_without_the_folder_of_its_run(walmart: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely"
    lonely.mkdir()

    assert_frame_equal(
        platform.forecast("walmart", model=1, home=lonely),
        platform.forecast("walmart", home=walmart),
        check_exact=True,
    )
