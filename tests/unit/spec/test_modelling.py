import pytest
from pydantic import TypeAdapter

from foresell.errors import SpecError
from foresell.spec.modelling import EARNED, SETTINGS, Modelling, Range, Tuning
from foresell.spec.yaml_border import parse_yaml

ADAPTER = TypeAdapter(Modelling)


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
    plain = Modelling()
    assert (plain.candidates, plain.selection, plain.tuning.spaces) == (EARNED, "baseline", {})
    assert set(EARNED) <= set(SETTINGS)


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
