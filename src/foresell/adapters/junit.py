"""Results of tests as JUnit's XML has them, which pytest and most test runners write."""

from dataclasses import dataclass, field
from xml.parsers import expat

from foresell.errors import DataError

_OUTCOMES = ("failure", "error", "skipped")


@dataclass(frozen=True, kw_only=True)
class TestResults:
    """What came of a run of tests.

    Every test counts once: ``failed`` before ``errors`` (it broke before or after it ran) before
    ``skipped``. ``seconds``: what the suites say they took, together; ``started``: when the first
    of them did, as it says itself, empty where it does not. ``troubles``: the names of what failed
    or broke.
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
        seconds=seen.seconds,
        started=min(seen.started, default=""),
        troubles=tuple(name for name, said in seen.cases if said & {"failure", "error"}),
    )


@dataclass
class _Seen:
    """What has been read so far."""

    cases: list[tuple[str, set[str]]] = field(default_factory=list)
    suites: int = 0
    seconds: float = 0.0
    started: list[str] = field(default_factory=list)
    declares: bool = False
    _inside: bool = False

    def start(self, tag: str, said: dict[str, str]) -> None:
        """Note a suite, a test, or what came of the test that is open."""
        if tag == "testsuite":
            self.suites += 1
            self.seconds += _number(said.get("time", ""))
            if moment := said.get("timestamp"):
                self.started.append(moment)
        elif tag == "testcase":
            self.cases.append(("::".join(filter(None, _named(said))), set()))
            self._inside = True
        elif tag in _OUTCOMES and self._inside:
            self.cases[-1][1].add(tag)

    def end(self, tag: str) -> None:
        """Note that a test is over."""
        if tag == "testcase":
            self._inside = False

    def doctype(self, *_: object) -> None:
        """Note a declaration of entities, by which a small file can become a huge one."""
        self.declares = True

    def count(self, outcome: str) -> int:
        """Return of how many tests this is the worst that is said."""
        worse = set(_OUTCOMES[: _OUTCOMES.index(outcome)])
        return sum(outcome in said and not said & worse for _, said in self.cases)


def _named(said: dict[str, str]) -> tuple[str, str]:
    return said.get("classname", ""), said.get("name", "")


def _number(text: str) -> float:
    """Return seconds; none where they are not said."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0
