"""Secrets do not pass: whatever way a task writes them, the alert holds stars."""

import pytest
from hypothesis import example, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from foresell.monitor.unsaid import without_secrets

SAID = (
    ('{"password": "hunter2"}', '{"password": ***}'),
    (
        '{"user": "jo", "db_password": "hun ter2", "port": 5}',
        '{"user": "jo", "db_password": ***, "port": 5}',
    ),
    ('{"password": "hun\\"ter2", "port": 5}', '{"password": ***, "port": 5}'),
    ('"{\\"token\\": \\"hun ter2\\"}"', '"{\\"token\\": ***}"'),
    ("password='hun ter2' next", "password=*** next"),
    ('password="hun ter2', "password=***"),
    ("password=hun\\ ter2 next", "password=*** next"),
    ("connection failed: password=hunter2 host=x", "connection failed: password=*** host=x"),
    ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
    ("pwd=hunter2", "pwd=***"),
    ("aws_secret_access_key = hunter2 x", "aws_secret_access_key = *** x"),
    ("AccountKey=hunter2==", "AccountKey=***"),
    ("{'api-key': 'hunter2'}", "{'api-key': ***}"),
    ("'token': 'hunter2'", "'token': ***"),
    ("X-API-Key: hunter2", "X-API-Key: ***"),
    ("Authorization: Bearer hunter2 x", "Authorization: *** x"),
    ('-H "Authorization: Basic hunter2"', '-H "Authorization: ***'),
    ("sent Bearer hunter2 to it", "sent Bearer *** to it"),
    ("Cookie: a=hunter2; b=hunter2\nnext", "Cookie: *** next"),
    ("foresell --password hunter2 --x", "foresell --password *** --x"),
    ("foresell --api-key 'hun ter2' x", "foresell --api-key *** x"),
    ("postgres://u:hun/ter2@host/db", "postgres://***@host/db"),
    ("redis://:hun@ter2@host", "redis://***@host"),
    ("two: a://u:hunter2@h, b://u:hunter2@h", "two: a://***@h, b://***@h"),
    ("cut off at postgres://u:hunter2", "cut off at postgres://u:***"),
    ("https://hooks.slack.com/services/T/B/hunter2 x", "https://hooks.slack.com/*** x"),
    ("https://x.webhook.office.com/hunter2", "https://x.webhook.office.com/***"),
    ("https://discord.com/api/webhooks/1/hunter2", "https://discord.com/api/webhooks/***"),
    ("https://b.s3/x?X-Amz-Signature=hunter2", "https://b.s3/x?X-Amz-Signature=***"),
    ("a key fsk_0123456789ab_hunter2 x", "a key *** x"),
    ("eyJhbGciOi.eyJzdWIi.hunter2 x", "*** x"),
    ("\x1b[1mpassword\x1b[0m: \x1b[31mhunter2\x1b[0m", "password: ***"),
)


@pytest.mark.parametrize(("says", "told"), SAID, ids=lambda text: text[:24].encode().hex()[:24])
def test_what_looks_like_a_secret_is_left_out(says: str, told: str) -> None:
    assert without_secrets(says, []) == told


@pytest.mark.parametrize(
    "says",
    [
        "the stage train failed: exit code 3",
        "FATAL: password authentication failed for user jo",
        "no answer of http://127.0.0.1:8080",
        "no answer of https://mlflow.example:5000/api/2.0",
        "s3://bucket/prefix/train.csv is missing",
        "3 tokens left",
    ],
)
def test_what_is_no_secret_is_told(says: str) -> None:
    assert without_secrets(says, [""]) == says


@checked(max_examples=60)
@given(
    known=st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=4),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
@example(known="p%40ss", before="", after="")
def test_a_known_secret_is_never_told(known: str, before: str, after: str) -> None:
    if known not in f"{before}***{after}":
        assert known not in without_secrets(f"{before} {known} {after}", [known])


def test_a_long_text_is_looked_through_quickly() -> None:
    for piece in ("-", "password ", "://", "://a:", "eyJ", '"', "\\", "token=\\"):
        assert without_secrets(piece * 3000, []) is not None
