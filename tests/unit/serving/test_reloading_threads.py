"""The threads of a server that look at its shelves: side by side, and none in another's way."""

import threading
import time

from foresell.bundle.bundle import Bundle
from foresell.serving.loading import load_served
from foresell.serving.reloading import Reloading
from foresell.serving.slots import Shelf, Slot
from foresell.spec.serving import Live
from tests.served_bundles import answering_bundle, live
from tests.unit.serving.test_reloading import DAMAGED, OUTAGE, Versions, answer, waited


def test_threads_bring_what_is_new_and_end() -> None:
    shelves = {name: Versions(project=name) for name in ("toy", "shop")}
    slots = {
        name: Slot(project=name, kind="tabular", shelf=Shelf(look=one.look, fetch=one.fetch))
        for name, one in shelves.items()
    }
    reloading = Reloading(slots, load_served, every_s=0.01)
    reloading.begin()
    try:
        assert {name: answer(slot.current) for name, slot in slots.items()} == {
            "toy": 100.0,
            "shop": 100.0,
        }
        shelves["shop"].now = 3
        assert waited(lambda: answer(slots["shop"].current) == 300.0)
        assert answer(slots["toy"].current) == 100.0
    finally:
        reloading.end()
    assert [one.name for one in threading.enumerate() if one.name.startswith("reload ")] == []


def test_a_project_that_hangs_keeps_no_other_from_reloading_nor_the_server_from_ending() -> None:
    hang, toy = threading.Event(), Versions()
    slots = {
        "hung": Slot(
            project="hung",
            kind="tabular",
            shelf=Shelf(look=lambda: live(1, "hung"), fetch=lambda _: answering_bundle("hung")),
        ),
        "toy": Slot(project="toy", kind="tabular", shelf=Shelf(look=toy.look, fetch=toy.fetch)),
    }
    reloading = Reloading(slots, load_served, every_s=0.01)
    reloading.begin()

    def hung() -> Live:
        hang.wait(20)
        raise OUTAGE

    try:
        slots["hung"].shelf = Shelf(look=hung, fetch=toy.fetch)
        toy.now = 2
        assert waited(lambda: answer(slots["toy"].current) == 200.0)
        began = time.monotonic()
        reloading.end()
        assert time.monotonic() - began < 5.0
    finally:
        hang.set()


def test_the_first_versions_of_several_projects_are_loaded_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)  # one after the other would wait for ever

    def fetch(wanted: Live) -> Bundle:
        both.wait()
        return answering_bundle(wanted.project)

    slots = {
        name: Slot(
            project=name,
            kind="tabular",
            shelf=Shelf(look=Versions(project=name).look, fetch=fetch),
        )
        for name in ("toy", "shop")
    }
    reloading = Reloading(slots, load_served)
    reloading.begin()
    reloading.end()

    assert [answer(slot.current) for slot in slots.values()] == [100.0, 100.0]


def test_every_slot_can_be_told_to_look_at_once() -> None:
    versions = Versions(broken={1: DAMAGED})
    slot = Slot(
        project="toy", kind="tabular", shelf=Shelf(look=versions.look, fetch=versions.fetch)
    )
    reloading = Reloading({"toy": slot}, load_served)
    reloading.begin()
    reloading.end()
    versions.broken.clear()

    assert slot.reload is not None
    assert slot.reload().outcome == "loaded"
