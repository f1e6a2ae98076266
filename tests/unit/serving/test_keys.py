"""Who is let in by which key, also while the list of keys changes."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import DataError
from foresell.serving.factory import create_app
from foresell.serving.guards import Guards
from foresell.serving.keys import KeyRing, presented
from foresell.serving.problems import Refused
from foresell.serving.routes import all_routes
from foresell.spec.keys import Key, keys_text, parse_keys, read_scopes, token_digest, token_text
from foresell.spec.serving import SCOPES, Scope
from tests.live_server import live
from tests.served_sites import toy_site
from tests.unit.serving.small_app import small_app

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = token_text("0123456789ab", "s" * 43)
OTHER = token_text("ba9876543210", "t" * 43)


def key(token: str = TOKEN, **told: object) -> Key:
    fields: dict[str, object] = {"name": "shop", "scopes": ("predict",), "created": NOW, **told}
    return Key(id=token[4:16], digest=token_digest(token), **fields)  # type: ignore[arg-type]


@dataclass
class Listed:
    """A list of keys in memory, and clocks that are set by hand."""

    held: list[Key] = field(default_factory=lambda: [key()])
    broken: bool = False
    version: int = 0
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)

    def stamp(self) -> object:
        return self.version

    def keys(self) -> list[Key]:
        if self.broken:
            raise DataError("this is no list of API keys", "keys.json", "mend it")
        return list(self.held)

    def ring(self) -> KeyRing:
        return KeyRing(self, lambda: NOW.timestamp() + self.seconds, self.clock, self.said.append)

    def clock(self) -> float:
        return self.seconds

    def change(self, *keys: Key, broken: bool = False) -> None:
        self.held, self.broken, self.version = list(keys), broken, self.version + 1


def refusal(ring: KeyRing, token: str | None, scope: Scope = "predict") -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        ring.admit(token, scope)
    assert refused.value.headers[0][0] == b"www-authenticate"
    return refused.value.status, refused.value.what


def test_a_key_is_let_in_for_what_it_allows_and_nothing_else() -> None:
    ring = Listed().ring()
    assert ring.admit(TOKEN, "predict").name == "shop"
    assert refusal(ring, TOKEN, "admin") == (403, "this API key does not allow 'admin'")
    assert refusal(ring, None) == (401, "this needs an API key")


@given(token=st.text(max_size=80) | st.from_regex(r"fsk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"))
@settings(max_examples=80)
def test_nothing_but_the_token_itself_is_let_in(token: str) -> None:
    assert refusal(Listed().ring(), token) == (401, "this API key is not known")


@pytest.mark.parametrize(
    "token", [TOKEN[:-1] + "x", TOKEN.upper(), f" {TOKEN}", OTHER, f"{TOKEN}\n"]
)
def test_a_token_that_is_nearly_right_is_not_let_in(token: str) -> None:
    assert refusal(Listed().ring(), token)[0] == 401


def test_a_key_expires_at_its_moment() -> None:
    listed = Listed([key(expires=NOW + timedelta(seconds=10))])
    ring = listed.ring()
    listed.seconds = 9.9
    assert ring.admit(TOKEN, "predict").name == "shop"
    listed.seconds = 10.0
    assert refusal(ring, TOKEN) == (401, "this API key has expired")


def test_a_list_that_changes_holds_within_a_second() -> None:
    listed = Listed()
    ring = listed.ring()
    listed.change(key(OTHER, name="other"))
    listed.seconds = 1.0
    assert ring.admit(OTHER, "predict").name == "other"
    assert refusal(ring, TOKEN)[0] == 401
    listed.change()
    listed.seconds = 2.0
    assert refusal(ring, OTHER)[0] == 401


def test_a_list_that_is_spoilt_leaves_the_keys_from_before_and_says_so_once() -> None:
    listed = Listed()
    ring = listed.ring()
    listed.change(broken=True)
    for second in (1.0, 2.0, 3.0):
        listed.seconds = second
        assert ring.admit(TOKEN, "predict").name == "shop"
    assert ring.trouble == "this is no list of API keys"
    assert listed.said == [f"the API keys cannot be read, those from before stand: {ring.trouble}"]
    listed.change(key(OTHER, name="other"))
    listed.seconds = 4.0
    assert ring.admit(OTHER, "predict").name == "other"
    assert ring.trouble == ""


def test_a_list_that_is_spoilt_at_the_start_is_an_error() -> None:
    with pytest.raises(DataError):
        Listed(broken=True).ring()


@pytest.mark.parametrize(
    ("heads", "token"),
    [
        ({b"authorization": b"Bearer " + TOKEN.encode()}, TOKEN),
        ({b"authorization": b"bearer   " + TOKEN.encode()}, TOKEN),
        ({b"x-api-key": TOKEN.encode()}, TOKEN),
        ({b"authorization": b"Basic abc", b"x-api-key": TOKEN.encode()}, None),
        ({b"authorization": b"Bearer"}, ""),
        ({b"authorization": b"Bearer \xff\xfe"}, "\xff\xfe"),
        ({}, None),
    ],
)
def test_a_token_is_found_where_it_may_be(heads: dict[bytes, bytes], token: str | None) -> None:
    assert presented(heads) == token


def test_over_a_socket_keys_decide_and_what_is_for_anybody_stays_so() -> None:
    ring = Listed([key(), key(OTHER, name="ops", scopes=("read", "admin"))]).ring()
    with live(small_app(Guards(keys=ring))) as server:

        def ask(token: str, path: str = "/predict") -> tuple[int, str]:
            got = server.ask("POST", path, b"{}", {"Authorization": f"Bearer {token}"})
            return got.status, got.heads.get("www-authenticate", "")

        assert ask(TOKEN) == (200, "")
        assert ask("fsk_nobody") == (401, 'Bearer error="invalid_token"')
        assert ask(OTHER) == (403, 'Bearer error="insufficient_scope", scope="predict"')
        assert ask(OTHER, "/admin/reload") == (200, "")
        assert ask(TOKEN, "/nowhere") == (404, "")
        for path in ("/nowhere", "/projects/none/predict", "/health/live"):  # the last by POST
            assert server.ask("POST", path, b"{}").status == 401
        bare = server.ask("POST", "/predict", b"{}")
        assert (bare.status, bare.heads["www-authenticate"]) == (401, "Bearer")
        named = server.ask("POST", "/predict", b"{}", {"X-API-Key": TOKEN})
        assert (named.status, named.json["caller"]) == (200, "shop")
        assert server.ask("GET", "/health/live").status == 200
        assert server.ask("OPTIONS", "/predict").status == 204
        large = server.ask("POST", "/predict", b"x" * 5_000_000)
        assert large.status == 401  # before any of it is held


def test_without_a_key_only_life_and_readiness_and_the_page_are_told() -> None:
    ring = Listed([key(scopes=("read",))]).ring()
    site = replace(toy_site(), guards=Guards(keys=ring))
    paths = [route.path for route in all_routes(site) if route.method == "GET"]
    named = {"{project}": "toy", "{file}": "docs.js", "{version}": "1"}
    for hole, value in named.items():
        paths = [path.replace(hole, value) for path in paths]
    with live(create_app(site)) as server:
        bare = {path: server.ask("GET", path).status for path in paths}
        shown = {path: server.ask("GET", path, None, {"X-API-Key": TOKEN}).status for path in paths}

    assert {path for path, status in bare.items() if status == 200} == {
        "/health/live",
        "/health/ready",
        "/v2/health/live",
        "/v2/health/ready",
        "/ping",
        "/docs",
        "/docs/docs.js",
    }
    assert set(bare.values()) == {200, 401}
    assert set(shown.values()) == {200}
    assert {"/", "/health", "/metadata", "/openapi.json", "/v2"} < set(paths)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
names = st.text(min_size=1, max_size=20)
scopes = st.sets(st.sampled_from(SCOPES), min_size=1).map(lambda told: read_scopes(told, "x"))


@given(
    st.lists(
        st.builds(
            Key,
            id=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
            name=names,
            digest=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
            scopes=scopes,
            created=moments,
            expires=st.none() | moments,
        ),
        max_size=4,
        unique_by=lambda one: one.id,
    )
)
@settings(max_examples=40)
def test_keys_come_back_from_their_file_as_they_were(keys: list[Key]) -> None:
    assert parse_keys(keys_text(keys), "keys.json") == tuple(keys)


WHOLE = keys_text([key()])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"format": 2, "keys": []}',
        '{"format": 1, "keys": [{}]}',
        WHOLE.replace("predict", "everything"),
        WHOLE.replace('"sha256": "', '"sha256": "x'),
        WHOLE.replace("+00:00", ""),
        WHOLE.replace('"expires": null', '"expires": "soon"'),
        keys_text([key(), replace(key(OTHER), id=key().id)]),
    ],
)
def test_a_file_that_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_keys(text, "keys.json")
