"""Results of tests as JUnit's XML has them, which pytest and most test runners write."""

import math
from dataclasses import dataclass, field
from xml.parsers import expat

from foresell.errors import DataError

_OUTCOMES = ("failure", "error", "skipped")


@dataclass(frozen=True, kw_only=True)
class TestResults:
    """What came of a run of tests.

    Every test of a suite counts once, also where it is told twice, as one that failed and whose end
    broke is: ``failed`` before ``errors`` (it broke before or after it ran) before ``skipped``.
    ``seconds``: what the outermost suites say they took, or else those in them; ``started``: when
    the first of them did, as it says itself, empty where it does not. ``troubles``: the names of
    what failed or broke.
    """

    __test__ = False  # for pytest: this is none of its classes

    tests: int
    failed: int
    errors: int
    skipped: int
    seconds: float
    started: str
    troubles: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many ran and passed."""
        return self.tests - self.failed - self.errors - self.skipped


def read_junit(content: bytes, name: str) -> TestResults:
    """Return what a file says.

    Raises:
        DataError: it is cut off or is not JUnit's XML, or it declares a document type, which no
            test runner does.
    """
    seen = _Seen()
    parser = expat.ParserCreate()
    parser.StartElementHandler = seen.start
    parser.EndElementHandler = seen.end
    parser.StartDoctypeDeclHandler = seen.doctype
    try:
        parser.Parse(content, True)  # noqa: FBT003 - positional in C
    except expat.ExpatError as error:
        raise DataError(f"this is no whole XML: {error}", name, "run the tests again") from error
    if seen.declares or not seen.suites:
        raise DataError("this is not JUnit's XML", name, "write it by: pytest --junit-xml FILE")
    return TestResults(
        tests=len(seen.cases),
        failed=seen.count("failure"),
        errors=seen.count("error"),
        skipped=seen.count("skipped"),
        seconds=seen.took,
        started=min(seen.started, default=""),
        troubles=tuple(one.name for one in seen.cases if one.said & {"failure", "error"}),
    )


@dataclass
class _Case:
    """One test: what it is called, and what is said of it."""

    name: str
    said: set[str] = field(default_factory=set)


@dataclass
class _Seen:
    """What has been read so far.

    ``open_suites``: of those that are open, from the outside in, the seconds each says it took
    (None where it does not) and those of the suites in it. ``known``: their tests, by name.
    """

    cases: list[_Case] = field(default_factory=list)
    suites: int = 0
    took: float = 0.0
    started: list[str] = field(default_factory=list)
    declares: bool = False
    open_suites: list[tuple[float | None, list[float]]] = field(default_factory=list)
    known: list[dict[str, _Case]] = field(default_factory=lambda: [{}])
    _case: _Case | None = None

    def start(self, tag: str, said: dict[str, str]) -> None:
        """Note a suite, a test, or what came of the test that is open."""
        if tag == "testsuite":
            self.suites += 1
            self.open_suites.append((_number(said.get("time", "")), []))
            self.known.append({})
            if moment := said.get("timestamp"):
                self.started.append(moment)
        elif tag == "testcase":
            self._case = self._told(said)
        elif tag in _OUTCOMES and self._case is not None:
            self._case.said.add(tag)

    def _told(self, said: dict[str, str]) -> _Case:
        """Return a test: that of this name in this suite, where it was told before."""
        case = _Case(name="::".join(filter(None, _named(said))))
        if said.get("name") and case.name in self.known[-1]:
            return self.known[-1][case.name]
        self.cases.append(case)
        self.known[-1][case.name] = case
        return case

    def end(self, tag: str) -> None:
        """Note that a test or a suite is over."""
        if tag == "testcase":
            self._case = None
        elif tag == "testsuite":
            self.known.pop()
            own, inner = self.open_suites.pop()
            seconds = sum(inner) if own is None else own
            if self.open_suites:
                self.open_suites[-1][1].append(seconds)
            else:
                self.took += seconds

    def doctype(self, *_: object) -> None:
        """Note a declaration of entities, by which a small file can become a huge one."""
        self.declares = True

    def count(self, outcome: str) -> int:
        """Return of how many tests this is the worst that is said."""
        worse = set(_OUTCOMES[: _OUTCOMES.index(outcome)])
        return sum(outcome in one.said and not one.said & worse for one in self.cases)


def _named(said: dict[str, str]) -> tuple[str, str]:
    return said.get("classname", ""), said.get("name", "")


def _number(text: str) -> float | None:
    """Return seconds; None where they are not said, or are no number of seconds."""
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
