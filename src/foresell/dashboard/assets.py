"""The files that pages load: styles, scripts and the icon, all from this package."""

import gzip
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from string import Template
from threading import Lock

from foresell.errors import MachineError
from foresell.spec.extras import lacking

_DARK = {  # as in report.css, which holds them for who prefers dark
    "ink": "#eceae4",
    "muted": "#a3a8b1",
    "grid": "#33373e",
    "accent": "#6db3f2",
    "base": "#868d98",
    "faint": "#4d535d",
    "paper": "#15171b",
    "wash": "#1e2126",
    "warn": "#f0995c",
}
_BUNDLE = """
import sys, vl_convert
sys.stdout.buffer.write(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode())
"""
_NAMES: Mapping[str, bytes] = {
    "dashboard.css": b"text/css; charset=utf-8",
    "dashboard.js": b"text/javascript; charset=utf-8",
    "charts.js": b"text/javascript; charset=utf-8",
    "icon.svg": b"image/svg+xml",
}

_TURNS = {name: Lock() for name in _NAMES}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file that pages load. ``packed``: by gzip."""

    content: bytes
    packed: bytes
    media_type: bytes


def names() -> tuple[str, ...]:
    """Return what there is."""
    return tuple(_NAMES)


def asset(name: str) -> Asset:
    """Return one of the files, made once; ``name`` is one of `names`."""
    with _TURNS[name]:  # a cache alone lets two make the same thing side by side
        return _made(name)


@cache
def _made(name: str) -> Asset:
    """Make one of the files."""
    makers = {"dashboard.css": _styles, "charts.js": _charts}
    content = makers[name]() if name in makers else _own(name)
    return Asset(
        content=content,
        packed=gzip.compress(content, 9, mtime=0),
        media_type=_NAMES[name],
    )


@cache
def tag_of(name: str) -> str:
    """Return what changes when the content of a file does.

    The library of charts changes with its version: a page need not wait until it is made.
    A ``MachineError``: it is not installed.
    """
    content = _charts_version() if name == "charts.js" else asset(name).content
    return hashlib.sha256(content).hexdigest()[:12]


def _charts_version() -> bytes:
    """Return what the library of charts is made of; a ``MachineError``: it is not installed."""
    try:
        return f"vl-convert {version('vl-convert-python')} {_BUNDLE}".encode()
    except PackageNotFoundError as error:
        raise lacking("vl_convert", "/ui", "dashboard") or error from error


def _own(name: str) -> bytes:
    """Return a file of this room."""
    return (files("foresell.dashboard") / "static" / name).read_bytes()


def _styles() -> bytes:
    """Return the look of reports, then what only pages have.

    A chart is drawn in the tokens of `foresell.charts.theme`; here each becomes the variable that
    dark and light give a value to.
    """
    from foresell.charts.theme import TOKENS  # noqa: PLC0415 - Altair, when somebody looks

    look = (files("foresell.report") / "templates" / "report.css").read_text("utf-8")
    dark = ":root[data-theme=dark] { color-scheme: dark; " + "".join(
        f"--{name}: {color}; " for name, color in _DARK.items()
    )
    recoloured = "\n".join(
        f'svg [fill="{color}"] {{ fill: var(--{name}); }}\n'
        f'svg [stroke="{color}"] {{ stroke: var(--{name}); }}'
        for name, color in TOKENS.items()
    )
    # Who asks for light has it, whatever the system prefers.
    light = look.replace(
        "@media screen and (prefers-color-scheme: dark) {\n  :root {",
        "@media screen and (prefers-color-scheme: dark) {\n  :root:not([data-theme=light]) {",
    )
    static = files("foresell.dashboard") / "static"
    sheets = sorted(one.name for one in static.iterdir() if one.name.endswith(".css"))
    # First what all pages have, then a sheet a page.
    own = "\n".join(_own(name).decode("utf-8") for name in sorted(sheets, key=_after))
    return f"{light}\n{dark}}}\n{recoloured}\n{own}".encode()


def _after(name: str) -> tuple[bool, str]:
    """Return what puts the sheet of all pages before those of single ones."""
    return name != "dashboard.css", name


def _charts() -> bytes:
    """Return Vega, Vega-Lite and its interpreter of expressions, which needs no evaluation.

    They come from the wheel of vl-convert, so that the browser asks nobody but this server. Its
    JavaScript engine, which puts them together in some seconds, lets no other thread of its process
    go on meanwhile: it is given one of its own.

    Raises:
        MachineError: it cannot be done here.
    """
    _charts_version()
    words = [sys.executable, "-c", _BUNDLE]
    done = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
    if done.returncode:
        raise MachineError(
            f"the library of charts cannot be made: {done.stderr.decode(errors='replace')[-300:]}",
            "vl_convert",
            "install it again: pip install --force-reinstall vl-convert-python",
        )
    return done.stdout


def svg_styles() -> str:
    """Return the styles of a chart that stands alone: its tokens, and their values in the dark."""
    from foresell.charts.theme import TOKENS  # noqa: PLC0415 - as above

    rules = Template('[fill="$old"]{fill:$new}[stroke="$old"]{stroke:$new}')
    dark = "".join(rules.substitute(old=color, new=_DARK[name]) for name, color in TOKENS.items())
    return f"@media (prefers-color-scheme:dark){{{dark}}}"
