"""A stage has the inputs and outputs that it declares, and cannot even ask for another."""

from collections.abc import Callable, Mapping

import pytest

from foresell.errors import SpecError
from foresell.pipeline.work import Stage, Work
from foresell.spec.ports import Store
from tests.unit.pipeline.conftest import House, MakeRequest

ASKED: dict[str, Callable[[Mapping[str, Store]], object]] = {
    "by its name": lambda stores: stores["asked"],
    "by get": lambda stores: stores.get("asked"),
    "by get with something else instead": lambda stores: stores.get("asked", None),
    "whether it is there": lambda stores: "asked" in stores,
    "whether it is not there": lambda stores: "asked" not in stores,
    "among the keys": lambda stores: "asked" in stores.keys(),  # noqa: SIM118 - another way to ask
}


@pytest.mark.parametrize("how", ASKED)
@pytest.mark.parametrize(
    ("side", "verb", "field"), [("inputs", "reads", "needs"), ("outputs", "writes", "makes")]
)
def test_what_a_stage_does_not_declare_is_refused_in_whatever_way_it_asks(
    how: str, side: str, verb: str, field: str, house: House, ask: MakeRequest
) -> None:
    def run(work: Work) -> None:
        work.outputs["made"].write_bytes("word", b"made")
        ASKED[how](getattr(work, side))

    stage = Stage(name="ask", run=run, needs=(), makes=("made",), says="asks", reads=())
    with pytest.raises(SpecError) as refused:
        house.run(ask({}), (stage,))
    assert refused.value.args == (
        f"the stage 'ask' {verb} 'asked' and does not declare it",
        f"stage 'ask', {field}",
        f"add 'asked' to {field} of the stage, or leave it alone",
    )
    assert house.files() == {}
    assert house.workspace.records == {}


def test_what_a_stage_declares_is_found_in_every_way(house: House, ask: MakeRequest) -> None:
    said: list[object] = []

    def run(work: Work) -> None:
        made = work.outputs
        said.extend([list(made), len(made), "made" in made, made.get("made") is made["made"]])

    house.run(
        ask({}),
        (Stage(name="ask", run=run, needs=(), makes=("made", "more"), says="asks", reads=()),),
    )
    assert said == [["made", "more"], 2, True, True]
