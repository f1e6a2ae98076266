from dataclasses import asdict
from typing import Annotated

import pytest
from pydantic import AfterValidator, TypeAdapter

from foresell.errors import SpecError
from foresell.models.boosted import LIBRARIES, Boosting
from foresell.models.candidates import plans
from foresell.models.effort import EFFORTS
from foresell.models.ridge import CLIP, PENALTY
from foresell.spec.modelling import (
    EARNED,
    SETTINGS,
    Limits,
    Modelling,
    Range,
    Tuning,
    check_relative,
)
from foresell.spec.yaml_border import parse_yaml

ADAPTER = TypeAdapter(Annotated[Modelling, AfterValidator(lambda read: read.of("panel"))])


def parse(text: str) -> Modelling:
    return parse_yaml(ADAPTER, text, "p.yaml")


def test_the_section_is_read_whole() -> None:
    read = parse("""
candidates: [lad, lightgbm]
selection: both
settings: {lightgbm: {leaves: 15, past: true}}
tuning:
  trials: 3
  spaces:
    lightgbm: {leaves: [15, 31], learning_rate: {low: 0.02, high: 0.1, log: true}}
""")
    assert read == Modelling(
        candidates=("lad", "lightgbm"),
        selection="both",
        settings={"lightgbm": {"leaves": 15, "past": True}},
        tuning=Tuning(
            trials=3,
            spaces={
                "lightgbm": {
                    "leaves": (15, 31),
                    "learning_rate": Range(low=0.02, high=0.1, log=True),
                }
            },
        ),
    )


def test_what_is_left_out_is_the_candidates_that_earned_it_untuned() -> None:
    plain = Modelling().of("panel")
    assert (plain.candidates, plain.selection, plain.tuning.spaces) == (EARNED, "baseline", {})
    assert set(EARNED) <= set(SETTINGS["panel"])


WRONG = {
    "candidates: [lad, lightgmb]": (
        "'lightgmb' is no candidate",
        "p.yaml: models.candidates",
        "did you mean 'lightgbm'?",
    ),
    "candidates: [lad, lad]": (
        "'lad' stands more than once",
        "p.yaml: models.candidates",
        "keep one of each",
    ),
    "settings: {lightgbm: {leavs: 3}}": (
        "'leavs' is no setting of lightgbm",
        "p.yaml: models.settings.lightgbm",
        "did you mean 'leaves'?",
    ),
    "settings: {lad: {leaves: 3}}": (
        "'leaves' is no setting of lad",
        "p.yaml: models.settings.lad",
        "take it out",
    ),
    "tuning: {spaces: {catbost: {depth: [3]}}}": (
        "'catbost' is no candidate",
        "p.yaml: models.tuning.spaces",
        "did you mean 'catboost'?",
    ),
    "tuning: {spaces: {catboost: {leaves: [3]}}}": (
        "'leaves' is no setting of catboost",
        "p.yaml: models.tuning.spaces.catboost",
        "known: ",
    ),
    "tuning: {spaces: {catboost: {depth: {low: 3, high: 3}}}}": (
        "low is 3, high is 3",
        "p.yaml: models.tuning.spaces",
        "give both, the lower number under low",
    ),
    "tuning: {spaces: {lightgbm: {l2: {low: 0.5, high: .inf}}}}": (
        "low is 0.5, high is inf",
        "p.yaml: models.tuning.spaces",
        "a range has two ends",
    ),
    "tuning: {spaces: {catboost: {depth: {low: 3}}}}": (
        "low is 3, high is nan",
        "p.yaml: models.tuning.spaces",
        "give both, the lower number under low",
    ),
    "tuning: {spaces: {catboost: {l2: {low: 0, high: 3, log: true}}}}": (
        "low is 0 and log is true",
        "p.yaml: models.tuning.spaces",
        "let low be above 0",
    ),
    "settings: {lightgbm: {seeds: 1.5}}": (
        "seeds is 1.5",
        "p.yaml: models.settings.lightgbm",
        "write a whole number from 1 to 20",
    ),
    "settings: {lightgbm: {seeds: true}}": (
        "seeds is true",
        "p.yaml: models.settings.lightgbm",
        "write a whole number from 1 to 20",
    ),
    "settings: {xgboost: {leaves: -3}}": (
        "leaves is -3",
        "p.yaml: models.settings.xgboost",
        "write a whole number from 2 to 1024",
    ),
    "settings: {lightgbm: {rows: -5}}": (
        "rows is -5",
        "p.yaml: models.settings.lightgbm",
        "write a whole number from 50 to 10000000",
    ),
    "settings: {lightgbm: {weight_power: 500}}": (
        "weight_power is 500",
        "p.yaml: models.settings.lightgbm",
        "write a number from 0 to 2",
    ),
    "settings: {lightgbm: {l2: .nan}}": (
        "l2 is nan",
        "p.yaml: models.settings.lightgbm",
        "write a number from 0 to 1000000",
    ),
    "settings: {lightgbm: {named: 1}}": (
        "named is 1",
        "p.yaml: models.settings.lightgbm",
        "write true or false",
    ),
    "settings: {ridge: {clip: -1}}": (
        "clip is -1",
        "p.yaml: models.settings.ridge",
        "write a number from 0.001 to 100",
    ),
    "settings: {ridge: {penalty: -1.0e+9}}": (
        "penalty is -1000000000.0",
        "p.yaml: models.settings.ridge",
        "write a number from 0.001 to 1000000",
    ),
    "tuning: {spaces: {lightgbm: {leaves: {low: 2, high: 9.5}}}}": (
        "leaves is 9.5",
        "p.yaml: models.tuning.spaces.lightgbm",
        "write a whole number from 2 to 1024",
    ),
    "tuning: {spaces: {lightgbm: {named: {low: 0, high: 1}}}}": (
        "named is 0",
        "p.yaml: models.tuning.spaces.lightgbm",
        "write true or false",
    ),
    "tuning: {spaces: {lightgbm: {leaves: [7, 1]}}}": (
        "leaves is 1",
        "p.yaml: models.tuning.spaces.lightgbm",
        "write a whole number from 2 to 1024",
    ),
    "settings: {catboost: {depth: 4}}": (
        "'catboost' is not among the candidates lad, ridge, lightgbm, xgboost",
        "p.yaml: models.settings",
        "add catboost to models.candidates, or take it out here",
    ),
    "{candidates: [], tuning: {spaces: {theta: {shrink: [0.5]}}}}": (
        "'theta' is not among the candidates (none)",
        "p.yaml: models.tuning.spaces",
        "add theta to models.candidates, or take it out here",
    ),
    "selection: tune": ("'selection' is 'tune'", "p.yaml, line 1", "did you mean 'tuned'?"),
    "tuning: {trials: 0}": ("'tuning.trials' is 0", "p.yaml, line 1", "'tuning.trials': write"),
    "trials: 3": ("unknown key 'trials'", "p.yaml, line 1", "known: candidates"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_slip_of_the_pen_is_refused_with_the_nearest_known_name(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text)
    what, where, mend = WRONG[text]
    assert (caught.value.what, caught.value.where) == (what, where)
    assert caught.value.mend.startswith(mend)


def test_no_candidate_at_all_leaves_what_is_always_there() -> None:
    assert parse("candidates: []").candidates == ()
    assert plans(parse("candidates: []"), EFFORTS["default"]) == ()


BOUNDED = [
    (kind, name, setting, limits)
    for kind, known in SETTINGS.items()
    for name, settings in known.items()
    for setting, limits in settings.items()
    if limits.kind != "truth"
]


@pytest.mark.parametrize(("kind", "name", "setting", "limits"), BOUNDED)
def test_the_bounds_of_a_setting_are_allowed_and_what_lies_beyond_is_refused(
    kind: str, name: str, setting: str, limits: Limits
) -> None:
    for bound in (limits.low, limits.high):
        Modelling(candidates=(name,), settings={name: {setting: bound}}).of(kind)
    for wrong in (limits.low - 1, limits.high + 1, float("inf"), float("nan")):
        with pytest.raises(SpecError, match=f"{setting} is"):
            Modelling(candidates=(name,), settings={name: {setting: wrong}}).of(kind)


def test_what_candidates_do_without_settings_lies_within_the_limits() -> None:
    defaults = asdict(Boosting())
    for library in LIBRARIES:
        for setting, limits in SETTINGS["panel"][library].items():
            assert limits.holds(defaults[setting]), setting
    assert SETTINGS["panel"]["ridge"]["penalty"].holds(PENALTY)
    assert SETTINGS["panel"]["ridge"]["clip"].holds(CLIP)
    for effort in EFFORTS.values():
        for name, settings in effort.settings.items():
            assert all(SETTINGS["panel"][name][key].holds(value) for key, value in settings.items())


def tabular(text: str) -> Modelling:
    adapter = TypeAdapter(Annotated[Modelling, AfterValidator(lambda read: read.of("tabular"))])
    return parse_yaml(adapter, text, "p.yaml")


def test_a_table_has_candidates_of_its_own_all_of_them_where_none_is_named() -> None:
    assert tabular("selection: both").candidates == tuple(SETTINGS["tabular"])
    read = tabular(
        "{candidates: [ridge, random_forest], settings: {random_forest: {leaf_rows: 1}}}"
    )
    assert read.settings == {"random_forest": {"leaf_rows": 1}}
    assert tabular("relative_to: [units, price]").relative_to == ("units", "price")


WRONG_TABLES = {
    "candidates: [lad]": ("'lad' is no candidate", "p.yaml: models.candidates", "known: catboost"),
    "candidates: []": ("no candidate is named", "p.yaml: models.candidates", "name some of linear"),
    "settings: {lightgbm: {trees_per_period: 3}}": (
        "'trees_per_period' is no setting of lightgbm",
        "p.yaml: models.settings.lightgbm",
        "known: columns_share",
    ),
    "settings: {linear: {penalty: 3}}": (
        "'penalty' is no setting of linear",
        "p.yaml: models.settings.linear",
        "take it out",
    ),
    "tuning: {spaces: {random_forest: {leaf_rows: [0, 3]}}}": (
        "leaf_rows is 0",
        "p.yaml: models.tuning.spaces.random_forest",
        "write a whole number from 1 to 1000000",
    ),
    "relative_to: [a, b, c, d]": (
        "'relative_to' has 4 items",
        "p.yaml, line 1",
        "'relative_to': write 3 items at most",
    ),
}


@pytest.mark.parametrize("text", WRONG_TABLES)
def test_a_slip_of_the_pen_about_a_table_is_refused_with_the_nearest_known_name(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        tabular(text)
    what, where, mend = WRONG_TABLES[text]
    assert caught.value.what.startswith(what)
    assert caught.value.where == where
    assert caught.value.mend.startswith(mend)


def test_a_panel_is_not_learnt_relative_to_columns_nor_a_table_to_what_is_no_feature() -> None:
    with pytest.raises(SpecError, match="relative to the size of its series"):
        parse("relative_to: [price]")
    with pytest.raises(SpecError, match="'prise' is no column with the role 'feature'"):
        check_relative(tabular("relative_to: [prise]"), {"price": "feature", "paid": "target"})
    with pytest.raises(SpecError, match="stands more than once"):
        check_relative(tabular("relative_to: [price, price]"), {"price": "feature"})
