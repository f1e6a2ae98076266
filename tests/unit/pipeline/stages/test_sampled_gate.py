"""A gate that checks a sample of the rows, and all keys."""

from dataclasses import replace

from foresell.errors import GateError
from foresell.pipeline import gating
from foresell.spec.cleaning import Gate
from tests.unit.pipeline.gatehouse import Gatehouse, fine, landing, shops, tolerant, week


def test_a_sample_is_checked_keys_are_compared_on_all_rows_and_the_report_says_so() -> None:
    bad = [("c", week(place), 5000.0, None, None) for place in range(40)]
    frame = shops(*fine(), *bad, *fine(weeks=1))
    house = Gatehouse(project=tolerant(gate=Gate(sample=20))).validate(landing(frame, 7))
    drawn = gating.draw_sample(51, 20, house.project.seed)
    wanted = {row: "units: maximum" for row in drawn if 11 <= row <= 50}
    wanted |= dict.fromkeys((1, 51), "shop, day: primaryKey")
    assert 0 < len(wanted) < 42
    assert house.why == wanted
    broken = len({*wanted} & {*drawn})
    assert house.checks["sampled"] == {"checked": 20, "broken": broken, "of": 51}
    assert house.notes[-1].startswith("51 read (20 checked) = ")


def test_broken_rows_of_a_sample_are_measured_against_the_rows_that_were_checked() -> None:
    bad = [("c", week(place), 5000.0, None, None) for place in range(116)]
    frame = shops(*fine(weeks=84), *bad)
    project = tolerant(gate=Gate(sample=20))
    lenient = replace(project, cleaning=replace(project.cleaning, max_rejected_share=0.2))
    house = Gatehouse(project=lenient).validate(landing(frame, 7))
    broken = house.rejected.height
    assert 4 < broken < 20
    assert isinstance(house.failure, GateError)
    assert house.failure.what == (
        f"{broken} of 20 checked rows ({broken / 20:.1%}) and {broken} of 200 rows in all broke "
        f"the contract, more than the 20.0% allowed: units: maximum ({broken})"
    )
    assert house.outputs["processed"].list() == []


def test_a_sample_of_as_many_rows_as_there_are_is_no_sample() -> None:
    house = Gatehouse(project=tolerant(gate=Gate(sample=10))).validate(landing(shops(*fine())))
    assert house.checks["sampled"] is None


def test_another_seed_draws_another_sample_and_the_same_seed_the_same() -> None:
    one, again, other = (gating.draw_sample(1000, 10, seed) for seed in (1, 1, 2))
    assert one.to_list() == again.to_list() != other.to_list()
    assert (one.n_unique(), one.min(), one.max()) == (10, one[0], one[-1])
    assert gating.draw_sample(5, 5, 1).to_list() == [1, 2, 3, 4, 5]
