"""What a browser wants and what it is sent crosses to another process and is the same there."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from foresell.dashboard.page import Answering, Visitor
from foresell.dashboard.wanted import Wanted, plain_reply, plain_wanted, reply_of, wanted_of
from foresell.serving.exchange import Kind, Reply
from foresell.spec.serving import Live, Place, Took

PROJECTS: Sequence[tuple[str, Kind]] = (("toy", "tabular"), ("retail", "panel"))
_TEXT = st.text(st.characters(codec="latin-1"), max_size=20)
_NAMES = st.dictionaries(_TEXT, _TEXT, max_size=3)
_LIVE = st.builds(
    Live,
    project=_TEXT,
    alias=_TEXT,
    version=_TEXT,
    digest=_TEXT,
    run_id=_TEXT,
    place=st.builds(Place, project=_TEXT, folder=_TEXT, version=st.integers(0, 9)),
)
_TOOK = st.builds(
    Took,
    name=_TEXT,
    requests=st.integers(0, 9),
    answered=st.integers(0, 9),
    failed=st.integers(0, 9),
    within_s=st.tuples(st.none() | st.floats(0, 1), st.floats(0, 1)),
    longest_s=st.floats(0, 9),
)
_ANSWERING = st.builds(
    Answering,
    live=st.none() | _LIVE,
    waiting=st.tuples(_TEXT, _TEXT, _TEXT),
    refused=_TEXT,
    why=_TEXT,
    cold=st.booleans(),
    took=st.lists(_TOOK, max_size=2).map(tuple),
)
_VISITORS = st.builds(
    Visitor,
    name=_TEXT,
    admin=st.booleans(),
    token=_TEXT,
    scopes=st.sampled_from([(), ("read",), ("predict", "admin")]),
)


@given(
    st.builds(
        Wanted,
        do=st.sampled_from(["page", "act", "static"]),
        at=_TEXT,
        path=_NAMES,
        query=_TEXT,
        body=_TEXT,
        heads=_NAMES,
        visitor=_VISITORS,
        projects=st.sampled_from([(), PROJECTS]),
        keyed=st.booleans(),
        answering=st.none() | _ANSWERING,
        request_id=_TEXT,
        back=_TEXT,
        told=st.sampled_from([(), ("what", "where", "mend")]),
        status=st.integers(200, 599),
    )
)
def test_what_is_wanted_crosses_to_another_process_and_is_the_same(wanted: Wanted) -> None:
    assert wanted_of(json.loads(json.dumps(plain_wanted(wanted)))) == wanted


@given(
    st.binary(max_size=200),
    st.integers(200, 599),
    st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), max_size=4),
)
def test_a_reply_crosses_to_another_process_and_is_the_same(
    body: bytes, status: int, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    reply = Reply(body=body, status=status, media_type=b"text/html", headers=tuple(headers))

    assert reply_of(json.loads(json.dumps(plain_reply(reply)))) == reply
