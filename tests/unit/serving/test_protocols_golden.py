"""Requests and replies written from the specifications of the protocols, each in a file.

Each names its source. They are held, not made: to change one is to change what clients are told.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from foresell import __version__
from tests.served_sites import asked, toy_site

GOLDEN = sorted((Path(__file__).parents[2] / "golden/serving").glob("*.json"))


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_request_of_the_protocol_gets_the_reply_of_the_protocol(file: Path) -> None:
    golden: dict[str, Any] = json.loads(file.read_text())
    replied = asked(
        toy_site(),
        golden["request"],
        golden.get("body"),
        content_type=golden.get("media_type", "application/json"),
    )

    wanted = json.loads(json.dumps(golden["reply"]).replace("VERSION", __version__))
    assert (replied.status, replied.told) == (golden["status"], wanted)
    assert replied.headers["content-type"] == "application/json"
