"""What a task said, without secrets: those that are known, and what looks like one."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

HIDDEN = "***"

_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
# A password may hold any letter of an address: what hides ends at the last @ before a blank.
_LOGIN = re.compile(r"(?<=://)\S*(?=@)")
_CUT = re.compile(r"(://[^\s:/@]*:)(?!\d{1,5}(?:[/?]\S*)?$)\S+$")  # cut off before its @
_HOOK = re.compile(r"(?i)(://(?:[\w.-]*hooks?\.[\w.-]+|[\w.-]+/api/webhooks)/)\S+")
_OWN = re.compile(
    r"\b(?:fsk_|xox[a-z]-|gh[a-z]_|github_pat_|glpat-)[\w-]+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"
)
_COOKIE = re.compile(r"(?im)\b(cookie\s*[=:]\s*).+")
_WORDS = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|authorization|signature|credential"
    r"|(?:api|access|account|private|subscription)[-_]?key)[\w-]*"
)
_VALUE = (
    r"(?:(?:bearer|basic|digest|token|apikey)\s+)?"
    r"(?:" + r'\\"[^"]*(?:"|$)|' + r"\\'[^']*(?:'|$)|"  # quotes within quotes
    r'"(?:\\.|[^"\\])*(?:"|$)|' + r"'(?:\\.|[^'\\])*(?:'|$)|" + r"(?:\\.|\S)+)"
)
_SAID = re.compile(rf"(?is)({_WORDS}\\?[\"']?\s*[=:]\s*){_VALUE}")
_OPTION = re.compile(rf"(?is)((?<![\w-])--?[\w-]*{_WORDS}\s+){_VALUE}")
_BEARER = re.compile(r"(?i)\b(bearer\s+)\S+")


def without_secrets(says: str, known: Iterable[str]) -> str:
    """Return what was said on one line, without secrets and without what a screen would obey.

    ``known``: secrets, each left out as it is and as an address writes it. Left out as well is what
    looks like one: who logs in at an address, what follows upon a word like ``password``, and keys
    that are known by their beginning. Rather too much goes than too little.

    >>> without_secrets('{"password": "a b"} at postgres://jo:x/y@db', ["z"])
    '{"password": ***} at postgres://***@db'
    """
    text = _COLOURS.sub("", says)
    text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    for secret in sorted(_written(known), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for login in (_LOGIN, _OWN):
        text = login.sub(HIDDEN, text)
    for named in (_CUT, _HOOK, _COOKIE, _SAID, _OPTION, _BEARER):
        text = named.sub(rf"\1{HIDDEN}", text)
    return " ".join(text.split())


def password_of(url: str) -> str:
    """Return the password within an address, as it is written there; empty where none is.

    >>> password_of("postgresql+psycopg://jo:a/b@c@db:5432/x"), password_of("sqlite:////a/b.db")
    ('a/b@c', '')
    """
    found = re.search(r"://[^:/@\s]*:(\S*)@", url)
    return found[1] if found else ""


def _written(known: Iterable[str]) -> Iterator[str]:
    """Yield each secret in the ways in which it may be written."""
    for secret in known:
        yield from filter(None, {secret, unquote(secret), quote(secret, safe="")})
