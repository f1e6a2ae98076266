"""A page read as it is seen: its elements, its text, and what in that is a number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import chain

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIME = r"\d\d:\d\d(?::\d\d)?(?: UTC)?"
TOKEN = re.compile(
    rf"(?<!\w)\d{{1,2}} (?:{_MONTHS})[a-z]* \d{{4}}(?:,? {_TIME})?"  # 21 Nov 2026, 10:00 UTC
    rf"|(?<!\w)\d{{4}}-\d\d-\d\d(?:[ T]{_TIME})?(?![\w-])"  # 2026-11-21 10:00
    r"|(?<!\w)(?=[0-9a-f]*\d)[a-f][0-9a-f]{6,63}(?!\w)"  # a hash
    r"|(?<!\w)(?<!\w\.)[+\-\u2212]?\d(?:[\w.,:+\-\u2212]*\w)?(?: ?%)?"  # all else
)
HASH = re.compile(r"[0-9a-f]{8,64}")
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_PASSED_OVER = {"script", "style", "nav", "footer", "svg", "noscript", "template", "head", "pre"}
INLINE = {
    *("a", "abbr", "b", "bdi", "code", "em", "i", "kbd", "mark", "q", "s", "span", "strong"),
    *("sub", "sup", "time", "u", "var"),
}


@dataclass(eq=False)
class Node:
    """An element that is seen. ``start``, ``end``: of its text in the text of the page."""

    tag: str
    attrs: dict[str, str]
    start: int
    end: int = 0
    children: "list[Node]" = field(default_factory=list)

    def walk(self) -> "Iterator[Node]":
        """Yield the element and all inside it, in order."""
        yield self
        yield from chain.from_iterable(child.walk() for child in self.children)

    def all(self, *tags: str) -> "list[Node]":
        """Return the elements inside with one of ``tags``, in order."""
        return [one for one in self.walk() if one.tag in tags and one is not self]


class Reader(HTMLParser):
    """Reads what is seen: the page's title and its `<main>`; of code only whole hashes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.length = 0
        self.root = Node("page", {}, 0)
        self.open: list[Node] = [self.root]
        self.hidden = 0  # elements that are open and not seen
        self.figures: dict[str, str] = {}
        self.feed(html)
        self.root.end = self.length

    def put(self, text: str) -> None:
        """Append to the text of the page; one space, or one line's end, between words."""
        for piece in re.findall(r"\s+|\S+", text):
            last = self.pieces[-1][-1] if self.pieces else "\n"
            new = ("\n" if "\n" in piece else " ") if piece.isspace() else piece
            if not (new.isspace() and last.isspace()):
                self.pieces.append(new)
                self.length += len(new)
            elif new == "\n" and self.pieces:
                self.pieces[-1] = f"{self.pieces[-1][:-1]}\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            if tag == "input" and not self.hidden and told.get("type") not in {"hidden", "submit"}:
                self.void(tag, told, f"{told.get('value', '')} {told.get('placeholder', '')}")
            elif tag == "br":
                self.put(" ")
            return
        if "data-chart" in told and not self.hidden:
            figure = told["data-chart"].partition(".json")[0].rpartition("/")[2]
            self.figures[figure] = told["data-chart"]
            self.void("spoken", {"id": figure}, told.get("aria-label", ""))
        unseen = tag in _PASSED_OVER or told.get("aria-hidden") == "true" or "hidden" in told
        unseen = unseen or "tools" in told.get("class", "").split()
        if self.hidden or unseen:
            self.hidden += 1
            return
        if tag not in INLINE:
            self.put("\n")
        node = Node(tag, told, self.length)
        self.open[-1].children.append(node)
        self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or self.hidden:
            self.hidden -= tag not in _VOID
            return
        node = self.open.pop()
        assert node.tag == tag, f"<{node.tag}> is closed by </{tag}>"
        node.end = self.length
        if tag not in INLINE:
            self.put("\n")

    def handle_data(self, data: str) -> None:
        if self.hidden or not any(one.tag == "body" for one in self.open):
            return
        self.put(plain(data))

    def void(self, tag: str, attrs: dict[str, str], text: str) -> None:
        """Append an element that holds nothing but ``text``."""
        self.put("\n")
        node = Node(tag, attrs, self.length)
        self.put(plain(text))
        node.end = self.length
        self.open[-1].children.append(node)
        self.put("\n")


def plain(text: str) -> str:
    """Return text with plain spaces, and without what joins words unseen."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text.replace("\u2060", ""))


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text, in order; a percent sign stands off, as pages write it."""
    return [whole(found.group()) for found in TOKEN.finditer(text)]


def whole(number: str) -> str:
    """Return a number as it is compared: its percent sign stands off."""
    return re.sub(r"(?<=\d)%", " %", " ".join(number.split()))
