"""What was judged before a project declared another split is not taken for what it asks for now."""

from pathlib import Path

import pytest

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.api.inspecting import _verdict
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.wiring.runs import declaration


def test_a_split_that_was_declared_after_the_last_judgement_is_not_judged_yet(
    tmp_path: Path,
) -> None:
    _, spec = declaration("sales_orders", read_settings())
    held_out = {"protocols": {"held-out": {"champion": "ridge"}}}
    place = DirectoryWorkspace(tmp_path)

    assert _verdict(held_out, "held-out", place, spec) == {"champion": "ridge"}
    with pytest.raises(UsageError) as refused:
        _verdict(held_out, "chronological", place, spec)

    assert refused.value.what == (
        "the project 'sales_orders' has not been judged yet by the split 'chronological' that it "
        "declares now"
    )
    assert refused.value.mend == "run it first: foresell run sales_orders --data DIR"
