"""Somebody who looks at pages over a home of toys: signs in, sends forms, follows no redirect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx

import foresell
from foresell.serving.site import Site
from tests.dashboard_site import BASE, send, site_of
from tests.toy_registry import bundle

PAGE = "/ui/projects/toy/registry"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_FORM = re.compile(r'<form method="post"[^>]*class="confirm">.*?</form>', re.DOTALL)


def toys(home: Path, *errors: float, **knobs: Any) -> Path:
    """Register a version of ``toy`` in ``home`` for each of ``errors``; the home."""
    for seed, error in enumerate(errors, start=1):
        place = bundle(home.parent / f"bundle_{seed}_{error}", seed=seed, error=error, **knobs)
        foresell.register("toy", place, home=home)
    return home


def one_live(home: Path) -> Path:
    """Make three versions of ``toy``: 1 is prod, 2 is better, 3 failed its gate; the home."""
    toys(home, 8.0, 7.0, 12.0)
    foresell.promote("toy", 1, reason="the first", home=home)
    return home


def moved_on(home: Path) -> Path:
    """Go on from `one_live`: 2 is prod, and 3 is on staging by an override; the home."""
    foresell.promote("toy", 2, reason="a better one", home=home)
    foresell.promote("toy", 3, to="staging", reason="to be tried", override=True, home=home)
    return home


def live(home: Path) -> tuple[int | None, int | None]:
    """The versions of ``toy`` on prod and on staging."""
    aliases = foresell.versions("toy", home=home).aliases
    return aliases["prod"], aliases["staging"]


@dataclass
class Browser:
    """A browser on ``site``. ``cookies``: what it has been given."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    origin: str = BASE

    def get(self, path: str, **heads: str) -> httpx.Response:
        """Ask for a page."""
        return self._kept(send(self.site, "GET", path, headers=self._heads() | heads))

    def post(
        self, path: str, form: Mapping[str, str], heads: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a form as a page of this server does."""
        told = {"origin": self.origin, **self._heads(), **(heads or {})}
        return self._kept(send(self.site, "POST", path, headers=told, data=dict(form)))

    def sign_in(self, token: str, back: str = "/ui") -> httpx.Response:
        """Send the form that asks for a key."""
        return self.post("/ui/sign-in", {"key": token, "back": back})

    def confirmed(self, path: str, **typed: str) -> httpx.Response:
        """Open a page before a change and send its form."""
        return self.post(path.partition("?")[0], hidden(self.get(path).text) | typed)

    def _heads(self) -> dict[str, str]:
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": told} if told else {}

    def _kept(self, reply: httpx.Response) -> httpx.Response:
        for one in reply.headers.get_list("set-cookie"):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the form that a page has before a change."""
    found = _FORM.search(html)
    assert found, "there is no form to confirm"
    return {name: unescape(value) for name, value in _HIDDEN.findall(found[0])}


def browser(home: Path, *scopes: str, name: str = "ana", **asked: Any) -> Browser:
    """A browser on ``toy`` of ``home``, signed in with a new key that has ``scopes``, if any."""
    token = foresell.create_key(name, scopes=scopes, home=home).token if scopes else ""
    view = Browser(site_of(home, "toy", **asked))  # after the key: its list is read at the start
    if token:
        assert view.sign_in(token).status_code == 303
    return view
