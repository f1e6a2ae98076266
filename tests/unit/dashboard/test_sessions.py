"""Who is signed in, for how long, and what a cookie is worth."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.dashboard.page import Visitor
from foresell.dashboard.sessions import LONG_S, Sessions
from foresell.serving.keys import KeyRing
from foresell.serving.problems import Refused
from foresell.spec.keys import Key, token_digest, token_text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = token_text("0123456789ab", "a" * 43)
BEN = token_text("ba9876543210", "b" * 43)


def key(token: str = ANA, **told: object) -> Key:
    fields: dict[str, object] = {"name": "ana", "scopes": ("read", "admin"), "created": NOW, **told}
    return Key(id=token[4:16], digest=token_digest(token), **fields)  # type: ignore[arg-type]


@dataclass
class House:
    """Keys in memory, clocks set by hand, and dice that count."""

    held: list[Key] = field(default_factory=lambda: [key()])
    seconds: float = 0.0
    version: int = 0
    required: bool = False
    drawn: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        ring = KeyRing(self, lambda: NOW.timestamp() + self.seconds, self.clock, print)
        self.sessions = Sessions(
            ring, required=self.required, clock=self.clock, dice=lambda: f"dice-{next(self.drawn)}"
        )

    def stamp(self) -> object:
        return self.version

    def keys(self) -> list[Key]:
        return list(self.held)

    def clock(self) -> float:
        return self.seconds

    def change(self, *keys: Key) -> None:
        """Put other keys in place, and let it be looked at."""
        self.held, self.version = list(keys), self.version + 1
        self.seconds += 1

    def signed_in(self, token: str = ANA, **heads: bytes) -> dict[bytes, bytes]:
        """Sign in; the headers that the browser sends from then on."""
        named = {name.encode(): value for name, value in heads.items()}
        cookie = self.sessions.begin(token, named)
        return {b"cookie": cookie.partition(b";")[0]}


def test_a_key_opens_a_session_in_its_name_with_a_token_for_its_forms() -> None:
    house = House()
    heads = house.signed_in()

    visitor = house.sessions.visitor(heads)

    assert visitor == Visitor(
        name="ana",
        admin=True,
        token="dice-2",  # noqa: S106
        scopes=("predict", "explain", "read", "admin"),
    )
    assert house.sessions.visitor(heads) == visitor


def test_who_has_not_signed_in_may_look_and_ask_but_change_nothing_where_no_key_is_needed() -> None:
    assert House().sessions.visitor({}) == Visitor(scopes=("predict", "explain", "read"))
    assert House(required=True).sessions.visitor({}) is None


def test_where_keys_are_needed_a_session_allows_what_its_key_does() -> None:
    house = House(held=[key(scopes=("read", "explain"))], required=True)

    visitor = house.sessions.visitor(house.signed_in())

    assert visitor is not None
    assert (visitor.admin, visitor.scopes) == (False, ("explain", "read"))


def test_the_cookie_is_for_no_script_for_no_other_site_and_for_pages_only() -> None:
    cookie = House().sessions.begin(ANA, {b"origin": b"http://127.0.0.1:8080"}).decode()

    assert re.fullmatch(
        r"foresell_[0-9a-f]{8}=dice-1; Path=/ui; Max-Age=43200; HttpOnly; SameSite=Strict", cookie
    )


def test_a_browser_that_came_by_https_is_told_to_send_the_cookie_by_nothing_else() -> None:
    house, heads = House(), {b"origin": b"https://box.example"}

    assert house.sessions.begin(ANA, heads).endswith(b"; SameSite=Strict; Secure")
    assert house.sessions.end(heads).endswith(
        b"=; Path=/ui; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    )


def test_a_session_ends_after_twelve_hours_whatever_is_done_in_it() -> None:
    house = House()
    heads = house.signed_in()

    house.seconds = LONG_S - 0.1
    assert house.sessions.visitor(heads) is not None
    house.seconds = LONG_S
    assert house.sessions.visitor(heads) == Visitor(scopes=("predict", "explain", "read"))
    house.seconds = 0.0
    assert house.sessions.visitor(heads) == Visitor(scopes=("predict", "explain", "read"))


@pytest.mark.parametrize(
    "now",
    [
        [],
        [replace(key(), digest=token_digest(BEN))],
        [key(expires=NOW + timedelta(seconds=0.5))],
        [key(scopes=("predict", "admin"))],
    ],
    ids=["revoked", "another secret", "expired", "without read"],
)
def test_a_session_ends_with_its_key(now: list[Key]) -> None:
    house = House(required=True)
    heads = house.signed_in()
    assert house.sessions.visitor(heads) is not None

    house.change(*now)

    assert house.sessions.visitor(heads) is None
    assert len(house.sessions) == 0
    house.change(key())
    assert house.sessions.visitor(heads) is None


def test_a_key_that_loses_the_scope_admin_changes_nothing_from_then_on() -> None:
    house = House()
    heads = house.signed_in()

    house.change(key(scopes=("read",)))

    visitor = house.sessions.visitor(heads)
    assert visitor is not None
    assert (visitor.name, visitor.admin) == ("ana", False)


def test_signing_in_makes_a_new_session_and_ends_the_one_before() -> None:
    house = House()
    first = house.signed_in()
    second = house.signed_in(cookie=first[b"cookie"])

    assert first != second
    assert house.sessions.visitor(first) == Visitor(scopes=("predict", "explain", "read"))
    assert house.sessions.visitor(second) is not None


def test_a_cookie_that_somebody_has_prepared_is_never_taken_over() -> None:
    house = House()
    name = house.sessions.begin(ANA, {}).partition(b"=")[0]
    planted = {b"cookie": name + b"=planted"}

    house.sessions.begin(ANA, planted)

    visitor = house.sessions.visitor(planted)
    assert visitor is not None
    assert visitor.name == ""


def test_signing_out_ends_the_session_on_the_server_too() -> None:
    house = House()
    heads = house.signed_in()

    cleared = house.sessions.end(heads)

    assert b"Max-Age=0" in cleared
    visitor = house.sessions.visitor(heads)
    assert visitor is not None
    assert visitor.name == ""


def test_two_servers_on_one_machine_have_cookies_of_different_names() -> None:
    one, other = House(), House(drawn=count(100))
    both = b"; ".join([one.signed_in()[b"cookie"], other.signed_in()[b"cookie"]])

    seen = [house.sessions.visitor({b"cookie": both}) for house in (one, other)]

    assert [visitor.name for visitor in seen if visitor] == ["ana", "ana"]


def test_of_one_key_twenty_sessions_are_kept_and_those_of_others_stay() -> None:
    house = House(held=[key(), key(BEN, name="ben")])
    ben = house.signed_in(BEN)
    all_of_ana = [house.signed_in() for _ in range(21)]

    names = [
        visitor.name
        for heads in (ben, all_of_ana[0], all_of_ana[1], all_of_ana[-1])
        if (visitor := house.sessions.visitor(heads))
    ]

    assert names == ["ben", "", "ana", "ana"]
    assert len(house.sessions) == 21


def test_neither_a_key_nor_a_cookie_can_be_read_from_what_is_kept() -> None:
    house = House()
    house.signed_in()

    kept = repr(vars(house.sessions)["_kept"])

    assert ANA not in kept
    assert "dice-1" not in kept


@pytest.mark.parametrize(
    ("token", "status"),
    [("", 401), ("fsk_nobody", 401), (ANA[:-1] + "b", 401), ("ü" * 60, 401), (BEN, 403)],
)
def test_what_is_no_key_that_may_look_opens_nothing(token: str, status: int) -> None:
    house = House(held=[key(), key(BEN, scopes=("predict", "admin"))], required=True)

    with pytest.raises(Refused) as refused:
        house.sessions.begin(token, {})

    assert refused.value.status == status
    assert len(house.sessions) == 0


@given(st.binary(max_size=300))
def test_no_cookie_but_the_one_that_was_given_is_anybody(cookie: bytes) -> None:
    house = House(required=True)
    house.signed_in()

    assert house.sessions.visitor({b"cookie": cookie}) is None
